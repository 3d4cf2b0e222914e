package wire_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/quota"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// maxPayload is what Temporal takes.
const maxPayload = 2 << 20

func stateOf(runs int) wire.KeeperState {
	state := wire.KeeperState{Keeper: quota.NewKeeper(), Configured: &wire.Limits{Running: 300}, Since: time.Unix(1, 0).UTC()}
	for range runs {
		id := uuid.NewString()
		state.Report(time.Unix(1, 0).UTC(), quota.Report{
			WorkflowID: id, RunID: uuid.NewString(), Group: id, Root: id, Seq: 1, Since: 1, Waiting: map[quota.Kind]int{quota.Image: 1},
		})
	}
	state.Divide(time.Unix(1, 0).UTC())
	return state
}

// TestLargeStateIsPacked: the most runs that a keeper takes along fit into a payload.
func TestLargeStateIsPacked(t *testing.T) {
	t.Parallel()
	for runs, packed := range map[int]bool{3: false, quota.MaxHolders: true} {
		t.Run(fmt.Sprint(runs), func(t *testing.T) {
			t.Parallel()
			state := stateOf(runs)
			encoded, err := json.Marshal(state)
			require.NoError(t, err)
			require.Less(t, len(encoded), maxPayload)
			var fields map[string]json.RawMessage
			require.NoError(t, json.Unmarshal(encoded, &fields))
			_, is := fields["packed"]
			require.Equal(t, packed, is)
			var again wire.KeeperState
			require.NoError(t, json.Unmarshal(encoded, &again))
			require.Equal(t, state.Configured, again.Configured)
			require.Equal(t, state.Holders, again.Holders)
		})
	}
}
