package wavespeedtest_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

func TestOverTheConcurrencyLimitPredictionsWait(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{
		Accounts: []wavespeedtest.Account{{Limits: wavespeedtest.Limits{Concurrent: 2}}}, Duration: 300 * time.Millisecond,
	})
	for range 5 {
		p.submit(fluxDev, `{"prompt":"x"}`)
	}
	most := 0
	p.eventually(func() bool {
		processing, ended := 0, 0
		all := p.call(http.MethodPost, "/api/v3/predictions", `{"page":1,"page_size":9}`).data() // all at one moment
		for _, item := range all["items"].([]any) {
			switch item.(map[string]any)["status"] {
			case "processing":
				processing++
			case "completed":
				ended++
			}
		}
		most = max(most, processing)
		return ended == 5
	})
	require.Equal(t, 2, most)
}

func TestOverTheConcurrencyLimitSubmitsMayBeRefused(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{
		Accounts: []wavespeedtest.Account{{Limits: wavespeedtest.Limits{Concurrent: 1}}},
		Behavior: wavespeedtest.Behavior{RefuseOverflow: true, RetryAfter: true},
		Faults:   []wavespeedtest.Fault{{Kind: wavespeedtest.Slow, Delay: time.Second}},
	})
	id := p.submit(fluxDev, `{"prompt":"x"}`)
	got := p.call(http.MethodPost, "/api/v3/"+fluxDev, `{"prompt":"x"}`)
	require.Equal(t, http.StatusTooManyRequests, got.status)
	require.JSONEq(t, `{"code":429,"message":"You have reached your concurrency limit"}`, got.raw)
	require.Equal(t, "1", got.header.Get("Retry-After"))
	p.ended(id)
	p.submit(fluxDev, `{"prompt":"x"}`)
	require.Len(t, p.Ledger(), 2)
	require.Equal(t, 1, p.Counts().Refused[429])
}

func TestPicturesAndVideosHaveTheirOwnMinutes(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{Accounts: []wavespeedtest.Account{{Limits: wavespeedtest.Bronze}}})
	video := "alibaba/wan-2.6/text-to-video"
	intoMinute(p)
	for range 2 {
		p.submit(fluxDev, `{"prompt":"x"}`)
		p.submit(video, `{"prompt":"x"}`)
	}
	for _, model := range []string{fluxDev, video} {
		got := p.call(http.MethodPost, "/api/v3/"+model, `{"prompt":"x"}`)
		require.Equal(t, http.StatusTooManyRequests, got.status, model)
		require.Contains(t, got.raw, "per minute")
		require.Empty(t, got.header.Get("Retry-After"))
	}
	p.Age(time.Minute)
	p.submit(fluxDev, `{"prompt":"x"}`)
}

func TestRetryAfterTellsWhenTheMinuteEnds(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{
		Accounts: []wavespeedtest.Account{{Limits: wavespeedtest.Limits{ImagesPerMinute: 1}}},
		Behavior: wavespeedtest.Behavior{RetryAfter: true},
	})
	second := intoMinute(p)
	p.submit(fluxDev, `{"prompt":"x"}`)
	got := p.call(http.MethodPost, "/api/v3/"+fluxDev, `{"prompt":"x"}`)
	seconds, err := strconv.Atoi(got.header.Get("Retry-After"))
	require.NoError(t, err)
	require.InDelta(t, 60-second, seconds, 3)
}

// intoMinute makes sure that the provider's minute does not end within the next
// seconds, and gives the second of it.
func intoMinute(p *provider) int {
	if second := time.Now().Second(); second < 50 {
		return second
	}
	p.Age(20 * time.Second)
	return time.Now().Add(20 * time.Second).Second()
}
