package activities_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/activities"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
)

// answering are the activities with the real client, at a provider that answers every
// request alike.
func answering(t *testing.T, status int, body string) activities.Options {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	c, err := wavespeed.New(wavespeed.Options{APIKey: "sk-test", BaseURL: server.URL})
	require.NoError(t, err)
	t.Cleanup(c.CloseIdleConnections)
	return activities.Options{Accounts: map[string]provider.Provider{generation.DefaultAccount: c}}
}

// TestWhatAnAnswerMeans for a submit, and for a poll of a prediction that was paid for,
// which always is repeated.
func TestWhatAnAnswerMeans(t *testing.T) {
	t.Parallel()
	const (
		unknown = generation.ErrorTypeSubmitUnknown
		down    = generation.ErrorTypeUnavailable
		limited = generation.ErrorTypeRateLimited
		key     = generation.ErrorTypeUnauthorized
		credits = generation.ErrorTypeInsufficientCredits
		model   = generation.ErrorTypeModelNotFound
		input   = generation.ErrorTypeInvalidInput
		pending = wire.ErrorTypePending
	)
	for name, c := range map[string]struct {
		status       int
		body         string
		submit, poll generation.ErrorType
	}{
		"bad key":                 {401, `{"code":401,"message":"Invalid API key."}`, key, key},
		"bad input":               {400, `{"code":400,"message":"field \"size\" must be one of [\"a\"]"}`, input, input},
		"no such model":           {404, `{"code":404,"message":"Model \"x\" not found."}`, model, pending},
		"base64":                  {400, `{"error":"webhook callback does not support base64 output"}`, input, input},
		"limited":                 {429, `{"code":429,"message":"slow down"}`, limited, limited},
		"limited by a gateway":    {429, `<html>1015</html>`, limited, limited},
		"too large for a gateway": {413, `<html>nginx</html>`, input, input},

		"code 400":  {200, `{"code":400,"message":"no"}`, input, input},
		"code 401":  {200, `{"code":401,"message":"no"}`, key, key},
		"code 402":  {200, `{"code":402,"message":"no"}`, credits, credits},
		"code 403":  {200, `{"code":403,"message":"no"}`, key, key},
		"code 404":  {200, `{"code":404,"message":"no"}`, model, pending},
		"code 1407": {200, `{"code":1407,"message":"no"}`, credits, credits},
		"code 429":  {200, `{"code":429,"message":"no"}`, limited, limited},
		"code 500":  {200, `{"code":500,"message":"no"}`, unknown, down},
		"code 5003": {200, `{"code":5003,"message":"no"}`, unknown, down},
		"code 1400": {200, `{"code":1400,"message":"no"}`, unknown, down},
		"code 777":  {200, `{"code":777,"message":"no"}`, unknown, down},
		"code 408":  {200, `{"code":408,"message":"no"}`, unknown, down},

		"credits by 402":                {402, `{"code":402,"message":"pay"}`, credits, credits},
		"credits by 400 and code":       {400, `{"code":1407,"message":"no"}`, credits, credits},
		"credits by 403 and phrase":     {403, `{"code":403,"message":"Insufficient credits. Please top up your account."}`, credits, credits},
		"credits by 400 and phrase":     {400, `{"code":400,"message":"your account has an insufficient balance"}`, credits, credits},
		"permissions":                   {403, `{"code":403,"message":"insufficient permissions"}`, key, key},
		"permission with its code":      {403, `{"code":403,"message":"Insufficient credits permission","error_code":"ROLE"}`, key, key},
		"resolution":                    {400, `{"code":400,"message":"insufficient image resolution"}`, input, input},
		"credits in our own words":      {400, `{"code":400,"message":"field \"text\" must not be \"insufficient credits\""}`, input, input},
		"top up as another word":        {400, `{"code":400,"message":"stop upscaling above 4x"}`, input, input},
		"phrase within another word":    {400, `{"code":400,"message":"insufficient creditsafe score"}`, input, input},
		"phrase under another status":   {422, `{"code":422,"message":"insufficient balance of colors"}`, input, input},
		"a gateway speaks of credits":   {403, `insufficient credits`, unknown, down},
		"Cloudflare":                    {403, `<!DOCTYPE html><title>Attention Required! | Cloudflare</title>`, unknown, down},
		"nginx":                         {404, `<html><center><h1>404 Not Found</h1></center><hr><center>nginx</center></html>`, unknown, down},
		"a gateway's key":               {401, `{"message":"Unauthorized"}`, unknown, down},
		"a gateway's payment":           {402, ``, unknown, down},
		"a problem document":            {403, `{"title":"Error 1020","status":403,"detail":"Access denied"}`, unknown, down},
		"status and code contradict":    {400, `{"code":503,"message":"overloaded"}`, unknown, down},
		"the same, the other way round": {503, `{"code":401,"message":"Invalid API key."}`, unknown, down},
		"502":                           {502, `<html>bad gateway</html>`, unknown, down},
		"timeout of a gateway":          {408, `{"code":408,"message":"timeout"}`, unknown, down},
		"nothing":                       {200, ``, unknown, down},
		"a login page":                  {200, `<html>welcome to the hotel</html>`, unknown, down},

		"named under 500": {500, `{"code":500,"message":"oops","data":{"id":"p1","status":"completed"}}`, "", ""},
		"named with 1407": {200, `{"code":1407,"message":"oops","data":{"id":"p1","status":"completed"}}`, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options := answering(t, c.status, c.body)
			_, err := execute(t, options, wire.SubmitName, submitInput(`{}`))
			requireType(t, err, c.submit, c.submit == limited)
			_, err = execute(t, options, wire.AwaitName, wire.AwaitInput{Account: generation.DefaultAccount, PredictionID: "p1", Within: 1 << 42})
			requireType(t, err, c.poll, true)
		})
	}
}

func requireType(t *testing.T, err error, want generation.ErrorType, retryable bool) {
	t.Helper()
	if want == "" {
		require.NoError(t, err)
		return
	}
	var got *temporal.ApplicationError
	require.ErrorAs(t, err, &got)
	require.Equal(t, want, generation.ErrorType(got.Type()), err)
	require.Equal(t, retryable, !got.NonRetryable(), err)
}
