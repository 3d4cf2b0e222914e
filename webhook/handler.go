package webhook

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/outcome"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
)

// Options say whom the handler believes and whom it tells. Keyring and Signaler must
// be set.
type Options struct {
	// Keyring opens addresses and verifies signatures.
	Keyring *Keyring

	// Signaler is the way to the workflows.
	Signaler Signaler

	// MaxBodyBytes bounds a body. Defaults to 1 MiB.
	MaxBodyBytes int64

	// MaxConcurrent bounds how many deliveries are worked on at once; more are told to
	// come again. Defaults to 256.
	MaxConcurrent int

	// Tolerance is how far a delivery's time may be from now. Defaults to
	// [DefaultTolerance].
	Tolerance time.Duration

	// StaleHint makes a genuine delivery that is too old a hint: the workflow polls at
	// once, and believes nothing of it. The provider may send old times when it
	// retries late. Defaults to false: 401.
	StaleHint bool

	// SignalTimeout bounds the telling, so that an answer comes before the sender
	// gives up. Defaults to 3 seconds.
	SignalTimeout time.Duration

	// Now is the clock. Defaults to time.Now.
	Now func() time.Time

	// Logger is told of every delivery that was authentic, and at debug level of
	// others. Defaults to slog.Default().
	Logger *slog.Logger

	// Observe is told of every answer, for metrics. Defaults to nothing.
	Observe func(Answer)
}

func (o Options) withDefaults() Options {
	o.MaxBodyBytes = cmp.Or(o.MaxBodyBytes, 1<<20)
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

// Handler receives webhooks. The address is the path's {address}, or its last part.
type Handler struct {
	options Options
	slots   chan struct{}
}

// NewHandler checks the options.
func NewHandler(options Options) (*Handler, error) {
	options = options.withDefaults()
	if err := options.validate(); err != nil {
		return nil, err
	}
	return &Handler{options: options, slots: make(chan struct{}, options.MaxConcurrent)}, nil
}

const (
	// openTimeout bounds the fetching of a secret in order to open an address.
	openTimeout = 1500 * time.Millisecond

	// readTimeout bounds the reading of a body, also in servers that have no timeouts.
	readTimeout = 10 * time.Second

	// maxSignalBytes bounds the outputs in a signal. Larger ones are left out, and polled.
	maxSignalBytes = 64 << 10
)

// ServeHTTP answers one delivery.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	d := &delivery{handler: h, request: r, writer: w}
	d.reason = d.receive()
	d.log()
	answer(w, r, d.reason)
	h.options.Observe(Answer{Reason: d.reason, Account: d.target.Account, Took: time.Since(began)})
}

// delivery is one delivery on its way through the handler.
type delivery struct {
	handler      *Handler
	request      *http.Request
	writer       http.ResponseWriter
	reason       Reason
	target       generation.Target
	predictionID string
	err          error
}

func (d *delivery) receive() (reason Reason) {
	defer func() {
		if value := recover(); value != nil {
			d.err = fmt.Errorf("%v\n%s", value, debug.Stack())
			reason = Panicked
		}
	}()
	if d.request.Method != http.MethodPost {
		return WrongMethod
	}
	if reason := d.open(); reason != "" {
		return reason
	}
	// Only now, so that who has no address takes no place of those who have one.
	select {
	case d.handler.slots <- struct{}{}:
		defer func() { <-d.handler.slots }()
	default:
		return Busy
	}
	body, reason := d.read()
	if reason != "" {
		return reason
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(d.request.Context()), d.handler.options.SignalTimeout)
	defer cancel()
	reason = d.verify(ctx, body)
	stale := reason == TooOld && d.handler.options.StaleHint
	if reason != "" && !stale {
		return reason
	}
	return d.tell(ctx, body, stale)
}

func (d *delivery) open() Reason {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(d.request.Context()), openTimeout)
	defer cancel()
	d.target, d.err = d.handler.options.Keyring.Open(ctx, address(d.request))
	switch {
	case errors.Is(d.err, ErrUnknownAddress):
		return UnknownAddress
	case d.err != nil:
		return Unavailable
	default:
		return ""
	}
}

func address(r *http.Request) string {
	if value := r.PathValue("address"); value != "" {
		return value
	}
	path := r.URL.EscapedPath()
	return path[strings.LastIndexByte(path, '/')+1:]
}

func (d *delivery) read() ([]byte, Reason) {
	if encoding := d.request.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return nil, Encoded
	}
	limit := d.handler.options.MaxBodyBytes
	if d.request.ContentLength > limit {
		return nil, TooLarge
	}
	// Not every server can set a deadline; its own timeouts hold then.
	_ = http.NewResponseController(d.writer).SetReadDeadline(time.Now().Add(readTimeout))
	body, err := io.ReadAll(http.MaxBytesReader(d.writer, d.request.Body, limit))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, TooLarge
	case err != nil:
		d.err = err
		return nil, Unreadable
	default:
		return body, ""
	}
}

func (d *delivery) verify(ctx context.Context, body []byte) Reason {
	o := d.handler.options
	d.err = o.Keyring.verify(ctx, d.target.Account, d.request.Header, body, o.Now(), o.Tolerance)
	switch {
	case d.err == nil:
		return ""
	case errors.Is(d.err, ErrNotSigned):
		return NotSigned
	case errors.Is(d.err, ErrTooOld):
		return TooOld
	default:
		return BadSignature
	}
}

// tell signals what the body says; of a stale one only whom it is about.
func (d *delivery) tell(ctx context.Context, body []byte, stale bool) Reason {
	prediction, err := wavespeed.ParsePrediction(body)
	if err != nil {
		d.err = err
		return BadBody
	}
	d.predictionID = prediction.ID
	if !prediction.Status.Terminal() {
		return NotEnded
	}
	sent, _ := parseTimestamp(d.request.Header.Get(HeaderTimestamp))
	signal := generation.Signal{
		Nonce: d.target.Nonce, Sent: sent.UTC(), Identified: hasSeed(prediction.Input, generation.Seed(d.target.Nonce)),
		Outcome: outcome.From(prediction, maxSignalBytes),
	}
	done := Signaled
	if stale {
		signal = generation.Signal{Nonce: d.target.Nonce, Hint: true, Outcome: generation.Outcome{PredictionID: prediction.ID}}
		done = Hinted
	}
	d.err = d.handler.options.Signaler.Signal(ctx, d.target, signal)
	switch {
	case d.err == nil:
		return done
	case errors.Is(d.err, ErrKept):
		d.err = nil
		return Kept
	case errors.Is(d.err, ErrNoWorkflow):
		return Orphan
	case errors.Is(d.err, ErrRefused):
		return Refused
	default:
		return Unavailable
	}
}
