package record_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/quota"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/record"
)

func TestPriceLeavesOutWhatIsRefunded(t *testing.T) {
	t.Parallel()
	price := func(number float64) *generation.USD { usd := generation.Dollars(number); return &usd }
	status := generation.Status{Attempts: []*generation.Attempt{
		{State: generation.StateFailed, Price: price(0.5)},
		{State: generation.StateCompleted, Price: price(0.25)},
		{State: generation.StateAbsent},
	}}
	usd, known := record.Price(status)
	require.True(t, known)
	require.Equal(t, generation.Dollars(0.25), usd)
	_, known = record.Price(generation.Status{})
	require.False(t, known)
}

func TestCloneSharesNothing(t *testing.T) {
	t.Parallel()
	status := generation.Status{Attempts: []*generation.Attempt{{Number: 1, State: generation.StateWaiting}}}
	clone := record.Clone(status)
	status.Attempts[0].State = generation.StateCompleted
	require.Equal(t, generation.StateWaiting, clone.Attempts[0].State)
}

func TestWaiting(t *testing.T) {
	t.Parallel()
	status := func(key string, state generation.State, reason string) generation.Status {
		return generation.Status{Key: key, State: state, Attempts: []*generation.Attempt{{State: state, Reason: reason}}}
	}
	why := quota.Waits + ", number 3 in line"
	waits := func(key string) generation.Status { return status(key, generation.StateSubmitting, why) }
	require.True(t, record.WaitsForSlot(waits("a")))
	others := []generation.Status{
		status("b", generation.StateSubmitting, "the provider does not answer"), status("c", generation.StateUnknown, why), {Key: "d", State: generation.StateSubmitting},
	}
	require.Empty(t, record.Waiting(others))
	require.Equal(t, "a "+why, record.Waiting(append(others, waits("a"))))
	require.Equal(t, "a "+why+"; 2 more wait", record.Waiting([]generation.Status{waits("a"), waits("e"), others[0], waits("f")}))
}
