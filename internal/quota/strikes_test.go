package quota

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestLimitsThatAreTooHigh: an account that allows less than its limits refuses a few submits from
// time to time, and is in full use.
func TestLimitsThatAreTooHigh(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, Limits{Running: 100})
	w.delay, w.refuse = 60*time.Millisecond, 10
	for _, name := range []string{"a", "b"} {
		w.run(name, 5000, 500)
	}
	w.until(time.Hour)
	t.Log(w.refused, len(w.starts))
	require.Less(t, w.refused, 300)
	require.Greater(t, len(w.starts), 10*3600/4*9/10)
}

// TestLimitsThatAreHighAgain: once nothing is refused any more, all is used.
func TestLimitsThatAreHighAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, Limits{Running: 100})
	w.delay, w.refuse = 60*time.Millisecond, 10
	w.run("a", 100_000, 500)
	w.until(time.Hour)
	w.refuse = 0
	w.until(10 * time.Minute)
	require.Equal(t, 100, w.mostRunning)
}

// TestNothingIsGrantedBeforeALook: after a refusal, what runs at the provider is counted first.
func TestNothingIsGrantedBeforeALook(t *testing.T) {
	t.Parallel()
	k := NewKeeper()
	k.Limits = Limits{Running: 4}
	k.Report(noon, run("a", "a", 1, 0, 9))
	k.Divide(noon)
	k.Report(noon, run("a", "a", 2, 1, 8, func(r *Report) { r.Seen, r.Slots, r.Refused = 1, 1, 3 }))
	k.Divide(noon)
	h := k.holder("a")
	require.Equal(t, 1, h.Lease.Slots)
	_, again := k.Divide(noon.Add(refusedFor))
	require.Equal(t, 1, h.Lease.Slots)
	require.Equal(t, noon.Add(refusedFor+lookWithin), again, "but not for ever")
	k.Looked(0)
	k.Divide(noon.Add(refusedFor))
	require.Equal(t, 1, h.Lease.Slots, "that look began before the refusal")
	k.Seen(3, k.Ours())
	k.Looked(3)
	k.Divide(noon.Add(refusedFor))
	require.Equal(t, 2, h.Lease.Slots)
}

// TestAnAbsurdWaitBlocksNoAccount for longer than five minutes: the next submits find out.
func TestAnAbsurdWaitBlocksNoAccount(t *testing.T) {
	t.Parallel()
	k := NewKeeper()
	k.Limits = Limits{Running: 4}
	k.Report(noon, run("a", "a", 1, 0, 9))
	k.Report(noon, run("a", "a", 2, 0, 9, func(r *Report) { r.Refused, r.RetryAt = 1, noon.AddDate(10, 0, 0) }))
	require.Equal(t, noon.Add(LongestBlock), k.Blocked)
	k.Looked(1)
	k.Divide(noon.Add(LongestBlock))
	require.Positive(t, k.holder("a").Lease.Slots)
}
