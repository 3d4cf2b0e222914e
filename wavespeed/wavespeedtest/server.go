package wavespeedtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/catalogue"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/keep"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/schedule"
)

// Server is a simulated provider. Its methods are safe for concurrent use.
type Server struct {
	options  Options
	base     string // as clients see it, without a slash at its end
	handler  http.Handler
	http     *http.Server
	schedule *schedule.Schedule
	posts    http.RoundTripper
	slots    chan struct{} // one for each webhook that is being sent

	ctx    context.Context
	cancel context.CancelFunc
	work   sync.WaitGroup

	models  []*catalogue.Model
	modelBy map[string]*catalogue.Model

	behavior atomic.Pointer[Behavior]
	behaving sync.Mutex // held while it changes

	mu   sync.Mutex
	kept *keep.Keeper
	state
}

// state is everything that a reset forgets.
type state struct {
	closed      bool
	accounts    []*account
	predictions map[string]*prediction
	uploads     map[string]*upload
	ledger      []*Entry
	rules       rules
	tally       tally
	held        []func()      // webhooks that wait for another one
	aged        time.Duration // how much has been added by Age
	shuffles    uint64
	round       int  // counts resets
	visited     bool // other people are at work
}

// New starts a provider. Close ends it.
func New(options Options) (*Server, error) {
	options = options.withDefaults()
	if err := options.validate(); err != nil {
		return nil, fmt.Errorf("wavespeedtest: %w", err)
	}
	models, err := catalogue.Read(options.Catalogue, options.added())
	if err != nil {
		return nil, fmt.Errorf("wavespeedtest: %w", err)
	}
	s := &Server{
		options: options, models: models, modelBy: map[string]*catalogue.Model{},
		posts: options.Transport, slots: make(chan struct{}, options.Deliveries),
	}
	for _, m := range models {
		s.modelBy[m.ID] = m
	}
	s.behavior.Store(&options.Behavior)
	s.state = s.newState()
	if err := s.Inject(options.Faults...); err != nil {
		return nil, err
	}
	listener := options.Listener
	if listener == nil {
		if listener, err = net.Listen("tcp", options.Listen); err != nil {
			return nil, fmt.Errorf("wavespeedtest: %w", err)
		}
	}
	s.prepare(listener)
	if err := s.recall(); err != nil {
		return nil, fmt.Errorf("wavespeedtest: %w", errors.Join(err, listener.Close(), s.Close()))
	}
	s.serve(listener)
	s.visit()
	return s, nil
}

func (s *Server) prepare(listener net.Listener) {
	s.base = strings.TrimRight(s.options.PublicURL, "/")
	if s.base == "" {
		s.base = "http://" + reachable(listener.Addr())
	}
	if s.posts == nil {
		s.posts = &http.Transport{
			Proxy: http.ProxyFromEnvironment, DisableCompression: true, ForceAttemptHTTP2: true,
			IdleConnTimeout: 30 * time.Second, MaxIdleConnsPerHost: s.options.Deliveries,
		}
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.schedule = schedule.New()
	s.handler = s.routes()
	s.http = &http.Server{Handler: s.handler, ReadHeaderTimeout: 10 * time.Second}
}

func (s *Server) serve(listener net.Listener) {
	s.work.Go(func() {
		if err := s.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.options.Logger.Error("serving ended", "error", err)
		}
	})
}

// reachable is an address for clients on this machine.
func reachable(address net.Addr) string {
	tcp, ok := address.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return address.String()
	}
	return fmt.Sprintf("127.0.0.1:%d", tcp.Port)
}

func (s *Server) newState() state {
	fresh := state{predictions: map[string]*prediction{}, uploads: map[string]*upload{}, tally: newTally()}
	fresh.rules.seed = s.options.Seed
	for _, a := range s.options.Accounts {
		fresh.accounts = append(fresh.accounts, newAccount(a))
	}
	return fresh
}

// URL is the provider's base for clients, such as http://127.0.0.1:41234. Paths of
// the API begin with /api/v3 below it.
func (s *Server) URL() string { return s.base }

// Handler returns the provider's handler, to serve it in other ways too, for example over TLS.
func (s *Server) Handler() http.Handler { return s.handler }

// Shutdown stops accepting requests, answers those in flight, then ends everything like Close,
// at the latest when ctx ends.
func (s *Server) Shutdown(ctx context.Context) error {
	shutdown := s.http.Shutdown(ctx)
	return errors.Join(shutdown, s.Close())
}

// Close ends everything immediately: running predictions and pending webhooks.
func (s *Server) Close() error {
	s.mu.Lock()
	already := s.closed
	s.closed = true
	s.mu.Unlock()
	if already {
		return nil
	}
	s.cancel()
	err := s.http.Close()
	s.schedule.Close()
	s.work.Wait()
	if t, ok := s.posts.(*http.Transport); ok {
		t.CloseIdleConnections()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(err, s.kept.Close())
}

// Reset deletes predictions, uploads, ledger, counts, faults and rotated secrets. It drops
// running predictions without a webhook, and restores the faults and behavior of the options.
func (s *Server) Reset() {
	s.forget()
	_ = s.Behave(func(b *Behavior) { *b = s.options.Behavior }) // which has been checked
}

func (s *Server) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	closed, round := s.closed, s.round+1
	for _, p := range s.predictions {
		p.drop()
	}
	s.state = s.newState()
	s.closed, s.round = closed, round
	s.rules.add(s.options.Faults)
	s.kept.Forget()
}

// background runs f in a goroutine that Close waits for. The caller must not hold
// the lock.
func (s *Server) background(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.work.Go(f)
	}
}

// Inject adds faults. If two of one kind hit the same request, the first applies.
func (s *Server) Inject(faults ...Fault) error {
	for _, f := range faults {
		if err := f.validate(); err != nil {
			return fmt.Errorf("wavespeedtest: %w", err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules.add(faults)
	return nil
}

// Heal removes the faults of these kinds; all of them, if none is named. Decisions already made
// for a prediction stay.
func (s *Server) Heal(kinds ...Kind) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules.remove(kinds)
}

// Faults returns the currently injected faults.
func (s *Server) Faults() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rules.faults()
}
