package activities_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/usd"
)

// quarry is a provider that has nothing in common with WaveSpeedAI but the seam: it has no
// HTTP and other words, and calls back with lines of text under a seal of its own.
type quarry struct {
	refuse, lose int // so many submits

	mu     sync.Mutex
	blocks []*block
}

// block is what it calls a prediction.
type block struct {
	number  int
	model   string
	input   json.RawMessage
	address string
	word    string // hewing, polished, cracked or forbidden
	at      time.Time
}

// words are what its words mean.
var words = map[string]provider.State{"hewing": provider.StateProcessing, "polished": provider.StateCompleted, "cracked": provider.StateFailed, "forbidden": provider.StateFailed}

var faults = map[string]provider.Failure{
	"cracked":   {Type: generation.ErrorTypePredictionFailed, Reason: "cracked"},
	"forbidden": {Type: generation.ErrorTypeContentRejected, Reason: "forbidden stone"},
}

func (b *block) prediction() provider.Prediction {
	p := provider.Prediction{
		ID: fmt.Sprintf("block-%d", b.number), Model: b.model, Input: b.input, CreatedAt: b.at,
		State: words[b.word], Failure: faults[b.word],
	}
	if b.word == "polished" {
		p.Outputs = []json.RawMessage{json.RawMessage(fmt.Sprintf(`"quarry://%s"`, p.ID))}
	}
	return p
}

func (q *quarry) Submit(_ context.Context, r provider.SubmitRequest) (provider.Prediction, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.refuse > 0 {
		q.refuse--
		return provider.Prediction{}, &provider.Error{Provider: "quarry", Op: "hew", Kind: provider.Limited, Accepted: provider.Refused, Err: errors.New("all chisels are taken")}
	}
	b := &block{number: len(q.blocks) + 1, model: r.Model, input: r.Input.(json.RawMessage), address: r.WebhookURL, word: "hewing", at: time.Now()}
	q.blocks = append(q.blocks, b)
	if q.lose > 0 {
		q.lose--
		return provider.Prediction{}, &provider.Error{Provider: "quarry", Op: "hew", Err: errors.New("the messenger got lost")}
	}
	return b.prediction(), nil
}

func (q *quarry) Result(_ context.Context, id string) (provider.Prediction, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, b := range q.blocks {
		if p := b.prediction(); p.ID == id {
			return p, nil
		}
	}
	return provider.Prediction{}, &provider.Error{Provider: "quarry", Op: "look", Subject: id, Kind: provider.NotFound, Accepted: provider.Refused}
}

func (q *quarry) List(_ context.Context, o provider.ListOptions) (provider.Page, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	var all []provider.Prediction
	for _, b := range q.blocks {
		all = append(all, b.prediction())
	}
	return provider.Page{Items: newest(all, o.Page, o.PageSize)}, nil
}

func (q *quarry) Charges(_ context.Context, o provider.ChargesOptions) (provider.ChargePage, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	var all []provider.Charge
	for _, b := range q.blocks {
		p := b.prediction()
		all = append(all, provider.Charge{ID: "bill-" + p.ID, Kind: provider.ChargeDeduct, PredictionID: p.ID, Model: p.Model, CreatedAt: p.CreatedAt})
	}
	return provider.ChargePage{Items: newest(all, o.Page, o.PageSize)}, nil
}

func (q *quarry) Price(context.Context, string, any) (provider.Price, error) {
	return provider.Price{Amount: usd.Dollar, Full: usd.Dollar}, nil
}

func (q *quarry) Models(context.Context) ([]provider.Model, error) {
	return []provider.Model{{ID: fluxDev, Schema: json.RawMessage(`{"type":"object","properties":{"prompt":{"type":"string"},"seed":{"type":"integer"}}}`)}}, nil
}

func (q *quarry) Balance(context.Context) (generation.USD, error) {
	return 100 * usd.Dollar, nil
}

func (q *quarry) KeyFingerprint() string { return "quarrykey" }

func (q *quarry) Switches() []provider.Switch { return nil }

// end has a block end, and returns where and how to call back.
func (q *quarry) end(number int, word string) (address, body string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	b := q.blocks[number-1]
	b.word = word
	return b.address, fmt.Sprintf("block %d is %s\n", number, word)
}

// seals are how it calls back.
type seals struct{ *quarry }

const (
	sealHeader = "Quarry-Seal"
	wax        = "beeswax"
)

func (seals) SigningKey(secret string) ([]byte, error) {
	if secret == "" {
		return nil, errors.New("there is no wax")
	}
	return []byte(secret), nil
}

func (s seals) Read(header http.Header) (provider.Delivery, error) {
	if header.Get(sealHeader) == "" {
		return nil, errors.New("it has no seal")
	}
	return &letter{quarry: s.quarry, seal: header.Get(sealHeader)}, nil
}

type letter struct {
	*quarry
	seal    string
	secrets []string
	text    strings.Builder
}

func (l *letter) Write(part []byte) (int, error) { return l.text.Write(part) }

func (l *letter) Sent() time.Time { return time.Now() }

func (l *letter) Expect(secrets []string) bool {
	l.secrets = secrets
	return true
}

func (l *letter) Genuine() bool {
	for _, secret := range l.secrets {
		if hmac.Equal([]byte(sealOf(secret, l.text.String())), []byte(l.seal)) {
			return true
		}
	}
	return false
}

func sealOf(secret, text string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

func (l *letter) Report() (report provider.Report, err error) {
	b := &block{}
	if _, err := fmt.Sscanf(l.text.String(), "block %d is %s\n", &b.number, &b.word); err != nil {
		return report, err
	}
	report.Prediction = b.prediction()
	return report, nil
}
