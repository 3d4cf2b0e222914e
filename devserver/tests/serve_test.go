package tests

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
)

func TestServesSoon(t *testing.T) {
	t.Parallel()
	begun := time.Now()
	p := start(t)
	took := time.Since(begun)
	t.Logf("ready after %s", took.Round(time.Millisecond))
	require.Less(t, took, 20*time.Second, "some 0.3 s on an idle machine")

	// Ready means that a workflow runs, without any retry.
	c := p.dial(t, "default")
	work(t, c)
	requireResult(t, begin(t, c, client.StartWorkflowOptions{}, greet, "you"), "Hello, you")
	require.Empty(t, p.stderr.String(), "an ordinary run is quiet")
}

func TestStopsOnSignal(t *testing.T) {
	t.Parallel()
	for _, signal := range []os.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			p := start(t)
			c := p.dial(t, "default")
			work(t, c) // its polls are in flight when the signal comes
			begin(t, c, client.StartWorkflowOptions{}, await)

			begun := time.Now()
			require.Zero(t, p.stop(t, signal))
			t.Logf("stopped after %s", time.Since(begun).Round(time.Millisecond))
			require.Empty(t, p.stderr.String())
			require.Contains(t, p.stdout.String(), "Stopping")
		})
	}
}

func TestStopsWhileStarting(t *testing.T) {
	t.Parallel()
	p := launch(t, freePort(t), "--log-level", "info")
	p.waitFor(t, p.stderr, "Starting server")
	require.Zero(t, p.stop(t, syscall.SIGTERM))
}

func TestUI(t *testing.T) {
	t.Parallel()
	p := start(t) // the UI's port is 1000 higher by default
	url := "http://127.0.0.1:" + strconv.Itoa(p.port+1000)
	require.Contains(t, p.stdout.String(), url)
	require.Contains(t, get(t, url+"/healthz"), "OK")
	require.Contains(t, get(t, url+"/"), "<html")
	require.Contains(t, get(t, url+"/api/v1/namespaces"), `"default"`, "the UI reaches the server")
}

func TestUIOnItsOwnAddress(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	p := start(t, "--ui-ip", "localhost", flag("ui-port", port), "--ui-public-path", "/temporal")
	require.Contains(t, get(t, "http://127.0.0.1:"+strconv.Itoa(port)+"/temporal/"), "/temporal/")
	requireClosed(t, p.port+1000)
}

func TestHeadless(t *testing.T) {
	t.Parallel()
	p := start(t, "--headless")
	require.NotContains(t, p.stdout.String(), "UI:")
	requireClosed(t, p.port+1000)
}

func TestAllInterfaces(t *testing.T) {
	t.Parallel()
	p := start(t, "--ip", "0.0.0.0")
	p.dial(t, "default")
	get(t, "http://127.0.0.1:"+strconv.Itoa(p.port+1000)+"/healthz")
}

func TestMetricsAndHTTP(t *testing.T) {
	t.Parallel()
	metrics, api := freePort(t), freePort(t)
	start(t, "--headless", flag("metrics-port", metrics), flag("http-port", api))
	require.Contains(t, get(t, "http://127.0.0.1:"+strconv.Itoa(metrics)+"/metrics"), "service_requests")
	require.Contains(t, get(t, "http://127.0.0.1:"+strconv.Itoa(api)+"/api/v1/namespaces"), `"default"`)
}

func TestLog(t *testing.T) {
	t.Parallel()
	p := start(t, "--headless", "--log-level", "info", "--log-format", "json", "--log-config")
	require.Zero(t, p.stop(t, syscall.SIGTERM))
	var lines int
	for line := range strings.Lines(p.stderr.String()) {
		var entry struct{ Level, Msg string }
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Level == "info" && entry.Msg != "" {
			lines++
		}
	}
	require.Positive(t, lines)
	require.Contains(t, p.stderr.String(), "numHistoryShards", "the configuration was asked for")
}

func TestVersionAndHelp(t *testing.T) {
	t.Parallel()
	require.Contains(t, run(t, "--version"), "Server 1.")
	help := run(t, "server", "start-dev", "--help")
	for _, name := range []string{
		"db-filename", "namespace", "ip", "port", "http-port", "metrics-port", "headless", "ui-ip", "ui-port",
		"ui-asset-path", "search-attribute", "dynamic-config-value", "sqlite-pragma", "log-level", "log-format",
	} {
		require.Contains(t, help, "--"+name+" ")
	}
}

func get(t *testing.T, url string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(bounded(t), http.MethodGet, url, nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode, "%s: %s", url, body)
	return string(body)
}

func requireClosed(t *testing.T, port int) {
	t.Helper()
	_, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
}
