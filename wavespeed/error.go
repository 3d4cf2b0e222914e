package wavespeed

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
)

// Error is the error of every call. Its NotAccepted method reports whether the request
// certainly had no effect. Its Type method returns its type, as in package generation.
type Error = provider.Error

// errInvalid is the cause of an error for a request that was not sent since it
// cannot be right.
var errInvalid = errors.New("invalid request")

// report is what came back in place of a success.
type report struct {
	StatusCode int    // of HTTP; 0 if there was no answer
	Code       int    // of the answer's envelope, which mostly repeats the status; 0 if there was none
	Foreign    bool   // the answer is not in a form of the provider, so a gateway may have given it
	ErrorCode  string // the answer's "error_code", seen with refused permissions
	Message    string // what the provider says, bounded, and without the key
	Err        error  // the cause where there was no answer, or none that could be read
	mayCost    bool   // a submit of which it is open whether it was accepted
}

// of makes the report an error.
func (r *report) of(op, subject string, accepted provider.Acceptance) *Error {
	r.mayCost = op == opSubmit && accepted == provider.MaybeAccepted
	return &Error{Provider: "wavespeed", Op: op, Subject: subject, Kind: r.kind(), Accepted: accepted, Err: r}
}

// kind is the one place where the provider's statuses, codes and texts are given a meaning.
func (r *report) kind() provider.Kind {
	switch status := r.Status(); {
	case errors.Is(r.Err, errInvalid):
		return provider.Invalid
	case r.StatusCode/100 == 2 && (status == 0 || status/100 == 2):
		return provider.Garbled
	case status == 0:
		return provider.Unclear
	case status == http.StatusPaymentRequired, r.saysCredits():
		return provider.Unpaid
	case kinds[status] != 0:
		return kinds[status]
	default:
		return provider.Failed
	}
}

// kinds maps statuses of rejections. All other errors are failures.
var kinds = map[int]provider.Kind{
	http.StatusBadRequest:                  provider.Invalid,
	http.StatusUnauthorized:                provider.KeyRefused,
	http.StatusForbidden:                   provider.Forbidden,
	http.StatusNotFound:                    provider.NotFound,
	http.StatusMethodNotAllowed:            provider.Unsupported,
	http.StatusNotAcceptable:               provider.Unsupported,
	http.StatusGone:                        provider.Unsupported,
	http.StatusLengthRequired:              provider.Unsupported,
	http.StatusRequestEntityTooLarge:       provider.Invalid,
	http.StatusRequestURITooLong:           provider.Invalid,
	http.StatusUnsupportedMediaType:        provider.Unsupported,
	http.StatusMisdirectedRequest:          provider.Unsupported,
	http.StatusUnprocessableEntity:         provider.Invalid,
	http.StatusUpgradeRequired:             provider.Unsupported,
	http.StatusTooManyRequests:             provider.Limited,
	http.StatusRequestHeaderFieldsTooLarge: provider.Invalid,
	http.StatusUnavailableForLegalReasons:  provider.Unsupported,
}

var (
	creditsPhrase = regexp.MustCompile(`(?i)\binsufficient (credits?|balance)\b`)
	quoted        = regexp.MustCompile(`"[^"]*"`) // a value of ours that the provider repeats
)

// saysCredits tells whether a refusal is about the account's balance. Which status the
// provider gives then is not documented; 400 and 403 were seen, with these phrases.
func (r *report) saysCredits() bool {
	status := r.Status()
	if status != http.StatusBadRequest && status != http.StatusForbidden || r.ErrorCode != "" {
		return false
	}
	return creditsPhrase.MatchString(quoted.ReplaceAllString(r.Message, ""))
}

// Unwrap returns the cause.
func (r *report) Unwrap() error { return r.Err }

// Error describes how the call failed.
func (r *report) Error() string {
	var parts []string
	if r.StatusCode != 0 {
		parts = append(parts, r.status())
	}
	if r.Message != "" {
		parts = append(parts, r.Message)
	}
	text := strings.Join(parts, ": ")
	if r.Foreign && r.StatusCode/100 == 4 {
		text += " (not WaveSpeed's own answer; perhaps a gateway's)"
	}
	switch {
	case r.Err != nil && text != "":
		text += ": " + r.Err.Error()
	case r.Err != nil:
		text = r.Err.Error()
	}
	if r.mayCost {
		text += "; it may have been accepted and billed"
	}
	return text
}

// status is that of HTTP in words, and the codes that came with it.
func (r *report) status() string {
	text := fmt.Sprintf("HTTP %d", r.StatusCode)
	if r.Message == "" && r.Err == nil {
		text += " " + http.StatusText(r.StatusCode)
	}
	if r.Code != 0 && r.Code != r.StatusCode {
		text += fmt.Sprintf(" (code %d)", r.Code)
	}
	if r.ErrorCode != "" {
		text += " (" + r.ErrorCode + ")"
	}
	return text
}
