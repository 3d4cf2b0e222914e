package webhook

import (
	"log/slog"
	"time"
)

// Options say which deliveries a handler trusts. Accounts is required.
type Options struct {
	// Accounts are the accounts whose webhooks are received, by the names that requests use. The
	// usual name is "default".
	Accounts map[string]Account

	// MaxBodyBytes limits a trusted body. A body repeats the input, which can take six times
	// its 1.9 MB if each character is escaped, plus the outputs. A larger body, up to four
	// times the limit, triggers a poll; beyond that, it is rejected. Whatever the size of a
	// body, a delivery uses less than 1 MiB of memory. Defaults to 16 MiB.
	MaxBodyBytes int64

	// MaxConcurrent limits how many verified deliveries are signaled concurrently; more are
	// told to retry. Defaults to 256.
	MaxConcurrent int

	// Tolerance is the maximum difference between a delivery's time and now. A signed delivery
	// beyond it is not trusted: the workflow polls immediately. Defaults to 5
	// minutes.
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

// Answer is the answer to a delivery, for metrics.
type Answer struct {
	// Reason explains the answer: "signaled", "hinted", "not_ended", "kept", "orphan",
	// "refused", "unavailable", "busy", "unknown_address", "not_signed", "bad_signature",
	// "bad_body", "wrong_method", "too_large", "encoded", "unreadable" or "panicked".
	Reason string

	// Account is the address's account; "" if the address was not ours.
	Account string

	// Took is how long the handler took.
	Took time.Duration
}
