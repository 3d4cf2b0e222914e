package provider

import (
	"errors"
	"strings"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// ErrImpossiblePrice is the cause of an [*Error] for an impossible amount from the provider:
// not a number, negative, more than any account pays, or in a currency other than USD. Match it
// with errors.Is.
var ErrImpossiblePrice = errors.New("impossible price")

// Error is how every call fails.
type Error struct {
	// Provider is who was called, as "wavespeed", and Op what, as "submit".
	Provider, Op string

	// Subject is a model or a prediction id; may be empty.
	Subject string

	// Kind is what the provider says.
	Kind Kind

	// Accepted says what is known about the request's effect.
	Accepted Acceptance

	// RetryAfter is the wait that the response requests, up to the longest [time.Duration]; 0
	// if there is none. Limit it before you wait.
	RetryAfter time.Duration

	// Err is the cause: the response in the provider's words, limited in size and without the
	// key, a context's error, or a network error.
	Err error
}

// Kind is what an error says of the provider, the request or the account.
type Kind int

const (
	// Unclear: there was no answer, or none that is surely the provider's.
	Unclear Kind = iota

	// Failed: the provider says that it failed.
	Failed

	// Garbled: the answer is a success, but what it says cannot be read or believed.
	Garbled

	// Invalid, and all that follow, are a clear no. This one: the request cannot be right. It
	// was refused, or never sent.
	Invalid

	// Unsupported: the provider has no such call, or not for this.
	Unsupported

	// NotFound: the provider does not have what was asked for.
	NotFound

	// KeyRefused: it does not accept the API key.
	KeyRefused

	// Forbidden: the key may not do this.
	Forbidden

	// Unpaid: the balance does not cover it.
	Unpaid

	// Limited: it is too much at the moment.
	Limited
)

// Acceptance is what an error says about the effect of its request.
type Acceptance int

const (
	// MaybeAccepted: the request may have reached the provider, and nothing shows that it was
	// rejected.
	MaybeAccepted Acceptance = iota

	// NeverSent: no byte of the request was sent.
	NeverSent

	// Refused: the provider rejected the request.
	Refused
)

// NotAccepted reports whether the request certainly had no effect, so that it can be sent again
// without paying twice.
func (e *Error) NotAccepted() bool { return e.Accepted != MaybeAccepted }

// Type is that of the error in which a generation would end, as [generation.ErrorTypeUnauthorized].
// What the provider itself did not say clearly is [generation.ErrorTypeUnavailable]: asking again
// may help.
func (e *Error) Type() generation.ErrorType {
	switch e.Kind {
	case Invalid, Unsupported:
		return generation.ErrorTypeInvalidInput
	case NotFound:
		return generation.ErrorTypeModelNotFound
	case KeyRefused, Forbidden:
		return generation.ErrorTypeUnauthorized
	case Unpaid:
		return generation.ErrorTypeInsufficientCredits
	case Limited:
		return generation.ErrorTypeRateLimited
	default:
		return generation.ErrorTypeUnavailable
	}
}

// Answered tells whether the provider is there: it said no rather than nothing.
func (e *Error) Answered() bool { return e.Kind >= Invalid && e.Accepted != NeverSent }

// KindOf returns the kind of an error; Unclear if it is not a provider's error.
func KindOf(err error) Kind {
	var failure *Error
	if errors.As(err, &failure) {
		return failure.Kind
	}
	return Unclear
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Error says what was called, about what, and how it failed.
func (e *Error) Error() string {
	var text strings.Builder
	if e.Provider != "" {
		text.WriteString(e.Provider + ": ")
	}
	text.WriteString(e.Op)
	if e.Subject != "" {
		text.WriteString(" " + e.Subject)
	}
	if e.Err != nil {
		text.WriteString(": " + e.Err.Error())
	}
	return text.String()
}
