package receiver_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/receiver"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook/webhooktest"
)

// A body that repeats the seed which the submit drew from its nonce is the submit's own.
func TestIdentifiedBySeed(t *testing.T) {
	t.Parallel()
	seed := fmt.Sprint(wire.Seed(target.Nonce))
	for fields, want := range map[string]bool{
		`"input":{"seed":` + seed + `}`:                           true,
		`"inputs":{"prompt":"x","seed":` + seed + `}`:             true,
		`"input":{"seed": ` + seed + `.0 ,"prompt":"x"}`:          true,
		`"input":{"seed":` + seed + `1}`:                          false,
		`"input":{"seed":"` + seed + `"}`:                         false,
		`"input":{"Seed":` + seed + `}`:                           false,
		`"input":{"seed":-1}`:                                     false,
		`"input":{"seed":null}`:                                   false,
		`"input":{}`:                                              false,
		`"input":[` + seed + `]`:                                  false,
		`"input":{"image":{"seed":` + seed + `}}`:                 false,
		`"input":{"prompt":"\"seed\":` + seed + `"}`:              false,
		`"seed":` + seed:                                          false,
		`"output":{"seed":` + seed + `}`:                          false,
		`"input":{"seed":` + fmt.Sprint(wire.Seed("other")) + `}`: false,
	} {
		r := newReceiver(t, webhook.Options{})
		body := []byte(`{"id":"p1","status":"completed",` + fields + `}`)
		r.requireAnswer(t, r.post(secret, r.address, body), 200, receiver.Signaled, fields)
		require.Equal(t, want, r.signaled()[0].signal.Identified, fields)
	}
}

// What is not fresh identifies nothing.
func TestOldDeliveriesIdentifyNothing(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, webhook.Options{})
	body := fmt.Appendf(nil, `{"id":"p1","status":"completed","input":{"seed":%d}}`, wire.Seed(target.Nonce))
	request := webhooktest.NewRequest(secret, path+r.address, body)
	signedThen(-6 * 60e9)(request)
	r.requireAnswer(t, r.serve(request), 200, receiver.Hinted)
	require.Equal(t, wire.Signal{Nonce: target.Nonce, Hint: true, Outcome: wire.Outcome{PredictionID: "p1"}}, r.signaled()[0].signal)
}
