// Package observability has a real Prometheus read the metrics of a running system by
// the committed configuration, rules and dashboard. It needs the program prometheus.
package observability

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	stack.StopShared()
	stack.Cleanup()
	os.Exit(code)
}

func deployed(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(stack.Root(), "deploy", "observability", name))
	require.NoError(t, err)
	return path
}

// rules are those of alerts.yml.
type rules struct {
	Groups []struct {
		Rules []struct {
			Alert       string
			Expr        string
			For         string `yaml:",omitempty"`
			Labels      map[string]string
			Annotations map[string]string
		}
	}
}

func readRules(t *testing.T) rules {
	t.Helper()
	text, err := os.ReadFile(deployed(t, "alerts.yml"))
	require.NoError(t, err)
	var r rules
	require.NoError(t, yaml.Unmarshal(text, &r))
	require.NotEmpty(t, r.Groups[0].Rules)
	return r
}

// TestEachAlertHasARunbook: somebody is woken up by it, and wants to know what to do.
func TestEachAlertHasARunbook(t *testing.T) {
	t.Parallel()
	runbook, err := os.ReadFile(filepath.Join(stack.Root(), "docs", "runbook.md"))
	require.NoError(t, err)
	for _, rule := range readRules(t).Groups[0].Rules {
		require.Contains(t, string(runbook), "### "+rule.Alert+"\n")
		require.NotEmpty(t, rule.Labels["severity"], rule.Alert)
		require.NotEmpty(t, rule.Annotations["summary"], rule.Alert)
	}
}

// prometheus runs one that scrapes the system with the committed rules, but faster.
func prometheus(t *testing.T, s *stack.System) string {
	t.Helper()
	program, err := exec.LookPath("prometheus")
	require.NoError(t, err, "install Prometheus, as .ci/run does")
	listen := "127.0.0.1:" + stack.FreePorts(t, 1)[0]
	file := filepath.Join(t.TempDir(), "prometheus.yml")
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, `
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [%q]
scrape_configs:
- {job_name: wavespeed-worker, static_configs: [{targets: [%q]}]}
- {job_name: wavespeed-webhook, static_configs: [{targets: [%q]}]}
`, deployed(t, "alerts.yml"), s.Admin, s.HookAdmin), 0o600))
	stack.StartProcess(t, program, []string{
		"--config.file=" + file, "--storage.tsdb.path=" + t.TempDir(), "--web.listen-address=" + listen, "--log.level=warn",
	}, nil)
	stack.Eventually(t, "Prometheus does not serve", func() bool {
		response, err := http.Get("http://" + listen + "/-/ready")
		if err != nil {
			return false
		}
		response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
	return "http://" + listen
}

// get decodes what Prometheus' API answers.
func get(t *testing.T, address string, into any) {
	t.Helper()
	response, err := http.Get(address)
	require.NoError(t, err)
	defer response.Body.Close()
	var answer struct {
		Status string
		Error  string
		Data   json.RawMessage
	}
	require.NoError(t, json.NewDecoder(response.Body).Decode(&answer))
	require.Equal(t, "success", answer.Status, "%s: %s", address, answer.Error)
	require.NoError(t, json.Unmarshal(answer.Data, into))
}

type vector struct {
	Result []struct {
		Metric map[string]string
		Value  [2]any
	}
}

func query(t *testing.T, base, expression string) vector {
	t.Helper()
	var v vector
	get(t, base+"/api/v1/query?query="+url.QueryEscape(expression), &v)
	return v
}

// TestAlertsAndDashboard: with a system at work every panel has data, every rule can be
// evaluated on names that there are, and what should wake somebody up does.
func TestAlertsAndDashboard(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Simulator: wavespeedtest.Options{
		Accounts: []wavespeedtest.Account{{}},
		Behavior: wavespeedtest.Behavior{ListInputs: true},
		Faults:   []wavespeedtest.Fault{{Kind: wavespeedtest.AcceptedReset, Nth: 2, Times: 1}, {Kind: wavespeedtest.Fails, Nth: 3, Times: 1}},
	}, Env: []string{"LOG_LEVEL=error", "WAVESPEED_LIMITS=running=50, images=1000"}})
	base := prometheus(t, s)
	generate := func(via string) {
		request := generation.Request{Model: "wavespeed-ai/flux-dev", Input: map[string]any{"prompt": via}}
		request.Timing.Settle, request.Timing.Grace = 1e9, 1e9
		_, _ = s.Result(s.Generate(request))
	}
	stack.Eventually(t, "Prometheus scrapes nothing", func() bool {
		return len(query(t, base, `up == 1`).Result) == 2
	})
	// Rates need two samples of a counter, and the first is its beginning.
	for range 3 {
		generate("first")
	}
	response, err := http.Post(s.WebhookURL+"/forged", "application/json", strings.NewReader("{}"))
	require.NoError(t, err)
	response.Body.Close()
	stack.Eventually(t, "not scraped", func() bool {
		return len(query(t, base, `wavespeed_unknown_submits_total`).Result) > 0
	})

	var board struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	text, err := os.ReadFile(deployed(t, "grafana/wavespeed-temporal.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &board))
	require.NotEmpty(t, board.Panels)
	for _, panel := range board.Panels {
		for _, target := range panel.Targets {
			if rare.MatchString(target.Expr) {
				query(t, base, target.Expr)
				continue
			}
			expression := target.Expr
			stack.Eventually(t, panel.Title+" shows nothing", func() bool {
				generate("again")
				return len(query(t, base, expression).Result) > 0
			})
		}
	}

	requireNamesExist(t, base)
	refuse(t, s)
	stack.Eventually(t, "WavespeedAccountRefused does not fire", func() bool {
		generate("refused")
		var alerts struct {
			Alerts []struct{ Labels map[string]string }
		}
		get(t, base+"/api/v1/alerts", &alerts)
		for _, alert := range alerts.Alerts {
			if alert.Labels["alertname"] == "WavespeedAccountRefused" && alert.Labels["answer"] == "Unauthorized" {
				return true
			}
		}
		return false
	})
}

// rare are metrics of what does not happen here.
var rare = regexp.MustCompile(`temporal_activity_schedule_to_start|temporal_request_failure_total|temporal_workflow_task_execution_failed_total`)

// metricName is a name that a rule refers to.
var metricName = regexp.MustCompile(`\b(?:wavespeed|temporal|process)_[a-z_]+\b`)

// requireNamesExist looks for a metric of each name in the rules: an alert on a name
// that nobody reports never fires.
func requireNamesExist(t *testing.T, base string) {
	t.Helper()
	for _, rule := range readRules(t).Groups[0].Rules {
		query(t, base, rule.Expr)
		for _, name := range metricName.FindAllString(rule.Expr, -1) {
			require.NotEmpty(t, query(t, base, name).Result, "%s: nobody reports %s", rule.Alert, name)
		}
	}
}

// refuse has the provider not accept the key any more.
func refuse(t *testing.T, s *stack.System) {
	t.Helper()
	require.NoError(t, s.Simulator.Inject(wavespeedtest.Fault{Kind: wavespeedtest.SubmitError, Status: http.StatusUnauthorized}))
}

// TestConfigurationIsTaken by Prometheus' own checker, rules included.
func TestConfigurationIsTaken(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("promtool")
	require.NoError(t, err, "install Prometheus, as .ci/run does")
	output, err := exec.Command(program, "check", "config", deployed(t, "prometheus.yml")).CombinedOutput()
	require.NoError(t, err, "%s", output)
	require.Contains(t, string(output), "rules found")
}

// TestAlertsOnLimits fire on what testdata/limits.yml has happen, and on nothing else there.
func TestAlertsOnLimits(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("promtool")
	require.NoError(t, err, "install Prometheus, as .ci/run does")
	cases, err := os.ReadFile(filepath.Join("testdata", "limits.yml"))
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "limits.yml")
	require.NoError(t, os.WriteFile(file, fmt.Appendf(cases, "rule_files: [%q]\n", deployed(t, "alerts.yml")), 0o600))
	output, err := exec.Command(program, "test", "rules", file).CombinedOutput()
	require.NoError(t, err, "%s", output)
}
