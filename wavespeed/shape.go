package wavespeed

import (
	"net/http"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
)

// documented reports whether the body is an error in a known format of the provider:
//
//	{"code":404,"message":"Prediction not found."}
//	{"message":"…","error_code":"…"}
//	{"error":"…"}, {"detail":"…"}, {"errors":["…"]}
//
// A gateway's page is not, and neither is an RFC 9457 problem document, which Cloudflare
// returns to clients that accept JSON.
func (a answer) documented() bool {
	o := a.object
	if o.text("message") != "" && (o.number("code") != 0 || o.text("error_code") != "") {
		return true
	}
	for _, foreign := range []string{"title", "type", "status"} {
		if o[foreign] != nil {
			return false
		}
	}
	for _, key := range []string{"error", "detail", "errors"} {
		if flatten(o[key]) != "" {
			return true
		}
	}
	return false
}

// fromAnyone are statuses that mean the same from the provider and from a gateway, which
// rejects oversized or excessive requests before passing them on.
var fromAnyone = map[int]bool{
	http.StatusRequestEntityTooLarge:       true,
	http.StatusRequestURITooLong:           true,
	http.StatusTooManyRequests:             true,
	http.StatusRequestHeaderFieldsTooLarge: true,
}

// Status returns the provider's own result as an HTTP status: that of the response, or the code
// in its body if that is more specific, as with HTTP 200. It is 0 if the provider said nothing
// reliable: there was no response, it is foreign, or its status and code contradict each other.
// Codes that are not statuses are returned unchanged; codeInsufficientCredits is 402.
func (r *report) Status() int {
	class, code := r.StatusCode/100, r.Code/100
	switch {
	case fromAnyone[r.StatusCode]:
		return r.StatusCode
	case r.Foreign:
		return 0
	case r.Code == codeInsufficientCredits && (class == 2 || class == 4):
		return http.StatusPaymentRequired
	case r.Code == 0, class == 4 && code >= 10 && code < 20: // why the request is wrong
		return r.StatusCode
	case class == 2, class == code:
		return r.Code
	default:
		return 0
	}
}

// acceptance: after a refusal the provider surely did not take the request. Left out of
// those on purpose: 408, 425 and 499, which a gateway may send about a request that it has
// passed on; 409, which may speak of an earlier copy of it; every redirect; and every 5xx, of
// which the provider's documentation itself says that the prediction may have been created.
func acceptance(status int) provider.Acceptance {
	if kinds[status] != 0 || status == http.StatusPaymentRequired {
		return provider.Refused
	}
	return provider.MaybeAccepted
}
