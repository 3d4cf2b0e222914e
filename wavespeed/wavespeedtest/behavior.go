package wavespeedtest

import (
	"errors"
	"net/http"
	"time"
)

// Behavior decides what the provider's documentation leaves open or says in two
// ways. Each field's zero value is the reading with the better support.
type Behavior struct {
	// RefuseOverflow answers 429 to a submit over the limit of concurrent
	// predictions, as was observed. Defaults to letting it wait in the queue, as is
	// documented.
	RefuseOverflow bool

	// RetryAfter sends that header with a 429: the seconds until the limit resets,
	// or 1. It is recommended to honour it, but no example was seen.
	RetryAfter bool

	// MissingFieldFails accepts an input that lacks a required field and lets the
	// prediction fail with code 1400. Defaults to refusing it with 400.
	MissingFieldFails bool

	// RefuseUnknownFields answers 400 to fields that the schema does not have.
	// Defaults to dropping them.
	RefuseUnknownFields bool

	// InsufficientCredits is the answer to a submit that the balance does not cover.
	// Defaults to 403.
	InsufficientCredits Refusal

	// SyncLimit is how long a submit with enable_sync_mode waits for its result.
	// Defaults to 90 seconds.
	SyncLimit time.Duration

	// WebhookRetries is how often a webhook is sent again. Negative means never.
	// Defaults to 3.
	WebhookRetries int

	// WebhookBackoff is the wait before the first of them; it doubles each time.
	// Defaults to 1 second.
	WebhookBackoff time.Duration

	// WebhookTimeout is how long a receiver may take to answer. Defaults to 30
	// seconds; documented are 20 minutes.
	WebhookTimeout time.Duration

	// KeepTimestamp sends webhooks again with the timestamp of the first time.
	// Defaults to that of the sending.
	KeepTimestamp bool

	// DeliveryID makes the webhook-id different for each delivery. Defaults to the
	// prediction's id.
	DeliveryID bool

	// SilentEnds sends no webhook for cancelled, timeout and deleted: only completed
	// and failed are documented.
	SilentEnds bool

	// OmitWebhookInput leaves the input out of webhooks.
	OmitWebhookInput bool

	// OmitListInputs leaves inputs out of lists even where they are asked for.
	OmitListInputs bool

	// ListTotal adds the total to lists.
	ListTotal bool

	// RefundDelay is how long after a failure the price is given back. Defaults to
	// at once; documented are up to 3 hours.
	RefundDelay time.Duration

	// RefundUndelivered gives the price back when every sending of a webhook failed.
	RefundUndelivered bool

	// ShowDeleted answers a deleted prediction with the status "deleted". Defaults
	// to 404.
	ShowDeleted bool

	// DeleteCancels lets DELETE /predictions/{id} end a prediction that runs, with
	// the status "cancelled". Defaults to refusing that with 400.
	DeleteCancels bool

	// ExpiredStatus answers requests for outputs and uploads after their seven days.
	// Defaults to 403.
	ExpiredStatus int

	// Retention is how long predictions, outputs and uploads are kept. Defaults to 7
	// days; see [Server.Age].
	Retention time.Duration
}

// Refusal is an answer to a submit that is not accepted.
type Refusal struct {
	Status int
	Body   string
}

func (b Behavior) withDefaults() Behavior {
	if b.InsufficientCredits.Status == 0 {
		b.InsufficientCredits.Status = http.StatusForbidden
	}
	if b.InsufficientCredits.Body == "" {
		b.InsufficientCredits.Body = `{"code":403,"message":"Insufficient credits. Please top up your account."}`
	}
	setDefault(&b.SyncLimit, 90*time.Second)
	setDefault(&b.WebhookRetries, 3)
	setDefault(&b.WebhookBackoff, time.Second)
	setDefault(&b.WebhookTimeout, 30*time.Second)
	setDefault(&b.ExpiredStatus, http.StatusForbidden)
	setDefault(&b.Retention, 7*24*time.Hour)
	return b
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func (b Behavior) validate() error {
	for _, d := range []time.Duration{b.SyncLimit, b.WebhookBackoff, b.WebhookTimeout, b.RefundDelay, b.Retention} {
		if d < 0 {
			return errors.New("Options.Behavior: a duration is negative")
		}
	}
	return nil
}
