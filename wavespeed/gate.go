package wavespeed

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// A gate is in a submit's connection and knows whether a byte of the request has passed. It
// blocks the first byte once the submit's context has ended. It checks the time itself, because
// in a process that was suspended past its deadline and resumed, no timer has fired yet. The
// remaining gap is a suspension between that check and the following system call.
//
// If the context ends without a response, the connection is reset, so that the rest of the
// request, which the kernel may still hold, is not delivered later.
type gate struct {
	ctx      context.Context
	ready    atomic.Bool // connected; from now on, writes belong to the request
	answered atomic.Bool // the response was read
	state    atomic.Int32
}

const (
	gateOpen   int32 = iota // nothing has passed
	gatePassed              // some byte may have passed
	gateShut                // nothing has passed, and nothing will
)

var errGateShut = errors.New("the request was given up before its first byte was written")

// shut closes the gate, unless something has passed, and reports whether it is shut.
func (g *gate) shut() bool {
	return g.state.CompareAndSwap(gateOpen, gateShut) || g.state.Load() == gateShut
}

// enter is called before each write of the request. Half a request is not accepted, so its rest
// is not written either once the context has ended.
func (g *gate) enter() error {
	err := ended(g.ctx)
	if g.state.Load() == gatePassed {
		return err
	}
	if err != nil {
		g.shut()
	}
	if g.state.CompareAndSwap(gateOpen, gatePassed) || g.state.Load() == gatePassed {
		return nil
	}
	return errGateShut
}

// abandoned reports whether a request was started and abandoned before its response.
func (g *gate) abandoned() bool {
	return g.state.Load() == gatePassed && !g.answered.Load() && ended(g.ctx) != nil
}

// reset closes a connection and drops unsent data.
func reset(conn net.Conn) {
	for {
		switch layer := conn.(type) {
		case interface{ SetLinger(int) error }:
			_ = layer.SetLinger(0)
		case interface{ NetConn() net.Conn }: // TLS
			conn = layer.NetConn()
			continue
		}
		_ = conn.Close()
		return
	}
}

// ended reports whether ctx has ended, by the context and by both the monotonic and the wall
// clock.
func ended(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	deadline, ok := ctx.Deadline()
	now := time.Now()
	if ok && (!now.Before(deadline) || !now.Round(0).Before(deadline.Round(0))) {
		return context.DeadlineExceeded
	}
	return nil
}

type gateKey struct{}

// withGate adds a gate to ctx, which the connections of submitTransport must pass.
func withGate(ctx context.Context) (context.Context, *gate) {
	g := &gate{ctx: ctx}
	ctx = context.WithValue(ctx, gateKey{}, g)
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { g.ready.Store(true) },
	}), g
}

// gatedConn is the connection of one submit.
type gatedConn struct {
	net.Conn
	gate *gate
}

func (c *gatedConn) Close() error {
	if c.gate.abandoned() {
		reset(c.Conn)
	}
	return c.Conn.Close()
}

func (c *gatedConn) Write(b []byte) (int, error) {
	if !c.gate.ready.Load() { // a TLS handshake, or the way through a proxy
		return c.Conn.Write(b)
	}
	first := c.gate.state.Load() == gateOpen
	if err := c.gate.enter(); err != nil {
		return 0, err
	}
	n, err := c.Conn.Write(b)
	if first && n == 0 && err != nil {
		c.gate.state.Store(gateShut)
	}
	return n, err
}

type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

func gated(dial dialFunc) dialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		g, ok := ctx.Value(gateKey{}).(*gate)
		if err != nil || !ok {
			return conn, err
		}
		return &gatedConn{Conn: conn, gate: g}, nil
	}
}

// submitTransport returns t with a fresh HTTP/1.1 connection per request. On a reused
// connection, and over HTTP/2, net/http may send a request twice; and a connection that the
// server is closing would lose a response that costs money.
func submitTransport(t *http.Transport) *http.Transport {
	t = t.Clone()
	t.DisableKeepAlives = true
	t.MaxConnsPerHost = 0
	t.ForceAttemptHTTP2 = false
	t.Protocols = new(http.Protocols)
	t.Protocols.SetHTTP1(true)
	t.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	if t.TLSClientConfig == nil {
		t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	t.TLSClientConfig.NextProtos = []string{"http/1.1"}
	if t.TLSClientConfig.ClientSessionCache == nil {
		t.TLSClientConfig.ClientSessionCache = tls.NewLRUClientSessionCache(0)
	}
	if t.DialContext == nil {
		t.DialContext = (&net.Dialer{Timeout: connectTimeout, KeepAlive: 30 * time.Second}).DialContext
	}
	t.DialContext = gated(t.DialContext)
	if t.DialTLSContext != nil {
		t.DialTLSContext = gated(t.DialTLSContext)
	}
	return t
}
