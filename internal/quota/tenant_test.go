package quota

import (
	"testing"

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
