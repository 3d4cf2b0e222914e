package wavespeedtest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/money"
)

// Entry is one submit that was accepted and billed.
type Entry struct {
	PredictionID string `json:"prediction_id"`
	Account      string `json:"account"`

	// Key is the name of the access key; "" for the provider's own pages.
	Key string `json:"key"`

	// Model is the submitted model, whatever name it is listed under.
	Model string `json:"model"`

	// Input is the submitted input, byte for byte, whatever is stored.
	Input json.RawMessage `json:"input"`

	// InputHash is the SHA-256 of the input's bytes, in hexadecimal.
	InputHash string `json:"input_hash"`

	// WebhookURL is the caller's webhook; "" for none.
	WebhookURL string `json:"webhook_url,omitempty"`

	// Sent is when the submit arrived, and At when it was accepted.
	Sent time.Time `json:"sent"`
	At   time.Time `json:"at"`

	// Other is set if somebody else made it; see [Behavior.OthersPerMinute].
	Other bool `json:"other,omitempty"`

	// Ended is when the prediction ended; zero while it runs.
	Ended time.Time `json:"ended,omitzero"`

	// Price is in USD; Refunded is set if it was refunded.
	Price    float64 `json:"price"`
	Refunded bool    `json:"refunded,omitempty"`

	// Status is the status of the prediction.
	Status string `json:"status"`
	Code   int    `json:"code,omitempty"`

	// Faults are the faults decided for it, whether or not they happened.
	Faults []Kind `json:"faults,omitempty"`

	Deliveries []Delivery `json:"deliveries,omitempty"`
}

// Delivery is one attempt to deliver a webhook.
type Delivery struct {
	At time.Time `json:"at"`
	To string    `json:"to"`

	// Attempt counts from 1.
	Attempt int `json:"attempt"`

	// Fault is why this delivery is not the genuine one; "" if it is.
	Fault Kind `json:"fault,omitempty"`

	// StatusCode is the receiver's response; 0 if there was none, and Error says why.
	StatusCode int    `json:"status_code,omitempty"`
	Error      string `json:"error,omitempty"`
}

// Ledger returns a copy of every accepted submit so far, in the order of acceptance.
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

// Counts summarizes what has happened so far.
type Counts struct {
	// Requests counts API requests by operation: submit, result, list, delete, models, price,
	// balance, billings, usage, upload, secret.
	Requests map[string]int `json:"requests"`

	// PeakPerSecond is the largest number of each within one second of the clock.
	PeakPerSecond map[string]int `json:"peak_per_second"`

	// Refused counts rejected submits and keys by status; 0 is a broken connection.
	Refused map[int]int `json:"refused"`

	// Accepted is the number of entries in the ledger.
	Accepted int `json:"accepted"`

	// Charged is their cost in USD, without refunds.
	Charged float64 `json:"charged"`

	// Predictions counts predictions by status.
	Predictions map[string]int `json:"predictions"`

	// Deliveries counts sent webhooks by response status; 0 is no response.
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

// Counts returns a summary of what has happened so far.
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
	var charged money.Dollars
	for _, entry := range s.ledger {
		counts.Predictions[entry.Status]++
		if !entry.Refunded {
			charged += money.USD(entry.Price)
		}
	}
	counts.Charged = charged.Float()
	return counts
}

// happened counts a fault. The caller must not hold the lock.
func (s *Server) happened(kind Kind) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tally.Faults[kind]++
}
