package quota

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// leased is a run that has the lease, and makes so many submits with it.
func leased(t *testing.T, lease Lease, made int) (*Tenant, []*Ticket) {
	t.Helper()
	tenant := NewTenant(noon, Report{WorkflowID: "run", RunID: "run", Group: "run"})
	var tickets []*Ticket
	for range made {
		tickets = append(tickets, tenant.Queue(Image))
	}
	_, changed := tenant.Report(noon)
	require.True(t, changed)
	lease.For, lease.Seq = 1, 1
	require.True(t, tenant.Grant(noon, lease))
	tenant.Serve(noon)
	for _, ticket := range tickets {
		require.True(t, ticket.Ready)
		ticket.Made(noon, "p")
	}
	tenant.Report(noon)
	return tenant, tickets
}

// TestAbandonedPredictionsKeepTheirSlots with the keeper.
func TestAbandonedPredictionsKeepTheirSlots(t *testing.T) {
	t.Parallel()
	tenant, tickets := leased(t, Lease{Slots: 2}, 2)
	third := tenant.Queue(Image)
	tickets[0].Abandoned()
	tenant.Serve(noon)
	require.False(t, third.Ready, "two run")
	report, changed := tenant.Report(noon)
	require.True(t, changed)
	require.Equal(t, []string{"p"}, report.Abandoned)
	require.Equal(t, 1, report.Slots)
}

// TestAStragglerKeepsNoOtherSlots while others wait.
func TestAStragglerKeepsNoOtherSlots(t *testing.T) {
	t.Parallel()
	tenant, tickets := leased(t, Lease{Slots: 300, Spare: 37}, 300)
	reports := 0
	for _, ticket := range tickets[1:] {
		ticket.Ended(noon)
		if report, changed := tenant.Report(noon); changed {
			reports++
			require.LessOrEqual(t, report.Slots, 300)
		}
	}
	require.Equal(t, 1, tenant.told.Slots)
	require.Less(t, reports, 45)
	tenant.Queue(Image)
	tickets[0].Abandoned()
	report, changed := tenant.Report(noon)
	require.True(t, changed)
	require.Zero(t, report.Slots)
}

// TestTotalsBeginAnew once the keeper has forgotten the run.
func TestTotalsBeginAnew(t *testing.T) {
	t.Parallel()
	tenant, tickets := leased(t, Lease{Slots: 2}, 2)
	tickets[0].Ended(noon)
	tickets[1].Refused(Running, noon)
	report, changed := tenant.Report(noon)
	require.True(t, changed)
	require.True(t, report.Gone)
	require.Equal(t, []int{2, 1, 1}, []int{report.Made, report.Ended, report.Refused})
	tenant.Queue(Image)
	report, changed = tenant.Report(noon)
	require.True(t, changed)
	require.Equal(t, []int{0, 0, 0}, []int{report.Made, report.Ended, report.Refused})
	tenant.queue[0].Refused(Running, noon)
	report, _ = tenant.Report(noon)
	require.Equal(t, 1, report.Refused)
}

// TestALongWaitCostsLittle: a single generation that waits for half an hour.
func TestALongWaitCostsLittle(t *testing.T) {
	t.Parallel()
	for name, wait := range map[string]time.Duration{"told how long": 30 * time.Minute, "not told": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tenant := NewTenant(noon, Report{WorkflowID: "run", RunID: "run", Group: "run"})
			tenant.Queue(Image)
			actions, seq := 0, 0
			for now := noon; now.Before(noon.Add(30 * time.Minute)); {
				if report, changed := tenant.Report(now); changed {
					seq++
					actions += 2
					require.True(t, report.Ask)
					require.True(t, tenant.Grant(now, Lease{For: 1, Seq: seq, Wait: wait, Line: 7}))
				}
				actions++ // a timer
				now = tenant.Due(now)
				tenant.Ring(now)
			}
			require.LessOrEqual(t, actions, 6)
		})
	}
}

// TestTheKeeperThatNeverAnswers is away after four minutes.
func TestTheKeeperThatNeverAnswers(t *testing.T) {
	t.Parallel()
	tenant := NewTenant(noon, Report{WorkflowID: "run", RunID: "run", Group: "run"})
	ticket := tenant.Queue(Image)
	reports, now := 0, noon
	for !ticket.Ready {
		for range 3 { // it is looked at often
			if _, changed := tenant.Report(now); changed {
				reports++
			}
		}
		now = tenant.Due(now)
		tenant.Ring(now)
		tenant.Serve(now)
	}
	require.True(t, ticket.Ungated)
	require.Equal(t, 4*time.Minute, now.Sub(noon))
	require.Equal(t, 2, reports)
}
