package chaos

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/limits"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// slots are what came of the account's limits.
type slots struct {
	limit   int
	most    int // our predictions that ran at once
	without int // submits made while nothing answered that keeps the limits
	held    int // at the end
}

// slots waits until no slot is held any more: what becomes of the runs that were killed is
// found out by comparing with the provider.
func (s *system) slots() slots {
	used := slots{limit: *running, most: mostAtOnce(s.simulator.Ledger())}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	for {
		usage, err := limits.Show(ctx, s.client, "")
		if err == nil {
			used.without, used.held = usage.WithoutLimits, usage.Running+usage.Waiting+len(usage.Runs)
			if used.held == 0 {
				return used
			}
		}
		if pause(ctx) != nil {
			s.t.Logf("slots: %v, %+v", err, usage)
			return used
		}
	}
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
	row("**slots held at the end**", u.held)
}
