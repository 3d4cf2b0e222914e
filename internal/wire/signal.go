package wire

import "time"

// Signal is what the webhook handler sends to the workflow. It counts only if its nonce belongs
// to this generation.
type Signal struct {
	// Nonce is the nonce in the address.
	Nonce string `json:"nonce"`

	// Hint is set if the delivery was genuine but too old to be trusted. The outcome then names
	// at most the prediction, and the workflow asks the provider.
	Hint bool `json:"hint,omitempty"`

	// Identified is set if the signed body repeats the seed drawn by the submit with this
	// nonce. The prediction then certainly belongs to it.
	Identified bool `json:"identified,omitempty"`

	// Sent is when the provider sent the webhook, by its own clock.
	Sent time.Time `json:"sent,omitzero"`

	Outcome
}

// Target is the content of a webhook address: the workflow and generation that a delivery is
// for. Nonce distinguishes attempts, resets and earlier runs of the same workflow id.
type Target struct {
	Namespace  string `json:"namespace"`
	WorkflowID string `json:"workflow_id"`
	Key        string `json:"key"`
	Nonce      string `json:"nonce"`
	Account    string `json:"account"`
}
