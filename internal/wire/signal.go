package wire

import "time"

// Signal is what the webhook handler sends to the workflow. It is ours only if
// its nonce is one that this generation gave out.
type Signal struct {
	// Nonce repeats what the address carried.
	Nonce string `json:"nonce"`

	// Hint is set when the delivery was genuine but too old to be believed: the
	// outcome then names the prediction at most, and the workflow asks the
	// provider.
	Hint bool `json:"hint,omitempty"`

	// Identified is set when the signed body repeats the seed that the submit with this
	// nonce drew: then the prediction is certainly its own.
	Identified bool `json:"identified,omitempty"`

	// Sent is when the provider sent the webhook, by its own clock.
	Sent time.Time `json:"sent,omitzero"`

	Outcome
}

// Target is what a webhook address says: which generation of which workflow a
// delivery is for. Nonce tells attempts, resets and earlier runs of the same
// workflow id apart.
type Target struct {
	Namespace  string `json:"namespace"`
	WorkflowID string `json:"workflow_id"`
	Key        string `json:"key"`
	Nonce      string `json:"nonce"`
	Account    string `json:"account"`
}
