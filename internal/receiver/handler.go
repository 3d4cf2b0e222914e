package receiver

import (
	"cmp"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
)

// withDefaults fills in the options that are not set.
func withDefaults(o webhook.Options) webhook.Options {
	o.MaxBodyBytes = cmp.Or(o.MaxBodyBytes, 16<<20)
	o.MaxConcurrent = cmp.Or(o.MaxConcurrent, 256)
	o.Tolerance = cmp.Or(o.Tolerance, 5*time.Minute)
	o.SignalTimeout = cmp.Or(o.SignalTimeout, 3*time.Second)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Observe == nil {
		o.Observe = func(webhook.Answer) {}
	}
	return o
}

func validate(o webhook.Options) error {
	switch {
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
	keyring  *Keyring
	signaler Signaler
	options  webhook.Options
	slots    chan struct{}
	places   places
	quiet    quiet
}

// New creates a handler after checking the options, whose accounts are those of the keyring.
func New(keyring *Keyring, signaler Signaler, options webhook.Options) (*Handler, error) {
	options = withDefaults(options)
	if err := validate(options); err != nil {
		return nil, err
	}
	return &Handler{
		keyring: keyring, signaler: signaler, options: options,
		slots:  make(chan struct{}, options.MaxConcurrent),
		places: places{taken: make(map[string]int)},
		quiet:  quiet{kinds: make(map[kind]*lines), clock: make(map[string]time.Time)},
	}, nil
}

// ServeHTTP answers one delivery.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	d := &delivery{handler: h, request: r, writer: w}
	d.reason = d.receive()
	d.log()
	answer(w, r, d.reason)
	h.options.Observe(webhook.Answer{Reason: d.reason, Account: d.target.Account, Took: time.Since(began)})
}
