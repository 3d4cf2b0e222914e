package wavespeedtest

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/keep"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/money"
)

// keptPrediction is a line in the predictions file. The last line of an id counts.
type keptPrediction struct {
	Entry
	Stored  json.RawMessage `json:"stored"`
	Told    time.Time       `json:"told"`
	Took    time.Duration   `json:"took,omitempty"`
	Problem any             `json:"problem,omitempty"`
	Removed bool            `json:"removed,omitempty"`
}

func (p *prediction) kept() keptPrediction {
	return keptPrediction{Entry: *p.entry, Stored: p.stored, Told: p.born.told, Took: p.took, Problem: p.problem, Removed: p.removed}
}

// recall restores what an earlier server has kept. Running predictions start again; undelivered
// webhooks are sent.
func (s *Server) recall() error {
	if s.options.State == "" {
		return nil
	}
	var err error
	if s.kept, err = keep.Open(s.options.State); err != nil {
		return err
	}
	predictions, err := keep.Predictions(s.kept, func(kept keptPrediction) string { return kept.PredictionID })
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.recallUploads(); err != nil {
		return err
	}
	var recalled []*prediction
	for _, kept := range predictions {
		p := s.recallPrediction(kept)
		if p == nil {
			return fmt.Errorf("Options.State: %s was made with an account or a model that this server does not have. Empty %s to begin again", kept.PredictionID, s.options.State)
		}
		recalled = append(recalled, p)
	}
	states := make([]keptPrediction, len(recalled))
	for i, p := range recalled {
		states[i] = p.kept()
	}
	if err := keep.Rewrite(s.kept, states); err != nil {
		return err
	}
	for _, p := range recalled {
		s.resume(p)
	}
	return nil
}

func (s *Server) recallUploads() error {
	uploads, err := s.kept.Uploads()
	for _, kept := range uploads {
		s.uploads[kept.ID] = &upload{
			id: kept.ID, name: kept.Name, contentType: kept.ContentType, size: int64(len(kept.Content)), content: kept.Content, born: birth{at: kept.At, told: kept.At},
		}
	}
	return err
}

// recallPrediction is called with the lock held. It returns nil if the account or model is
// missing.
func (s *Server) recallPrediction(kept keptPrediction) *prediction {
	a, m := s.account(kept.Account), s.modelBy[kept.Model]
	if a == nil || m == nil {
		return nil
	}
	entry := kept.Entry
	entry.Faults = nil
	p := &prediction{
		id: kept.PredictionID, account: a, model: m, stored: kept.Stored, input: s.taken(m, kept.Input), webhook: kept.WebhookURL,
		price: money.USD(kept.Price), born: birth{at: kept.At, told: kept.Told}, entry: &entry, status: kept.Status, code: kept.Code,
		took: kept.Took, problem: kept.Problem, removed: kept.Removed, done: make(chan struct{}), delivered: make(chan struct{}),
	}
	if i := slices.IndexFunc(a.keys, func(key accessKey) bool { return key.name == kept.Key }); i >= 0 {
		p.key = a.keys[i]
	}
	p.full = m.Price(p.input)
	s.predictions[p.id] = p
	s.ledger = append(s.ledger, p.entry)
	a.made = append(a.made, p)
	s.charge(p)
	return p
}

// resume continues a recalled prediction. The caller holds the lock.
func (s *Server) resume(p *prediction) {
	if p.entry.Ended.IsZero() {
		s.admitted(p)
		return
	}
	p.ended = true
	close(p.done)
	if p.status == statusCompleted {
		p.outputs, p.nsfw = s.produce(p), s.flags(p)
	}
	if p.removed {
		p.status, p.outputs = statusDeleted, nil
	}
	s.settle(p)
	p.bill.changed = p.entry.Ended
	if p.entry.Refunded {
		p.account.balance += p.price
		s.book(p, "refund", "done", p.entry.Ended)
	}
	if len(p.entry.Deliveries) > 0 || p.removed {
		close(p.delivered)
		return
	}
	batch := s.plan(p)
	s.schedule.After(0, func() { s.send(batch) })
}
