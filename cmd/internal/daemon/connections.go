package daemon

import (
	"container/list"
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
)

// connections limits a listener's connections. At the limit, a new connection replaces the one
// that has been idle the longest. So a client that opens many connections and sends nothing
// keeps nobody out.
type connections struct {
	net.Listener
	max int

	mu    sync.Mutex
	open  int
	quiet list.List // of *connection: idle ones, the longest idle first
}

// connection is one connection.
type connection struct {
	net.Conn
	of    *connections
	place *list.Element // among the idle ones; nil while serving a request
	ended bool
}

// Accept waits for a connection. If all allowed connections are serving requests, it closes new
// ones.
func (c *connections) Accept() (net.Conn, error) {
	for {
		conn, err := c.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if accepted := c.admit(conn); accepted != nil {
			return accepted, nil
		}
		_ = conn.Close()
	}
}

func (c *connections) admit(conn net.Conn) net.Conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open >= c.max && !c.evict() {
		return nil
	}
	c.open++
	admitted := &connection{Conn: conn, of: c}
	admitted.place = c.quiet.PushBack(admitted)
	return admitted
}

// evict closes the connection that has been idle the longest, if any.
func (c *connections) evict() bool {
	first := c.quiet.Front()
	if first == nil {
		return false
	}
	evicted := first.Value.(*connection)
	c.forget(evicted)
	_ = evicted.Conn.Close()
	return true
}

func (c *connections) forget(conn *connection) {
	if conn.ended {
		return
	}
	conn.ended = true
	c.open--
	c.setQuiet(conn, false)
}

func (c *connections) setQuiet(conn *connection, quiet bool) {
	switch {
	case quiet && conn.place == nil && !conn.ended:
		conn.place = c.quiet.PushBack(conn)
	case !quiet && conn.place != nil:
		c.quiet.Remove(conn.place)
		conn.place = nil
	}
}

// Close is called by the server.
func (c *connection) Close() error {
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	c.of.forget(c)
	return c.Conn.Close()
}

// CloseWrite lets the server finish its response before it has read the whole request.
func (c *connection) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

type connectionKey struct{}

// context passes the connection to its requests.
func (c *connections) context(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, connectionKey{}, conn)
}

// noting records which connections are serving a request.
func (c *connections) noting(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if conn, ok := r.Context().Value(connectionKey{}).(*connection); ok {
			c.note(conn, false)
			defer c.note(conn, true)
		}
		handler.ServeHTTP(w, r)
	})
}

func (c *connections) note(conn *connection, quiet bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.setQuiet(conn, quiet)
}
