package webhook

import (
	"cmp"
	"errors"
	"log/slog"
	"net/http"
	"time"
)

// Options say which deliveries the handler believes and how it signals. Keyring and Signaler must
// be set.
type Options struct {
	// Keyring opens addresses and verifies signatures.
	Keyring *Keyring

	// Signaler is the way to the workflows.
	Signaler Signaler

	// MaxBodyBytes bounds a body that is believed. A body repeats the input, of up to 1.9 MB
	// as we submit it, which takes six times that if each character is escaped, beside the
	// outputs. A larger one, up to four times the limit, leads to a prompt poll; beyond
	// that it is refused. However large a body is, a delivery takes less than 1 MiB of
	// memory. Defaults to 16 MiB.
	MaxBodyBytes int64

	// MaxConcurrent bounds how many verified deliveries are signaled at once; more are told
	// to come again. Defaults to 256.
	MaxConcurrent int

	// Tolerance is how far a delivery's time may be from now. One that is signed, but is
	// farther, is not believed: the workflow polls at once. Defaults to
	// DefaultTolerance.
	Tolerance time.Duration

	// SignalTimeout bounds the telling, so that an answer comes before the sender
	// gives up. Defaults to 3 seconds.
	SignalTimeout time.Duration

	// Now is the clock. Defaults to time.Now.
	Now func() time.Time

	// Logger is told of each delivery that was authentic, and of a few others: of each
	// reason ten at once, and then one every ten seconds with the number of those that
	// were left out. Defaults to slog.Default().
	Logger *slog.Logger

	// Observe is told of every answer, for metrics. Defaults to nothing.
	Observe func(Answer)
}

func (o Options) withDefaults() Options {
	o.MaxBodyBytes = cmp.Or(o.MaxBodyBytes, 16<<20)
	o.MaxConcurrent = cmp.Or(o.MaxConcurrent, 256)
	o.Tolerance = cmp.Or(o.Tolerance, DefaultTolerance)
	o.SignalTimeout = cmp.Or(o.SignalTimeout, 3*time.Second)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Observe == nil {
		o.Observe = func(Answer) {}
	}
	return o
}

func (o Options) validate() error {
	switch {
	case o.Keyring == nil:
		return errors.New("webhook: Options.Keyring: is missing")
	case o.Signaler == nil:
		return errors.New("webhook: Options.Signaler: is missing")
	case o.MaxBodyBytes < 0:
		return errors.New("webhook: Options.MaxBodyBytes: is negative")
	case o.MaxConcurrent < 0:
		return errors.New("webhook: Options.MaxConcurrent: is negative")
	case o.Tolerance < 0:
		return errors.New("webhook: Options.Tolerance: is negative")
	case o.SignalTimeout < 0:
		return errors.New("webhook: Options.SignalTimeout: is negative")
	default:
		return nil
	}
}

// Handler receives webhooks. The address is the last part of the path, however many slashes
// a proxy has put around it and whatever stands before it: an address is valid by itself.
type Handler struct {
	options Options
	slots   chan struct{}
	places  places
	quiet   quiet
}

// NewHandler checks the options.
func NewHandler(options Options) (*Handler, error) {
	options = options.withDefaults()
	if err := options.validate(); err != nil {
		return nil, err
	}
	return &Handler{
		options: options,
		slots:   make(chan struct{}, options.MaxConcurrent),
		places:  places{taken: make(map[string]int)},
		quiet:   quiet{kinds: make(map[kind]*lines), clock: make(map[string]time.Time)},
	}, nil
}

// ServeHTTP answers one delivery.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	d := &delivery{handler: h, request: r, writer: w}
	d.reason = d.receive()
	d.log()
	answer(w, r, d.reason)
	h.options.Observe(Answer{Reason: d.reason, Account: d.target.Account, Took: time.Since(began)})
}
