package receiver

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"
)

// The reasons of answers.
const (
	// reasonSignaled: the workflow got the signal.
	reasonSignaled = "signaled"
	// reasonHinted: the workflow was told to poll, because the delivery is too old, too new or
	// too large.
	reasonHinted = "hinted"
	// reasonNotEnded: the prediction has not ended, or its status is unknown.
	reasonNotEnded = "not_ended"
	// reasonKept: the workflow is closed, and the delivery is kept for its next run.
	reasonKept = "kept"
	// reasonOrphan: nothing waits for it any more.
	reasonOrphan = "orphan"
	// reasonRefused: the workflow accepts no more signals. Investigate why.
	reasonRefused = "refused"
	// reasonUnavailable: Temporal, or an account's secret, cannot be reached.
	reasonUnavailable = "unavailable"
	// reasonBusy: too many deliveries are in progress, or too many slow bodies for the same
	// address.
	reasonBusy = "busy"
	// reasonUnknownAddress: the address is not one of ours.
	reasonUnknownAddress = "unknown_address"
	// reasonNotSigned, reasonBadSignature: see the corresponding errors.
	reasonNotSigned    = "not_signed"
	reasonBadSignature = "bad_signature"
	// reasonBadBody: signed by the provider, but not a prediction.
	reasonBadBody = "bad_body"
	// reasonWrongMethod: not a POST.
	reasonWrongMethod = "wrong_method"
	// reasonTooLarge: the body is over four times the limit.
	reasonTooLarge = "too_large"
	// reasonEncoded: the body is compressed, which the provider never does.
	reasonEncoded = "encoded"
	// reasonUnreadable: the body could not be read completely.
	reasonUnreadable = "unreadable"
	// reasonPanicked: a bug in this package.
	reasonPanicked = "panicked"
)

// reply is the response for a reason, and its log level.
type reply struct {
	status     int
	level      slog.Level
	retryAfter string
}

var replies = map[string]reply{
	reasonSignaled:       {http.StatusOK, slog.LevelInfo, ""},
	reasonHinted:         {http.StatusOK, slog.LevelInfo, ""},
	reasonNotEnded:       {http.StatusOK, slog.LevelInfo, ""},
	reasonKept:           {http.StatusOK, slog.LevelInfo, ""},
	reasonOrphan:         {http.StatusOK, slog.LevelInfo, ""},
	reasonRefused:        {http.StatusOK, slog.LevelError, ""},
	reasonUnavailable:    {http.StatusServiceUnavailable, slog.LevelWarn, "5"},
	reasonBusy:           {http.StatusServiceUnavailable, slog.LevelInfo, "1"},
	reasonUnknownAddress: {http.StatusNotFound, slog.LevelInfo, ""},
	reasonNotSigned:      {http.StatusUnauthorized, slog.LevelInfo, ""},
	reasonBadSignature:   {http.StatusUnauthorized, slog.LevelWarn, ""},
	reasonBadBody:        {http.StatusBadRequest, slog.LevelError, ""},
	reasonWrongMethod:    {http.StatusMethodNotAllowed, slog.LevelInfo, ""},
	reasonTooLarge:       {http.StatusRequestEntityTooLarge, slog.LevelWarn, ""},
	reasonEncoded:        {http.StatusUnsupportedMediaType, slog.LevelWarn, ""},
	reasonUnreadable:     {http.StatusBadRequest, slog.LevelInfo, ""},
	reasonPanicked:       {http.StatusInternalServerError, slog.LevelError, ""},
}

// answer writes a terse response: the reason is for our log, not for the sender.
func answer(w http.ResponseWriter, r *http.Request, reason string) {
	reply := replies[reason]
	header := w.Header()
	switch reason {
	case reasonUnknownAddress:
		http.NotFound(w, r)
		return
	case reasonWrongMethod:
		header.Set("Allow", http.MethodPost)
	case reasonTooLarge, reasonEncoded:
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

// genuine are the reasons of deliveries signed by the account.
var genuine = map[string]bool{reasonSignaled: true, reasonHinted: true, reasonKept: true, reasonNotEnded: true, reasonOrphan: true, reasonRefused: true}

// log writes one line about the delivery. It omits the address, which is a secret, and anything
// written by an unknown sender.
func (d *delivery) log() {
	burst, interval := otherLines, otherInterval
	if genuine[d.reason] {
		burst, interval = genuineLines, genuineInterval
	}
	suppressed, ok := d.handler.quiet.allow(kind{d.reason, d.target.Account}, burst, interval)
	if !ok {
		return
	}
	attrs := []slog.Attr{slog.String("reason", d.reason)}
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

// warnOfClock warns, at most once an hour per account, that results are polled.
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
		"webhooks are genuine, but their time is wrong: this machine's clock seems to be %s %s WaveSpeed's. Their results are polled. "+
			"Synchronize the clock (NTP), unless WaveSpeed delivers late", apart, where),
		slog.String("account", d.target.Account), slog.String("workflow_id", d.target.WorkflowID))
}

func (d *delivery) logContext() context.Context {
	return context.WithoutCancel(d.request.Context())
}
