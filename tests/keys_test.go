package tests

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// TestWorkerKilledWhileItsKeyIsReplaced: the worker that submitted is killed before it gets the
// response, and the next worker has another organisation's key. What that key shows proves
// nothing, so the submit is not repeated. A worker with the first key can tell.
func TestWorkerKilledWhileItsKeyIsReplaced(t *testing.T) {
	t.Parallel()
	const otherKey = "another-organisations-key"
	for _, test := range []struct {
		name string
		key  string
		err  generation.ErrorType
	}{
		{"by another organisation's", otherKey, generation.ErrorTypeSubmitUnknown},
		{"by none", wavespeedtest.DefaultKey, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := stack.Start(t, stack.Options{PollOnly: true, Simulator: wavespeedtest.Options{
				Accounts: []wavespeedtest.Account{{}, {Name: "other", Key: otherKey}},
				Behavior: wavespeedtest.Behavior{ListInputs: true},
				Faults:   []wavespeedtest.Fault{{Kind: wavespeedtest.AcceptedStall, Delay: time.Hour, Times: 1}},
			}})
			run := s.Generate(soon(still("a lighthouse")))
			stack.Eventually(t, "the submit is not accepted", func() bool { return len(s.Simulator.Ledger()) == 1 })
			s.Worker.Kill()
			s.StartWorker("WAVESPEED_API_KEY=" + test.key)
			_, err := s.Result(run)
			if test.err == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, string(test.err))
				require.ErrorContains(t, err, "another API key")
			}
			require.Len(t, s.Simulator.Ledger(), 1)
		})
	}
}
