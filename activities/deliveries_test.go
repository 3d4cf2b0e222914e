package activities_test

import (
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"

	"github.com/wavespeed-temporal/wavespeed-temporal/activities"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook/webhooktest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	stack.StopShared()
	os.Exit(code)
}

// deliver posts a genuine delivery, and returns the status of the answer.
func deliver(t *testing.T, url string, body []byte) int {
	t.Helper()
	request := webhooktest.NewRequest(wavespeedtest.DefaultSecret, url, body)
	request.RequestURI = ""
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	return response.StatusCode
}

// A delivery that comes when the run has been terminated is there for the next run.
func TestDeliveriesBetweenTwoRuns(t *testing.T) {
	t.Parallel()
	e := stack.NewEmbedded(t, wavespeedtest.Options{Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.NeverEnds}}})
	e.StartWorker(t, sdkworker.Options{}, nil)
	run := e.Start(t, generation.WorkflowName, generation.Request{Model: "wavespeed-ai/flux-dev", Input: map[string]any{"prompt": "x"}})
	var entry wavespeedtest.Entry
	stack.Eventually(t, "nothing is submitted", func() bool {
		ledger := e.Simulator.Ledger()
		if len(ledger) == 1 {
			entry = ledger[0]
		}
		return len(ledger) == 1
	})
	keyring := e.Keyring(t)
	target, err := keyring.Open(t.Context(), entry.WebhookURL[len(e.Options.WebhookURL)+1:])
	require.NoError(t, err)
	require.NoError(t, e.Client.TerminateWorkflow(t.Context(), run.GetID(), "", "between two runs"))

	none, err := activities.Deliveries(t.Context(), e.Client, target.Nonce)
	require.NoError(t, err)
	require.Empty(t, none)
	for range 3 {
		body := fmt.Appendf(nil, `{"id":%q,"status":"completed","outputs":["https://cdn.test/a.png"],"input":{"seed":%d}}`, entry.PredictionID, wire.Seed(target.Nonce))
		require.Equal(t, http.StatusOK, deliver(t, entry.WebhookURL, body))
	}
	require.Equal(t, http.StatusOK, deliver(t, entry.WebhookURL, []byte(`{"id":"other","status":"completed"}`)))
	var kept []wire.Signal
	stack.Eventually(t, "the deliveries are not kept", func() bool {
		kept, err = activities.Deliveries(t.Context(), e.Client, target.Nonce)
		return err == nil && len(kept) == 2
	})
	require.Equal(t, entry.PredictionID, kept[0].PredictionID)
	require.Equal(t, "https://cdn.test/a.png", kept[0].Outputs[0].URL())
	require.True(t, kept[0].Identified)
	require.Equal(t, "other", kept[1].PredictionID)
	require.False(t, kept[1].Identified)
}

// A delivery that no worker has taken up is not none.
func TestDeliveryThatCannotBeReadYet(t *testing.T) {
	t.Parallel()
	c := stack.SharedTemporal(t).Client(t)
	nonce := uuid.NewString()
	id := wire.DeliveryIDs(nonce)[0]
	_, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: "nobody"}, wire.DeliveryName, wire.Signal{Nonce: nonce})
	require.NoError(t, err)
	began := time.Now()
	_, err = activities.Deliveries(t.Context(), c, nonce)
	require.ErrorContains(t, err, id)
	require.Less(t, time.Since(began), 10*time.Second)

	require.NoError(t, c.TerminateWorkflow(t.Context(), id, "", "somebody ends it"))
	kept, err := activities.Deliveries(t.Context(), c, nonce)
	require.NoError(t, err)
	require.Empty(t, kept)
}
