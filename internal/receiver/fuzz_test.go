package receiver_test

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/receiver"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook/webhooktest"
)

// FuzzOpen: only what was sealed is opened, and all else is unknown.
func FuzzOpen(f *testing.F) {
	keyring := newKeyring(f, given(secret))
	f.Add("AQvxgytPb7Vy_yninRwNjOqtvBVUjQTZ3tR81uInnuNyPCs43J5kXgNiOIV_HmrCBEoFuDQXS7emrHHSbGq5zJnJUsb4zgp5")
	f.Add("AQvxgytPb7Vy_yninRwNjOqtvBVUjQTZ3tR81uInnuNyPCs43J5kXgNiOIV_HmrCBEoFuDQXS7emrHHSbGq5zJnJUsb4zgpA")
	f.Add("AQvxgys")
	f.Add("..%2f\n")
	f.Fuzz(func(t *testing.T, address string) {
		got, err := keyring.Open(context.Background(), address)
		if err == nil {
			require.Equal(t, target, got, "the seed's")
			return
		}
		require.Equal(t, receiver.ErrUnknownAddress, err)
		require.Zero(t, got)
	})
}

// FuzzSeal: opening returns the sealed target, and one changed bit makes the address unknown.
func FuzzSeal(f *testing.F) {
	keyring := newKeyring(f, given(secret))
	f.Add("media", "clip-7", "still[3]", "n", uint(0))
	f.Add("", "", "", "", uint(100))
	f.Add("\x00", "клип\xff", strings.Repeat("x", 200), "\r\n", uint(9999))
	f.Fuzz(func(t *testing.T, namespace, workflowID, key, nonce string, bit uint) {
		want := wire.Target{Namespace: namespace, WorkflowID: workflowID, Key: key, Nonce: nonce, Account: "default"}
		address, err := keyring.Seal(context.Background(), want)
		if err != nil {
			require.Greater(t, len(namespace)+len(workflowID)+len(key)+len(nonce), 4000)
			return
		}
		got, err := keyring.Open(context.Background(), address)
		require.NoError(t, err)
		require.Equal(t, want, got)
		changed := []byte(address)
		changed[bit/8%uint(len(changed))] ^= 1 << (bit % 8)
		requireUnknown(t, keyring, string(changed))
	})
}

// FuzzHandler sends signed bodies of any form: no panic, an answer of the table, and
// a small signal only for what is a prediction that has ended.
func FuzzHandler(f *testing.F) {
	f.Add([]byte(`{"id":"p1","status":"completed","outputs":["https://x/1.png?a=1&b=2"]}`), false)
	f.Add([]byte(`{"id":"p1","status":"failed","error":{"code":1200,"message":"x"}}`), true)
	f.Add([]byte(`{"id":"p1","status":"processing"}`), false)
	f.Add([]byte(`{"ID":"p1"}{}`), false)
	f.Fuzz(func(t *testing.T, body []byte, stale bool) {
		r := newReceiver(t, webhook.Options{})
		request := webhooktest.NewRequest(secret, path+r.address, body)
		if stale {
			request.Header = webhooktest.Sign(secret, "id", time.Now().Add(-time.Hour), body)
		}
		got := r.serve(request)
		reason := r.answers[0].Reason
		require.Contains(t, map[int][]string{
			200: {receiver.Signaled, receiver.Hinted, receiver.NotEnded}, 400: {receiver.BadBody}, 413: {receiver.TooLarge},
		}[got.Code], reason)
		told := reason == receiver.Signaled || reason == receiver.Hinted
		require.Equal(t, told, len(r.signaled()) == 1)
		if !told {
			return
		}
		signal := r.signaled()[0].signal
		require.Equal(t, stale, signal.Hint)
		require.Less(t, encodedSize(t, signal), 128<<10)
		var exact map[string]any
		require.NoError(t, json.Unmarshal(body, &exact))
		require.Equal(t, exact["id"], signal.PredictionID)
	})
}

// FuzzLargeBody: a body that is too large to be kept whole says the same as if it were.
func FuzzLargeBody(f *testing.F) {
	f.Add([]byte(`{"id":"p1","status":"completed","outputs":["https://x/1.png?a=1&b=2"],"input":{"seed":1}}`))
	f.Add([]byte(`{"id":"p1","inputs":{"a":{"seed":2},"seed":4},"input":null,"status":"failed","error":{"code":1200,"message":"\\\""}}`))
	f.Add([]byte(` { "id" : "p1" , "status" : "completed" , "input" : [ { } ] , "has_nsfw_contents" : [ true ] } `))
	f.Add([]byte(`{"id":"p1","status":"completed","":{"\u0069d":"p2"},"outputs":[{"a":[1,{"b":"}"}]}]}`))
	pad := []byte(strings.Repeat(" ", 256<<10))
	f.Fuzz(func(t *testing.T, body []byte) {
		small, large := newReceiver(t, webhook.Options{}), newReceiver(t, webhook.Options{})
		small.post(secret, small.address, body)
		large.post(secret, large.address, append(pad[:len(pad):len(pad)], body...))
		if !json.Valid(body) {
			return // an input that is not JSON is skipped in large ones
		}
		require.Equal(t, small.reasons(), large.reasons())
		if len(small.signaled()) == 1 {
			want, got := small.signaled()[0].signal, large.signaled()[0].signal
			want.Sent, got.Sent = time.Time{}, time.Time{}
			compact(t, want.Outputs)
			compact(t, got.Outputs)
			require.Equal(t, want, got)
		}
	})
}

func compact(t *testing.T, outputs []generation.Output) {
	for i, output := range outputs {
		var text bytes.Buffer
		require.NoError(t, json.Compact(&text, output))
		outputs[i] = text.Bytes()
	}
}
