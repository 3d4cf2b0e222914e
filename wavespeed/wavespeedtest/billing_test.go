package wavespeedtest_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

func TestPricesAreThoseThatThePagesPrint(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{})
	for _, test := range []struct {
		model, inputs string
		price         float64
	}{
		{fluxDev, `{}`, 0.012},
		{fluxDev, `{"num_images":3}`, 0.036},
		{"wavespeed-ai/flux-dev-ultra-fast", `{}`, 0.005},
		{"google/nano-banana-pro/text-to-image", `{}`, 0.14},
		{"google/nano-banana-pro/edit", `{"resolution":"4k"}`, 0.24},
		{"alibaba/wan-2.6/text-to-video", `{}`, 0.5},
		{"alibaba/wan-2.6/text-to-video", `{"duration":15}`, 1.5},
		{"alibaba/wan-2.6/text-to-video", `{"duration":10,"size":"1080*1920"}`, 1.5},
		{"alibaba/wan-2.6/image-to-video", `{"duration":15,"resolution":"1080p"}`, 2.25},
		{"bytedance/seedance-v1.5-pro/text-to-video", `{"resolution":"480p","generate_audio":false}`, 0.06},
		{"bytedance/seedance-v1.5-pro/text-to-video", `{"resolution":"480p"}`, 0.12},
		{"bytedance/seedance-v1.5-pro/image-to-video", `{"duration":10}`, 0.52},
		{"bytedance/seedance-v1.5-pro/image-to-video", `{"duration":10,"resolution":"480p"}`, 0.24},
		{"bytedance/seedance-v1.5-pro/text-to-video", `{"duration":-1}`, 0.26},
		{"pixverse/pixverse-v5.5/image-to-video", `{}`, 0.45},
		{"wavespeed-ai/infinitetalk", `{"resolution":"720p"}`, 0.3},
		{"wavespeed-ai/image-upscaler", `{}`, 0.01},
		{"wavespeed-ai/ultimate-video-upscaler", `{}`, 0.15},
		{"wavespeed-ai/ultimate-video-upscaler", `{"target_resolution":"4k"}`, 0.4},
		{"wavespeed-ai/dia-tts", `{"prompt":"x"}`, 0.04},
		{"tripo3d/p2/image-to-3d", `{}`, 1.32},
		{"tripo3d/p2/image-to-3d", `{"texture":false}`, 1.2},
		{"tripo3d/p2/image-to-3d", `{"texture_quality":"extreme"}`, 1.56},
	} {
		body := fmt.Sprintf(`{"model_id":%q,"inputs":%s}`, test.model, test.inputs)
		data := p.call(http.MethodPost, "/api/v3/model/price", body).data()
		require.InDelta(t, test.price, data["price"], 1e-9, body)
		require.InDelta(t, test.price, data["discounted_price"], 1e-9)
		require.EqualValues(t, 100, data["discount_rate"])
		require.Equal(t, "USD", data["currency"])
		require.InDelta(t, test.price, p.call(http.MethodPost, "/api/v3/model/pricing", body).data()["unit_price"], 1e-9)
	}
}

func TestMoneyIsReservedSettledAndGivenBack(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{
		Accounts: []wavespeedtest.Account{{Balance: 1}},
		Faults:   []wavespeedtest.Fault{{Kind: wavespeedtest.Fails, Input: "fails"}, {Kind: wavespeedtest.NeverEnds, Input: "runs"}},
	})
	balance := func() float64 { return p.call(http.MethodGet, "/api/v3/balance", nil).data()["balance"].(float64) }
	states := func(id string) (states []any) {
		body := map[string]any{"page": 1, "page_size": 10, "sort": "created_at ASC", "prediction_uuids": []string{id}}
		for _, item := range p.call(http.MethodPost, "/api/v3/billings/search", body).data()["items"].([]any) {
			bill := item.(map[string]any)
			states = append(states, bill["billing_type"], bill["order"].(map[string]any)["state"], bill["price"])
		}
		return states
	}
	require.InDelta(t, 1, balance(), 0)

	running := p.submit(fluxDev, `{"prompt":"runs"}`)
	require.InDelta(t, 0.988, balance(), 1e-9)
	require.Equal(t, []any{"deduct", "pre", 0.012}, states(running))

	done := p.submit(fluxDev, `{"prompt":"x"}`)
	p.ended(done)
	require.Equal(t, []any{"deduct", "done", 0.012}, states(done))
	require.InDelta(t, 0.976, balance(), 1e-9)

	failed := p.submit(fluxDev, `{"prompt":"fails"}`)
	p.ended(failed)
	p.eventually(func() bool { return p.entry(failed).Refunded })
	require.Equal(t, []any{"deduct", "done", 0.012, "refund", "done", 0.012}, states(failed))
	require.InDelta(t, 0.976, balance(), 1e-9)
	require.InDelta(t, 0.024, p.Counts().Charged, 1e-9)
	require.InDelta(t, 0.976, p.call(http.MethodGet, "/api/v3/account/balance", nil).data()["balance"], 1e-9)
	require.InDelta(t, p.Balance("default"), balance(), 0)
}

func TestInsufficientCreditsAreRefusedAsConfigured(t *testing.T) {
	t.Parallel()
	poor := []wavespeedtest.Account{{Balance: 0.02}}
	p := start(t, wavespeedtest.Options{Accounts: poor})
	p.submit(fluxDev, `{"prompt":"x"}`)
	got := p.call(http.MethodPost, "/api/v3/"+fluxDev, `{"prompt":"x"}`)
	require.Equal(t, http.StatusForbidden, got.status)
	require.Contains(t, got.raw, "Insufficient credits")
	require.Len(t, p.Ledger(), 1)
	require.Equal(t, map[int]int{403: 1}, p.Counts().Refused)

	p = start(t, wavespeedtest.Options{Accounts: poor, Behavior: wavespeedtest.Behavior{
		InsufficientCredits: wavespeedtest.Refusal{Status: 400, Body: `{"code":1407,"message":"insufficient credits"}`},
	}})
	got = p.call(http.MethodPost, "/api/v3/"+fluxDev, `{"prompt":"x","num_images":2}`)
	require.Equal(t, http.StatusBadRequest, got.status)
	require.JSONEq(t, `{"code":1407,"message":"insufficient credits"}`, got.raw)
}

func TestRefundsMayTakeTheirTime(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{
		Behavior: wavespeedtest.Behavior{RefundDelay: 100 * time.Millisecond},
		Faults:   []wavespeedtest.Fault{{Kind: wavespeedtest.Fails}},
	})
	began := time.Now()
	id := p.submit(fluxDev, `{"prompt":"x"}`)
	p.eventually(func() bool { return p.entry(id).Refunded })
	require.GreaterOrEqual(t, time.Since(began), 100*time.Millisecond)
}

func TestAPriceIsGivenBackOnce(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{
		Behavior: wavespeedtest.Behavior{RefundUndelivered: true, WebhookRetries: -1},
		Faults:   []wavespeedtest.Fault{{Kind: wavespeedtest.Fails}, {Kind: wavespeedtest.WebhookDelayed, Delay: 50 * time.Millisecond}},
	})
	id := p.submit(fluxDev, `{"prompt":"x"}`, "http://127.0.0.1:1/x")
	p.eventually(func() bool { return len(p.entry(id).Deliveries) == 1 && p.entry(id).Refunded })
	p.eventually(func() bool { return p.Balance("default") >= wavespeedtest.DefaultBalance })
	require.InDelta(t, wavespeedtest.DefaultBalance, p.Balance("default"), 0)
	bills := p.call(http.MethodPost, "/api/v3/billings/search", `{"page":1,"page_size":9}`).data()["items"]
	require.Len(t, bills, 2)
}
