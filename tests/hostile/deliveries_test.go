package hostile

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook/webhooktest"
)

// TestForgedSignatures: only deliveries signed by the account, recently, get through.
func TestForgedSignatures(t *testing.T) {
	t.Parallel()
	g := newTarget(t, stack.Options{})
	v := g.victim("")
	hex := func(r *http.Request) string { return strings.TrimPrefix(r.Header.Get("webhook-signature"), "v3,") }
	for name, forge := range map[string]func(*http.Request){
		"no id":                func(r *http.Request) { r.Header.Del("webhook-id") },
		"no time":              func(r *http.Request) { r.Header.Del("webhook-timestamp") },
		"no signature":         func(r *http.Request) { r.Header.Del("webhook-signature") },
		"empty id":             func(r *http.Request) { r.Header.Set("webhook-id", "") },
		"blank signature":      func(r *http.Request) { r.Header.Set("webhook-signature", "   ") },
		"only a version":       func(r *http.Request) { r.Header.Set("webhook-signature", "v3,") },
		"only a comma":         func(r *http.Request) { r.Header.Set("webhook-signature", ",") },
		"short":                func(r *http.Request) { r.Header.Set("webhook-signature", "v3,0") },
		"version 1":            func(r *http.Request) { r.Header.Set("webhook-signature", "v1,"+hex(r)) },
		"version V3":           func(r *http.Request) { r.Header.Set("webhook-signature", "V3,"+hex(r)) },
		"no version":           func(r *http.Request) { r.Header.Set("webhook-signature", hex(r)) },
		"upper case":           func(r *http.Request) { r.Header.Set("webhook-signature", "v3,"+strings.ToUpper(hex(r))) },
		"one digit off":        func(r *http.Request) { r.Header.Set("webhook-signature", "v3,"+flip(hex(r))) },
		"another id":           func(r *http.Request) { r.Header.Set("webhook-id", "other") },
		"another time":         func(r *http.Request) { r.Header.Set("webhook-timestamp", fmt.Sprint(time.Now().Unix()-1)) },
		"time with a sign":     func(r *http.Request) { r.Header.Set("webhook-timestamp", "+"+r.Header.Get("webhook-timestamp")) },
		"two ids":              func(r *http.Request) { r.Header.Add("webhook-id", "other") },
		"two times":            func(r *http.Request) { r.Header.Add("webhook-timestamp", "1") },
		"two signature fields": func(r *http.Request) { r.Header.Add("webhook-signature", "v3,00") },
	} {
		request := v.request(v.body())
		forge(request)
		status, body := g.answer(request)
		require.Equal(t, http.StatusUnauthorized, status, name)
		require.Equal(t, "Unauthorized\n", body, "the answer does not say which check failed")
	}
	for name, secret := range map[string]string{
		"another account's": teamSecret, "nobody's": "whsec_bm9ib2R5LW5vYm9keS1ub2JvZHk=", "the prefix signed with": "whsec_" + v.secret, "empty": "",
	} {
		request := v.request(v.body())
		request.Header = webhooktest.Sign(secret, "delivery", time.Now(), v.body())
		status, _ := g.answer(request)
		require.Equal(t, http.StatusUnauthorized, status, name)
	}
	changed := v.request(v.body())
	changed.Body, changed.ContentLength = http.NoBody, 0
	status, _ := g.answer(changed)
	require.Equal(t, http.StatusUnauthorized, status, "another body")
	g.requireUnharmed(v)
}

// TestDeliveriesOfAnotherTime make the workflow poll immediately, and nothing else. So a wrong
// clock delays no result, and a replayed old delivery changes none.
func TestDeliveriesOfAnotherTime(t *testing.T) {
	t.Parallel()
	for _, shift := range []time.Duration{-10 * time.Minute, 10 * time.Minute, -24 * time.Hour} {
		t.Run(shift.String(), func(t *testing.T) {
			t.Parallel()
			g := newTarget(t, stack.Options{})
			v := g.victim("")
			for range 5 {
				status, _ := g.answer(v.requestAt(time.Now().Add(shift), v.body()))
				require.Equal(t, http.StatusOK, status)
			}
			g.AwaitState(v.run, generation.StatePolling)
			require.Equal(t, 1, strings.Count(g.Webhook.Log(), "level=WARN"), "one warning that says so")
			require.Contains(t, g.Webhook.Log(), "Synchronize the clock")
			require.Equal(t, 1, g.signals(v))
			status, _ := g.answer(v.request(v.body()))
			require.Equal(t, http.StatusOK, status)
			result, err := g.Result(v.run)
			require.NoError(t, err)
			require.Equal(t, "https://cdn.test/good.png", result.URL(0), "what is of now is believed")
		})
	}
}

// TestLargeDeliveries: what we may submit comes back, escaped.
func TestLargeDeliveries(t *testing.T) {
	t.Parallel()
	g := newTarget(t, stack.Options{})
	v := g.victim("")
	large := fmt.Appendf(nil, `{"id":%q,"input":{"prompt":"%s"},"status":"completed","outputs":["https://cdn.test/good.png"]}`,
		v.prediction, strings.Repeat(`\u0026`, 1_900_000))
	status, _ := g.answer(v.request(large))
	require.Equal(t, http.StatusOK, status)
	result, err := g.Result(v.run)
	require.NoError(t, err)
	require.Equal(t, wire.ViaWebhook, result.Via)

	// A larger one leads to a poll at once.
	v = g.victim("")
	larger := append(bytes.Repeat([]byte(" "), 17<<20), v.body()...)
	status, _ = g.answer(v.request(larger))
	require.Equal(t, http.StatusOK, status)
	g.AwaitState(v.run, generation.StatePolling)
}

func flip(hex string) string {
	if hex[0] == '0' {
		return "1" + hex[1:]
	}
	return "0" + hex[1:]
}

// TestRotation: deliveries signed with the old secret are accepted as long as it is configured.
func TestRotation(t *testing.T) {
	t.Parallel()
	g := newTarget(t, stack.Options{})
	v := g.victim("")
	v.secret = oldSecret
	g.requireUnharmed(v)
}

// TestBodies: signed by the provider, but not what it should be.
func TestBodies(t *testing.T) {
	t.Parallel()
	g := newTarget(t, stack.Options{})
	v := g.victim("")
	id := v.prediction
	zipped := new(bytes.Buffer)
	zip := gzip.NewWriter(zipped)
	_, _ = zip.Write(bytes.Repeat([]byte(" "), 10<<20))
	_ = zip.Close()
	for name, c := range map[string]struct {
		body   []byte
		header map[string]string
		want   int
	}{
		"empty":              {nil, nil, 400},
		"null":               {[]byte("null"), nil, 400},
		"array":              {[]byte("[]"), nil, 400},
		"text":               {[]byte(`"x"`), nil, 400},
		"cut":                {v.body()[:20], nil, 400},
		"something after":    {append(v.body(), "{}"...), nil, 400},
		"byte order mark":    {append([]byte("\xef\xbb\xbf"), v.body()...), nil, 400},
		"too deep":           {[]byte(strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001)), nil, 400},
		"deep input":         {fmt.Appendf(nil, `{"id":%q,"status":"processing","input":%s%s}`, id, strings.Repeat("[", 9_000), strings.Repeat("]", 9_000)), nil, 200},
		"wide input":         {fmt.Appendf(nil, `{"id":%q,"status":"processing","input":[%s{}]}`, id, strings.Repeat("{},", 300_000)), nil, 200},
		"no id":              {[]byte(`{"status":"completed"}`), nil, 400},
		"id in capitals":     {fmt.Appendf(nil, `{"ID":%q,"status":"completed"}`, id), nil, 400},
		"status a number":    {fmt.Appendf(nil, `{"id":%q,"status":7}`, id), nil, 400},
		"status unknown":     {fmt.Appendf(nil, `{"id":%q,"status":"paused"}`, id), nil, 200},
		"status capitalised": {fmt.Appendf(nil, `{"id":%q,"status":"Completed"}`, id), nil, 200},
		"in progress":        {fmt.Appendf(nil, `{"id":%q,"status":"processing"}`, id), nil, 200},
		"gzip":               {zipped.Bytes(), map[string]string{"Content-Encoding": "gzip"}, 415},
		"brotli":             {v.body(), map[string]string{"Content-Encoding": "br"}, 415},
	} {
		request := v.request(c.body)
		for key, value := range c.header {
			request.Header.Set(key, value)
		}
		status, _ := g.answer(request)
		require.Equal(t, c.want, status, name)
	}
	g.requireUnharmed(v)
}

// TestAddresses: an address that we did not make is as unknown as any path, and one
// that we made opens only its own generation's door.
func TestAddresses(t *testing.T) {
	t.Parallel()
	g := newTarget(t, stack.Options{})
	v, other, team := g.victim(""), g.victim(""), g.victim("team-a")
	base := v.url[:strings.LastIndexByte(v.url, '/')]
	address := v.url[len(base)+1:]
	unknown := v.request(v.body())
	unknown.URL.Path = "/nowhere"
	status, want := g.answer(unknown)
	require.Equal(t, http.StatusNotFound, status)

	forged := []string{"x", "AAAA", strings.Repeat("A", 200), strings.Repeat("_", 5000), strings.Repeat("a", 8000), address + "A", address[1:],
		address[:len(address)-1], "%2e%2e", "..", address + "%00", address + ";x", "%2F" + address}
	for i := 0; i < len(address); i += 7 {
		replacement := "A"
		if address[i] == 'A' {
			replacement = "B"
		}
		forged = append(forged, address[:i]+replacement+address[i+1:])
	}
	for _, forgery := range forged {
		request, err := http.NewRequest(http.MethodPost, base+"/"+forgery, bytes.NewReader(v.body()))
		require.NoError(t, err)
		request.Header = webhooktest.Sign(v.secret, "delivery", time.Now(), v.body())
		status, body := g.answer(request)
		require.Equal(t, http.StatusNotFound, status, forgery)
		require.Equal(t, want, body)
	}

	// One account's genuine delivery at another's address.
	crossed := team.request(v.body())
	crossed.Header = v.request(v.body()).Header
	status, _ = g.answer(crossed)
	require.Equal(t, http.StatusUnauthorized, status)
	require.Zero(t, g.signals(team))

	// The same account's delivery about another prediction: taken, and ignored there.
	status, _ = g.answer(v.request(other.body()))
	require.Equal(t, http.StatusOK, status)
	state, ok := g.Status(v.run)
	require.True(t, ok)
	require.Equal(t, generation.StateWaiting, state.State)
	require.Equal(t, v.prediction, state.PredictionID())

	g.requireUnharmed(other)
	g.requireUnharmed(team)
	status, _ = g.answer(v.request(v.body()))
	require.Equal(t, http.StatusOK, status)
	result, err := g.Result(v.run)
	require.NoError(t, err)
	require.Equal(t, v.prediction, result.PredictionID)
}

// TestReplays: a delivery that was recorded and sent again is one event.
func TestReplays(t *testing.T) {
	t.Parallel()
	g := newTarget(t, stack.Options{})
	v := g.victim("")
	// The worker is stopped, so that the workflow still runs when the last one comes.
	g.Worker.Kill()
	answers := make(chan int, 100)
	for range cap(answers) {
		go func() {
			response, err := plainClient.Do(v.request(v.body()))
			if err != nil {
				answers <- 0
				return
			}
			response.Body.Close()
			answers <- response.StatusCode
		}()
	}
	for range cap(answers) {
		require.Equal(t, http.StatusOK, <-answers)
	}
	require.Equal(t, 1, g.signals(v))
	g.Worker.Start()
	_, err := g.Result(v.run)
	require.NoError(t, err)
	status, _ := g.answer(v.request(v.body()))
	require.Equal(t, http.StatusOK, status, "for an ended run, too")
}

// TestSlashesOfProxies: what proxies do to paths keeps no delivery out.
func TestSlashesOfProxies(t *testing.T) {
	t.Parallel()
	g := newTarget(t, stack.Options{})
	for name, change := range map[string]func(path string) string{
		"a slash at the end":    func(path string) string { return path + "/" },
		"a doubled slash":       func(path string) string { return "/" + path },
		"doubled slashes":       func(path string) string { return strings.ReplaceAll(path, "/", "//") },
		"a prefix stripped off": func(path string) string { return strings.TrimPrefix(path, "/webhooks") },
		"another prefix":        func(path string) string { return "/media" + path },
	} {
		v := g.victim("")
		request := v.request(v.body())
		request.URL.Path = change(request.URL.Path)
		status, _ := g.answer(request)
		require.Equal(t, http.StatusOK, status, name)
		require.Equal(t, 1, g.signals(v), name)
	}
}
