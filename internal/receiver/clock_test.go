package receiver_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/receiver"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook/webhooktest"
)

// A handler whose clock is off has the workflow poll, names the prediction, and complains
// once an hour.
func TestClockIsOff(t *testing.T) {
	t.Parallel()
	for off, want := range map[time.Duration]string{
		10 * time.Minute:  "10m0s ahead of WaveSpeed's",
		-10 * time.Minute: "10m0s behind WaveSpeed's",
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newReceiver(t, webhook.Options{Now: func() time.Time { return time.Now().Add(off) }})
			for i := range 200 {
				body := fmt.Appendf(nil, `{"id":"p%d","status":"completed","outputs":["x"]}`, i)
				require.Equal(t, 200, r.post(secret, r.address, body).Code)
				require.Equal(t, wire.Signal{Nonce: target.Nonce, Hint: true, Outcome: wire.Outcome{PredictionID: fmt.Sprint("p", i)}}, r.signaled()[i].signal)
				time.Sleep(17 * time.Second)
			}
			require.Equal(t, 1, strings.Count(r.logged(), "level=WARN"), "less than an hour has passed")
			require.Contains(t, r.logged(), want)
			require.Contains(t, r.logged(), "NTP")
			time.Sleep(time.Hour)
			r.post(secret, r.address, body)
			require.Equal(t, 2, strings.Count(r.logged(), "level=WARN"))
		})
	}
}

// Each account has a clock of its own.
func TestClockOfEachAccount(t *testing.T) {
	t.Parallel()
	keyring := newKeyring(t, map[string]webhook.Account{"a": {Secrets: []string{secret}}, "b": {Secrets: []string{otherSecret}}})
	r := newReceiverOf(t, keyring, webhook.Options{})
	for name, secret := range map[string]string{"a": secret, "b": otherSecret} {
		target := target
		target.Account = name
		for range 3 {
			request := webhooktest.NewRequest(secret, path+seal(t, keyring, target), body)
			request.Header = webhooktest.Sign(secret, "id", time.Now().Add(-time.Hour), body)
			require.Equal(t, 200, r.serve(request).Code)
		}
		require.Equal(t, 1, strings.Count(r.logged(), "seems to be 1h0m0s ahead of WaveSpeed's. Their results are polled. Synchronize the clock (NTP), unless WaveSpeed delivers late\" account="+name))
	}
}

// Nobody without the secret makes a handler complain of its clock.
func TestForgedTimesAreNoClock(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, webhook.Options{})
	request := webhooktest.NewRequest(otherSecret, path+r.address, body)
	request.Header = webhooktest.Sign(otherSecret, "id", time.Now().Add(-time.Hour), body)
	r.requireAnswer(t, r.serve(request), 401, receiver.BadSignature)
	require.NotContains(t, r.logged(), "clock")
}
