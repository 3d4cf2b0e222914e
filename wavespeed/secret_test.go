package wavespeed_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
)

// everything is all that a log, or Temporal's history, could take from an error: its
// text, that of every error it wraps, and its fields.
func everything(err error) string {
	var all strings.Builder
	for ; err != nil; err = errors.Unwrap(err) {
		fmt.Fprintf(&all, "%v\n%+v\n%#v\n", err, err, err)
	}
	return all.String()
}

func TestTheKeyIsNeverInAnError(t *testing.T) {
	t.Parallel()
	escaped := strings.NewReplacer("s", `\u0073`, "k", `\u006b`).Replace(key)
	for name, body := range map[string]string{
		"message":         `{"code":401,"message":"bad header: Authorization: Bearer ` + key + `"}`,
		"escaped message": `{"code":401,"message":"bad header: ` + escaped + `"}`,
		"error":           `{"error":"` + key + key + `"}`,
		"object":          `{"error":{"header":"` + key + `"}}`,
		"escaped object":  `{"error":{"header":"` + escaped + `"}}`,
		"as a field":      `{"error":{"` + key + `":1}}`,
		"list":            `{"errors":["` + key + `"]}`,
		"error_code":      `{"message":"no","error_code":"` + key + `"}`,
		"across the cut":  `{"message":"` + strings.Repeat("x", 1010) + key + `"}`,
		"behind padding":  `{"message":"` + strings.Repeat("x", 5000) + key + `"}`,
	} {
		for _, status := range []int{200, 401, 500} {
			p := serve(t, say(status, body))
			c := client(t, p.URL)
			_, err := c.Submit(context.Background(), flux)
			require.Error(t, err)
			requireNoSecret(t, everything(err), key, name)
			_, err = c.Balance(context.Background())
			require.Error(t, err)
			requireNoSecret(t, everything(err), key, name)
		}
	}
}

// requireNoSecret finds the secret, or a good part of it.
func requireNoSecret(t *testing.T, text, secret, where string) {
	t.Helper()
	require.NotContains(t, text, secret, where)
	require.NotContains(t, text, secret[:len(secret)-8], where)
}

func TestTheKeyIsNotInAnErrorOfTheTransport(t *testing.T) {
	t.Parallel()
	address := listen(t, func(conn net.Conn) {
		request := readRequest(conn)
		if request != nil {
			_, _ = io.WriteString(conn, strings.TrimPrefix(request.Header.Get("Authorization"), "Bearer ")+"\r\n\r\n")
		}
	})
	c := client(t, "http://"+address)
	_, err := c.Submit(context.Background(), flux)
	require.ErrorContains(t, err, "malformed HTTP")
	requireNoSecret(t, everything(err), key, "submit")
	_, err = c.Balance(context.Background())
	require.ErrorContains(t, err, "malformed HTTP")
	requireNoSecret(t, everything(err), key, "balance")
}

func TestTheKeyIsNotInAPlainText(t *testing.T) {
	t.Parallel()
	p := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "refused: "+r.Header.Get("Authorization"), http.StatusForbidden)
	})
	_, err := client(t, p.URL).Submit(context.Background(), flux)
	require.ErrorContains(t, err, "refused: Bearer [redacted]")
	requireNoSecret(t, everything(err), key, "plain text")
}

func TestTheKeyIsNotInAPredictionsError(t *testing.T) {
	t.Parallel()
	prediction := `{"id":"` + predictionID + `","status":"failed","error":"used ` + key + `"}`
	p := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/predictions") {
			say(http.StatusOK, `{"code":200,"data":{"items":[`+prediction+`]}}`)(w, r)
			return
		}
		say(http.StatusOK, `{"code":200,"data":`+prediction+`}`)(w, r)
	})
	c := client(t, p.URL)
	submitted, err := c.Submit(context.Background(), flux)
	require.NoError(t, err)
	read, err := c.Result(context.Background(), predictionID)
	require.NoError(t, err)
	page, err := c.List(context.Background(), wavespeed.ListOptions{})
	require.NoError(t, err)
	for _, prediction := range append(page.Items, submitted, read) {
		require.Equal(t, "failed: used [redacted]", prediction.Failure.Reason)
	}
}

// Anyone who knows a webhook's address may call it.
func TestTheWebhooksAddressIsNotInAnError(t *testing.T) {
	t.Parallel()
	const hook = "https://example.com/webhooks/wavespeed/c2VhbGVkLWFkZHJlc3Mtb2YtYS13b3JrZmxvdw"
	p := serve(t, func(w http.ResponseWriter, r *http.Request) {
		say(http.StatusBadRequest, fmt.Sprintf(`{"message":"cannot reach %s (%s) path c2VhbGVkLWFkZHJlc3Mtb2YtYS13b3JrZmxvdw"}`, hook, r.URL.RawQuery))(w, r)
	})
	request := flux
	request.WebhookURL = hook
	_, err := client(t, p.URL).Submit(context.Background(), request)
	require.ErrorContains(t, err, "cannot reach [redacted]")
	requireNoSecret(t, everything(err), "c2VhbGVkLWFkZHJlc3Mtb2YtYS13b3JrZmxvdw", "webhook")

	_, err = client(t, "http://127.0.0.1:1").Submit(context.Background(), request)
	requireNoSecret(t, everything(err), "c2VhbGVkLWFkZHJlc3Mtb2YtYS13b3JrZmxvdw", "dial")
}

func TestMessagesAreBoundedAndOnOneLine(t *testing.T) {
	t.Parallel()
	p := serve(t, say(http.StatusBadRequest, `{"message":"a\nb\t\u0000\u001b[31m`+strings.Repeat("é", 3000)+`"}`))
	_, err := client(t, p.URL).Submit(context.Background(), flux)
	require.True(t, strings.HasPrefix(wavespeed.Report(err).Message, "a b"), wavespeed.Report(err).Message)
	require.NotContains(t, wavespeed.Report(err).Message, "\x1b")
	require.Less(t, len(wavespeed.Report(err).Message), 1100)
	require.True(t, strings.HasSuffix(wavespeed.Report(err).Message, "é…"))
}

func TestOwnErrorsDoNotRepeatTheInput(t *testing.T) {
	t.Parallel()
	c := client(t, "http://127.0.0.1:1")
	_, err := c.Submit(context.Background(), wavespeed.SubmitRequest{Model: "a/b", Input: map[string]any{"prompt": "a private thing"}})
	require.Error(t, err)
	require.NotContains(t, everything(err), "private")
	_, err = c.Submit(context.Background(), wavespeed.SubmitRequest{Model: "a/b", Input: "a private thing"})
	require.Error(t, err)
	require.NotContains(t, everything(err), "private")
}
