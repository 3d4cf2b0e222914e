package webhook

import (
	"cmp"
	"errors"
	"log/slog"
	"net/http"
	"time"
)

// Options say which deliveries the handler trusts and how it signals. Keyring and Signaler are
// required.
type Options struct {
	// Keyring opens addresses and verifies signatures.
	Keyring *Keyring

	// Signaler sends signals to workflows.
	Signaler Signaler

	// MaxBodyBytes limits a trusted body. A body repeats the input, which can take six times
	// its 1.9 MB if each character is escaped, plus the outputs. A larger body, up to four
	// times the limit, triggers a poll; beyond that, it is rejected. Whatever the size of a
	// body, a delivery uses less than 1 MiB of memory. Defaults to 16 MiB.
	MaxBodyBytes int64

	// MaxConcurrent limits how many verified deliveries are signaled concurrently; more are
	// told to retry. Defaults to 256.
	MaxConcurrent int

	// Tolerance is the maximum difference between a delivery's time and now. A signed delivery
	// beyond it is not trusted: the workflow polls immediately. Defaults to DefaultTolerance.
	Tolerance time.Duration

	// SignalTimeout limits signaling, so that the response arrives before the sender gives up.
	// Defaults to 3 seconds.
	SignalTimeout time.Duration

	// Now is the clock. Defaults to time.Now.
	Now func() time.Time

	// Logger logs each genuine delivery and a sample of others: for each reason ten
	// immediately, then one every ten seconds with the number of those omitted. Defaults to
	// slog.Default().
	Logger *slog.Logger

	// Observe is called with every answer, for metrics. Defaults to nothing.
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
		return errors.New("webhook: Options.Keyring: is required")
	case o.Signaler == nil:
		return errors.New("webhook: Options.Signaler: is required")
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

// Handler receives webhooks. The address is the last part of the path, whatever precedes it and
// however many slashes a proxy has added: an address is valid by itself.
type Handler struct {
	options Options
	slots   chan struct{}
	places  places
	quiet   quiet
}

// NewHandler creates a handler after checking the options.
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
