package tests

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook/webhooktest"
)

// daemon is the program with settings of its own, so that what it says can be seen.
type daemon struct {
	*stack.Process
	public string
	admin  string
	env    []string
}

func startDaemon(t *testing.T, role, temporal string, env ...string) *daemon {
	t.Helper()
	ports := stack.FreePorts(t, 2)
	d := &daemon{public: "127.0.0.1:" + ports[0], admin: "127.0.0.1:" + ports[1]}
	d.env = append([]string{
		"TEMPORAL_ADDRESS=" + temporal,
		"TEMPORAL_TASK_QUEUE=daemon-" + uuid.NewString(),
		"WAVESPEED_API_KEY=" + wavespeedtest.DefaultKey,
		"WAVESPEED_WEBHOOK_SECRET=" + wavespeedtest.DefaultSecret,
		"WEBHOOK_LISTEN=" + d.public,
		"ADMIN_LISTEN=" + d.admin,
	}, env...)
	d.Process = stack.StartProcess(t, stack.Build(t, "wavespeed-temporal"), []string{role}, d.env)
	return d
}

// healthcheck is the exit code of the container's health check, and what it says.
func (d *daemon) healthcheck(t *testing.T) (int, string) {
	t.Helper()
	check := stack.StartProcess(t, stack.Build(t, "wavespeed-temporal"), []string{"healthcheck"}, d.env)
	return check.Wait(), check.Log()
}

func (d *daemon) awaitReady(t *testing.T) {
	t.Helper()
	stack.Eventually(t, "the daemon is not ready", func() bool { return d.ready() == http.StatusOK })
}

// ready is the status of /readyz, and 0 without an answer.
func (d *daemon) ready() int {
	response, err := http.Get("http://" + d.admin + "/readyz")
	if err != nil {
		return 0
	}
	response.Body.Close()
	return response.StatusCode
}

func TestDaemonNamesAMissingNamespace(t *testing.T) {
	t.Parallel()
	d := startDaemon(t, "serve", stack.SharedTemporal(t).Address, "TEMPORAL_NAMESPACE=nowhere")
	require.Equal(t, 1, d.Wait())
	require.Contains(t, d.Log(), `has no namespace "nowhere"; create it with: wavespeed-temporal setup`)
}

func TestDaemonNamesATakenPort(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	for _, setting := range []string{"WEBHOOK_LISTEN", "ADMIN_LISTEN"} {
		d := startDaemon(t, "webhook", stack.SharedTemporal(t).Address, setting+"="+taken.Addr().String())
		require.Equal(t, 1, d.Wait())
		lines := strings.Split(strings.TrimSpace(d.Log()), "\n")
		require.Contains(t, lines[len(lines)-1], taken.Addr().String()+": bind: address already in use")
		require.Contains(t, lines[len(lines)-1], setting)
	}
}

func TestDaemonRefusesBadSettings(t *testing.T) {
	t.Parallel()
	d := startDaemon(t, "worker", stack.SharedTemporal(t).Address, "WAVESPEED_API_KEY=", "LOG_LEVEL=loud")
	require.Equal(t, 2, d.Wait())
	require.Contains(t, d.Log(), "WAVESPEED_API_KEY: is not set")
	require.Contains(t, d.Log(), `LOG_LEVEL: "loud" is not one of`)
}

// TestHealthcheck: nobody there, starting, ready, and without Temporal.
func TestHealthcheck(t *testing.T) {
	t.Parallel()
	temporal := stack.StartTemporal(t)
	temporal.Kill()
	d := startDaemon(t, "webhook", temporal.Address)
	stack.Eventually(t, "the admin listener does not answer", func() bool { return d.ready() == http.StatusServiceUnavailable })
	code, said := d.healthcheck(t)
	require.Equal(t, 1, code)
	require.Contains(t, said, "not ready: starting or stopping")

	temporal.Start()
	d.awaitReady(t)
	code, said = d.healthcheck(t)
	require.Equal(t, 0, code, said)
	require.Equal(t, "ready\n", said)

	temporal.Kill()
	code, said = d.healthcheck(t)
	require.Equal(t, 1, code)
	require.Contains(t, said, "not ready: Temporal does not answer")

	d.Kill()
	code, said = d.healthcheck(t)
	require.Equal(t, 1, code)
	require.Contains(t, said, "no daemon answers on "+d.admin)
}

func TestPublicListenerServesWebhooksOnly(t *testing.T) {
	t.Parallel()
	d := startDaemon(t, "webhook", stack.SharedTemporal(t).Address)
	d.awaitReady(t)
	for _, path := range []string{"/", "/healthz", "/readyz", "/metrics", "/debug/pprof/", "/webhooks", "/webhooks/wavespeed", "/webhooks/wavespeed/", "/webhooks/wavespeed/a/b", "/webhooks/wavespeed/unknown"} {
		response, err := http.Post("http://"+d.public+path, "application/json", strings.NewReader("{}"))
		require.NoError(t, err)
		response.Body.Close()
		require.Equal(t, http.StatusNotFound, response.StatusCode, path)
	}
}

// TestSignalsInFlightAreAnswered: two hundred deliveries are half read when the handler
// is told to stop. It is no longer ready at once, and answers each.
func TestSignalsInFlightAreAnswered(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Simulator: wavespeedtest.Options{Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.NeverEnds}}}})
	var runs []client.WorkflowRun
	for i := range 50 {
		runs = append(runs, s.Generate(still(fmt.Sprint("lighthouse ", i))))
	}
	for _, run := range runs {
		s.AwaitState(run, generation.StateWaiting)
	}
	var deliveries []*halfDelivery
	for _, entry := range s.Simulator.Ledger() {
		body := fmt.Appendf(nil, `{"id":%q,"status":"completed","outputs":["https://cdn.test/good.png"]}`, entry.PredictionID)
		for range 4 { // as many as may be slow at one address
			deliveries = append(deliveries, beginDelivery(t, entry.WebhookURL, body))
		}
	}
	s.Webhook.Signal(syscall.SIGTERM)
	stack.Eventually(t, "it does not stop", func() bool { return strings.Contains(s.Webhook.Log(), "msg=stopping") })
	// Some at once: the bodies' time is bounded, and so is that of each signal.
	for some := range slices.Chunk(deliveries, 20) {
		for _, delivery := range some {
			delivery.end(t)
		}
		for _, delivery := range some {
			require.Equal(t, http.StatusOK, delivery.status(t))
		}
	}
	require.Zero(t, s.Webhook.Wait())
	for _, run := range runs {
		_, err := s.Result(run)
		require.NoError(t, err)
	}
}

// halfDelivery is a delivery of which the last byte has not been sent.
type halfDelivery struct {
	conn   net.Conn
	reader *bufio.Reader
	last   []byte
}

// beginDelivery sends one, and waits until the handler has asked for its body.
func beginDelivery(t *testing.T, url string, body []byte) *halfDelivery {
	t.Helper()
	request, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	require.NoError(t, err)
	request.Header = webhooktest.Sign(wavespeedtest.DefaultSecret, uuid.NewString(), time.Now(), body)
	request.Header.Set("Expect", "100-continue")
	var raw bytes.Buffer
	require.NoError(t, request.Write(&raw))
	conn, err := net.Dial("tcp", request.Host)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	all := raw.Bytes()
	_, err = conn.Write(all[:len(all)-1])
	require.NoError(t, err)
	d := &halfDelivery{conn: conn, reader: bufio.NewReader(conn), last: all[len(all)-1:]}
	response, err := http.ReadResponse(d.reader, nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusContinue, response.StatusCode)
	return d
}

// end sends the rest.
func (d *halfDelivery) end(t *testing.T) {
	t.Helper()
	_, err := d.conn.Write(d.last)
	require.NoError(t, err)
}

// status is the answer's.
func (d *halfDelivery) status(t *testing.T) int {
	t.Helper()
	response, err := http.ReadResponse(d.reader, nil)
	require.NoError(t, err)
	_, _ = io.Copy(io.Discard, response.Body)
	return response.StatusCode
}

// TestSubmitIsNotCut: a worker that is told to stop ends the submit under way and
// records it. Nothing is unknown.
func TestSubmitIsNotCut(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Simulator: wavespeedtest.Options{
		Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.AcceptedSlow, Delay: 3 * time.Second}},
	}})
	run := s.Generate(still("a lighthouse"))
	stack.Eventually(t, "it was not submitted", func() bool { return len(s.Simulator.Ledger()) == 1 })
	require.Zero(t, s.Worker.Terminate())
	s.Worker.Start()
	result, err := s.Result(run)
	require.NoError(t, err)
	require.Len(t, result.Attempts, 1)
	require.Empty(t, result.Attempts[0].Reason)
	require.Len(t, s.Simulator.Ledger(), 1)
}

// TestSecretRotatesInItsFile: the handler takes the new secret without a restart.
func TestSecretRotatesInItsFile(t *testing.T) {
	t.Parallel()
	const next = "whsec_bmV4dC1zZWNyZXQtbmV4dC1zZWNyZXQ="
	path := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(path, []byte(wavespeedtest.DefaultSecret+"\n"), 0o600))
	s := stack.Start(t, stack.Options{
		Simulator: wavespeedtest.Options{Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.NeverEnds}}},
		Env:       []string{"WAVESPEED_WEBHOOK_SECRET_FILE=" + path},
	})
	run := s.Generate(still("a lighthouse"))
	s.AwaitState(run, generation.StateWaiting)
	entry := s.Simulator.Ledger()[0]
	body := fmt.Appendf(nil, `{"id":%q,"status":"completed","outputs":["https://cdn.test/good.png"]}`, entry.PredictionID)
	deliver := func(secret string) int {
		request, err := http.NewRequest(http.MethodPost, entry.WebhookURL, bytes.NewReader(body))
		require.NoError(t, err)
		request.Header = webhooktest.Sign(secret, uuid.NewString(), time.Now(), body)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		response.Body.Close()
		return response.StatusCode
	}
	require.Equal(t, http.StatusUnauthorized, deliver(next))
	require.NoError(t, os.WriteFile(path, []byte(next+"\n"), 0o600))
	stack.Eventually(t, "the new secret is not taken", func() bool { return deliver(next) == http.StatusOK })
	_, err := s.Result(run)
	require.NoError(t, err)
	require.False(t, slices.Contains(strings.Fields(s.Webhook.Log()), next))
}
