package quota

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// waitingAt is what the submit at each place of a run's queue of images is told.
func waitingAt(granted Lease, ended int, took time.Duration, places ...int) (said []string) {
	t := NewTenant(noon, Report{RunID: "run"})
	t.report.Ended, t.report.Took = ended, took
	for range 100 {
		t.Queue(Image)
	}
	t.granted = granted
	for _, place := range places {
		said = append(said, t.Waiting(place))
	}
	return said
}

var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

func TestWaiting(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		granted Lease
		ended   int
		took    time.Duration
		want    []string // at places 0 and 36
	}{
		"nothing granted":         {Lease{}, 0, 0, []string{"waits for a slot", "waits for a slot"}},
		"paused":                  {Lease{Seq: 1, Paused: true, Line: 3}, 0, 0, []string{"waits for a slot; the account is paused", "waits for a slot; the account is paused"}},
		"behind other runs":       {Lease{Seq: 1, Line: 4, Wait: 2 * time.Minute}, 0, 0, []string{"waits for a slot, number 4 in line, for about 2 min", "waits for a slot, number 40 in line, for about 20 min"}},
		"no time known":           {Lease{Seq: 1, Line: 4}, 0, 0, []string{"waits for a slot, number 4 in line", "waits for a slot, number 40 in line"}},
		"its own slots":           {Lease{Seq: 1, Slots: 2}, 0, 0, []string{"waits for a slot, number 1 in line", "waits for a slot, number 37 in line"}},
		"as its own took":         {Lease{Seq: 1, Slots: 2}, 10, 200 * time.Second, []string{"waits for a slot, number 1 in line, for about 10 s", "waits for a slot, number 37 in line, for about 6 min"}},
		"its part of a minute":    {Lease{Seq: 1, Slots: 9, Starts: map[Pool]int{Images: 2, Videos: 1}}, 10, 200 * time.Second, []string{"waits for a slot, number 1 in line, for about 30 s", "waits for a slot, number 37 in line, for about 19 min"}},
		"for hours":               {Lease{Seq: 1, Slots: NoLimit, Starts: map[Pool]int{Starts: 1}}, 0, 0, []string{"waits for a slot, number 1 in line, for about 1 min", "waits for a slot, number 37 in line, for about 37 min"}},
		"no part of a minute yet": {Lease{Seq: 1, Slots: 2, Starts: map[Pool]int{Images: 0}}, 10, 200 * time.Second, []string{"waits for a slot, number 1 in line", "waits for a slot, number 37 in line"}},
	} {
		require.Equal(t, test.want, waitingAt(test.granted, test.ended, test.took, 0, 36), name)
	}
	require.Equal(t, []string{"waits for a slot", "waits for a slot"}, waitingAt(Lease{Seq: 1, Slots: 2}, 0, 0, -1, 100), "one that was not there")
	require.Equal(t, "3 h", Roughly(181*time.Minute))
}

// TestLine: runs that wait for the minute are told their place, too, and what is used counts as
// it may be used.
func TestLine(t *testing.T) {
	t.Parallel()
	k := NewKeeper()
	k.Limits = Limits{Running: 10, Images: 1}
	for i, name := range []string{"first", "second", "third"} {
		require.True(t, k.Report(noon, Report{WorkflowID: name, RunID: name, Group: name, Seq: 1, Since: 1, Waiting: map[Kind]int{Image: 1 + i}}))
		k.Divide(noon)
	}
	first, second, third := k.Holders[0], k.Holders[1], k.Holders[2]
	require.Zero(t, first.Lease.Line)
	require.Equal(t, 1, second.Lease.Line)
	require.Equal(t, time.Minute, second.Lease.Wait)
	require.Equal(t, 2, third.Lease.Line)
	require.Equal(t, []int{1, 0, 0}, []int{first.Running(noon), second.Running(noon), third.Running(noon)})
	require.Equal(t, []int{0, 2, 3}, []int{first.Waiting(noon), second.Waiting(noon), third.Waiting(noon)})
	require.Equal(t, 5, k.InLine(noon))
	require.Equal(t, 1, k.InUse(Running, noon))
	require.Equal(t, 1, k.InUse(Images, noon))

	k.Limits = Limits{Running: 0}
	k.Divide(noon)
	require.Equal(t, 1, first.Running(noon), "what it had been granted may run")
	require.Equal(t, 5, k.InLine(noon))
}
