package tests

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
)

const module = "github.com/wavespeed-temporal/wavespeed-temporal/"

// budgets lists which external packages, with all their dependencies, each library package may
// use, and why: users who embed a package embed all of them.
var budgets = []struct {
	pkg    string
	brings []string
	why    string
}{
	{"generation", nil, "the vocabulary is for everybody, also for programs without Temporal"},
	{"wavespeed", nil, "the client is useful without Temporal; of ours it knows the vocabulary, which counts money"},
	{"webhook", nil, "who verifies deliveries needs no Temporal SDK for it"},
	{"webhook/webhooktest", nil, "as package webhook"},
	{"internal/receiver", nil, "the handler knows Temporal only through its Signaler"},
	{"webhook/signaler", temporalSDK, "it is the handler's way into Temporal, and nothing else"},
	{"workflows", temporalSDK, "it is linked into every worker"},
	{"pipeline", temporalSDK, "it is for programs that start runs, which have a Temporal client anyway"},
	{"pipeline/file", append(temporalSDK, expressions, yaml, jsonSchema), "it is for those who read files"},
	{"internal/preflight", append(temporalSDK, expressions, jsonSchema), "it asks the provider, and knows pipelines"},
	{"internal/engine", append(temporalSDK, expressions), "it is linked into every worker"},
	{"activities", append(temporalSDK, expressions, jsonSchema), "it is linked into every worker"},
	{"worker", append(temporalSDK, expressions, jsonSchema), "it is linked into every worker"},
}

// What pipelines need: libraries without, or with few, dependencies of their own.
const (
	expressions = "github.com/expr-lang/expr"
	yaml        = "go.yaml.in/yaml/v4"
	jsonSchema  = "github.com/santhosh-tekuri/jsonschema/v6"
)

// temporalSDK stands for what the SDK itself brings, which its users have anyway.
var temporalSDK = []string{"go.temporal.io/sdk/client", "go.temporal.io/sdk/worker", "go.temporal.io/sdk/interceptor"}

// banned are of the standard library or the SDK, and have no place in production
// code of a library.
var banned = map[string]string{
	"testing":                          "it registers flags in users' programs",
	"expvar":                           "it adds a handler to users' servers",
	"net/http/pprof":                   "it adds handlers to users' servers",
	"go.temporal.io/sdk/testsuite":     "it is for tests",
	module + "workflows/workflowstest": "it is for tests",
	module + "wavespeed/wavespeedtest": "it is for tests",
	module + "webhook/webhooktest":     "it is for tests",
}

func TestDependencyBudgets(t *testing.T) {
	t.Parallel()
	for _, budget := range budgets {
		t.Run(budget.pkg, func(t *testing.T) {
			t.Parallel()
			allowed := map[string]bool{}
			for _, pkg := range budget.brings {
				for _, dep := range dependencies(t, pkg) {
					allowed[dep] = true
				}
			}
			for _, dep := range dependencies(t, "./"+budget.pkg) {
				if why, ok := banned[dep]; ok && dep != module+budget.pkg && !allowed[dep] {
					t.Errorf("%s pulls in %s: %s", budget.pkg, dep, why)
				}
				if isForeign(dep) && !allowed[dep] {
					t.Errorf("%s pulls in %s, beyond its budget: %s", budget.pkg, dep, budget.why)
				}
			}
		})
	}
}

// isForeign tells packages of other modules from ours and the standard library's.
func isForeign(pkg string) bool {
	host, _, _ := strings.Cut(pkg, "/")
	return strings.Contains(host, ".") && !strings.HasPrefix(pkg, module)
}

// TestArrows: packages know those below them only.
func TestArrows(t *testing.T) {
	t.Parallel()
	for pkg, above := range map[string][]string{
		"generation":      {"wavespeed", "pipeline", "activities", "workflows", "webhook", "worker"},
		"wavespeed":       {"pipeline", "activities", "workflows", "webhook", "worker"},
		"pipeline":        {"wavespeed", "activities", "workflows", "webhook", "worker"},
		"activities":      {"workflows", "internal/engine", "pipeline/file", "webhook", "worker"},
		"workflows":       {"pipeline", "activities", "webhook", "worker"},
		"internal/engine": {"wavespeed", "activities", "pipeline/file", "internal/preflight", "webhook", "worker"},
		"webhook":         {"pipeline", "activities", "workflows", "worker"},
		"worker":          {"pipeline/file", "cmd/internal/daemon"},
	} {
		deps := dependencies(t, "./"+pkg)
		for _, other := range above {
			require.NotContains(t, deps, module+other, "%s must not know %s", pkg, other)
		}
	}
}

func dependencies(t *testing.T, pkg string) []string {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", pkg)
	cmd.Dir = stack.Root()
	output, err := cmd.Output()
	require.NoError(t, err)
	return strings.Fields(string(output))
}
