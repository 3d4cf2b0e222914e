package wavespeedtest_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// stage is a provider with one fault, and a receiver of its webhooks.
type stage struct {
	*provider
	t     *testing.T
	hooks *receiver
}

func (s stage) submit() string {
	return s.provider.submit(fluxDev, `{"prompt":"x"}`, s.hooks.URL+"/own")
}

// trySubmit is a submit that may go wrong.
func (s stage) trySubmit(input string) (answer, error) {
	s.t.Helper()
	return s.try(http.MethodPost, submitPath(fluxDev, s.hooks.URL+"/own"), input)
}

// accepted waits for the one entry of the ledger.
func (s stage) accepted() wavespeedtest.Entry {
	s.t.Helper()
	s.eventually(func() bool { return len(s.Ledger()) == 1 })
	return s.Ledger()[0]
}

// refused tells that nothing was accepted.
func (s stage) refused() {
	s.t.Helper()
	require.Empty(s.t, s.Ledger())
	require.InDelta(s.t, wavespeedtest.DefaultBalance, s.Balance("default"), 0)
}

// genuine is the webhooks that say the truth.
func genuine(got []webhook, t *testing.T, id string) (genuine []webhook) {
	for _, hook := range got {
		if hook.signedWith(wavespeedtest.DefaultSecret) && json.Valid(hook.body) &&
			hook.prediction(t)["id"] == id && hook.prediction(t)["status"] == "completed" {
			genuine = append(genuine, hook)
		}
	}
	return genuine
}

func age(t *testing.T, hook webhook) time.Duration {
	seconds, err := strconv.ParseInt(hook.timestamp, 10, 64)
	require.NoError(t, err)
	return hook.at.Sub(time.Unix(seconds, 0))
}

const short = 60 * time.Millisecond

// effects shows what each kind of fault does.
var effects = map[wavespeedtest.Kind]struct {
	fault    wavespeedtest.Fault
	behavior wavespeedtest.Behavior
	show     func(t *testing.T, s stage)
}{
	wavespeedtest.SubmitReset: {show: func(t *testing.T, s stage) {
		_, err := s.trySubmit(`{"prompt":"x"}`)
		require.ErrorContains(t, err, "reset")
		s.refused()
	}},
	wavespeedtest.SubmitError: {fault: wavespeedtest.Fault{Status: 307, Value: "https://elsewhere.example/", Message: "over there"}, show: func(t *testing.T, s stage) {
		got, err := s.trySubmit(`{"prompt":"x"}`)
		require.NoError(t, err)
		require.Equal(t, 307, got.status)
		require.Equal(t, "https://elsewhere.example/", got.header.Get("Location"))
		require.JSONEq(t, `{"code":307,"message":"over there"}`, got.raw)
		require.Equal(t, map[int]int{307: 1}, s.Counts().Refused)
		s.refused()
	}},
	wavespeedtest.SubmitStall: {fault: wavespeedtest.Fault{Delay: short}, show: func(t *testing.T, s stage) {
		began := time.Now()
		_, err := s.trySubmit(`{"prompt":"x"}`)
		require.Error(t, err)
		require.GreaterOrEqual(t, time.Since(began), short)
		s.refused()
	}},
	wavespeedtest.SubmitLimited: {fault: wavespeedtest.Fault{Delay: 6500 * time.Millisecond}, show: func(t *testing.T, s stage) {
		got, err := s.trySubmit(`{"prompt":"x"}`)
		require.NoError(t, err)
		require.Equal(t, 429, got.status)
		require.Equal(t, "7", got.header.Get("Retry-After"))
		s.refused()
	}},
	wavespeedtest.AcceptedReset: {show: func(t *testing.T, s stage) {
		_, err := s.trySubmit(`{"prompt":"x"}`)
		require.ErrorContains(t, err, "reset")
		require.Len(t, genuine(s.hooks.wait(t, 1), t, s.accepted().PredictionID), 1)
	}},
	wavespeedtest.AcceptedError: {show: func(t *testing.T, s stage) {
		got, err := s.trySubmit(`{"prompt":"x"}`)
		require.NoError(t, err)
		require.Contains(t, []int{502, 503, 504}, got.status)
		require.NotContains(t, got.raw, s.accepted().PredictionID)
		s.hooks.wait(t, 1)
	}},
	wavespeedtest.AcceptedStall: {fault: wavespeedtest.Fault{Delay: short}, show: func(t *testing.T, s stage) {
		began := time.Now()
		_, err := s.trySubmit(`{"prompt":"x"}`)
		require.Error(t, err)
		require.GreaterOrEqual(t, time.Since(began), short)
		s.accepted()
	}},
	wavespeedtest.AcceptedSlow: {fault: wavespeedtest.Fault{Delay: short}, show: func(t *testing.T, s stage) {
		began := time.Now()
		id := s.submit()
		require.GreaterOrEqual(t, time.Since(began), short)
		require.Equal(t, id, s.accepted().PredictionID)
	}},
	wavespeedtest.AcceptedGarbled: {show: func(t *testing.T, s stage) {
		got, err := s.trySubmit(`{"prompt":"x"}`)
		require.NoError(t, err)
		require.Equal(t, 200, got.status)
		require.False(t, json.Valid([]byte(got.raw)))
		s.accepted()
	}},
	wavespeedtest.AcceptedNameless: {show: func(t *testing.T, s stage) {
		got, err := s.trySubmit(`{"prompt":"x"}`)
		require.NoError(t, err)
		require.Equal(t, 200, got.status)
		require.Equal(t, "", got.data()["id"])
		require.NotContains(t, got.raw, s.accepted().PredictionID)
	}},
	wavespeedtest.SyncTimeout: {show: func(t *testing.T, s stage) {
		got, err := s.trySubmit(`{"prompt":"x","enable_sync_mode":true}`)
		require.NoError(t, err)
		require.Equal(t, "processing", got.data()["status"])
		require.EqualValues(t, 5004, got.data()["code"])
		require.Contains(t, got.data()["error"], "Sync mode timed out")
		require.Contains(t, got.data(), "urls")
		require.Equal(t, "completed", s.ended(s.accepted().PredictionID)["status"])
	}},
	wavespeedtest.SyncTimeoutBare: {show: func(t *testing.T, s stage) {
		got, err := s.trySubmit(`{"prompt":"x","enable_sync_mode":true}`)
		require.NoError(t, err)
		require.EqualValues(t, 5004, got.data()["code"])
		require.NotContains(t, got.data(), "urls")
	}},
	wavespeedtest.SyncGatewayTimeout: {show: func(t *testing.T, s stage) {
		got, err := s.trySubmit(`{"prompt":"x","enable_sync_mode":true}`)
		require.NoError(t, err)
		require.Equal(t, 504, got.status)
		require.Equal(t, "completed", s.ended(s.accepted().PredictionID)["status"])
	}},
	wavespeedtest.Fails: {fault: wavespeedtest.Fault{Code: 5003, Message: "no machine"}, show: func(t *testing.T, s stage) {
		got := s.ended(s.submit())
		require.Equal(t, "failed", got["status"])
		require.EqualValues(t, 5003, got["code"])
		require.Equal(t, "no machine", got["error"])
		require.Equal(t, []any{}, got["outputs"])
		require.Equal(t, 5003, s.accepted().Code)
	}},
	wavespeedtest.FailsWithObject: {fault: wavespeedtest.Fault{Code: 1200}, show: func(t *testing.T, s stage) {
		got := s.ended(s.submit())
		require.EqualValues(t, 1200, got["error"].(map[string]any)["code"])
		require.Contains(t, got["error"].(map[string]any)["message"], "sensitive")
	}},
	wavespeedtest.NeverEnds: {show: func(t *testing.T, s stage) {
		id := s.submit()
		s.eventually(func() bool { return s.result(id).data()["status"] == "processing" })
		other := s.provider.submit("wavespeed-ai/dia-tts", `{"prompt":"x"}`)
		s.ended(other)
		require.Equal(t, "processing", s.result(id).data()["status"])
		require.Empty(t, s.hooks.webhooks())
	}, fault: wavespeedtest.Fault{Model: fluxDev}},
	wavespeedtest.EndsAs: {show: func(t *testing.T, s stage) {
		got := s.ended(s.submit())
		require.Equal(t, "cancelled", got["status"])
		require.Equal(t, "cancelled", s.hooks.wait(t, 1)[0].prediction(t)["status"])
	}},
	wavespeedtest.UnknownStatus: {fault: wavespeedtest.Fault{Delay: time.Second}, show: func(t *testing.T, s stage) {
		id := s.submit()
		s.eventually(func() bool { return s.result(id).data()["status"] == "paused" })
		require.Equal(t, "completed", s.ended(id)["status"])
	}},
	wavespeedtest.Slow: {fault: wavespeedtest.Fault{Delay: short}, show: func(t *testing.T, s stage) {
		began := time.Now()
		s.ended(s.submit())
		require.GreaterOrEqual(t, time.Since(began), short)
	}},
	wavespeedtest.OutputsEmpty: {show: func(t *testing.T, s stage) {
		got := s.ended(s.submit())
		require.Equal(t, "completed", got["status"])
		require.Equal(t, []any{}, got["outputs"])
	}},
	wavespeedtest.OutputsObject: {show: func(t *testing.T, s stage) {
		output := s.ended(s.submit())["outputs"].([]any)[0].(map[string]any)
		status, _, _ := get(t, output["url"].(string))
		require.Equal(t, 200, status)
	}},
	wavespeedtest.OutputsText: {fault: wavespeedtest.Fault{Value: "a text"}, show: func(t *testing.T, s stage) {
		require.Equal(t, []any{"a text"}, s.ended(s.submit())["outputs"])
	}},
	wavespeedtest.OutputsBase64: {show: func(t *testing.T, s stage) {
		require.Greater(t, len(s.ended(s.submit())["outputs"].([]any)[0].(string)), 1000)
	}},
	wavespeedtest.NSFWNull: {show: func(t *testing.T, s stage) {
		got := s.ended(s.submit())
		require.Contains(t, got, "has_nsfw_contents")
		require.Nil(t, got["has_nsfw_contents"])
	}},
	wavespeedtest.NSFWAbsent: {show: func(t *testing.T, s stage) {
		require.NotContains(t, s.ended(s.submit()), "has_nsfw_contents")
	}},
	wavespeedtest.NSFWFlagged: {show: func(t *testing.T, s stage) {
		require.Equal(t, []any{true}, s.ended(s.submit())["has_nsfw_contents"])
	}},
	wavespeedtest.WebhookEarly: {show: func(t *testing.T, s stage) {
		got, err := s.trySubmit(`{"prompt":"x"}`)
		require.NoError(t, err)
		require.Equal(t, "created", got.data()["status"], "the answer is as old as the submit")
		require.Len(t, s.hooks.webhooks(), 1, "the webhook came before the answer")
		require.Equal(t, "completed", s.hooks.webhooks()[0].prediction(t)["status"])
	}},
	wavespeedtest.WebhookLost: {show: func(t *testing.T, s stage) {
		s.ended(s.submit())
		s.eventually(func() bool { return s.Counts().Faults[wavespeedtest.WebhookLost] == 1 })
		require.Empty(t, s.accepted().Deliveries)
		require.Empty(t, s.hooks.webhooks())
	}},
	wavespeedtest.WebhookDelayed: {fault: wavespeedtest.Fault{Delay: 2100 * time.Millisecond}, show: func(t *testing.T, s stage) {
		began := time.Now()
		s.submit()
		hook := s.hooks.wait(t, 1)[0]
		require.GreaterOrEqual(t, time.Since(began), 2*time.Second)
		require.Less(t, age(t, hook), 1900*time.Millisecond)
	}},
	wavespeedtest.WebhookLate: {fault: wavespeedtest.Fault{Delay: 2100 * time.Millisecond}, show: func(t *testing.T, s stage) {
		id := s.submit()
		got := s.hooks.wait(t, 1)
		require.GreaterOrEqual(t, age(t, got[0]), 2*time.Second)
		require.Len(t, genuine(got, t, id), 1)
	}},
	wavespeedtest.WebhookStale: {show: func(t *testing.T, s stage) {
		id := s.submit()
		got := s.hooks.wait(t, 1)
		require.InDelta(t, 10*time.Minute, age(t, got[0]), float64(5*time.Second))
		require.Len(t, genuine(got, t, id), 1)
	}},
	wavespeedtest.WebhookReordered: {fault: wavespeedtest.Fault{Times: 1, Delay: time.Minute}, show: func(t *testing.T, s stage) {
		first := s.submit()
		s.ended(first)
		second := s.submit()
		got := s.hooks.wait(t, 2)
		require.Equal(t, second, got[0].prediction(t)["id"])
		require.Equal(t, first, got[1].prediction(t)["id"])
	}},
	wavespeedtest.WebhookDuplicated: {fault: wavespeedtest.Fault{Count: 3}, show: func(t *testing.T, s stage) {
		id := s.submit()
		require.Len(t, genuine(s.hooks.wait(t, 4), t, id), 4)
	}},
	wavespeedtest.WebhookContradicted: {show: func(t *testing.T, s stage) {
		id := s.submit()
		got := s.hooks.wait(t, 2)
		require.Equal(t, "completed", got[0].prediction(t)["status"])
		require.Equal(t, "failed", got[1].prediction(t)["status"])
		require.Equal(t, id, got[1].prediction(t)["id"])
		require.True(t, got[1].signedWith(wavespeedtest.DefaultSecret))
		require.Equal(t, "completed", s.result(id).data()["status"], "the provider's own word stands")
	}},
	wavespeedtest.WebhookProgress: {show: func(t *testing.T, s stage) {
		id := s.submit()
		got := s.hooks.wait(t, 2)
		require.Equal(t, "processing", got[0].prediction(t)["status"])
		require.Len(t, genuine(got, t, id), 1)
	}},
	wavespeedtest.WebhookGarbled: {show: func(t *testing.T, s stage) {
		id := s.submit()
		got := s.hooks.wait(t, 2)
		require.False(t, json.Valid(got[0].body))
		require.True(t, got[0].signedWith(wavespeedtest.DefaultSecret))
		require.Len(t, genuine(got, t, id), 1)
	}},
	wavespeedtest.WebhookForged: {show: func(t *testing.T, s stage) {
		id := s.submit()
		got := s.hooks.wait(t, 2)
		require.False(t, got[0].signedWith(wavespeedtest.DefaultSecret))
		require.Equal(t, id, got[0].prediction(t)["id"])
		require.NotEqual(t, s.result(id).data()["outputs"], got[0].prediction(t)["outputs"])
		require.Len(t, genuine(got, t, id), 1)
	}},
	wavespeedtest.WebhookMisdirected: {fault: wavespeedtest.Fault{Nth: 2}, show: func(t *testing.T, s stage) {
		s.provider.submit(fluxDev, `{"prompt":"x"}`, s.hooks.URL+"/other")
		s.hooks.wait(t, 1)
		id := s.submit()
		got := s.hooks.wait(t, 3)
		require.Equal(t, "/other", got[1].path)
		require.Equal(t, id, got[1].prediction(t)["id"])
		require.True(t, got[1].signedWith(wavespeedtest.DefaultSecret))
		require.Equal(t, "/own", got[2].path)
	}},
	wavespeedtest.SecretRotated: {show: func(t *testing.T, s stage) {
		s.submit()
		hook := s.hooks.wait(t, 1)[0]
		require.False(t, hook.signedWith(wavespeedtest.DefaultSecret))
		require.True(t, hook.signedWith(s.Secret("default")))
	}},
	wavespeedtest.ResultMissing: {fault: wavespeedtest.Fault{Delay: time.Second}, show: func(t *testing.T, s stage) {
		id := s.submit()
		require.Equal(t, 404, s.result(id).status)
		require.Equal(t, "completed", s.ended(id)["status"])
	}},
	wavespeedtest.ResultError: {fault: wavespeedtest.Fault{Times: 1, Status: 500}, show: func(t *testing.T, s stage) {
		id := s.submit()
		require.Equal(t, 500, s.result(id).status)
		require.Equal(t, 200, s.result(id).status)
	}},
	wavespeedtest.ResultLimited: {fault: wavespeedtest.Fault{Times: 1, Delay: time.Second}, show: func(t *testing.T, s stage) {
		id := s.submit()
		require.Equal(t, "1", s.result(id).header.Get("Retry-After"))
		require.Equal(t, 200, s.result(id).status)
	}},
	wavespeedtest.ResultReset: {show: func(t *testing.T, s stage) {
		_, err := s.try(http.MethodGet, "/api/v3/predictions/"+s.submit()+"/result", nil)
		require.ErrorContains(t, err, "reset")
	}},
	wavespeedtest.ResultStall: {fault: wavespeedtest.Fault{Delay: short}, show: func(t *testing.T, s stage) {
		began := time.Now()
		_, err := s.try(http.MethodGet, "/api/v3/predictions/"+s.submit()+"/result", nil)
		require.Error(t, err)
		require.GreaterOrEqual(t, time.Since(began), short)
	}},
	wavespeedtest.ResultGarbled: {show: func(t *testing.T, s stage) {
		got := s.result(s.submit())
		require.Equal(t, 200, got.status)
		require.False(t, json.Valid([]byte(got.raw)))
	}},
	wavespeedtest.ListLag: {fault: wavespeedtest.Fault{Delay: time.Second}, show: func(t *testing.T, s stage) {
		s.submit()
		listed := func() int {
			items, _ := s.call(http.MethodPost, "/api/v3/predictions", `{"page":1,"page_size":9}`).data()["items"].([]any)
			return len(items)
		}
		require.Zero(t, listed())
		s.eventually(func() bool { return listed() == 1 })
	}},
	wavespeedtest.ListError: {fault: wavespeedtest.Fault{Status: 502}, show: func(t *testing.T, s stage) {
		require.Equal(t, 502, s.call(http.MethodPost, "/api/v3/predictions", `{"page":1,"page_size":9}`).status)
	}},
	wavespeedtest.AcceptedLate: {fault: wavespeedtest.Fault{Delay: short}, show: func(t *testing.T, s stage) {
		_, err := s.trySubmit(`{"prompt":"x"}`)
		require.ErrorContains(t, err, "reset")
		entry := s.accepted()
		require.GreaterOrEqual(t, entry.At.Sub(entry.Sent), short)
		require.Equal(t, s.hooks.URL+"/own", entry.WebhookURL)
		require.Equal(t, entry.PredictionID, s.hooks.wait(t, 1)[0].prediction(t)["id"])
	}},
	wavespeedtest.ChargeLag: {fault: wavespeedtest.Fault{Delay: time.Second}, show: func(t *testing.T, s stage) {
		s.submit()
		charged := func() int { return len(s.charges(`{"page":1,"page_size":9}`)) }
		require.Zero(t, charged())
		s.eventually(func() bool { return charged() == 1 })
	}},
	wavespeedtest.ChargesError: {fault: wavespeedtest.Fault{Status: 403, Message: "no access to billing"}, show: func(t *testing.T, s stage) {
		got := s.call(http.MethodPost, "/api/v3/billings/search", `{"page":1,"page_size":9}`)
		require.Equal(t, 403, got.status)
		require.JSONEq(t, `{"code":403,"message":"no access to billing"}`, got.raw)
	}},
	wavespeedtest.OutputGone: {fault: wavespeedtest.Fault{Status: 403}, show: func(t *testing.T, s stage) {
		status, _, _ := get(t, s.ended(s.submit())["outputs"].([]any)[0].(string))
		require.Equal(t, 403, status)
	}},
	wavespeedtest.Outage: {show: func(t *testing.T, s stage) {
		for _, got := range []answer{
			s.call(http.MethodPost, submitPath(fluxDev), `{"prompt":"x"}`), s.result("x"), s.call(http.MethodGet, "/api/v3/balance", nil),
		} {
			require.Equal(t, 503, got.status)
		}
		s.refused()
		require.Equal(t, map[int]int{503: 1}, s.Counts().Refused)
		s.Heal()
		s.submit()
	}},
}

func TestEveryKindOfFaultDoesWhatItSays(t *testing.T) {
	t.Parallel()
	require.ElementsMatch(t, wavespeedtest.Kinds(), slices.Collect(maps.Keys(effects)))
	for kind, effect := range effects {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			fault := effect.fault
			fault.Kind = kind
			p := start(t, wavespeedtest.Options{Behavior: effect.behavior, Faults: []wavespeedtest.Fault{fault}})
			effect.show(t, stage{provider: p, t: t, hooks: receive(t)})
			require.Positive(t, p.Counts().Faults[kind], "it is counted")
		})
	}
}

func TestErrorsMayHaveOtherShapes(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{Faults: []wavespeedtest.Fault{
		{Kind: wavespeedtest.SubmitError, Status: 200, Code: 402, Message: "insufficient credits"},
		{Kind: wavespeedtest.ChargesError, Status: 403, Value: "<html>Cloudflare</html>"},
	}})
	got := p.call(http.MethodPost, "/api/v3/"+fluxDev, `{"prompt":"x"}`)
	require.Equal(t, 200, got.status)
	require.JSONEq(t, `{"code":402,"message":"insufficient credits"}`, got.raw)
	got = p.call(http.MethodPost, "/api/v3/billings/search", `{"page":1,"page_size":9}`)
	require.Equal(t, []any{403, "<html>Cloudflare</html>", "text/html"}, []any{got.status, got.raw, got.header.Get("Content-Type")})
	require.Empty(t, p.Ledger())
}

func TestFaultsStrikeWhereTheyMatch(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{
		Accounts: []wavespeedtest.Account{{Name: "a", Key: "key-a"}, {Name: "b", Key: "key-b"}},
	})
	require.NoError(t, p.Inject(wavespeedtest.Fault{
		Kind: wavespeedtest.SubmitError, Account: "a", Model: fluxDev, Input: "unlucky", Nth: 2, Times: 2,
	}))
	var statuses []int
	for _, one := range []struct{ key, model, input string }{
		{"key-b", fluxDev, "unlucky"}, {"key-a", "wavespeed-ai/dia-tts", "unlucky"}, {"key-a", fluxDev, "lucky ones"},
		{"key-a", fluxDev, "unlucky"}, {"key-a", fluxDev, "unlucky"}, {"key-a", fluxDev, "unlucky"}, {"key-a", fluxDev, "unlucky"},
	} {
		p.key = one.key
		statuses = append(statuses, p.call(http.MethodPost, "/api/v3/"+one.model, map[string]any{"prompt": one.input}).status)
	}
	require.Equal(t, []int{200, 200, 200, 200, 503, 503, 200}, statuses)
	require.Equal(t, map[wavespeedtest.Kind]int{wavespeedtest.SubmitError: 2}, p.Counts().Faults)
}

func TestSeveralFaultsStrikeOnePrediction(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{Faults: []wavespeedtest.Fault{
		{Kind: wavespeedtest.AcceptedReset}, {Kind: wavespeedtest.WebhookLost}, {Kind: wavespeedtest.ListLag, Delay: time.Hour},
		{Kind: wavespeedtest.SubmitError, Times: 1},
	}})
	require.Equal(t, 503, p.call(http.MethodPost, "/api/v3/"+fluxDev, `{"prompt":"x"}`).status)
	_, err := p.try(http.MethodPost, submitPath(fluxDev, "http://127.0.0.1:1/x"), `{"prompt":"x"}`)
	require.Error(t, err)
	require.Len(t, p.Ledger(), 1)
	require.Equal(t, []wavespeedtest.Kind{wavespeedtest.AcceptedReset, wavespeedtest.ListLag, wavespeedtest.WebhookLost}, p.Ledger()[0].Faults)
}

func TestTheSameSeedGivesTheSameLuck(t *testing.T) {
	t.Parallel()
	run := func(seed uint64) (lucky []bool) {
		p := start(t, wavespeedtest.Options{Seed: seed, Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.SubmitError, Probability: 0.25}}})
		for range 200 {
			lucky = append(lucky, p.call(http.MethodPost, "/api/v3/"+fluxDev, `{"prompt":"x"}`).status == 200)
		}
		require.InDelta(t, 50, p.Counts().Faults[wavespeedtest.SubmitError], 25)
		return lucky
	}
	require.Equal(t, run(7), run(7))
	require.NotEqual(t, run(7), run(8))
}

func TestHealEndsFaultsOfAKindOrAll(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{})
	require.NoError(t, p.Inject(wavespeedtest.Fault{Kind: wavespeedtest.SubmitError}, wavespeedtest.Fault{Kind: wavespeedtest.ListError}))
	p.Heal(wavespeedtest.SubmitError)
	require.Equal(t, []wavespeedtest.Fault{{Kind: wavespeedtest.ListError}}, p.Faults())
	p.submit(fluxDev, `{"prompt":"x"}`)
	p.Heal()
	require.Empty(t, p.Faults())
	require.Error(t, p.Inject(wavespeedtest.Fault{Kind: "nonsense"}))
}

func TestParseFault(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]wavespeedtest.Fault{
		"webhook-lost":        {Kind: wavespeedtest.WebhookLost},
		"accepted-reset=0.02": {Kind: wavespeedtest.AcceptedReset, Probability: 0.02},
		"fails=1,model=a/b,code=1200,times=3,nth=2,message=no luck,input=42": {
			Kind: wavespeedtest.Fails, Probability: 1, Model: "a/b", Code: 1200, Times: 3, Nth: 2, Message: "no luck", Input: "42",
		},
		"webhook-late,delay=6m,account=7,":                 {Kind: wavespeedtest.WebhookLate, Delay: 6 * time.Minute, Account: "7"},
		"submit-error,status=307,value=/x,probability=0.5": {Kind: wavespeedtest.SubmitError, Status: 307, Value: "/x", Probability: 0.5},
		"webhook-duplicated,count=99":                      {Kind: wavespeedtest.WebhookDuplicated, Count: 99},
	} {
		got, err := wavespeedtest.ParseFault(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
		encoded, err := json.Marshal(got)
		require.NoError(t, err)
		var again wavespeedtest.Fault
		require.NoError(t, json.Unmarshal(encoded, &again))
		require.Equal(t, want, again)
	}
	for _, text := range []string{
		"", "nonsense", "fails=2", "fails=0", "fails=-1", "fails=NaN", "fails=x", "fails,delay=soon", "fails,delay=-1s", "fails,nonsense=1",
		"fails,code=x", "fails,nth=-1", "submit-error,status=42", "fails,times=",
	} {
		_, err := wavespeedtest.ParseFault(text)
		require.Error(t, err, text)
	}
}
