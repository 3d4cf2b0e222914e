package quota

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func run(workflow, id string, seq, running, waiting int, change ...func(*Report)) Report {
	r := Report{WorkflowID: workflow, RunID: id, Group: workflow, Seq: seq, Since: 1, Running: running, Waiting: map[Kind]int{Image: waiting}}
	for _, f := range change {
		f(&r)
	}
	return r
}

// TestNewRunOfAWorkflow: the run before it has ended, and what that was leased is not mistaken for
// the new one's.
func TestNewRunOfAWorkflow(t *testing.T) {
	t.Parallel()
	k := NewKeeper()
	k.Limits = Limits{Running: 2}
	for seq := range 3 {
		k.Report(noon, run("w", "before", seq+1, 0, 2, func(r *Report) { r.Ask = true }))
		k.Divide(noon)
	}
	before := k.holder("before")
	require.Equal(t, 3, before.Lease.Seq)
	k.Report(noon, run("w", "after", 1, 0, 2))
	messages, _ := k.Divide(noon)
	require.True(t, before.Gone)
	require.Len(t, messages, 1)
	require.Equal(t, "after", messages[0].RunID)
	require.Equal(t, Lease{For: 1, Seq: 4, Line: messages[0].Lease.Line}, messages[0].Lease, "the slots are still the former's")
	k.Bury(noon, Grave{RunID: "before", Known: true})
	messages, _ = k.Divide(noon)
	require.Equal(t, 2, messages[0].Lease.Slots)

	k.Report(noon, run("w", "before", 4, 1, 0)) // was on its way
	require.True(t, k.holder("after").Gone)
	k.Report(noon, run("w", "after", 2, 2, 3, func(r *Report) { r.Seen, r.Slots = 5, 2 }))
	require.False(t, k.holder("after").Gone, "it is heard")
}

// TestResetRun: the run that goes on in the place of another one has its slots, and answers.
func TestResetRun(t *testing.T) {
	t.Parallel()
	k := NewKeeper()
	k.Limits = Limits{Running: 2}
	k.Report(noon, run("w", "before", 1, 0, 4))
	k.Divide(noon)
	k.Report(noon, run("w", "before", 7, 2, 2, func(r *Report) { r.Seen, r.Slots, r.Since = 1, 2, 5 }))
	k.Suspect("before")
	k.Bury(noon, Grave{RunID: "before", ResetTo: "after"})
	k.Report(noon, run("other", "other", 1, 0, 2))
	messages, _ := k.Divide(noon)
	require.Equal(t, "after", messages[0].RunID)

	tenant := NewTenant(noon, run("w", "after", 3, 0, 0))
	tenant.Queue(Image)
	tenant.Grant(noon, Lease{For: 1, Seq: 1, Slots: 2})
	tenant.Serve(noon)
	tenant.Report(noon)
	require.True(t, tenant.Grant(noon, messages[0].Lease))
	report, changed := tenant.Report(noon)
	require.True(t, changed)
	require.True(t, k.Report(noon, report))
	require.Equal(t, report.Seq, k.holder("after").Report.Seq)
	require.Nil(t, k.holder("before"))
	k.Bury(noon, Grave{RunID: "after", Known: true, ResetTo: "other"})
	require.Nil(t, k.holder("after"), "the one that it was reset to has reported")
	require.NotNil(t, k.holder("other"))
}

// TestResetRunThatSubmitsNothing again does not hold its slots for ever.
func TestResetRunThatSubmitsNothing(t *testing.T) {
	t.Parallel()
	k := NewKeeper()
	k.Limits = Limits{Running: 2}
	k.Report(noon, run("w", "before", 1, 0, 2))
	k.Divide(noon)
	k.Bury(noon, Grave{RunID: "before", ResetTo: "after"})
	k.Divide(noon)
	require.Len(t, k.Holders, 1)
	k.Divide(noon.Add(lostFor))
	require.Empty(t, k.Holders)
}

// TestSilentRunsInTurn: all are looked up, however many there are, and first those that can't be
// reached.
func TestSilentRunsInTurn(t *testing.T) {
	t.Parallel()
	k := NewKeeper()
	for i := range 10 {
		name := fmt.Sprint("run ", i)
		k.Report(noon, run(name, name, 1, 0, 1))
	}
	k.Suspect("run 7")
	k.Report(noon.Add(time.Hour), run("run 3", "run 3", 2, 0, 1))
	var looked [][]string
	for range 3 {
		var ids []string
		for _, h := range k.Silent(noon.Add(time.Minute), 4) {
			ids = append(ids, h.Report.RunID)
		}
		looked = append(looked, ids)
	}
	require.Equal(t, [][]string{{"run 7", "run 0", "run 1", "run 2"}, {"run 7", "run 4", "run 5", "run 6"}, {"run 7", "run 8", "run 9", "run 0"}}, looked)
	require.Len(t, k.Silent(noon.Add(time.Minute), 99), 9)
	require.Empty(t, NewKeeper().Silent(noon, 4))
}

// TestSilentRunsWithSlotsFirst: thousands may wait for the slot of a run that is no more.
func TestSilentRunsWithSlotsFirst(t *testing.T) {
	t.Parallel()
	k := NewKeeper()
	for i := range 100 {
		name := fmt.Sprint("run ", i)
		made := 0
		if i == 70 {
			made = 1
		}
		k.Report(noon, run(name, name, 1, made, 1))
	}
	for range 3 {
		require.Equal(t, "run 70", k.Silent(noon.Add(time.Minute), 4)[0].Report.RunID)
	}
}

// TestCountsOfRunsThatAreNew: what happened while no keeper was there counts, once.
func TestCountsOfRunsThatAreNew(t *testing.T) {
	t.Parallel()
	k := NewKeeper()
	k.Report(noon, run("a", "a", 4, 1, 0, func(r *Report) { r.Ungated, r.Refused = 3, 1 }))
	require.Equal(t, []int{3, 1}, []int{k.Ungated, k.Refused})
	require.Zero(t, k.Blocked, "it was refused long ago")
	k.Report(noon, run("a", "a", 5, 1, 0, func(r *Report) { r.Ungated, r.Refused = 4, 2 }))
	require.Equal(t, []int{4, 2}, []int{k.Ungated, k.Refused})
	require.NotZero(t, k.Blocked)
	k.Report(noon, run("b", "b", 4, 0, 0, func(r *Report) { r.Ungated, r.Gone = 2, true }))
	require.Equal(t, 6, k.Ungated)
}
