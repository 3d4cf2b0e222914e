package wavespeedtest_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

func TestSyncModeWaitsForTheResult(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{Duration: 100 * time.Millisecond})
	got := p.call(http.MethodPost, "/api/v3/"+fluxDev, `{"prompt":"x","enable_sync_mode":true}`).data()
	require.Equal(t, "completed", got["status"])
	require.Len(t, got["outputs"], 1)
}

func TestSyncModeGivesUpAtItsLimit(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{Duration: time.Second, Behavior: wavespeedtest.Behavior{SyncLimit: 10 * time.Millisecond}})
	got := p.call(http.MethodPost, "/api/v3/"+fluxDev, `{"prompt":"x","enable_sync_mode":true}`).data()
	require.Equal(t, "processing", got["status"])
	require.EqualValues(t, 5004, got["code"])
	done := p.ended(got["id"].(string))
	require.Equal(t, "completed", done["status"])
	require.EqualValues(t, 0, done["code"])
}

func TestSpeedScalesEachModelsOwnTime(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{Speed: 1000, Models: []wavespeedtest.Model{
		{ID: "acme/slow", Shortest: 24 * time.Hour}, {ID: "acme/fast", Shortest: time.Second, Longest: time.Second},
	}})
	slow, fast, video := p.submit("acme/slow", `{}`), p.submit("acme/fast", `{}`), p.submit("alibaba/wan-2.6/text-to-video", `{"prompt":"x"}`)
	p.ended(fast)
	require.GreaterOrEqual(t, p.ended(video)["timings"].(map[string]any)["inference"], 60.0, "a minute at the least, divided by the speed")
	require.False(t, terminal[p.result(slow).data()["status"]])
}

func TestManyPredictionsAtOnce(t *testing.T) {
	t.Parallel()
	const many, callers = 2000, 20
	p := start(t, wavespeedtest.Options{Duration: 50 * time.Millisecond})
	told := map[string]int{}
	hooks := receive(t, func(int) int { return http.StatusOK })
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: callers}}
	t.Cleanup(client.CloseIdleConnections)
	var calling sync.WaitGroup
	var failed atomic.Int32
	for range callers {
		calling.Go(func() {
			for range many / callers {
				if err := quickSubmit(client, p.URL(), hooks.URL); err != nil {
					failed.Add(1)
				}
			}
		})
	}
	calling.Wait()
	require.Zero(t, failed.Load())
	p.eventually(func() bool { return p.Counts().Deliveries[200] == many })
	for _, hook := range hooks.webhooks() {
		told[hook.id]++
	}
	require.Len(t, told, many)
	ledger := p.Ledger()
	require.Len(t, ledger, many)
	for _, entry := range ledger {
		require.Equal(t, "completed", entry.Status)
		require.Equal(t, 1, told[entry.PredictionID])
	}
}

func quickSubmit(client *http.Client, base, hook string) error {
	request, err := http.NewRequest(http.MethodPost, base+submitPath(fluxDev, hook), jsonBody(`{"prompt":"x"}`))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+wavespeedtest.DefaultKey)
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("HTTP %d", response.StatusCode)
	}
	return drain(response)
}

func TestCloseEndsWhatRuns(t *testing.T) {
	t.Parallel()
	server, err := wavespeedtest.New(wavespeedtest.Options{Duration: time.Millisecond, Faults: []wavespeedtest.Fault{
		{Kind: wavespeedtest.AcceptedStall, Input: "stall", Delay: time.Hour},
		{Kind: wavespeedtest.WebhookDelayed, Input: "delay", Delay: time.Hour},
		{Kind: wavespeedtest.NeverEnds, Input: "never"},
	}})
	require.NoError(t, err)
	p := &provider{Server: server, t: t, key: wavespeedtest.DefaultKey}
	entered, hang := make(chan struct{}), make(chan struct{})
	hooks := receive(t, func(int) int { close(entered); <-hang; return http.StatusOK })
	t.Cleanup(func() { close(hang) })
	p.submit(fluxDev, `{"prompt":"delay"}`, hooks.URL)
	p.submit(fluxDev, `{"prompt":"never"}`, hooks.URL)
	p.submit(fluxDev, `{"prompt":"hangs in the receiver"}`, hooks.URL)
	<-entered
	stalled := make(chan error, 1)
	go func() {
		_, err := p.try(http.MethodPost, "/api/v3/"+fluxDev, `{"prompt":"stall"}`)
		stalled <- err
	}()
	p.eventually(func() bool { return len(p.Ledger()) == 4 })

	began := time.Now()
	require.NoError(t, server.Close())
	require.NoError(t, server.Close())
	require.Less(t, time.Since(began), 5*time.Second)
	require.Error(t, <-stalled)
	require.Len(t, server.Ledger(), 4, "the ledger can still be read")
}

func TestShutdownAnswersWhatIsInFlight(t *testing.T) {
	t.Parallel()
	server, err := wavespeedtest.New(wavespeedtest.Options{Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.AcceptedSlow, Delay: 200 * time.Millisecond}}})
	require.NoError(t, err)
	p := &provider{Server: server, t: t, key: wavespeedtest.DefaultKey}
	answered := make(chan int, 1)
	go func() {
		got, _ := p.try(http.MethodPost, "/api/v3/"+fluxDev, `{"prompt":"x"}`)
		answered <- got.status
	}()
	p.eventually(func() bool { return len(p.Ledger()) == 1 })
	require.NoError(t, server.Shutdown(context.Background()))
	require.Equal(t, http.StatusOK, <-answered)
}
