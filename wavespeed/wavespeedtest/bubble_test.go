package wavespeedtest_test

import (
	"context"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// memory is a listener without sockets.
type memory struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (m memory) Accept() (net.Conn, error) {
	select {
	case conn := <-m.conns:
		return conn, nil
	case <-m.closed:
		return nil, net.ErrClosed
	}
}

func (m memory) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

func (m memory) Close() error {
	close(m.closed)
	return nil
}

func (m memory) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	m.conns <- server
	return client, nil
}

// With a listener in memory everything runs in virtual time.
func TestHoursPassInABubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		listener := memory{make(chan net.Conn), make(chan struct{})}
		server, err := wavespeedtest.New(wavespeedtest.Options{
			Listener: listener, Duration: time.Hour,
			Behavior: wavespeedtest.Behavior{RefundDelay: 3 * time.Hour},
			Faults:   []wavespeedtest.Fault{{Kind: wavespeedtest.Fails}},
		})
		require.NoError(t, err)
		client, err := wavespeed.New(wavespeed.Options{
			APIKey: wavespeedtest.DefaultKey, BaseURL: server.URL(),
			HTTPClient: &http.Client{Transport: &http.Transport{DialContext: listener.dial}},
		})
		require.NoError(t, err)
		submitted, err := client.Submit(t.Context(), wavespeed.SubmitRequest{Model: fluxDev, Input: map[string]any{"prompt": "x"}})
		require.NoError(t, err)
		time.Sleep(2 * time.Hour)
		failed, err := client.Result(t.Context(), submitted.ID)
		require.NoError(t, err)
		require.Equal(t, "failed", string(failed.State))
		require.False(t, server.Ledger()[0].Refunded)
		time.Sleep(3 * time.Hour)
		require.True(t, server.Ledger()[0].Refunded)
		client.CloseIdleConnections()
		require.NoError(t, server.Close())
	})
}
