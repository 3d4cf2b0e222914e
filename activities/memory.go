package activities

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// memory is what this process knows for certain about submits: which prediction a nonce got,
// and which nonces it has posted. It forgets the oldest, because only the last minutes matter.
type memory struct {
	mu           sync.Mutex
	young, older remembered
}

type remembered struct {
	posts       map[string]*post  // by nonce
	predictions map[string]string // nonces by prediction
}

// post is one submit of this process, or a prediction reported by another process.
type post struct {
	done         chan struct{} // closed when the submit has its response, or never will
	predictionID string
	model        string
	answered     bool   // the submit's own answer told the prediction
	apiKey       string // with which it was made; "" if not known
	lost         bool   // may have been accepted
}

const rememberedPosts = 50_000

// begin reserves the nonce for a submit of this process, after any running one has ended. It
// returns false and the post of a submit that was, or may have been, accepted.
func (m *memory) begin(ctx context.Context, nonce, model, apiKey string) (*post, bool, error) {
	for {
		m.mu.Lock()
		p := m.post(nonce)
		if p == nil {
			p = &post{done: make(chan struct{}), model: model, apiKey: apiKey}
			m.keep(nonce, p)
			m.mu.Unlock()
			return p, true, nil
		}
		ended := p.predictionID != "" || p.lost
		m.mu.Unlock()
		if ended {
			return p, false, nil
		}
		select {
		case <-p.done:
		case <-ctx.Done():
			return nil, false, ctx.Err()
		}
	}
}

// end records how a submit ended: with a prediction, rejected, or lost.
func (m *memory) end(nonce string, p *post, predictionID string, lost bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p.predictionID, p.answered, p.lost = predictionID, predictionID != "", lost
	if predictionID != "" {
		m.keep(nonce, p)
	} else if !lost {
		delete(m.young.posts, nonce)
		delete(m.older.posts, nonce)
	}
	close(p.done)
}

// know records which submit a prediction certainly belongs to.
func (m *memory) know(k wire.Known) {
	if k.Nonce == "" || k.PredictionID == "" {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.post(k.Nonce)
	if p == nil {
		p = &post{done: make(chan struct{}), apiKey: k.APIKey}
		close(p.done)
	}
	p.predictionID, p.model, p.answered = k.PredictionID, k.Model, k.Answered || p.answered
	p.apiKey = cmp.Or(p.apiKey, k.APIKey)
	m.keep(k.Nonce, p)
}

// prediction returns the prediction of the submit with this nonce; "" if unknown.
func (m *memory) prediction(nonce string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if p := m.post(nonce); p != nil {
		return p.predictionID
	}
	return ""
}

// owner returns the nonce of this prediction's submit, and the submitted model; "" if unknown.
func (m *memory) owner(predictionID string) (nonce, model string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	nonce = m.young.predictions[predictionID]
	if nonce == "" {
		nonce = m.older.predictions[predictionID]
	}
	if p := m.post(nonce); p != nil {
		model = p.model
	}
	return nonce, model
}

// teacher returns the submitted model of the prediction if the submit's own response named it:
// a webhook may have been delivered to the wrong address.
func (m *memory) teacher(predictionID string) (model string, ok bool) {
	nonce, model := m.owner(predictionID)
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.post(nonce)
	return model, p != nil && p.answered
}

// madeWith reports whether the prediction was surely made with the API key, so that its charge
// shows how the provider names the key. Other workers may have another key for the account.
func (m *memory) madeWith(predictionID, apiKey string) bool {
	nonce, _ := m.owner(predictionID)
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.post(nonce)
	return p != nil && p.answered && p.apiKey == apiKey
}

// some returns up to n predictions that were surely made with the API key.
func (m *memory) some(n int, apiKey string) (ids []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, set := range []remembered{m.young, m.older} {
		for _, id := range slices.Sorted(maps.Keys(set.predictions)) {
			if p := m.post(set.predictions[id]); p != nil && p.answered && p.apiKey == apiKey {
				ids = append(ids, id)
			}
		}
	}
	return ids[:min(len(ids), n)]
}

func (m *memory) post(nonce string) *post {
	if p := m.young.posts[nonce]; p != nil {
		return p
	}
	return m.older.posts[nonce]
}

func (m *memory) keep(nonce string, p *post) {
	if m.young.posts == nil || len(m.young.posts) >= rememberedPosts {
		m.young, m.older = remembered{make(map[string]*post), make(map[string]string)}, m.young
	}
	m.young.posts[nonce] = p
	if p.predictionID != "" {
		m.young.predictions[p.predictionID] = nonce
	}
}
