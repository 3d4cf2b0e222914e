// Package hostile attacks the running daemon from outside, like the Internet does. After each
// attack, a good delivery must still be answered, and in the end no secret may be found
// anywhere.
package hostile

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook/webhooktest"
)

var write = flag.String("write", "", `a document in which to update the parts "flood" and "good"`)

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	stack.StopShared()
	stack.Cleanup()
	os.Exit(code)
}

const (
	teamSecret = "whsec_dGVhbS1zZWNyZXQtdGVhbS1zZWNyZXQ="
	oldSecret  = "whsec_b2xkLXNlY3JldC1vbGQtc2VjcmV0LW9sZA=="
	teamKey    = "team-key-team-key-team-key"
	prompt     = "a lighthouse that nobody must read about"
)

// target is a daemon with generations that wait, and whose predictions never end by
// themselves.
type target struct {
	*stack.System
	t *testing.T
}

func newTarget(t *testing.T, options stack.Options) *target {
	t.Helper()
	options.Simulator = wavespeedtest.Options{
		Accounts: []wavespeedtest.Account{{}, {Name: "team-a", Key: teamKey, Secret: teamSecret}},
		Faults:   []wavespeedtest.Fault{{Kind: wavespeedtest.NeverEnds}},
	}
	options.Env = append(options.Env,
		"WAVESPEED_WEBHOOK_SECRET="+wavespeedtest.DefaultSecret+","+oldSecret,
		"WAVESPEED_ACCOUNTS=team-a", "WAVESPEED_API_KEY_TEAM_A="+teamKey, "WAVESPEED_WEBHOOK_SECRET_TEAM_A="+teamSecret,
		"LOG_LEVEL=debug",
	)
	return &target{System: stack.Start(t, options), t: t}
}

// victim is one waiting generation: where its webhook goes, and whose it is.
type victim struct {
	run        client.WorkflowRun
	url        string
	prediction string
	secret     string
}

func (g *target) victim(account string) victim {
	g.t.Helper()
	before := len(g.Simulator.Ledger())
	run := g.Generate(generation.Request{
		Key: "victim", Model: "wavespeed-ai/flux-dev", Input: map[string]any{"prompt": prompt}, Account: account,
		Timing: generation.Timing{Grace: time.Hour},
	})
	g.AwaitState(run, generation.StateWaiting)
	entry := g.Simulator.Ledger()[before]
	secret := wavespeedtest.DefaultSecret
	if account != "" {
		secret = teamSecret
	}
	return victim{run: run, url: entry.WebhookURL, prediction: entry.PredictionID, secret: secret}
}

func (v victim) body() []byte {
	return fmt.Appendf(nil, `{"id":%q,"status":"completed","outputs":["https://cdn.test/good.png"]}`, v.prediction)
}

// request is a delivery that the handler takes.
func (v victim) request(body []byte) *http.Request {
	return v.requestAt(time.Now(), body)
}

func (v victim) requestAt(at time.Time, body []byte) *http.Request {
	request, _ := http.NewRequest(http.MethodPost, v.url, bytes.NewReader(body))
	request.Header = webhooktest.Sign(v.secret, "delivery", at, body)
	return request
}

var plainClient = &http.Client{
	Timeout:       20 * time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Transport:     &http.Transport{MaxIdleConnsPerHost: 64},
}

// answer sends a request and gives the status and the body of its answer.
func (g *target) answer(request *http.Request) (int, string) {
	g.t.Helper()
	response, err := plainClient.Do(request)
	require.NoError(g.t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(g.t, err)
	require.NotContains(g.t, string(body), "whsec", "an answer tells nothing")
	require.Less(g.t, len(body), 200)
	return response.StatusCode, string(body)
}

// signals counts what has reached the workflow.
func (g *target) signals(v victim) int {
	g.t.Helper()
	n := 0
	events := g.Client.GetWorkflowHistory(g.t.Context(), v.run.GetID(), "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		require.NoError(g.t, err)
		if event.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED {
			n++
		}
	}
	return n
}

// requireUnharmed: nothing has reached the workflow, and the good delivery does.
func (g *target) requireUnharmed(v victim) {
	g.t.Helper()
	require.Zero(g.t, g.signals(v), "an attack has reached the workflow")
	status, _ := g.answer(v.request(v.body()))
	require.Equal(g.t, http.StatusOK, status)
	result, err := g.Result(v.run)
	require.NoError(g.t, err)
	require.Equal(g.t, "https://cdn.test/good.png", result.URL(0))
}

// TestNothingIsTold looks for secrets and prompts wherever the attacks of this test,
// and the daemon's ordinary work, may have left them.
func TestNothingIsTold(t *testing.T) {
	t.Parallel()
	g := newTarget(t, stack.Options{})
	good, stale := g.victim(""), g.victim("")
	team := g.victim("team-a")
	for _, request := range []*http.Request{
		stale.requestAt(time.Now().Add(-time.Hour), stale.body()),
		good.request([]byte("not json")),
		good.request([]byte(`{"id":"` + wavespeedtest.DefaultKey + `","status":7}`)),
	} {
		g.answer(request)
	}
	require.NoError(t, g.Simulator.Inject(wavespeedtest.Fault{Kind: wavespeedtest.SubmitError, Status: 401, Times: 1,
		Message: "Authorization: Bearer " + wavespeedtest.DefaultKey + " is not valid"}))
	refused := g.Generate(generation.Request{Model: "wavespeed-ai/flux-dev", Input: map[string]any{"prompt": prompt}})
	_, err := g.Result(refused)
	require.Error(t, err)
	g.requireUnharmed(good)
	g.requireUnharmed(team)

	places := map[string]string{"log of the handler": g.Webhook.Log(), "log of the worker": g.Worker.Log(), "an error": err.Error()}
	for path, address := range map[string]string{"readyz": g.Admin, "metrics": g.Admin, "debug/pprof/cmdline": g.Admin} {
		if response, err := http.Get("http://" + address + "/" + path); err == nil {
			text, _ := io.ReadAll(response.Body)
			response.Body.Close()
			places[path] = string(text)
		}
	}
	for _, run := range []client.WorkflowRun{good.run, team.run, refused} {
		var history strings.Builder
		events := g.Client.GetWorkflowHistory(t.Context(), run.GetID(), "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for events.HasNext() {
			event, err := events.Next()
			require.NoError(t, err)
			history.WriteString(event.String())
		}
		places["history of "+run.GetID()] = history.String()
	}
	for place, text := range places {
		for what, secret := range map[string]string{
			"API key": wavespeedtest.DefaultKey, "team's API key": teamKey,
			"webhook secret": strings.TrimPrefix(wavespeedtest.DefaultSecret, "whsec_"), "team's secret": strings.TrimPrefix(teamSecret, "whsec_"),
			"old secret": strings.TrimPrefix(oldSecret, "whsec_"), "address": good.url[strings.LastIndexByte(good.url, '/')+1:],
		} {
			require.NotContains(t, text, secret, "the %s is in the %s", what, place)
		}
		if strings.HasPrefix(place, "log") || place == "an error" {
			require.NotContains(t, text, prompt, "a prompt is in the %s", place)
		}
	}
}
