package receiver

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/outcome"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
)

const (
	// openTimeout limits fetching a secret to open an address.
	openTimeout = 1500 * time.Millisecond

	// maxSignalBytes limits the outputs in a signal. Larger ones are omitted, and polled.
	maxSignalBytes = 64 << 10
)

// delivery is one delivery being handled.
type delivery struct {
	handler      *Handler
	request      *http.Request
	writer       http.ResponseWriter
	reason       string
	target       wire.Target
	body         provider.Delivery
	size         int64     // of the body
	sent         time.Time // by the provider's clock
	predictionID string
	err          error
}

func (d *delivery) receive() (reason string) {
	defer func() {
		if value := recover(); value != nil {
			d.err = fmt.Errorf("%v\n%s", value, debug.Stack())
			reason = reasonPanicked
		}
	}()
	if reason := d.begin(); reason != "" {
		return reason
	}
	keyring := d.handler.keyring
	body, err := keyring.form.Read(d.request.Header)
	if err != nil {
		d.err = webhook.ErrNotSigned
		return reasonNotSigned
	}
	d.body, d.sent = body, body.Sent()
	secrets := keyring.secrets(d.target.Account)
	d.body.Expect(secrets)
	if reason := d.read(); reason != "" {
		return reason
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(d.request.Context()), d.handler.options.SignalTimeout)
	defer cancel()
	if reason := d.verify(ctx, secrets); reason != "" {
		return reason
	}
	// Only now, so requests without a valid signature don't use a slot.
	select {
	case d.handler.slots <- struct{}{}:
		defer func() { <-d.handler.slots }()
		return d.tell(ctx)
	default:
		return reasonBusy
	}
}

// begin rejects deliveries that can be rejected without reading the body.
func (d *delivery) begin() string {
	if d.request.Method != http.MethodPost {
		return reasonWrongMethod
	}
	if reason := d.open(); reason != "" {
		return reason
	}
	if encoding := d.request.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return reasonEncoded
	}
	if len(d.handler.slots) == cap(d.handler.slots) {
		return reasonBusy
	}
	return ""
}

func (d *delivery) open() string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(d.request.Context()), openTimeout)
	defer cancel()
	d.target, d.err = d.handler.keyring.Open(ctx, address(d.request))
	switch {
	case errors.Is(d.err, errUnknownAddress):
		return reasonUnknownAddress
	case d.err != nil:
		return reasonUnavailable
	default:
		return ""
	}
}

func address(r *http.Request) string {
	path := strings.TrimRight(r.URL.EscapedPath(), "/")
	return path[strings.LastIndexByte(path, '/')+1:]
}

// verify checks again if a signature does not match and the provider has a new secret.
func (d *delivery) verify(ctx context.Context, secrets []string) string {
	if d.body.Genuine() {
		return ""
	}
	d.err = webhook.ErrBadSignature
	newer := d.handler.keyring.newSecrets(ctx, d.target.Account, secrets)
	switch {
	case newer == nil:
		return reasonBadSignature
	case !d.body.Expect(newer):
		return reasonUnavailable // the body is gone and can't be compared, but will be sent again
	case !d.body.Genuine():
		return reasonBadSignature
	default:
		d.err = nil
		return ""
	}
}

// tell signals the body's outcome, or only its prediction id if the delivery is a hint.
func (d *delivery) tell(ctx context.Context) string {
	report, err := d.body.Report()
	if err != nil {
		d.err = err
		return reasonBadBody
	}
	prediction := report.Prediction
	d.predictionID = prediction.ID
	if !prediction.State.Terminal() {
		return reasonNotEnded
	}
	signal := wire.Signal{Nonce: d.target.Nonce}
	done := reasonHinted
	if d.isHint(report) {
		signal.Hint, signal.Outcome = true, wire.Outcome{PredictionID: prediction.ID}
	} else {
		done = reasonSignaled
		signal.Sent = d.sent.UTC()
		signal.Identified = hasSeed(prediction.Input, wire.Seed(d.target.Nonce))
		signal.Outcome = outcome.From(prediction, maxSignalBytes)
		signal.Omitted = signal.Omitted || report.Omitted
	}
	d.err = d.handler.signaler.Signal(ctx, d.target, signal)
	switch {
	case d.err == nil:
		return done
	case errors.Is(d.err, wire.ErrKept):
		d.err = nil
		return reasonKept
	case errors.Is(d.err, wire.ErrNoWorkflow):
		return reasonOrphan
	case errors.Is(d.err, wire.ErrRefused):
		return reasonRefused
	default:
		return reasonUnavailable
	}
}

// isHint reports whether a genuine delivery is only a reason to poll: its time is too far from
// now, so it may be a replay, or it is too large to be kept whole.
func (d *delivery) isHint(report provider.Report) bool {
	o := d.handler.options
	now := o.Now()
	if now.Sub(d.sent).Abs() > o.Tolerance {
		d.warnOfClock(now)
		return true
	}
	return d.size > o.MaxBodyBytes || report.Cut
}
