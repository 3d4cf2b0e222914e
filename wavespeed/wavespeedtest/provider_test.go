package wavespeedtest_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

func TestMain(m *testing.M) {
	http.DefaultTransport.(*http.Transport).DisableKeepAlives = true
	goleak.VerifyTestMain(m)
}

const fluxDev = "wavespeed-ai/flux-dev"

// provider is a server with the plain HTTP calls of its users.
type provider struct {
	*wavespeedtest.Server
	t   *testing.T
	key string
}

func start(t *testing.T, options wavespeedtest.Options) *provider {
	t.Helper()
	if options.Duration == 0 && options.Speed == 0 {
		options.Duration = time.Millisecond
	}
	if options.Behavior.WebhookBackoff == 0 {
		options.Behavior.WebhookBackoff = 5 * time.Millisecond
	}
	server, err := wavespeedtest.New(options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	return &provider{Server: server, t: t, key: wavespeedtest.DefaultKey}
}

// answer is what came back, decoded.
type answer struct {
	status int
	header http.Header
	raw    string
	body   map[string]any
}

// data is the envelope's content.
func (a answer) data() map[string]any {
	data, _ := a.body["data"].(map[string]any)
	return data
}

func (p *provider) call(method, path string, body any) answer {
	p.t.Helper()
	got, err := p.try(method, path, body)
	require.NoError(p.t, err)
	return got
}

// try is call where the connection may break.
func (p *provider) try(method, path string, body any) (answer, error) {
	p.t.Helper()
	var content io.Reader
	switch body := body.(type) {
	case nil:
	case string:
		content = strings.NewReader(body)
	default:
		encoded, err := json.Marshal(body)
		require.NoError(p.t, err)
		content = bytes.NewReader(encoded)
	}
	request, err := http.NewRequest(method, p.URL()+path, content)
	require.NoError(p.t, err)
	request.Header.Set("Authorization", "Bearer "+p.key)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{}, err
	}
	got := answer{status: response.StatusCode, header: response.Header, raw: string(raw)}
	_ = json.Unmarshal(raw, &got.body)
	return got, nil
}

// submit is accepted, and gives the id.
func (p *provider) submit(model string, input any, hook ...string) string {
	p.t.Helper()
	got := p.call(http.MethodPost, submitPath(model, hook...), input)
	require.Equal(p.t, http.StatusOK, got.status, got.raw)
	return got.data()["id"].(string)
}

func submitPath(model string, hook ...string) string {
	path := "/api/v3/" + model
	if len(hook) > 0 {
		path += "?webhook=" + hook[0]
	}
	return path
}

func (p *provider) result(id string) answer {
	p.t.Helper()
	return p.call(http.MethodGet, "/api/v3/predictions/"+id+"/result", nil)
}

var terminal = map[any]bool{"completed": true, "failed": true, "cancelled": true, "timeout": true, "deleted": true}

// ended waits for the end of a prediction, and gives it.
func (p *provider) ended(id string) map[string]any {
	p.t.Helper()
	var got map[string]any
	p.eventually(func() bool {
		got = p.result(id).data()
		return terminal[got["status"]]
	})
	return got
}

func (p *provider) eventually(condition func() bool) {
	p.t.Helper()
	eventually(p.t, condition)
}

// eventually waits for a condition, checked in the test's own goroutine.
func eventually(t *testing.T, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !condition(); time.Sleep(2 * time.Millisecond) {
		require.True(t, time.Now().Before(deadline), "it did not come about in time")
	}
}

func (p *provider) entry(id string) wavespeedtest.Entry {
	p.t.Helper()
	for _, entry := range p.Ledger() {
		if entry.PredictionID == id {
			return entry
		}
	}
	require.FailNow(p.t, "the ledger has no such prediction")
	return wavespeedtest.Entry{}
}

// get reads a file that anyone may read.
func get(t *testing.T, url string) (int, string, []byte) {
	t.Helper()
	response, err := http.Get(url)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, response.Header.Get("Content-Type"), body
}

// webhook is one that was received.
type webhook struct {
	path, id, timestamp, signature string
	body                           []byte
	at                             time.Time
}

func (w webhook) prediction(t *testing.T) map[string]any {
	var prediction map[string]any
	require.NoError(t, json.Unmarshal(w.body, &prediction))
	return prediction
}

// signedWith verifies as the provider's documentation has it, with code of its own.
func (w webhook) signedWith(secret string) bool {
	mac := hmac.New(sha256.New, []byte(strings.TrimPrefix(secret, "whsec_")))
	mac.Write([]byte(w.id + "." + w.timestamp + "." + string(w.body)))
	return w.signature == "v3,"+hex.EncodeToString(mac.Sum(nil))
}

// receiver takes webhooks and answers each as it is told to.
type receiver struct {
	*httptest.Server
	mu  sync.Mutex
	got []webhook
}

// receive answers the n-th webhook, counted from 1, with the status of answer; 200
// without one.
func receive(t *testing.T, answer ...func(n int) int) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, _ := io.ReadAll(request.Body)
		r.mu.Lock()
		r.got = append(r.got, webhook{
			path: request.URL.Path, id: request.Header.Get("webhook-id"), timestamp: request.Header.Get("webhook-timestamp"),
			signature: request.Header.Get("webhook-signature"), body: body, at: time.Now(),
		})
		n := len(r.got)
		r.mu.Unlock()
		if len(answer) > 0 {
			w.WriteHeader(answer[0](n))
		}
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) webhooks() []webhook {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]webhook{}, r.got...)
}

// wait waits for so many webhooks.
func (r *receiver) wait(t *testing.T, count int) []webhook {
	t.Helper()
	eventually(t, func() bool { return len(r.webhooks()) >= count })
	return r.webhooks()
}

func jsonBody(text string) io.Reader { return strings.NewReader(text) }

func drain(response *http.Response) error {
	_, err := io.Copy(io.Discard, response.Body)
	return err
}
