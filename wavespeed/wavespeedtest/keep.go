package wavespeedtest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/money"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/reply"
)

// keeper writes predictions and uploads to a directory as they change, so that another server
// can continue with them. A nil keeper writes nothing. The server's lock guards it.
type keeper struct {
	dir         string
	predictions *os.File
	failed      error // the first error
}

// keptPrediction is a line in the predictions file. The last line of an id counts.
type keptPrediction struct {
	Entry
	Stored  json.RawMessage `json:"stored"`
	Told    time.Time       `json:"told"`
	Took    time.Duration   `json:"took,omitempty"`
	Problem any             `json:"problem,omitempty"`
	Removed bool            `json:"removed,omitempty"`
}

// keptUpload is stored next to an upload's file.
type keptUpload struct {
	Name        string    `json:"name"`
	ContentType string    `json:"content_type"`
	At          time.Time `json:"at"`
}

func openKeeper(dir string) (*keeper, error) {
	if err := os.MkdirAll(filepath.Join(dir, "uploads"), 0o750); err != nil {
		return nil, err
	}
	return &keeper{dir: dir}, nil
}

func (k *keeper) path() string { return filepath.Join(k.dir, "predictions.jsonl") }

// prediction writes the prediction's current state.
func (k *keeper) prediction(p *prediction) {
	if k == nil || k.predictions == nil {
		return
	}
	_, err := k.predictions.Write(p.kept())
	k.noticed(err)
}

func (p *prediction) kept() []byte {
	return append(reply.Encode(keptPrediction{Entry: *p.entry, Stored: p.stored, Told: p.born.told, Took: p.took, Problem: p.problem, Removed: p.removed}), '\n')
}

// upload writes a file that has arrived.
func (k *keeper) upload(u *upload) {
	if k == nil {
		return
	}
	file := filepath.Join(k.dir, "uploads", u.id)
	k.noticed(errors.Join(
		os.WriteFile(file, u.content, 0o600),
		os.WriteFile(file+".json", reply.Encode(keptUpload{Name: u.name, ContentType: u.contentType, At: u.born.at}), 0o600),
	))
}

// forget removes all that was written.
func (k *keeper) forget() {
	if k == nil {
		return
	}
	uploads := filepath.Join(k.dir, "uploads")
	k.noticed(errors.Join(k.predictions.Truncate(0), os.RemoveAll(uploads), os.MkdirAll(uploads, 0o750)))
}

func (k *keeper) noticed(err error) {
	if k.failed == nil {
		k.failed = err
	}
}

func (k *keeper) close() error {
	if k == nil || k.predictions == nil {
		return nil
	}
	return errors.Join(k.failed, k.predictions.Close())
}

// readPredictions returns the last line of each prediction, in the order of acceptance. It
// skips a line that a killed server has not finished.
func (k *keeper) readPredictions() ([]keptPrediction, error) {
	text, err := os.ReadFile(k.path())
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	var kept []keptPrediction
	at := make(map[string]int)
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, len(text)+1)
	for lines.Scan() {
		var line keptPrediction
		if json.Unmarshal(lines.Bytes(), &line) != nil || line.PredictionID == "" {
			continue
		}
		i, again := at[line.PredictionID]
		if !again {
			i = len(kept)
			at[line.PredictionID] = i
			kept = append(kept, line)
		}
		kept[i] = line
	}
	return kept, lines.Err()
}

// rewrite leaves one line of each prediction, and continues writing after them.
func (k *keeper) rewrite(predictions []*prediction) error {
	var text bytes.Buffer
	for _, p := range predictions {
		text.Write(p.kept())
	}
	aside := k.path() + ".new"
	if err := os.WriteFile(aside, text.Bytes(), 0o600); err != nil {
		return err
	}
	if err := os.Rename(aside, k.path()); err != nil {
		return err
	}
	var err error
	k.predictions, err = os.OpenFile(k.path(), os.O_WRONLY|os.O_APPEND, 0)
	return err
}

// recall restores what an earlier server has kept. Running predictions start again; undelivered
// webhooks are sent.
func (s *Server) recall() error {
	if s.options.State == "" {
		return nil
	}
	var err error
	if s.kept, err = openKeeper(s.options.State); err != nil {
		return err
	}
	predictions, err := s.kept.readPredictions()
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
	if err := s.kept.rewrite(recalled); err != nil {
		return err
	}
	for _, p := range recalled {
		s.resume(p)
	}
	return nil
}

func (s *Server) recallUploads() error {
	files, err := filepath.Glob(filepath.Join(s.options.State, "uploads", "*.json"))
	if err != nil {
		return err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		var kept keptUpload
		content, err := os.ReadFile(file[:len(file)-len(".json")])
		if err != nil || json.Unmarshal(text, &kept) != nil {
			continue // it was killed while it wrote them
		}
		id := filepath.Base(file[:len(file)-len(".json")])
		s.uploads[id] = &upload{id: id, name: kept.Name, contentType: kept.ContentType, size: int64(len(content)), content: content, born: birth{at: kept.At, told: kept.At}}
	}
	return nil
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
