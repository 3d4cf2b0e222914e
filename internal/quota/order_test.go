package quota

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// wanting has a run report that it wants so many images.
func wanting(k *Keeper, name string, n, priority int) *Holder {
	k.Report(noon, Report{WorkflowID: name, RunID: name, Group: name, Priority: priority, Seq: 1, Since: 1, Waiting: map[Kind]int{Image: n}})
	return k.holder(name)
}

// TestFreeSlotsGoToTheUrgent: while others have not returned theirs yet, what is free goes to those
// who come first, not to those who were there first.
func TestFreeSlotsGoToTheUrgent(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		limits Limits
		got    func(Lease) int
	}{
		"slots":    {Limits{Running: 4}, func(l Lease) int { return l.Slots }},
		"a minute": {Limits{Images: 4}, func(l Lease) int { return l.Starts[Images] }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := NewKeeper()
			k.Limits = c.limits
			old, late, urgent := wanting(k, "old", 3, 3), wanting(k, "late", 0, 3), (*Holder)(nil)
			k.Divide(noon)
			require.Equal(t, 3, c.got(old.Lease))
			late.Report.Waiting = map[Kind]int{Image: 9}
			urgent = wanting(k, "urgent", 2, 1) // one is free, and of old's three one is asked back
			k.Divide(noon)
			require.Equal(t, 1, c.got(urgent.Lease))
			require.Zero(t, c.got(late.Lease))
		})
	}
}

// TestFreeSlotsGoToThoseServedLeast among equals.
func TestFreeSlotsGoToThoseServedLeast(t *testing.T) {
	t.Parallel()
	k := NewKeeper()
	k.Limits = Limits{Running: 3}
	old, much, little := wanting(k, "old", 2, 3), wanting(k, "much", 0, 3), wanting(k, "little", 0, 3)
	k.Divide(noon)
	k.group("much").Served, k.group("little").Served = 8, 5
	for _, h := range []*Holder{much, little} {
		h.Report.Waiting = map[Kind]int{Image: 1}
	}
	k.Divide(noon)
	require.Equal(t, []int{1, 0, 1}, []int{old.Lease.Slots, much.Lease.Slots, little.Lease.Slots})
}

// TestLineByPriorityAndKind: all that is more urgent comes first, and a limit on videos does not
// slow down images.
func TestLineByPriorityAndKind(t *testing.T) {
	t.Parallel()
	k := NewKeeper()
	k.Limits = Limits{Running: 1, Images: 30, Videos: 2}
	wanting(k, "running", 1, 1)
	k.Divide(noon)
	behind, urgent := wanting(k, "behind", 1, 3), wanting(k, "urgent", 4, 1)
	video := wanting(k, "video", 1, 4)
	video.Report.Waiting = map[Kind]int{Video: 1}
	next := make([]Lease, len(k.Holders))
	for i, h := range k.Holders {
		next[i] = h.Lease
	}
	k.line(noon, next)
	require.Equal(t, 1, next[1+1].Line, urgent.Report.RunID)
	require.Equal(t, 5, next[1].Line, behind.Report.RunID)
	require.Equal(t, 10*time.Second, next[1].Wait)
	require.Equal(t, 6, next[3].Line)
	require.Equal(t, 3*time.Minute, next[3].Wait)
}
