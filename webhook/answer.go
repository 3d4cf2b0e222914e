package webhook

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"
)

// Answer is what a delivery was answered, for metrics.
type Answer struct {
	Reason Reason

	// Account is the address's; "" if that was not ours.
	Account string

	// Took is the time that the handler took.
	Took time.Duration
}

// Reason says why a delivery was answered as it was. There are no others than these.
type Reason string

const (
	// Signaled: the workflow has been told.
	Signaled Reason = "signaled"
	// Hinted: the workflow has been told to poll, because the delivery is of another time
	// or over the limit.
	Hinted Reason = "hinted"
	// NotEnded: the prediction has not ended, or its status is not known.
	NotEnded Reason = "not_ended"
	// Kept: the workflow is closed, and the delivery is kept for its next run.
	Kept Reason = "kept"
	// Orphan: nobody waits any more.
	Orphan Reason = "orphan"
	// Refused: the workflow takes no more signals. Somebody should look why.
	Refused Reason = "refused"
	// Unavailable: Temporal, or an account's secret, cannot be reached.
	Unavailable Reason = "unavailable"
	// Busy: too many deliveries are being worked on, or too many slow bodies are on their
	// way to the same address.
	Busy Reason = "busy"
	// UnknownAddress: the address is not one of ours.
	UnknownAddress Reason = "unknown_address"
	// NotSigned, BadSignature: see the errors of these names.
	NotSigned    Reason = "not_signed"
	BadSignature Reason = "bad_signature"
	// BadBody: signed by the provider, but no prediction.
	BadBody Reason = "bad_body"
	// WrongMethod: not a POST.
	WrongMethod Reason = "wrong_method"
	// TooLarge: the body is over four times the limit.
	TooLarge Reason = "too_large"
	// Encoded: the body is compressed, which the provider never does.
	Encoded Reason = "encoded"
	// Unreadable: the body could not be read to its end.
	Unreadable Reason = "unreadable"
	// Panicked: a bug of ours.
	Panicked Reason = "panicked"
)

// reply is the answer for a reason, and how loudly it is logged.
type reply struct {
	status     int
	level      slog.Level
	retryAfter string
}

var replies = map[Reason]reply{
	Signaled:       {http.StatusOK, slog.LevelInfo, ""},
	Hinted:         {http.StatusOK, slog.LevelInfo, ""},
	NotEnded:       {http.StatusOK, slog.LevelInfo, ""},
	Kept:           {http.StatusOK, slog.LevelInfo, ""},
	Orphan:         {http.StatusOK, slog.LevelInfo, ""},
	Refused:        {http.StatusOK, slog.LevelError, ""},
	Unavailable:    {http.StatusServiceUnavailable, slog.LevelWarn, "5"},
	Busy:           {http.StatusServiceUnavailable, slog.LevelInfo, "1"},
	UnknownAddress: {http.StatusNotFound, slog.LevelInfo, ""},
	NotSigned:      {http.StatusUnauthorized, slog.LevelInfo, ""},
	BadSignature:   {http.StatusUnauthorized, slog.LevelWarn, ""},
	BadBody:        {http.StatusBadRequest, slog.LevelError, ""},
	WrongMethod:    {http.StatusMethodNotAllowed, slog.LevelInfo, ""},
	TooLarge:       {http.StatusRequestEntityTooLarge, slog.LevelWarn, ""},
	Encoded:        {http.StatusUnsupportedMediaType, slog.LevelWarn, ""},
	Unreadable:     {http.StatusBadRequest, slog.LevelInfo, ""},
	Panicked:       {http.StatusInternalServerError, slog.LevelError, ""},
}

// answer writes a terse reply: the reason is for our log, not for the sender.
func answer(w http.ResponseWriter, r *http.Request, reason Reason) {
	reply := replies[reason]
	header := w.Header()
	switch reason {
	case UnknownAddress:
		http.NotFound(w, r)
		return
	case WrongMethod:
		header.Set("Allow", http.MethodPost)
	case TooLarge, Encoded:
		header.Set("Connection", "close")
	}
	if reply.retryAfter != "" {
		header.Set("Retry-After", reply.retryAfter)
	}
	header.Set("Content-Type", "text/plain; charset=utf-8")
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(reply.status)
	_, _ = w.Write([]byte(http.StatusText(reply.status) + "\n"))
}

// genuine are the reasons of deliveries that the account has signed.
var genuine = map[Reason]bool{Signaled: true, Hinted: true, Kept: true, NotEnded: true, Orphan: true, Refused: true}

// log says in one line what became of the delivery. It names no address, which is a
// capability, and nothing that an unknown sender has written.
func (d *delivery) log() {
	burst, interval := otherLines, otherInterval
	if genuine[d.reason] {
		burst, interval = genuineLines, genuineInterval
	}
	suppressed, ok := d.handler.quiet.allow(kind{d.reason, d.target.Account}, burst, interval)
	if !ok {
		return
	}
	attrs := []slog.Attr{slog.String("reason", string(d.reason))}
	for _, attr := range []slog.Attr{
		slog.String("account", d.target.Account),
		slog.String("workflow_id", d.target.WorkflowID),
		slog.String("key", d.target.Key),
		slog.String("prediction_id", d.predictionID),
	} {
		if attr.Value.String() != "" {
			attrs = append(attrs, attr)
		}
	}
	if d.err != nil {
		attrs = append(attrs, slog.String("error", d.err.Error()))
	}
	if suppressed > 0 {
		attrs = append(attrs, slog.Int64("suppressed", suppressed))
	}
	d.handler.options.Logger.LogAttrs(d.logContext(), replies[d.reason].level, "webhook", attrs...)
}

// warnOfClock says, at most once an hour per account, that results come by polling.
func (d *delivery) warnOfClock(now time.Time) {
	if !d.handler.quiet.mayWarnOfClock(d.target.Account) {
		return
	}
	apart := now.Sub(d.sent).Truncate(time.Second)
	where := "ahead of"
	if apart < 0 {
		where, apart = "behind", -apart
	}
	d.handler.options.Logger.LogAttrs(d.logContext(), slog.LevelWarn, fmt.Sprintf(
		"webhooks are genuine, but not of now: this machine's clock seems to be %s %s WaveSpeed's. Their results are polled. "+
			"Synchronize the clock (NTP), unless WaveSpeed delivers late", apart, where),
		slog.String("account", d.target.Account), slog.String("workflow_id", d.target.WorkflowID))
}

func (d *delivery) logContext() context.Context {
	return context.WithoutCancel(d.request.Context())
}
