package webhooktest_test

import (
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook/webhooktest"
)

func TestSignVectors(t *testing.T) {
	t.Parallel()
	for _, v := range []struct {
		secret, id string
		at         int64
		body, want string
	}{
		{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, `{"test": 2432232314}`, "v3,10b86a1b42aed60c0e7357f88f229da774851852c039d27d6efa562dc8826a42"},
		{" c2ltdWxhdG9yLXNlY3JldA==\n", "0123456789abcdef0123456789abcdef", 1700000000, `{"prompt":"café"}`, "v3,38ce0feb9ea14f48a9346230cc5c580e68e48a5e461dc7a660762d3bc9c3c798"},
	} {
		header := webhooktest.Sign(v.secret, v.id, time.Unix(v.at, 999), []byte(v.body))
		require.Equal(t, v.want, header.Get("webhook-signature"))
		require.NoError(t, webhook.Verify(header, []byte(v.body), []string{v.secret}, time.Unix(v.at, 0), 0))
	}
}

func TestNewRequestIsADelivery(t *testing.T) {
	t.Parallel()
	const secret = "whsec_the-secret-of-these-tests"
	request := webhooktest.NewRequest(secret, "https://media.example.com/hooks/x", []byte("{}"))
	require.Equal(t, "POST", request.Method)
	require.Equal(t, "/hooks/x", request.URL.Path)
	require.Equal(t, "application/json", request.Header.Get("Content-Type"))
	body, err := io.ReadAll(request.Body)
	require.NoError(t, err)
	require.Equal(t, "{}", string(body))
	require.NoError(t, webhook.Verify(request.Header, body, []string{secret}, time.Now(), time.Minute))
}
