package provider

import (
	"io"
	"net/http"
	"time"
)

// Webhooks are how a provider calls back when a prediction has ended.
type Webhooks interface {
	// SigningKey is what a webhook secret, as people copy it, signs with. An error says what is
	// wrong with the secret, and does not repeat it.
	SigningKey(secret string) ([]byte, error)

	// Read begins to read a delivery by its header. It fails if the delivery is not signed.
	Read(http.Header) (Delivery, error)
}

// Delivery is one delivery under way. Its body is written to it as it was received, and it keeps
// no more of it than is needed.
type Delivery interface {
	io.Writer

	// Sent is when it was sent, by the provider's clock.
	Sent() time.Time

	// Expect compares the body, also what has been written of it, with these secrets from now
	// on. It returns false if too much was written for that. Secrets that anybody may guess are
	// passed over.
	Expect(secrets []string) bool

	// Genuine tells whether the whole body was signed with one of the secrets.
	Genuine() bool

	// Report is what the body says, once it is known to be genuine. It fails if the body is not
	// a prediction's.
	Report() (Report, error)
}

// Report is what a delivery says.
type Report struct {
	Prediction Prediction

	// Omitted is set where outputs were too large to be kept.
	Omitted bool

	// Cut is set where something else was.
	Cut bool
}
