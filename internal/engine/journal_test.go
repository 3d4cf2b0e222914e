package engine

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// ids are generations by their keys, each of which asks for what its first letter says.
func ids(keys ...string) (made []generation.Status) {
	price := generation.Dollars(0.5)
	for _, key := range keys {
		made = append(made, generation.Status{
			Key: key, Fingerprint: key[:1], State: generation.StateCompleted,
			Attempts: []*generation.Attempt{{State: generation.StateCompleted, Price: &price}},
		})
	}
	return made
}

func keysOf(made []generation.Status) (keys []string) {
	for _, status := range made {
		keys = append(keys, status.Key)
	}
	return keys
}

func TestJournalKeepsWhatAsksForSomethingElse(t *testing.T) {
	t.Parallel()
	var j journal
	require.Empty(t, j.current("x"))
	j.add("x", 0, nil)
	require.Empty(t, j.entries, "nothing was made")
	j.add("x", 0, ids("a1", "b1"))
	j.add("x", 0, ids("c1"))
	j.add("x", 0, ids("b2"))
	j.add("y", 0, ids("a2"))
	require.Equal(t, []string{"a1", "c1", "b2"}, keysOf(j.current("x")), "the newest of each, and what decides last")
	require.Equal(t, []string{"x", "y"}, j.keys())
	require.Equal(t, []string{"a1", "b1", "c1", "b2", "a2"}, keysOf(j.all()), "nothing leaves it")
	require.Equal(t, tally{usd: generation.Dollars(2.5), priced: true, attempts: 5, bytes: 5 * (statusBytes + attemptBytes)}, j.sum)
}

// TestJournalRecalls: results of an earlier run that are read later are older.
func TestJournalRecalls(t *testing.T) {
	t.Parallel()
	var j journal
	j.recall("x", ids("a2"), 0)
	j.recall("x", ids("a1", "b1"), 0)
	j.recall("x", ids("c1"), earlierRound)
	require.Equal(t, []string{"b1", "a2"}, keysOf(j.current("x")))
	require.Equal(t, []string{"c1"}, keysOf(j.replaced("x")))
	require.False(t, fresh(j.entries))
	require.Zero(t, j.sum, "others have paid for it")

	kept := ids("a2")
	kept[0].Kept = true
	j.add("x", 0, kept)
	require.False(t, fresh(j.entries), "it was there before")
	j.add("y", 0, ids("a3"))
	require.True(t, fresh(j.entries))
	require.False(t, fresh(j.items["x"]))
	require.Equal(t, 1, j.sum.attempts)

	j.replace("x", earlierRound)
	j.undo(1)
	require.Empty(t, j.current("x"), "what --from has regenerated stays so")
	require.Equal(t, []string{"c1", "b1", "a2"}, keysOf(j.replaced("x")))
}

// TestJournalUndoesRounds: a regeneration that failed brings back what was there before, also
// where it asked for the same, and what another regeneration replaced in between.
func TestJournalUndoesRounds(t *testing.T) {
	t.Parallel()
	var j journal
	j.add("x", 0, ids("a1"))
	j.add("y", 0, ids("b1"))
	j.replace("x", 1)
	require.Empty(t, j.current("x"))
	j.add("x", 1, ids("a2"))
	require.Equal(t, []string{"a2"}, keysOf(j.current("x")))
	j.replace("y", 2)
	j.replace("x", 2)
	j.add("x", 2, ids("c1"))
	require.Equal(t, []string{"c1"}, keysOf(j.current("x")))

	j.undo(2)
	require.Equal(t, []string{"c1", "a2"}, keysOf(j.current("x")))
	require.Equal(t, []string{"b1"}, keysOf(j.current("y")))
	j.undo(1)
	require.Equal(t, []string{"c1", "a1"}, keysOf(j.current("x")))
	require.Empty(t, j.replaced("x"))
	require.Len(t, j.all(), 4)
}
