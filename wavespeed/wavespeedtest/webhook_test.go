package wavespeedtest_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// The vectors were computed by the documented rule with another program. The key is
// the secret's text, not what it decodes to.
func TestSignFollowsTheDocumentedRule(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ secret, id, timestamp, body, signature string }{
		{
			"whsec_c2ltdWxhdG9yLXNlY3JldA==", "0123456789abcdef0123456789abcdef", "1700000000",
			`{"id":"0123456789abcdef0123456789abcdef","status":"completed"}`,
			"v3,9ad0d69cfc228cb7541c5dfee69fc75dcc8eac78d826eb792c950ab0aedeef8e",
		},
		{
			"whsec_c2ltdWxhdG9yLXNlY3JldA==", "0123456789abcdef0123456789abcdef", "1700000000",
			`{"prompt":"café"}`, "v3,38ce0feb9ea14f48a9346230cc5c580e68e48a5e461dc7a660762d3bc9c3c798",
		},
		{
			"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330",
			`{"test": 2432232314}`, "v3,10b86a1b42aed60c0e7357f88f229da774851852c039d27d6efa562dc8826a42",
		},
	} {
		require.Equal(t, test.signature, wavespeedtest.Sign(test.secret, test.id, test.timestamp, []byte(test.body)))
	}
	require.Equal(t, wavespeedtest.Sign("plain", "a", "1", nil), wavespeedtest.Sign("whsec_plain", "a", "1", nil))
}

func TestTheWebhookIsTheBarePrediction(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{})
	hooks := receive(t)
	id := p.submit(fluxDev, `{"prompt":"<x> & y"}`, hooks.URL+"/hooks/abc")
	got := hooks.wait(t, 1)[0]
	require.Equal(t, "/hooks/abc", got.path)
	require.Equal(t, id, got.id)
	require.True(t, got.signedWith(wavespeedtest.DefaultSecret))
	seconds, err := strconv.ParseInt(got.timestamp, 10, 64)
	require.NoError(t, err)
	require.WithinDuration(t, got.at, time.Unix(seconds, 0), 2*time.Second)

	prediction := got.prediction(t)
	require.Equal(t, map[string]any{"prompt": "<x> & y"}, prediction["input"])
	delete(prediction, "input")
	require.Equal(t, p.result(id).data(), prediction)
	p.eventually(func() bool { return len(p.entry(id).Deliveries) == 1 })
	delivery := p.entry(id).Deliveries[0]
	require.Equal(t, hooks.URL+"/hooks/abc", delivery.To)
	require.Equal(t, http.StatusOK, delivery.StatusCode)
	require.Equal(t, 1, delivery.Attempt)
	require.Empty(t, delivery.Fault)
	require.Equal(t, map[int]int{200: 1}, p.Counts().Deliveries)
}

func TestAFailedPredictionSendsItsWebhookToo(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{
		Faults:   []wavespeedtest.Fault{{Kind: wavespeedtest.Fails, Code: 1200}},
		Behavior: wavespeedtest.Behavior{OmitWebhookInput: true},
	})
	hooks := receive(t)
	p.submit(fluxDev, `{"prompt":"x"}`, hooks.URL)
	prediction := hooks.wait(t, 1)[0].prediction(t)
	require.Equal(t, "failed", prediction["status"])
	require.EqualValues(t, 1200, prediction["code"])
	require.Equal(t, "Content flagged as potentially sensitive. Please try different prompts or images.", prediction["error"])
	require.NotContains(t, prediction, "input")
	require.NotContains(t, prediction, "has_nsfw_contents")
}

func TestAWebhookIsSentAgainUntilItIsTaken(t *testing.T) {
	t.Parallel()
	for status, times := range map[int]int{200: 1, 204: 1, 299: 1, 300: 4, 307: 4, 401: 4, 404: 4, 410: 4, 500: 4, 503: 4} {
		p := start(t, wavespeedtest.Options{Behavior: wavespeedtest.Behavior{WebhookBackoff: 20 * time.Millisecond}})
		hooks := receive(t, func(int) int { return status })
		id := p.submit(fluxDev, `{"prompt":"x"}`, hooks.URL)
		p.eventually(func() bool { return len(p.entry(id).Deliveries) == times })
		deliveries := p.entry(id).Deliveries
		for i, delivery := range deliveries {
			require.Equal(t, i+1, delivery.Attempt)
			require.Equal(t, status, delivery.StatusCode)
			if i > 0 {
				require.GreaterOrEqual(t, delivery.At.Sub(deliveries[i-1].At), 20*time.Millisecond<<(i-1), "the wait doubles")
			}
		}
		p.eventually(func() bool { return p.Counts().Deliveries[status] == times })
		require.Len(t, hooks.webhooks(), times)
	}
}

func TestAWebhookThatIsTakenAtLastIsNotSentAgain(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{})
	hooks := receive(t, func(n int) int {
		if n < 3 {
			return http.StatusServiceUnavailable
		}
		return http.StatusOK
	})
	id := p.submit(fluxDev, `{"prompt":"x"}`, hooks.URL)
	p.eventually(func() bool { return len(p.entry(id).Deliveries) == 3 })
	require.Equal(t, http.StatusOK, p.entry(id).Deliveries[2].StatusCode)
	require.Equal(t, map[int]int{503: 2, 200: 1}, p.Counts().Deliveries)
	for _, hook := range hooks.webhooks() {
		require.Equal(t, id, hook.id)
		require.True(t, hook.signedWith(wavespeedtest.DefaultSecret))
	}
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{Behavior: wavespeedtest.Behavior{WebhookRetries: -1, RefundUndelivered: true}})
	before := p.Balance("default")
	id := p.submit(fluxDev, `{"prompt":"x"}`, "http://127.0.0.1:1/x")
	p.eventually(func() bool { return p.entry(id).Refunded })
	require.Len(t, p.entry(id).Deliveries, 1)
	require.Zero(t, p.entry(id).Deliveries[0].StatusCode)
	require.Contains(t, p.entry(id).Deliveries[0].Error, "refused")
	require.InDelta(t, before, p.Balance("default"), 1e-9)
	require.Equal(t, "completed", p.entry(id).Status)
}

func TestAReceiverMayTakeSoLong(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{Behavior: wavespeedtest.Behavior{WebhookTimeout: 30 * time.Millisecond, WebhookRetries: 1}})
	hang := make(chan struct{})
	hooks := receive(t, func(int) int { <-hang; return http.StatusOK })
	id := p.submit(fluxDev, `{"prompt":"x"}`, hooks.URL)
	p.eventually(func() bool { return len(p.entry(id).Deliveries) == 2 })
	close(hang)
	require.Contains(t, p.entry(id).Deliveries[0].Error, "deadline exceeded")
}

func TestDeliveriesMayHaveIDsOfTheirOwnAndOldTimestamps(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{Behavior: wavespeedtest.Behavior{
		DeliveryID: true, KeepTimestamp: true, WebhookRetries: 1, WebhookBackoff: 1100 * time.Millisecond,
	}})
	hooks := receive(t, func(int) int { return http.StatusServiceUnavailable })
	id := p.submit(fluxDev, `{"prompt":"x"}`, hooks.URL)
	got := hooks.wait(t, 2)
	require.NotEqual(t, got[0].id, got[1].id)
	require.NotEqual(t, id, got[0].id)
	require.Equal(t, got[0].timestamp, got[1].timestamp)
	require.True(t, got[1].signedWith(wavespeedtest.DefaultSecret))
}

func TestSomeEndsMaySendNoWebhook(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{
		Behavior: wavespeedtest.Behavior{SilentEnds: true},
		Faults:   []wavespeedtest.Fault{{Kind: wavespeedtest.EndsAs, Input: "silent", Value: "timeout"}},
	})
	hooks := receive(t)
	silent := p.submit(fluxDev, `{"prompt":"silent"}`, hooks.URL)
	require.Equal(t, "timeout", p.ended(silent)["status"])
	p.submit(fluxDev, `{"prompt":"x"}`, hooks.URL)
	require.Equal(t, "completed", hooks.wait(t, 1)[0].prediction(t)["status"])
	require.Empty(t, p.entry(silent).Deliveries)
}

func TestAnAddressThatIsNoneIsAFailedDelivery(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{Behavior: wavespeedtest.Behavior{WebhookRetries: -1}})
	id := p.submit(fluxDev, `{"prompt":"x"}`, "nonsense")
	p.eventually(func() bool { return len(p.entry(id).Deliveries) == 1 })
	require.NotEmpty(t, p.entry(id).Deliveries[0].Error)
}
