package generation

// Resolution is a person's decision about an unknown submit, whose response was lost: the
// argument of the update [ResolveUpdate]. Either PredictionID or Absent must be set.
type Resolution struct {
	// Key names the generation. May be empty while only one is unknown.
	Key string `json:"key,omitempty"`

	// Attempt is the number of the attempt to decide. Defaults to the attempt that is unknown
	// when the decision arrives.
	Attempt int `json:"attempt,omitempty"`

	// PredictionID is the prediction that the submit got.
	PredictionID string `json:"prediction_id,omitempty"`

	// Absent says that the submit was not accepted. The generation then submits again.
	Absent bool `json:"absent,omitempty"`

	// By is the name of the person who decides. It is not verified: Temporal knows who may send
	// updates, not who they say they are.
	By string `json:"by,omitempty"`

	// Comment is shown with the decision.
	Comment string `json:"comment,omitempty"`
}
