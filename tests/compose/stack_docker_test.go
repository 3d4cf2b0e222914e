//go:build docker

package compose

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
)

// TestMain makes images and program once.
func TestMain(m *testing.M) {
	if err := prepare(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

var cache = filepath.Join(stack.Root(), "bin", ".compose")

func prepare() error {
	here := filepath.Join(stack.Root(), "tests", "compose", "standin")
	for _, args := range [][]string{
		{"sh", filepath.Join(here, "compose.sh"), program()},
		append([]string{"bash", filepath.Join(here, "images.sh"), cache}, images...),
	} {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("%s: %w", args[1], err)
		}
	}
	return nil
}

func program() string { return filepath.Join(cache, "docker-compose") }

// images are those that the two files name; TestImagesAreThose holds them to it.
var images = []string{
	"golang:1.26.8", "gcr.io/distroless/static-debian12:nonroot",
	"postgres:16.11", "temporalio/admin-tools:1.32.1", "temporalio/server:1.32.1", "temporalio/ui:2.55.0", "caddy:2.10.2",
	"prom/prometheus:v3.7.3",
}

// untested has no stand-in: it is in no package of Debian, and no program of a Go module.
const untested = "grafana/grafana:12.3.0"

// project is one stack.
type project struct {
	t     *testing.T
	name  string
	files []string
	env   []string
	ports map[string]string
}

func newProject(t *testing.T, name string, files ...string) *project {
	t.Helper()
	p := &project{
		t: t, name: fmt.Sprintf("wst-%s-%d", name, os.Getpid()), ports: map[string]string{},
		files: append([]string{filepath.Join(stack.Root(), "docker-compose.yml")}, files...),
	}
	free := stack.FreePorts(t, 6)
	for i, variable := range []string{"TEMPORAL_PORT", "UI_PORT", "SIMULATOR_PORT", "PROMETHEUS_PORT", "HTTP_PORT", "HTTPS_PORT"} {
		p.ports[variable] = free[i]
		p.env = append(p.env, variable+"="+free[i])
	}
	p.env = append(p.env, "WEBHOOK_PORTS="+portRange(t, 3))
	t.Cleanup(func() {
		if t.Failed() {
			logs, _ := p.command("logs", "--no-color", "--tail", "60").CombinedOutput()
			t.Logf("%s", logs)
		}
		_, _ = p.command("--profile", "*", "down", "--volumes", "--timeout", "5", "--remove-orphans").CombinedOutput()
	})
	return p
}

// portRange finds n ports in a row on which nothing listens.
func portRange(t *testing.T, n int) string {
	t.Helper()
	first, err := strconv.Atoi(stack.FreePorts(t, 1)[0])
	require.NoError(t, err)
	return fmt.Sprintf("%d-%d", first, first+n-1)
}

func (p *project) command(args ...string) *exec.Cmd {
	all := []string{"--project-name", p.name, "--env-file", filepath.Join(stack.Root(), "simulator.env")}
	for _, file := range p.files {
		all = append(all, "--file", file)
	}
	cmd := exec.Command(program(), append(all, args...)...)
	cmd.Env = append(append(os.Environ(), p.env...), "DOCKER_BUILDKIT=0", "COMPOSE_PARALLEL_LIMIT=1") // the second build takes the first one's layers
	return cmd
}

func (p *project) run(args ...string) string {
	p.t.Helper()
	var stderr strings.Builder
	cmd := p.command(args...)
	cmd.Stderr = &stderr
	output, err := cmd.Output()
	require.NoError(p.t, err, "%v: %s%s", args, output, stderr.String())
	return string(output)
}

// up starts the stack with images that are there.
func (p *project) up(args ...string) {
	p.t.Helper()
	p.run(append([]string{"up", "--detach", "--pull", "never", "--no-build", "--wait", "--wait-timeout", "180"}, args...)...)
}

// generate runs one generation to its end by the program in the worker's container.
func (p *project) generate() generation.Result {
	p.t.Helper()
	var result generation.Result
	output := p.run("exec", "-T", "worker", "/usr/local/bin/wavespeed-temporal", "generate", "wavespeed-ai/flux-dev", "prompt=a lighthouse", "--wait", "--json")
	require.NoError(p.t, json.Unmarshal([]byte(output), &result), output)
	require.NotEmpty(p.t, result.URL(0))
	return result
}

// begin starts generations that wait, and returns their workflow ids.
func (p *project) begin(n int) []string {
	p.t.Helper()
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("waiting-%d", i)
		p.run("exec", "-T", "worker", "/usr/local/bin/wavespeed-temporal", "generate", "wavespeed-ai/flux-dev", "prompt=a lighthouse", "--id", ids[i])
	}
	return ids
}

// container is the id of a service's container.
func (p *project) container(service string, index int) string {
	p.t.Helper()
	ids := strings.Fields(p.run("ps", "--quiet", service))
	require.Greater(p.t, len(ids), index, service)
	return ids[index]
}

// inspect reads one value of a container.
func inspect(t *testing.T, container, format string) string {
	t.Helper()
	output, err := exec.Command("docker", "inspect", "--format", format, container).Output()
	require.NoError(t, err)
	return strings.TrimSpace(string(output))
}

// onHost runs a line of shell among the engine's processes.
func onHost(line string) ([]byte, error) {
	return exec.Command("docker", "run", "--rm", "--pid", "host", "--network", "none", "--user", "0", "--entrypoint", "sh",
		"postgres:16.11", "-c", line).CombinedOutput()
}

// crash kills a container's process, which docker kill would count as a wish to stop.
func crash(t *testing.T, container string) {
	t.Helper()
	pid, err := strconv.Atoi(inspect(t, container, "{{.State.Pid}}"))
	require.NoError(t, err)
	restarts := inspect(t, container, "{{.RestartCount}}")
	output, err := onHost("kill -9 " + strconv.Itoa(pid))
	require.NoError(t, err, "%s", output)
	stack.Eventually(t, "it does not come back", func() bool {
		return inspect(t, container, "{{.State.Running}}") == "true" && inspect(t, container, "{{.RestartCount}}") != restarts
	})
}

func (p *project) awaitHealthy(container string) {
	p.t.Helper()
	stack.Eventually(p.t, "it does not get healthy", func() bool {
		return inspect(p.t, container, "{{if .State.Health}}{{.State.Health.Status}}{{else}}healthy{{end}}") == "healthy"
	})
}

// accepted is how many submits the simulator's ledger has.
func (p *project) accepted() int {
	p.t.Helper()
	response, err := http.Get("http://127.0.0.1:" + p.ports["SIMULATOR_PORT"] + "/simulator/ledger")
	require.NoError(p.t, err)
	defer response.Body.Close()
	var ledger struct{ Entries []json.RawMessage }
	require.NoError(p.t, json.NewDecoder(response.Body).Decode(&ledger))
	return len(ledger.Entries)
}

func TestImagesAreThose(t *testing.T) {
	p := newProject(t, "images")
	named := strings.Fields(p.run("--profile", "*", "config", "--images"))
	dockerfile, err := os.ReadFile(filepath.Join(stack.Root(), "Dockerfile"))
	require.NoError(t, err)
	text := strings.ReplaceAll(string(dockerfile), "${GO_VERSION}", "1.26.8")
	for line := range strings.Lines(text) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "FROM" {
			named = append(named, fields[1])
		}
	}
	named = slices.DeleteFunc(named, func(image string) bool { return strings.HasPrefix(image, "wavespeed-") || image == untested })
	for _, image := range named {
		require.Contains(t, images, image)
	}
}

// TestStack is one stack's life, from the first start to an upgrade. Its parts build on
// each other.
func TestStack(t *testing.T) {
	p := newProject(t, "life")
	p.run("build")
	p.up()

	t.Run("generation", func(t *testing.T) {
		require.Equal(t, wire.ViaWebhook, p.of(t).generate().Via)
		require.Equal(t, 1, p.of(t).accepted())
	})
	t.Run("again", func(t *testing.T) { p.of(t).up() })
	t.Run("image", p.testImage)
	t.Run("UI", func(t *testing.T) {
		response, err := http.Get("http://127.0.0.1:" + p.ports["UI_PORT"] + "/")
		require.NoError(t, err)
		response.Body.Close()
		require.Equal(t, http.StatusOK, response.StatusCode)
	})
	for _, name := range []string{"worker", "webhook", "temporal", "postgresql", "temporal-ui"} {
		t.Run("crash of "+name, func(t *testing.T) {
			q := p.of(t)
			container := q.container(name, 0)
			crash(t, container)
			q.awaitHealthy(container)
			q.up()
			q.generate()
		})
	}
	var ids []string
	t.Run("stop and start", func(t *testing.T) {
		q := p.of(t)
		ids = q.begin(1)
		// The provider continues: it would forget its predictions, as WaveSpeed does not.
		q.run("stop", "worker", "webhook", "temporal-ui", "temporal", "postgresql")
		for _, service := range []string{"worker", "webhook"} {
			output := q.run("ps", "--all", "--format", "{{.ExitCode}}", service)
			require.Equal(t, "0", strings.TrimSpace(output), "%s did not stop by itself", service)
		}
		q.up()
		q.awaitCompleted(ids)
	})
	t.Run("down and up", func(t *testing.T) {
		q := p.of(t)
		q.run("down")
		q.up()
		q.awaitCompleted(ids)
		q.generate()
	})
	t.Run("metrics", p.testMetrics)
	t.Run("TLS front", p.testTLS)
	t.Run("three webhooks, one killed", func(t *testing.T) {
		q := p.of(t)
		q.up("--scale", "webhook=3")
		containers := strings.Fields(q.run("ps", "--quiet", "webhook"))
		require.Len(t, containers, 3)
		crash(t, containers[0])
		for range 4 {
			q.generate()
		}
	})
	t.Run("upgrade with 200 waiting", p.testUpgrade)
}

// of is the project as a part of its test has it.
func (p *project) of(t *testing.T) *project {
	q := *p
	q.t = t
	return &q
}

// testImage holds the image to its promises.
func (p *project) testImage(t *testing.T) {
	q := p.of(t)
	webhook := q.container("webhook", 0)
	size, err := strconv.ParseFloat(inspect(t, inspect(t, webhook, "{{.Image}}"), "{{.Size}}"), 64)
	require.NoError(t, err)
	t.Logf("the image has %.1f MB", size/1e6)
	require.Less(t, size/1e6, 40.0, "MB")
	require.Equal(t, "65532:65532", inspect(t, webhook, "{{.Config.User}}"))
	require.Equal(t, "true", inspect(t, webhook, "{{.HostConfig.ReadonlyRootfs}}"))

	// Pages of the program's file count as its memory until somebody wants them.
	output, err := exec.Command("docker", "update", "--memory", "20m", "--memory-swap", "20m", webhook).CombinedOutput()
	require.NoError(t, err, "%s", output)
	require.Equal(t, wire.ViaWebhook, q.generate().Via)
	require.Equal(t, "running false 0", inspect(t, webhook, "{{.State.Status}} {{.State.OOMKilled}} {{.RestartCount}}"))
	output, err = exec.Command("docker", "stats", "--no-stream", "--format", "{{.MemUsage}}", webhook).CombinedOutput()
	require.NoError(t, err, "%s", output)
	t.Logf("the webhook handler's memory: %s", output)
}

// testMetrics has Prometheus find worker and webhook handler by itself.
func (p *project) testMetrics(t *testing.T) {
	q := p.of(t)
	q.run("--profile", "observability", "up", "--detach", "--pull", "never", "--no-build", "--wait", "prometheus")
	stack.Eventually(t, "Prometheus does not scrape both", func() bool {
		response, err := http.Get("http://127.0.0.1:" + q.ports["PROMETHEUS_PORT"] + "/api/v1/query?query=up==1")
		require.NoError(t, err)
		defer response.Body.Close()
		var answer struct{ Data struct{ Result []any } }
		require.NoError(t, json.NewDecoder(response.Body).Decode(&answer))
		return len(answer.Data.Result) == 2
	})
}

// testTLS reaches the webhook handler through the front, whose certificate for localhost
// nobody but itself has signed.
func (p *project) testTLS(t *testing.T) {
	q := p.of(t)
	q.run("--profile", "tls", "up", "--detach", "--pull", "never", "--no-build", "--wait", "tls")
	https := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	stack.Eventually(t, "the front does not lead to the handler", func() bool {
		response, err := https.Post("https://localhost:"+q.ports["HTTPS_PORT"]+"/webhooks/wavespeed/forged", "application/json", strings.NewReader("{}"))
		if err != nil {
			return false
		}
		response.Body.Close()
		return response.StatusCode == http.StatusNotFound || response.StatusCode == http.StatusUnauthorized
	})
}

// awaitCompleted waits until these runs have completed. Joining a run with its id would
// submit nothing, and one that has ended is refused.
func (p *project) awaitCompleted(ids []string) {
	p.t.Helper()
	c := p.client()
	defer c.Close()
	for _, id := range ids {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		var result generation.Result
		err := c.GetWorkflow(ctx, id, "").Get(ctx, &result)
		cancel()
		require.NoError(p.t, err, id)
	}
}
