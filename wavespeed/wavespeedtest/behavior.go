package wavespeedtest

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// Behavior decides what the provider's documentation leaves open or contradicts. Each field's
// zero value is the better supported reading. You can change it while the server runs with
// [Server.Behave], over HTTP, or set it with a flag of cmd/wavespeed-simulator; there each
// field has the name that [Behaviors] lists.
type Behavior struct {
	// RefuseOverflow answers 429 to a submit over the limit of concurrent
	// predictions, as was observed. Defaults to queueing it, as is documented.
	RefuseOverflow bool

	// RetryAfter sends that header with a 429: the seconds until the limit resets,
	// or 1. The docs recommend honoring it, but show no example.
	RetryAfter bool

	// MissingFieldFails accepts an input that lacks a required field and lets the
	// prediction fail with code 1400. Defaults to refusing it with 400.
	MissingFieldFails bool

	// RefuseUnknownFields answers 400 to fields that the schema doesn't have.
	// Defaults to dropping them silently.
	RefuseUnknownFields bool

	// InsufficientCredits is the answer to a submit that the balance doesn't cover.
	// Defaults to 403.
	InsufficientCredits Refusal

	// SyncLimit is how long a submit with enable_sync_mode waits for its result.
	// Defaults to 90 seconds.
	SyncLimit time.Duration

	// WebhookRetries is how often a webhook is sent again. Negative means never.
	// Defaults to 3.
	WebhookRetries int

	// WebhookBackoff is the wait before the first retry; it doubles each time.
	// Defaults to 1 second.
	WebhookBackoff time.Duration

	// WebhookTimeout is how long a receiver may take to answer. Defaults to 30
	// seconds; the docs say 20 minutes.
	WebhookTimeout time.Duration

	// KeepTimestamp retries webhooks with the timestamp of the first attempt.
	// Defaults to the time of the retry.
	KeepTimestamp bool

	// DeliveryID makes the webhook-id different for each delivery. Defaults to the
	// prediction's id.
	DeliveryID bool

	// SilentEnds sends no webhook for cancelled, timeout and deleted: only completed
	// and failed are documented.
	SilentEnds bool

	// OmitWebhookInput omits the input from webhooks.
	OmitWebhookInput bool

	// ListInputs shows inputs in lists if include_inputs requests them. Defaults to never: no
	// sample in the docs has any.
	ListInputs bool

	// ResultInputs shows inputs in responses to submits and in results, as the newest model
	// pages do. Defaults to never.
	ResultInputs bool

	// Rewrite changes inputs before they are stored: defaults (filled in), seeds (drawn),
	// texts (trimmed), media (re-hosted), numbers (given as texts). Defaults to storing
	// what was sent, without unknown fields.
	Rewrite []Rewrite

	// Aliases are the names under which models are listed, charged and reported, by the
	// name under which they are submitted. Defaults to the same name.
	Aliases map[string]string

	// ListTotal is the total that lists report: absent, right, wrong, or all (which includes
	// items that still lag). Defaults to absent.
	ListTotal Told

	// ListMore is the has_more that lists report: absent, right, wrong or all. Defaults to
	// absent.
	ListMore Told

	// ChargesTotal is the total that billing reports: absent, right, wrong or all. Defaults to
	// right.
	ChargesTotal Told

	// ChargesMore is the has_more that billing reports: absent, right, wrong or all. Defaults
	// to right.
	ChargesMore Told

	// Pages are the quirks of pages of lists and billing: capped (at 50), short (by one), null
	// (instead of an empty list), shuffled, oldest-first. Defaults to none.
	Pages []PageQuirk

	// DeleteBetweenPages is how many ended predictions of a page are deleted after the page was
	// read, other people's first. Later ones move up. Defaults to 0.
	DeleteBetweenPages int

	// InsertBetweenPages is how many predictions other people make after a page of the
	// list was read. Earlier ones move down. Defaults to 0.
	InsertBetweenPages int

	// ClockOffset is how far the provider's clock is ahead: created_at, the Date header and the
	// timestamps of webhooks. Negative means behind. The ledger uses this machine's clock.
	// Defaults to 0.
	ClockOffset time.Duration

	// ClockStep is what created_at is rounded down to. Defaults to no rounding.
	ClockStep time.Duration

	// Discounts are the percentages to pay, by model; "*" covers all others. Default to 100.
	Discounts map[string]float64

	// RefundDelay is how long after a failure the price is refunded. Defaults to
	// immediately; the docs say up to 3 hours.
	RefundDelay time.Duration

	// RefundUndelivered refunds the price if every attempt of a webhook failed.
	RefundUndelivered bool

	// ChargeKeys is how charges name the access key: all (id, uuid, name and number),
	// name (as older records do) or none. Defaults to all.
	ChargeKeys string

	// OthersPerMinute is how many predictions other people make on each account.
	// Defaults to 0.
	OthersPerMinute float64

	// OthersModels are the models that other people submit to. Defaults to the last submitted
	// model.
	OthersModels []string

	// OthersKey is the access key that other people use: the name of one of the account's keys,
	// another key of the account's owner, or "web" for the provider's website, which has none.
	// Defaults to "elsewhere".
	OthersKey string

	// OthersInputs is what other people submit: different, equal (to the last submit) or
	// superset (of it). Defaults to different.
	OthersInputs string

	// ShowDeleted answers a deleted prediction with the status "deleted". Defaults
	// to 404.
	ShowDeleted bool

	// DeleteCancels lets DELETE /predictions/{id} end a running prediction with the
	// status "cancelled". Defaults to refusing that with 400.
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
	Status int    `json:"status"`
	Body   string `json:"body"`
}

// Told is what a response reports about the size of a list.
type Told string

const (
	Absent Told = "absent"
	Right  Told = "right"
	Wrong  Told = "wrong" // one too many, and the opposite of has_more
	All    Told = "all"   // including items that the list doesn't show yet
)

// Values of OthersKey and OthersInputs.
const (
	KeyElsewhere    = "elsewhere"
	KeyWeb          = "web"
	InputsDifferent = "different"
	InputsEqual     = "equal"
	InputsSuperset  = "superset"
)

func (b Behavior) withDefaults() Behavior {
	setDefault(&b.InsufficientCredits.Status, http.StatusForbidden)
	setDefault(&b.InsufficientCredits.Body, `{"code":403,"message":"Insufficient credits. Please top up your account."}`)
	setDefault(&b.SyncLimit, 90*time.Second)
	setDefault(&b.WebhookRetries, 3)
	setDefault(&b.WebhookBackoff, time.Second)
	setDefault(&b.WebhookTimeout, 30*time.Second)
	setDefault(&b.ListTotal, Absent)
	setDefault(&b.ListMore, Absent)
	setDefault(&b.ChargesTotal, Right)
	setDefault(&b.ChargesMore, Right)
	setDefault(&b.ChargeKeys, "all")
	setDefault(&b.OthersKey, KeyElsewhere)
	setDefault(&b.OthersInputs, InputsDifferent)
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

// validate checks a behavior after defaults are set.
func (b Behavior) validate() error {
	for _, d := range []time.Duration{b.SyncLimit, b.WebhookBackoff, b.WebhookTimeout, b.RefundDelay, b.Retention, b.ClockStep} {
		if d < 0 {
			return errors.New("Options.Behavior: a duration is negative")
		}
	}
	if b.DeleteBetweenPages < 0 || b.InsertBetweenPages < 0 || !(b.OthersPerMinute >= 0 && b.OthersPerMinute <= 60_000) {
		return errors.New("Options.Behavior: a number is negative or too large")
	}
	for _, rate := range b.Discounts {
		if !(rate > 0 && rate <= 100) {
			return fmt.Errorf("Options.Behavior.Discounts: %v is not a percentage", rate)
		}
	}
	return errors.Join(
		among("Rewrite", RewriteAll, b.Rewrite...),
		among("Pages", []PageQuirk{PagesCapped, PagesShort, PagesNull, PagesShuffled, PagesOldestFirst}, b.Pages...),
		among("Totals", []Told{Absent, Right, Wrong, All}, b.ListTotal, b.ListMore, b.ChargesTotal, b.ChargesMore),
		among("ChargeKeys", []string{"all", "name", "none"}, b.ChargeKeys),
		among("OthersInputs", []string{InputsDifferent, InputsEqual, InputsSuperset}, b.OthersInputs),
	)
}

func among[T ~string](field string, allowed []T, values ...T) error {
	for _, value := range values {
		if !slices.Contains(allowed, value) {
			return fmt.Errorf("Options.Behavior.%s: %q is not one of %q", field, value, allowed)
		}
	}
	return nil
}
