package signaler_test

import (
	"log/slog"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook/signaler"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook/webhooktest"
)

const secret = "whsec_the-secret-of-these-tests"

func TestNewHandlerNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	c, err := client.NewLazyClient(client.Options{})
	require.NoError(t, err)
	defer c.Close()
	accounts := map[string]webhook.Account{"default": {Secrets: []string{secret}}}
	for want, options := range map[string]webhook.Options{
		`webhook: Options.Accounts: needs at least one account`: {},
		`webhook: account "a": needs Secrets or Fetch`:          {Accounts: map[string]webhook.Account{"a": {}}},
		`webhook: Options.MaxBodyBytes: is negative`:            {Accounts: accounts, MaxBodyBytes: -1},
	} {
		handler, err := signaler.NewHandler(c, options)
		require.EqualError(t, err, want)
		require.Nil(t, handler)
	}
	_, err = signaler.NewHandler(nil, webhook.Options{Accounts: accounts})
	require.EqualError(t, err, "webhook: the client: is missing")
}

func TestHandlerKnowsItsAddresses(t *testing.T) {
	t.Parallel()
	c, err := client.NewLazyClient(client.Options{})
	require.NoError(t, err)
	defer c.Close()
	var answers []webhook.Answer
	handler, err := signaler.NewHandler(c, webhook.Options{
		Accounts: map[string]webhook.Account{"default": {Secrets: []string{secret}}},
		Observe:  func(a webhook.Answer) { answers = append(answers, a) },
		Logger:   slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	for _, address := range []string{
		// Sealed with this secret for the workflow clip-7: opened, and the signature is wrong.
		"AQvxgytPb7Vy_yninRwNjOqtvBVUjQTZ3tR81uInnuNyPCs43J5kXgNiOIV_HmrCBEoFuDQXS7emrHHSbGq5zJnJUsb4zgp5",
		"unknown",
	} {
		handler.ServeHTTP(httptest.NewRecorder(), webhooktest.NewRequest("whsec_another-secret-of-these-tests", "/hooks/"+address, []byte("{}")))
	}
	require.Len(t, answers, 2)
	require.Equal(t, []string{"bad_signature", "unknown_address"}, []string{answers[0].Reason, answers[1].Reason})
	require.Equal(t, "default", answers[0].Account)
}
