package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook/webhooktest"
)

// provider accepts submits and ends each prediction at once, or when released: by a
// signed webhook to a generation, by a bare signal to the floor.
type provider struct {
	client client.Client
	http   *http.Client
	server *http.Server
	url    string

	mu    sync.Mutex
	delay time.Duration
	held  []func() // endings that wait to be released
	hold  bool
}

func newProvider(c client.Client) (*provider, error) {
	p := &provider{client: c, http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /floor/{workflow}", p.acceptFloor)
	mux.HandleFunc("POST /api/v3/bench/model", p.accept)
	for pattern, data := range map[string]string{
		"GET /api/v3/models":       `[{"model_id":"bench/model","base_price":0.01}]`,
		"POST /api/v3/model/price": `{"model_id":"bench/model","price":0.01,"discounted_price":0.01,"currency":"USD"}`,
		"GET /api/v3/balance":      `{"balance":1000000}`,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"code":200,"message":"success","data":%s}`, data)
		})
	}
	var err error
	p.server, p.url, err = serve(mux)
	return p, err
}

func (p *provider) close() { _ = p.server.Close() }

// accept takes a generation's submit.
func (p *provider) accept(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	id := strings.ReplaceAll(uuid.NewString(), "-", "")
	address := r.URL.Query().Get("webhook")
	fmt.Fprintf(w, `{"code":200,"message":"success","data":{"id":%q,"model":"bench/model","status":"created"}}`, id)
	p.end(func() { p.deliver(address, id) })
}

// post is the floor's submit, and acceptFloor takes it.
func (p *provider) post(ctx context.Context, workflowID string) error {
	body, _ := json.Marshal(map[string]any{"prompt": "a lighthouse"})
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url+"/floor/"+workflowID, bytes.NewReader(body))
	if err != nil {
		return err
	}
	response, err := p.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return err
}

func (p *provider) acceptFloor(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	id := r.PathValue("workflow")
	fmt.Fprint(w, `{}`)
	p.end(func() {
		_ = p.client.SignalWorkflow(context.Background(), id, "", floorSignal, outcome("p"))
	})
}

func (p *provider) end(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hold {
		p.held = append(p.held, f)
		return
	}
	if p.delay > 0 {
		time.AfterFunc(p.delay, f)
		return
	}
	go f()
}

// setDelay lets predictions take so long.
func (p *provider) setDelay(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delay = d
}

// holdBack keeps predictions from ending; release ends those held.
func (p *provider) holdBack() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hold = true
}

func (p *provider) heldBack() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.held)
}

func (p *provider) release() []func() {
	p.mu.Lock()
	defer p.mu.Unlock()
	held := p.held
	p.held, p.hold = nil, false
	return held
}

func outcome(id string) wire.Outcome {
	return wire.Outcome{PredictionID: id, Status: "completed", Produced: generation.Produced{Outputs: []generation.Output{generation.Output(`"https://cdn.test/1.png"`)}}}
}

// deliver sends the signed webhook for a prediction, as often as it takes: a handler
// that is asked for more than the server can take answers 503.
func (p *provider) deliver(address, id string) {
	body := fmt.Sprintf(`{"id":%q,"model":"bench/model","status":"completed","outputs":["https://cdn.test/1.png"],"error":"","timings":{"inference":10}}`, id)
	for range 120 {
		if p.deliverOnce(address, id, []byte(body)) {
			return
		}
		time.Sleep(time.Second)
	}
}

func (p *provider) deliverOnce(address, id string, body []byte) bool {
	request, err := http.NewRequest(http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return false
	}
	request.Header = webhooktest.Sign(secret, id, time.Now(), body)
	response, err := p.http.Do(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	return response.StatusCode == http.StatusOK
}
