package hostile

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/tests/figures"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook/webhooktest"
)

// raw sends bytes and gives the first line of the answer; "" if there is none.
func raw(t *testing.T, host, text string) string {
	t.Helper()
	conn, err := net.Dial("tcp", host)
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(30*time.Second)))
	_, _ = io.WriteString(conn, text)
	line, _ := bufio.NewReader(conn).ReadString('\n')
	return strings.TrimSpace(line)
}

// TestHTTP: the listener serves webhooks and nothing else, and takes no odd HTTP.
func TestHTTP(t *testing.T) {
	t.Parallel()
	g := newTarget(t, stack.Options{})
	v := g.victim("")
	u, err := url.Parse(v.url)
	require.NoError(t, err)
	for _, method := range []string{"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "PROPFIND"} {
		require.Contains(t, raw(t, u.Host, method+" "+u.Path+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), " 405 ", method)
	}
	for _, path := range []string{"/", "/healthz", "/readyz", "/metrics", "/debug/pprof/", "/webhooks/wavespeed", "/webhooks/wavespeed/", "/favicon.ico",
		"/webhooks//wavespeed/x", "/webhooks/wavespeed/../wavespeed/x", "/webhooks/wavespeed/a/b", "//", "/%2e%2e/"} {
		answer := raw(t, u.Host, "POST "+path+" HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		require.Contains(t, answer, " 404 ", path)
	}
	for name, c := range map[string]struct{ text, want string }{
		"two lengths":      {"POST " + u.Path + " HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", " 400 "},
		"negative length":  {"POST " + u.Path + " HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", " 400 "},
		"two hosts":        {"POST " + u.Path + " HTTP/1.1\r\nHost: x\r\nHost: y\r\nContent-Length: 0\r\n\r\n", " 400 "},
		"unknown encoding": {"POST " + u.Path + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\n\r\n", " 501 "},
		"no HTTP":          {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", " 400 "},
		"large headers":    {"POST " + u.Path + " HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("a", 64<<10) + "\r\n\r\n", " 431 "},
		"many headers":     {"POST " + u.Path + " HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("X: y\r\n", 10_000) + "\r\n", " 431 "},
		"over the size":    {"POST " + u.Path + " HTTP/1.1\r\nHost: x\r\nWebhook-Id: x\r\nWebhook-Timestamp: 1\r\nWebhook-Signature: v3," + strings.Repeat("0", 64) + "\r\nContent-Length: 67108865\r\n\r\n", " 413 "},
	} {
		answer := raw(t, u.Host, c.text)
		require.Contains(t, answer, c.want, name)
	}
	g.requireUnharmed(v)
}

// TestSlowClients hold connections open by sending almost nothing. They are cut, and
// good deliveries are answered meanwhile.
func TestSlowClients(t *testing.T) {
	t.Parallel()
	const slow = 2000
	g := newTarget(t, stack.Options{Plain: true})
	v := g.victim("")
	u, err := url.Parse(v.url)
	require.NoError(t, err)
	var cut atomic.Int64
	var group sync.WaitGroup
	for range slow {
		group.Go(func() {
			conn, err := net.Dial("tcp", u.Host)
			if err != nil {
				return
			}
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
			_, _ = io.WriteString(conn, "POST "+u.Path+" HTTP/1.1\r\nHost: x\r\n")
			_, err = io.Copy(io.Discard, conn) // until the server ends it
			if err == nil {
				cut.Add(1)
			}
		})
	}
	requireGoodTraffic(t, g, 10*time.Second)
	group.Wait()
	require.EqualValues(t, slow, cut.Load(), "slow clients are cut")
	g.requireUnharmed(v)
}

// TestIdleClients open more connections than allowed, and send nothing. Good deliveries are
// still answered: each replaces an idle connection.
func TestIdleClients(t *testing.T) {
	t.Parallel()
	const idle = 5000
	g := newTarget(t, stack.Options{Plain: true})
	v := g.victim("")
	u, err := url.Parse(v.url)
	require.NoError(t, err)
	open := make([]net.Conn, 0, idle)
	for i := range idle {
		conn, err := net.Dial("tcp", u.Host)
		require.NoError(t, err)
		defer conn.Close()
		open = append(open, conn)
		if i%2 == 0 { // some begin, and some have had an answer
			_, _ = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"[:1+i%40])
		} else if i%3 == 0 {
			_, _ = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
		}
	}
	for range 20 {
		began := time.Now()
		request := v.request(fmt.Appendf(nil, `{"id":%q,"status":"processing"}`, v.prediction))
		request.Close = true
		status, _ := g.answer(request)
		require.Equal(t, http.StatusOK, status)
		require.Less(t, time.Since(began), time.Second)
	}
	require.Len(t, open, idle)
	g.requireUnharmed(v)
}

// TestLeakedAddress: an attacker with an address but no secret, who sends endless bodies,
// blocks nobody else and doesn't fill the log.
func TestLeakedAddress(t *testing.T) {
	t.Parallel()
	g := newTarget(t, stack.Options{Plain: true})
	v := g.victim("")
	u, err := url.Parse(v.url)
	require.NoError(t, err)
	header := "POST " + u.Path + " HTTP/1.1\r\nHost: x\r\nWebhook-Id: x\r\nWebhook-Timestamp: 1\r\nWebhook-Signature: v3," + strings.Repeat("0", 64) + "\r\nContent-Length: 1000\r\n\r\n{"
	for range 1000 {
		conn, err := net.Dial("tcp", u.Host)
		require.NoError(t, err)
		defer conn.Close()
		_, _ = io.WriteString(conn, header)
	}
	for range 2000 {
		forged := v.request(v.body())
		forged.Header.Set("webhook-signature", "v3,"+strings.Repeat("0", 64))
		status, _ := g.answer(forged)
		require.Equal(t, http.StatusUnauthorized, status)
	}
	requireGoodTraffic(t, g, 3*time.Second)
	require.Less(t, strings.Count(g.Webhook.Log(), "reason=bad_signature"), 20)
	require.Less(t, strings.Count(g.Webhook.Log(), "reason=busy"), 20)
	g.requireUnharmed(v)
}

// TestFlood: forged deliveries, as many as one can send. None reaches Temporal, memory
// stays bounded, and good deliveries are answered meanwhile.
func TestFlood(t *testing.T) {
	t.Parallel()
	temporal := stack.SharedTemporal(t)
	proxy := newCountingProxy(t, temporal.Address)
	g := newTarget(t, stack.Options{Plain: true, TemporalAddress: proxy.address})
	v := g.victim("")
	body := v.body()
	base := v.url[:strings.LastIndexByte(v.url, '/')]
	forgeries := []func() *http.Request{
		func() *http.Request { // an unknown address
			request, _ := http.NewRequest(http.MethodPost, base+"/"+strings.Repeat("Ab", 100), bytes.NewReader(body))
			request.Header = webhooktest.Sign(v.secret, "delivery", time.Now(), body)
			return request
		},
		func() *http.Request { // a known one, not signed
			request := v.request(body)
			request.Header.Set("webhook-signature", "v3,"+strings.Repeat("0", 64))
			return request
		},
		func() *http.Request { // a large body, wrongly signed
			large := bytes.Repeat([]byte("x"), 512<<10)
			request := v.request(large)
			request.Header.Set("webhook-id", "other")
			return request
		},
	}
	before := proxy.sent.Load()
	var refused, other atomic.Int64
	end := time.Now().Add(8 * time.Second)
	var group sync.WaitGroup
	for i := range 16 {
		group.Go(func() {
			for n := i; time.Now().Before(end); n++ {
				response, err := plainClient.Do(forgeries[n%len(forgeries)]())
				if err != nil {
					other.Add(1)
					continue
				}
				response.Body.Close()
				if response.StatusCode >= 400 && response.StatusCode < 500 {
					refused.Add(1)
				} else {
					other.Add(1)
				}
			}
		})
	}
	group.Wait()
	require.Positive(t, refused.Load())
	require.Zero(t, other.Load(), "every forgery is refused")
	// Keep-alives of the idle connection may pass, and nothing more.
	require.Less(t, proxy.sent.Load()-before, int64(4096), "forged deliveries have reached Temporal")
	peak := peakMemory(t, g.Webhook.PID())
	require.Less(t, peak, 64.0, "MiB of memory")
	note(t, "flood", "| forged deliveries refused | a second | the handler's memory at most | calls to Temporal |\n| --- | --- | --- | --- |\n| %d | %.0f | %.0f MiB | 0 |\n",
		refused.Load(), float64(refused.Load())/8, peak)
	g.requireUnharmed(v)
}

// TestGoodTrafficDuringFlood: deliveries that are genuine are answered within a second.
func TestGoodTrafficDuringFlood(t *testing.T) {
	t.Parallel()
	g := newTarget(t, stack.Options{Plain: true})
	v := g.victim("")
	forged := v.url[:strings.LastIndexByte(v.url, '/')+1] + strings.Repeat("Ab", 100)
	stop := make(chan struct{})
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				request, _ := http.NewRequest(http.MethodPost, forged, strings.NewReader("{}"))
				if response, err := plainClient.Do(request); err == nil {
					response.Body.Close()
				}
			}
		})
	}
	requireGoodTraffic(t, g, 6*time.Second)
	close(stop)
	group.Wait()
	g.requireUnharmed(v)
}

// requireGoodTraffic sends genuine deliveries for so long, of predictions that continue,
// and looks at how long the answers take.
func requireGoodTraffic(t *testing.T, g *target, d time.Duration) {
	t.Helper()
	v := g.victim("")
	var took []time.Duration
	for end := time.Now().Add(d); time.Now().Before(end); {
		body := fmt.Appendf(nil, `{"id":%q,"status":"processing"}`, v.prediction)
		began := time.Now()
		status, _ := g.answer(v.request(body))
		took = append(took, time.Since(began))
		require.Equal(t, http.StatusOK, status)
	}
	slices.Sort(took)
	p99 := took[len(took)*99/100]
	note(t, "good", "| genuine deliveries meanwhile | answered, p50 | p99 |\n| --- | --- | --- |\n| %d | %.1f ms | %.1f ms |\n",
		len(took), milliseconds(took[len(took)/2]), milliseconds(p99))
	require.Less(t, p99, time.Second)
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// note logs a table, and puts it into the document that -write names.
func note(t *testing.T, name, format string, args ...any) {
	t.Helper()
	table := fmt.Sprintf(format, args...)
	t.Log("\n" + table)
	if *write != "" {
		require.NoError(t, figures.Write(*write, name, table))
	}
}

// TestTemporalGone: deliveries are told to come again, quickly, and are taken when
// Temporal is back.
func TestTemporalGone(t *testing.T) {
	t.Parallel()
	g := newTarget(t, stack.Options{Temporal: stack.StartTemporal(t)})
	v := g.victim("")
	g.Temporal.Kill()
	began := time.Now()
	response, err := plainClient.Do(v.request(v.body()))
	require.NoError(t, err)
	response.Body.Close()
	require.Equal(t, http.StatusServiceUnavailable, response.StatusCode)
	require.NotEmpty(t, response.Header.Get("Retry-After"))
	require.Less(t, time.Since(began), 5*time.Second)
	g.Temporal.Start()
	g.Temporal.AwaitReady()
	stack.Eventually(t, "the delivery is not taken", func() bool {
		status, _ := g.answer(v.request(v.body()))
		return status == http.StatusOK
	})
	_, err = g.Result(v.run)
	require.NoError(t, err)
}

func peakMemory(t *testing.T, pid int) (mib float64) {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	require.NoError(t, err)
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kib, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	require.NoError(t, err)
	return kib / 1024
}

// countingProxy counts what is sent to Temporal through it.
type countingProxy struct {
	address string
	sent    atomic.Int64
}

func newCountingProxy(t *testing.T, to string) *countingProxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { listener.Close() })
	p := &countingProxy{address: listener.Addr().String()}
	go func() {
		for {
			in, err := listener.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", to)
			if err != nil {
				in.Close()
				continue
			}
			go func() { defer in.Close(); defer out.Close(); _, _ = io.Copy(in, out) }()
			go func() { _, _ = io.Copy(io.MultiWriter(out, (*counter)(p)), in) }()
		}
	}()
	return p
}

type counter countingProxy

func (c *counter) Write(p []byte) (int, error) {
	c.sent.Add(int64(len(p)))
	return len(p), nil
}
