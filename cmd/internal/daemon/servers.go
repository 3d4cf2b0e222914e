package daemon

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Limits of the listeners. Anybody can reach the public one. A large body may take longer than
// readTimeout, as package webhook allows.
const (
	maxConnections    = 4096
	maxHeaderBytes    = 16 << 10
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 10 * time.Second
	writeTimeout      = 15 * time.Second
	idleTimeout       = time.Minute
)

type server struct {
	http *http.Server
}

// listen serves until shutdown. It ignores errors after that.
func (d *daemon) listen(what, setting, address string, handler http.Handler) (*server, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", setting, err)
	}
	connections := &connections{Listener: listener, max: maxConnections}
	s := &server{http: &http.Server{
		Handler:           connections.noting(handler),
		ConnContext:       connections.context,
		MaxHeaderBytes:    maxHeaderBytes,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		ErrorLog:          newErrorLog(d.Logger),
	}}
	go func() {
		if err := s.http.Serve(connections); !errors.Is(err, http.ErrServerClosed) {
			d.fail(fmt.Errorf("%s: %w", what, err))
		}
	}()
	d.Logger.Info("listening", "for", what, "address", listener.Addr().String())
	return s, nil
}

// shutdown waits up to a timeout for requests in flight.
func (s *server) shutdown(patience time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if s.http.Shutdown(ctx) != nil {
		_ = s.http.Close()
	}
}

func (d *daemon) startAdmin() (err error) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", d.readiness.serve)
	mux.Handle("GET /metrics", d.metrics)
	d.admin, err = d.listen("admin requests", "ADMIN_LISTEN", d.Config.AdminListen, mux)
	return err
}

func (d *daemon) startWebhook() (err error) {
	handler := d.plugin.Handler(d.client)
	d.public, err = d.listen("webhooks", "WEBHOOK_LISTEN", d.Config.WebhookListen, d.traces.Wrap(handler))
	return err
}
