package receiver_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/receiver"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook/webhooktest"
)

// Who knows one address and no secret cannot fill the log; it says how much it left out.
func TestFloodOfWrongSignaturesInTheLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t, webhook.Options{})
		for range 5000 {
			r.post(otherSecret, r.address, body)
		}
		require.Equal(t, 10, strings.Count(r.logged(), "reason=bad_signature"))
		require.Equal(t, 200, r.post(secret, r.address, body).Code)
		require.Contains(t, r.logged(), "reason=signaled", "each reason has lines of its own")

		time.Sleep(10 * time.Second)
		for range 10 {
			r.post(otherSecret, r.address, body)
		}
		require.Equal(t, 11, strings.Count(r.logged(), "reason=bad_signature"))
		require.Equal(t, 1, strings.Count(r.logged(), "suppressed=4990"))
		time.Sleep(time.Hour)
		r.post(otherSecret, r.address, body)
		require.Contains(t, r.logged(), "suppressed=9")
		require.Equal(t, map[string]int{receiver.BadSignature: 5011, receiver.Signaled: 1}, r.reasons(), "metrics count all")
	})
}

// A replayed delivery, which is genuine, cannot fill it either; honest traffic is logged
// whole.
func TestFloodOfReplaysInTheLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t, webhook.Options{})
		for range 3000 {
			r.post(secret, r.address, body)
		}
		require.Equal(t, 1000, strings.Count(r.logged(), "reason=signaled"))
		time.Sleep(time.Minute)
		for range 300 {
			r.post(secret, r.address, body)
			time.Sleep(10 * time.Millisecond)
		}
		require.Equal(t, 1300, strings.Count(r.logged(), "reason=signaled"))
	})
}

// pipes is a listener without a network, in virtual time.
type pipes struct {
	waiting chan net.Conn
	closed  chan struct{}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.waiting:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p pipes) Close() error   { close(p.closed); return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

// dial opens a connection and sends on it.
func (p pipes) dial(t *testing.T, sent string) net.Conn {
	t.Helper()
	conn, server := net.Pipe()
	p.waiting <- server
	_, err := io.WriteString(conn, sent)
	require.NoError(t, err)
	return conn
}

// Slow bodies to one address take four places at most, and no place of others; what comes
// quickly to the same address needs none.
func TestSlowBodiesToOneAddress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t, webhook.Options{MaxConcurrent: 1})
		listener := pipes{make(chan net.Conn), make(chan struct{})}
		server := &http.Server{Handler: r}
		defer server.Close()
		go func() { _ = server.Serve(listener) }()
		other := target
		other.Nonce = "another"
		half := func() net.Conn {
			return listener.dial(t, onWire("POST", path+r.address, body, fmt.Sprintf("Content-Length: %d\r\n", len(body)))+string(body[:1]))
		}
		for range 50 {
			conn := half()
			defer conn.Close()
			go func() { _, _ = io.Copy(io.Discard, conn) }()
		}
		time.Sleep(time.Second)
		require.Equal(t, map[string]int{receiver.Busy: 46}, r.reasons(), "all but four are cut")
		for _, address := range []string{r.address, seal(t, r.keyring, other)} {
			conn := listener.dial(t, onWire("POST", path+address, body, fmt.Sprintf("Connection: close\r\nContent-Length: %d\r\n", len(body)))+string(body))
			answer, err := io.ReadAll(conn)
			require.NoError(t, err)
			require.Contains(t, string(answer), "HTTP/1.1 200 OK")
		}
		time.Sleep(10 * time.Second)
		require.Equal(t, 4, r.reasons()[receiver.Unreadable], "the four are cut in the end")

		// The places are free again.
		for range 4 {
			conn := half()
			time.Sleep(9 * time.Second)
			go func() { _, _ = conn.Write(body[1:]) }()
			answer := make([]byte, 15)
			_, err := io.ReadFull(conn, answer)
			require.NoError(t, err)
			require.Equal(t, "HTTP/1.1 200 OK", string(answer))
			conn.Close()
		}
	})
}

// A hundred copies at once are not slow.
func TestCopiesAtOnce(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, webhook.Options{})
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() { require.Equal(t, 200, r.post(secret, r.address, body).Code) })
	}
	all.Wait()
}

// trickle is a body that comes at a rate.
type trickle struct {
	part  int
	every time.Duration
	left  int
}

func (s *trickle) Read(p []byte) (int, error) {
	if s.left == 0 {
		return 0, io.EOF
	}
	time.Sleep(s.every)
	n := min(len(p), s.part, s.left)
	s.left -= n
	return n, nil
}

// A body has ten seconds, and one more for each MiB that has come.
func TestReadingIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t, webhook.Options{})
		began := time.Now()
		var read []time.Duration
		request := webhooktest.NewRequest(secret, path+r.address, nil)
		request.Body, request.ContentLength = io.NopCloser(&trickle{32 << 10, 10 * time.Millisecond, 3 << 20}), -1
		writer := deadlines{httptest.NewRecorder(), func(at time.Time) { read = append(read, at.Sub(began)) }}
		r.ServeHTTP(writer, request)
		require.Equal(t, 10*time.Second, read[0])
		require.Equal(t, 13*time.Second, read[len(read)-1])

		read = nil
		r.ServeHTTP(writer, webhooktest.NewRequest(secret, path+forged, body))
		require.Empty(t, read)
		require.Equal(t, 200, r.post(secret, r.address, body).Code, "a writer without deadlines will do")
	})
}

// While the provider hangs that could have a new secret, forgeries do not pile up.
func TestForgeriesDoNotWaitInCrowds(t *testing.T) {
	t.Parallel()
	for name, forge := range map[string]func(r *received, address string){
		"addresses":  func(r *received, _ string) { r.post(secret, forged, body) },
		"signatures": func(r *received, address string) { r.post(otherSecret, address, body) },
	} {
		synctest.Test(t, func(t *testing.T) {
			p := &provider{secret: secret}
			r := newReceiverOf(t, p.keyring(t), webhook.Options{})
			address := seal(t, r.keyring, target)
			p.takes = time.Hour
			time.Sleep(time.Minute)
			var all sync.WaitGroup
			for range 1000 {
				all.Go(func() { forge(r, address) })
			}
			synctest.Wait()
			require.Len(t, r.reasons(), 1, name)
			for _, answered := range r.reasons() {
				require.Equal(t, 1000-256, answered, "%s: the others wait", name)
			}
			all.Wait()
			time.Sleep(fetchTimeout)
		})
	}
}
