package wavespeed_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
)

// A server that stalls leaves a request in the buffers of both kernels. Once the submit
// was given up, the server must not find it there, and accept it.
func TestAnAbandonedSubmitIsNotDeliveredLater(t *testing.T) {
	t.Parallel()
	lender := unstarted(say(http.StatusOK, ""))
	lender.StartTLS()
	t.Cleanup(lender.Close)
	certificate := lender.TLS.Certificates[0]

	for name, test := range map[string]struct {
		scheme  string
		prepare func(net.Conn) error
		giveUp  func(context.CancelFunc)
	}{
		"deadline": {"http", func(net.Conn) error { return nil }, func(context.CancelFunc) {}},
		"cancel":   {"http", func(net.Conn) error { return nil }, func(cancel context.CancelFunc) { cancel() }},
		"TLS": {"https", func(conn net.Conn) error {
			return tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}).Handshake()
		}, func(context.CancelFunc) {}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stalled, givenUp, read := make(chan struct{}), make(chan struct{}), make(chan error, 1)
			var got int64
			address := listenNarrow(t, func(conn net.Conn) {
				if err := test.prepare(conn); err != nil {
					read <- err
					return
				}
				_, _ = io.ReadFull(conn, make([]byte, 16)) // the request has started
				close(stalled)
				<-givenUp
				var err error
				got, err = io.Copy(io.Discard, conn)
				read <- err
			})
			prompt := strings.Repeat("a", 256<<10)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			go func() {
				<-stalled
				test.giveUp(cancel)
			}()

			_, err := client(t, test.scheme+"://"+address, lend(lender.Server)).Submit(ctx,
				wavespeed.SubmitRequest{Model: "a/b", Input: map[string]any{"prompt": prompt}})
			require.Equal(t, provider.MaybeAccepted, failure(t, err).Accepted)
			close(givenUp)

			err = <-read
			require.ErrorIs(t, err, syscall.ECONNRESET, "%d bytes were read", got)
			require.Less(t, got, int64(len(prompt)))
		})
	}
}

// listenNarrow is listen with little room for what is not read yet.
func listenNarrow(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	narrow := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		return raw.Control(func(fd uintptr) { _ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4<<10) })
	}}
	listener, err := narrow.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return listenOn(t, listener, serve)
}

// An answered submit ends its connection in peace.
func TestAnAnsweredSubmitIsNotReset(t *testing.T) {
	t.Parallel()
	for range 20 {
		end := make(chan error, 1)
		address := listen(t, func(conn net.Conn) {
			readRequest(conn)
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: "+strconv.Itoa(len(created))+"\r\n\r\n"+created)
			_, err := conn.Read(make([]byte, 1))
			end <- err
		})
		_, err := client(t, "http://"+address).Submit(context.Background(), flux)
		require.NoError(t, err)
		require.True(t, errors.Is(<-end, io.EOF))
	}
}
