package chaos

import (
	"fmt"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/limits"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// slots are what came of the account's limits.
type slots struct {
	limit   int
	most    int // our predictions that ran at once
	without int // submits made while nothing answered that keeps the limits
}

func (s *system) slots() slots {
	usage, err := limits.Show(s.t.Context(), s.client, "")
	require.NoError(s.t, err)
	return slots{limit: *running, most: mostAtOnce(s.simulator.Ledger()), without: usage.WithoutLimits}
}

// mostAtOnce is how many of our predictions ran at once.
func mostAtOnce(ledger []wavespeedtest.Entry) (most int) {
	changes := map[time.Time]int{}
	for _, e := range ledger {
		if !e.Other {
			changes[e.At]++
			if !e.Ended.IsZero() {
				changes[e.Ended]--
			}
		}
	}
	var times []time.Time
	for at := range changes {
		times = append(times, at)
	}
	slices.SortFunc(times, time.Time.Compare)
	now := 0
	for _, at := range times {
		now += changes[at]
		most = max(most, now)
	}
	return most
}

func (u slots) rows(row func(string, any)) {
	row("running at once, of "+fmt.Sprint(u.limit), u.most)
	row("submits made while the keeper was away", u.without)
}
