package wavespeedtest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// Entry is one submit that was accepted and billed.
type Entry struct {
	PredictionID string `json:"prediction_id"`
	Account      string `json:"account"`

	// Key is the name of the access key; "" for the provider's own pages.
	Key string `json:"key"`

	// Model is what was submitted to, under whatever name it is listed.
	Model string `json:"model"`

	// Input is what was sent, byte for byte, whatever is stored of it.
	Input json.RawMessage `json:"input"`

	// InputHash is the SHA-256 of the input's bytes, in hexadecimal.
	InputHash string `json:"input_hash"`

	// WebhookURL is where the caller wants to be told; "" if nowhere.
	WebhookURL string `json:"webhook_url,omitempty"`

	// Sent is when the submit arrived, and At when it was accepted.
	Sent time.Time `json:"sent"`
	At   time.Time `json:"at"`

	// Other tells that somebody else made it; see [Behavior.OthersPerMinute].
	Other bool `json:"other,omitempty"`

	// Ended is when the prediction came to its end; zero while it runs.
	Ended time.Time `json:"ended,omitzero"`

	// Price is in USD; Refunded tells that it was given back.
	Price    float64 `json:"price"`
	Refunded bool    `json:"refunded,omitempty"`

	// Status is that of the prediction.
	Status string `json:"status"`
	Code   int    `json:"code,omitempty"`

	// Faults are those that were decided for it, whether or not they came to
	// happen.
	Faults []Kind `json:"faults,omitempty"`

	Deliveries []Delivery `json:"deliveries,omitempty"`
}

// Delivery is one sending of a webhook.
type Delivery struct {
	At time.Time `json:"at"`
	To string    `json:"to"`

	// Attempt counts from 1.
	Attempt int `json:"attempt"`

	// Fault is why this sending is not the true one; "" if it is.
	Fault Kind `json:"fault,omitempty"`

	// StatusCode is the receiver's answer; 0 if there was none, and Error says why.
	StatusCode int    `json:"status_code,omitempty"`
	Error      string `json:"error,omitempty"`
}

// Ledger is every accepted submit so far, in the order of acceptance. It is a copy.
func (s *Server) Ledger() []Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	entries := make([]Entry, len(s.ledger))
	for i, entry := range s.ledger {
		entries[i] = entry.copy()
	}
	return entries
}

func (e *Entry) copy() Entry {
	copied := *e
	copied.Deliveries = slices.Clone(e.Deliveries)
	return copied
}

func hashOf(input []byte) string {
	sum := sha256.Sum256(input)
	return hex.EncodeToString(sum[:])
}

// Counts sums up what has happened so far.
type Counts struct {
	// Requests are those of the API, by what they asked for: submit, result, list,
	// delete, models, price, balance, billings, usage, upload, secret.
	Requests map[string]int `json:"requests"`

	// PeakPerSecond is the largest number of each within one second of the clock.
	PeakPerSecond map[string]int `json:"peak_per_second"`

	// Refused are submits and keys that were not accepted, by status; 0 stands for a
	// broken connection.
	Refused map[int]int `json:"refused"`

	// Accepted is the number of entries in the ledger.
	Accepted int `json:"accepted"`

	// Charged is what they cost in USD, without what was given back.
	Charged float64 `json:"charged"`

	// Predictions is their number by status.
	Predictions map[string]int `json:"predictions"`

	// Deliveries is the number of webhooks sent, by the status of their answer; 0
	// stands for none.
	Deliveries map[int]int `json:"deliveries"`

	// Faults is how often each has happened.
	Faults map[Kind]int `json:"faults"`
}

// tally is what Counts is made of. The server's lock guards it.
type tally struct {
	Counts
	second map[string]int64 // of what the rate is
	rate   map[string]int
}

func newTally() tally {
	return tally{
		Counts: Counts{
			Requests: map[string]int{}, PeakPerSecond: map[string]int{}, Refused: map[int]int{},
			Deliveries: map[int]int{}, Faults: map[Kind]int{},
		},
		second: map[string]int64{}, rate: map[string]int{},
	}
}

func (t *tally) request(what string) {
	t.Requests[what]++
	if second := time.Now().Unix(); t.second[what] != second {
		t.second[what], t.rate[what] = second, 0
	}
	t.rate[what]++
	t.PeakPerSecond[what] = max(t.PeakPerSecond[what], t.rate[what])
}

// Counts sums up what has happened so far.
func (s *Server) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	counts := s.tally.Counts
	counts.Requests = maps.Clone(counts.Requests)
	counts.PeakPerSecond = maps.Clone(counts.PeakPerSecond)
	counts.Refused = maps.Clone(counts.Refused)
	counts.Deliveries = maps.Clone(counts.Deliveries)
	counts.Faults = maps.Clone(counts.Faults)
	counts.Accepted = len(s.ledger)
	counts.Predictions = map[string]int{}
	var charged dollars
	for _, entry := range s.ledger {
		counts.Predictions[entry.Status]++
		if !entry.Refunded {
			charged += usd(entry.Price)
		}
	}
	counts.Charged = charged.float()
	return counts
}

// happened counts a fault. The caller must not hold the lock.
func (s *Server) happened(kind Kind) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tally.Faults[kind]++
}
