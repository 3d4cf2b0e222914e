package quota_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/quota"
)

func manyRuns(n int, now time.Time) *quota.Keeper {
	k := quota.NewKeeper()
	k.Limits = quota.Limits{quota.Running: 300, quota.Starts: 500}
	for i := range n {
		id := fmt.Sprint("workflow ", i)
		k.Report(now, quota.Report{WorkflowID: id, RunID: fmt.Sprint("run ", i), Group: id, Root: id, Seq: 1, Since: 1, Waiting: map[quota.Kind]int{quota.Image: 1}})
	}
	return k
}

// TestTrim: who has something is never forgotten, and those who came last are first.
func TestTrim(t *testing.T) {
	t.Parallel()
	now := time.Unix(1, 0)
	k := manyRuns(1000, now)
	for again := now; !again.IsZero() && !again.After(now); { // as many messages as may be sent at once
		_, again = k.Divide(now)
	}
	k.Trim(500)
	require.Len(t, k.Holders, 500)
	require.Equal(t, "run 499", k.Holders[499].Report.RunID)
	k.Trim(1)
	require.Len(t, k.Holders, 300, "these have a slot")
}

// BenchmarkDivide is one division among runs that all wait, as the keeper does it after each report.
func BenchmarkDivide(b *testing.B) {
	for _, n := range []int{100, 1_000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			now := time.Unix(1, 0)
			k := manyRuns(n, now)
			for b.Loop() {
				k.Divide(now)
			}
		})
	}
}
