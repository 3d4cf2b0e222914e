package cli_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	sdkpb "go.temporal.io/api/sdk/v1"
	sdkworker "go.temporal.io/sdk/worker"

	"github.com/wavespeed-temporal/wavespeed-temporal/limits"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
	"github.com/wavespeed-temporal/wavespeed-temporal/worker"
)

// limitedShell has a worker that keeps the limits of an account of the test's own, whose
// predictions don't end.
func limitedShell(t *testing.T, of limits.Limits) (s *shell, account string) {
	t.Helper()
	temporal := stack.SharedTemporal(t)
	e := stack.NewEmbeddedOn(t, temporal, wavespeedtest.Options{Duration: time.Hour})
	name := strings.ToUpper(uuid.NewString()[:8])
	account = "cli-" + strings.ToLower(name)
	e.Options.WebhookURL = ""
	e.Options.Accounts = map[string]worker.Account{account: {APIKey: e.Options.APIKey, Limits: of}}
	return &shell{Embedded: e, worker: e.StartWorker(t, sdkworker.Options{}, nil), env: []string{
		"TEMPORAL_ADDRESS=" + temporal.Address,
		"TEMPORAL_TASK_QUEUE=" + e.TaskQueue,
		"WAVESPEED_API_KEY=" + wavespeedtest.DefaultKey,
		"WAVESPEED_ACCOUNTS=" + account,
		"WAVESPEED_API_KEY_CLI_" + name + "=" + wavespeedtest.DefaultKey,
		"WAVESPEED_BASE_URL=" + e.Simulator.URL(),
	}}, account
}

// generate starts a generation of the account, and terminates it at the test's end.
func (s *shell) generate(t *testing.T, account string) (id string) {
	t.Helper()
	id = newID()
	code, _, err := s.run(t, "generate", model, "prompt=x", "--account", account, "--id", id)
	require.Zero(t, code, err)
	t.Cleanup(func() { _ = s.Client.TerminateWorkflow(t.Context(), id, "", "test") })
	return id
}

// details is what the Temporal UI shows of a workflow.
func (s *shell) details(t *testing.T, id string) string {
	t.Helper()
	answer, err := s.Client.QueryWorkflow(t.Context(), id, "", "__temporal_workflow_metadata")
	require.NoError(t, err)
	var metadata sdkpb.WorkflowMetadata
	require.NoError(t, answer.Get(&metadata))
	return metadata.GetCurrentDetails()
}

func (s *shell) submitted(t *testing.T, n int) {
	t.Helper()
	stack.Eventually(t, "it was not submitted", func() bool { return len(s.Simulator.Ledger()) >= n })
}

// TestLimits: a person sees what waits, pauses the account, and continues it.
func TestLimits(t *testing.T) {
	t.Parallel()
	s, account := limitedShell(t, limits.Limits{Running: 10, ImagesPerMinute: 1})
	for _, args := range [][]string{{"show"}, {"set", "off"}, {"reset"}} {
		code, _, err := s.run(t, append([]string{"limits"}, append(args, "--account", account)...)...)
		require.Equal(t, 1, code)
		require.Contains(t, err, "no limits are kept for the account "+account+" in the namespace default. Give its workers limits (WAVESPEED_LIMITS_"+
			strings.ToUpper(strings.ReplaceAll(account, "-", "_"))+", or worker.Options in Go)")
	}
	first := s.generate(t, account)
	s.submitted(t, 1)
	second := s.generate(t, account)
	s.await(t, "generation: waits for a slot, number 1 in line, for about 1 min", "generate", "status", second)
	out := s.await(t, second, "limits", "show", "--account", account)
	for _, row := range []string{
		`^account ` + account + ` · running=10, images=1\n`, `\nrunning +1 +10\n`, `\nothers +0 +–\n`, `\nwaiting +1 +–\n`,
		`\nimages per minute +1 +1\n`, `\nrefused +0 +–\n`, `\nmade without limits +0 +–\n`,
		`\nRUN +RUNNING +WAITING +LINE +WAIT\n`, `\n` + first + ` +1 +0 +– +–\n`, `\n` + second + ` +0 +1 +1 +about 1 min\n`,
	} {
		require.Regexp(t, row, out)
	}
	require.NotContains(t, out, "videos per minute")

	code, _, said := s.run(t, "limits", "set", "running=0", "--account", account)
	require.Zero(t, code, said)
	require.Contains(t, said, "account "+account+": running=0 (was running=10, images=1)\nThe account is paused: nothing is submitted.")
	require.Contains(t, said, "  wavespeed-temporal limits reset --account "+account+"\n")
	code, out, said = s.run(t, "limits", "show", "--account", account)
	require.Zero(t, code, said)
	require.Contains(t, out, "account "+account+" · running=0 · set by hand, workers are given running=10, images=1\nThe account is paused")
	require.Regexp(t, `\nrunning +1 +0\n`, out)

	code, _, said = s.run(t, "limits", "reset", "--account", account)
	require.Zero(t, code, said)
	require.Contains(t, said, "account "+account+": running=10, images=1 (was running=0)\n")
	require.Len(t, s.Simulator.Ledger(), 1)
	code, _, said = s.run(t, "limits", "set", "running=10", "images=100", "--account", account)
	require.Zero(t, code, said)
	require.Equal(t, "account "+account+": running=10, images=100 (was running=10, images=1)\n", said)
	s.submitted(t, 2)
	code, _, said = s.run(t, "limits", "set", "off", "--account", account)
	require.Zero(t, code, said)
	require.Contains(t, said, "account "+account+": off (was running=10, images=100)\n")
}

// TestLimitsAsJSON has all that is shown.
func TestLimitsAsJSON(t *testing.T) {
	t.Parallel()
	s, account := limitedShell(t, limits.Limits{Running: 1})
	first := s.generate(t, account)
	s.submitted(t, 1)
	second := s.generate(t, account)
	s.await(t, second, "limits", "show", "--account", account)
	code, out, err := s.run(t, "limits", "show", "--account", account, "--json")
	require.Zero(t, code, err)
	var shown struct {
		Account string         `json:"account"`
		Limits  map[string]any `json:"limits"`
		Workers map[string]any `json:"workers"`
		Set     bool           `json:"set"`
		Running int            `json:"running"`
		Waiting int            `json:"waiting"`
		Runs    []struct {
			WorkflowID string `json:"workflow_id"`
			RunID      string `json:"run_id"`
			Running    int    `json:"running"`
			Waiting    int    `json:"waiting"`
		} `json:"runs"`
	}
	require.NoError(t, json.Unmarshal([]byte(out), &shown))
	require.Equal(t, account, shown.Account)
	require.Equal(t, map[string]any{"running": 1.0}, shown.Limits)
	require.Equal(t, shown.Limits, shown.Workers)
	require.False(t, shown.Set)
	require.Equal(t, 1, shown.Running)
	require.Equal(t, 1, shown.Waiting)
	require.Len(t, shown.Runs, 2)
	require.Equal(t, first, shown.Runs[0].WorkflowID)
	require.Equal(t, 1, shown.Runs[0].Running)
	require.Equal(t, second, shown.Runs[1].WorkflowID)
	require.Equal(t, 1, shown.Runs[1].Waiting)
	require.NotEmpty(t, shown.Runs[1].RunID)
}

// TestLimitsOfPipelines: a run says why it waits, in its status and in the Temporal UI, and so
// does a run whose children wait.
func TestLimitsOfPipelines(t *testing.T) {
	t.Parallel()
	s, account := limitedShell(t, limits.Limits{Running: 1})
	s.generate(t, account)
	s.submitted(t, 1)
	ids := make(map[string]string)
	for name, text := range map[string]string{"film": filmFile, "photos": photosFile, "few": strings.ReplaceAll(photosFile, "60", "3")} {
		id := newID()
		code, _, err := s.run(t, "pipeline", "run", written(t, name+".yaml", text+"\naccount: "+account+"\n"), "--id", id, "--detach")
		require.Zero(t, code, err)
		t.Cleanup(func() { _ = s.Client.TerminateWorkflow(t.Context(), id, "", "test") })
		ids[name] = id
	}
	s.await(t, "\nstill: waits for a slot", "pipeline", "status", ids["film"])
	inLine := `waits for a slot(, number \d+ in line)?(, for about [^;]+)?`
	out := s.await(t, "\nphotos: photos[0] waits for a slot", "pipeline", "status", ids["few"])
	require.Regexp(t, `\nphotos: photos\[0\] `+inLine+`; 2 more wait\n`, out)
	out = s.await(t, "\nin child workflows, photos[", "pipeline", "status", ids["photos"])
	require.Regexp(t, `\nin child workflows, photos\[\d+\] `+inLine+`; \d+ more wait. See the account with:\n  wavespeed-temporal limits show --account `+account+`\n`, out)
	for name, text := range map[string]string{"film": `\*\*running\*\*: ` + inLine, "few": inLine + "; 2 more wait"} {
		require.Regexp(t, text, s.details(t, ids[name]))
	}

	watched := make(chan int, 1)
	watch := s.line()
	go func() { watched <- watch.run(t.Context(), "pipeline", "status", ids["film"], "--watch") }()
	stack.Eventually(t, "watching does not show what it waits for", func() bool { return strings.Contains(watch.err.String(), "waits for a slot") })
	require.NoError(t, s.Client.TerminateWorkflow(t.Context(), ids["film"], "", "test"))
	require.Equal(t, 5, <-watched)
}

// TestLimitsWithoutWorker: nothing hangs, and nothing is guessed.
func TestLimitsWithoutWorker(t *testing.T) {
	t.Parallel()
	s, account := limitedShell(t, limits.Limits{Running: 1})
	s.generate(t, account)
	s.submitted(t, 1)
	s.worker.Stop()
	code, _, err := s.run(t, "limits", "show", "--account", account)
	require.Equal(t, 1, code)
	require.Contains(t, err, "the account "+account+": the workflow that keeps its limits does not answer; no worker is running for it")
}

func TestLimitsThatAreInvalid(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"requires at least 1 arg":        {"set"},
		"LIMITS: is empty; for no":       {"set", ""},
		"LIMITS: \"brnz\" is not one of": {"set", "brnz"},
		"LIMITS: running is given twice": {"set", "running=1", "running=2"},
		"LIMITS: images: must be at lea": {"set", "images=0"},
		`unknown command "sho"`:          {"sho"},
		"unknown flag: --tier":           {"set", "--tier", "gold"},
	} {
		var l line
		require.Equal(t, 2, l.run(t.Context(), append([]string{"limits"}, args...)...), args)
		require.Contains(t, l.err.String(), want)
	}
}
