package chaos

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/limits"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// slots are what came of the account's limits.
type slots struct {
	limit   int
	most    int // our predictions that ran at once
	without int // submits made while nothing answered that keeps the limits
}

// healed is for how long the keeper may look for slots that it has lost.
const healed = 15 * time.Minute

// checkSlots shows that no slot was lost, once nothing goes wrong any more: as many late
// generations as there are slots run at once. The keeper looks for lost ones while a submit waits,
// so there is one generation more.
func (s *system) checkSlots() {
	s.simulator.Heal()
	require.NoError(s.t, s.simulator.Inject(wavespeedtest.Fault{Kind: wavespeedtest.Slow, Delay: time.Hour}))
	for i := range *running + 1 {
		request := plainRequest(*number + i)
		request.Timeout = time.Hour
		_, err := s.client.ExecuteWorkflow(s.t.Context(), client.StartWorkflowOptions{ID: fmt.Sprint("late-", i), TaskQueue: taskQueue}, generation.WorkflowName, request)
		require.NoError(s.t, err)
	}
	late := func() (running int) {
		usage, err := limits.Show(s.t.Context(), s.client, "")
		if err != nil {
			return 0
		}
		for _, run := range usage.Runs {
			if strings.HasPrefix(run.WorkflowID, "late-") {
				running += run.Running
			}
		}
		return running
	}
	began := time.Now()
	require.Eventually(s.t, func() bool { return late() == *running }, healed, time.Second, "slots were lost")
	s.t.Logf("late generations had all slots after %v", time.Since(began).Round(time.Second))
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
