package webhook_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"math"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook/webhooktest"
)

// vectors were computed with other programs. The body of the first, and its
// signature of Standard Webhooks, are from that specification's own test.
var vectors = []struct {
	name, secret, id, timestamp, body, signature string
	want                                         error
}{
	{"the secret's text is the key", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", `{"test": 2432232314}`, "v3,10b86a1b42aed60c0e7357f88f229da774851852c039d27d6efa562dc8826a42", nil},
	{"the decoded secret is not", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", `{"test": 2432232314}`, "v3,83484cf52b04f8e4cf2531adfed9882ad4b2665137b852442d594d20e2c9d4e1", webhook.ErrBadSignature},
	{"nor the secret with its prefix", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", `{"test": 2432232314}`, "v3,4dcc6584af5be940fa895235654dad4eaa7c3c455f611b1e34d7dae9bf8b7148", webhook.ErrBadSignature},
	{"Standard Webhooks sign otherwise", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", `{"test": 2432232314}`, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", webhook.ErrNotSigned},
	{"a prediction", "whsec_c2ltdWxhdG9yLXNlY3JldA==", "0123456789abcdef0123456789abcdef", "1700000000", `{"id":"0123456789abcdef0123456789abcdef","status":"completed"}`, "v3,9ad0d69cfc228cb7541c5dfee69fc75dcc8eac78d826eb792c950ab0aedeef8e", nil},
	{"no ASCII", "whsec_c2ltdWxhdG9yLXNlY3JldA==", "0123456789abcdef0123456789abcdef", "1700000000", `{"prompt":"café"}`, "v3,38ce0feb9ea14f48a9346230cc5c580e68e48a5e461dc7a660762d3bc9c3c798", nil},
	{"no prefix", "c2ltdWxhdG9yLXNlY3JldA==", "0123456789abcdef0123456789abcdef", "1700000000", `{"prompt":"café"}`, "v3,38ce0feb9ea14f48a9346230cc5c580e68e48a5e461dc7a660762d3bc9c3c798", nil},
	{"blanks around the secret", " whsec_c2ltdWxhdG9yLXNlY3JldA==\r\n", "0123456789abcdef0123456789abcdef", "1700000000", `{"prompt":"café"}`, "v3,38ce0feb9ea14f48a9346230cc5c580e68e48a5e461dc7a660762d3bc9c3c798", nil},
	{"the provider's published sample, changed after it was signed", "whsec_e9EE3BdyXSxcB4ZyZUKjQUEoQX4sF9P1+eMpb/KluCM=", "45b392b22c3b449fa935bd4dc", "1758798328", publishedBody, "v3,424a292e812c06273bc4efd6b451010a5f046454ae15e6a7c0834428ca76255d", webhook.ErrBadSignature},
	{"the published sample by the published rule", "whsec_e9EE3BdyXSxcB4ZyZUKjQUEoQX4sF9P1+eMpb/KluCM=", "45b392b22c3b449fa935bd4dc", "1758798328", publishedBody, "v3,7a32ef7ef2c0cc05dbf74c9456add530c638730d40b36ecbce282a4251feaba7", nil},
	{"and at another time", "whsec_e9EE3BdyXSxcB4ZyZUKjQUEoQX4sF9P1+eMpb/KluCM=", "45b392b22c3b449fa935bd4dc", "1758802746", publishedBody, "v3,f8b7bf9947e6c9eae9009baa626b1a91202e0103bce66fbcc516195b6a20c7d9", nil},
}

const publishedBody = `{"id":"45b392b22c3b449fa935bd4dc","model":"wavespeed-ai/flux-dev","outputs":["https://d2p7pge43lyniu.cloudfront.net/output/18058184-5df8-4d05-9e1b-7ad84c8b963e-u1_9bfd4537-e541-4ad0-a0f6-4812b11a37f1.jpeg"],"urls":{"get":"https://api.wavespeed.ai/api/v3/predictions/45b392b22c3b449fa935bd4dc2219dfe/result"},"has_nsfw_contents":[false],"status":"completed","created_at":"2025-09-25T09:12:48.239112031Z","error":"","executionTime":6710,"timings":{"inference":6710}}`

func TestVerifyVectors(t *testing.T) {
	t.Parallel()
	for _, v := range vectors {
		header := headers(v.id, v.timestamp, v.signature)
		seconds, err := strconv.ParseInt(v.timestamp, 10, 64)
		require.NoError(t, err)
		got := webhook.Verify(header, []byte(v.body), []string{v.secret}, time.Unix(seconds, 0), webhook.DefaultTolerance)
		require.ErrorIs(t, got, v.want, v.name)
	}
}

func headers(id, timestamp, signature string) http.Header {
	header := make(http.Header)
	header.Set(headerID, id)
	header.Set(headerTimestamp, timestamp)
	header.Set(headerSignature, signature)
	return header
}

const (
	secret      = "whsec_the-secret-of-these-tests"
	otherSecret = "whsec_another-secret-of-these-tests"

	headerID        = "webhook-id"
	headerTimestamp = "webhook-timestamp"
	headerSignature = "webhook-signature"
)

var (
	noon = time.Unix(1_700_000_000, 0)
	body = []byte(`{"id":"p1","status":"completed","outputs":["https://x/1.png"]}`)
)

// digest is the right signature of body at noon, without its version.
func digest() string {
	return strings.TrimPrefix(webhooktest.Sign(secret, "id", noon, body).Get(headerSignature), "v3,")
}

func TestVerifySignatureHeader(t *testing.T) {
	t.Parallel()
	right := digest()
	bad := strings.Repeat("0", 64)
	for list, want := range map[string]error{
		"v3," + right:                                      nil,
		"v3,bad v3," + right:                               nil,
		"v1,xx v3," + right + " v3,bad":                    nil,
		"v3," + bad + " v3," + right:                       nil,
		"\tv3," + right + "  ":                             nil,
		strings.Repeat("v3,"+bad+" ", 7) + "v3," + right:   nil,
		strings.Repeat("v3,"+bad+" ", 8) + "v3," + right:   webhook.ErrBadSignature,
		strings.Repeat("v1,"+bad+" ", 100) + "v3," + right: nil,
		"v3," + bad:                          webhook.ErrBadSignature,
		"v3,":                                webhook.ErrNotSigned,
		"v3":                                 webhook.ErrNotSigned,
		",":                                  webhook.ErrNotSigned,
		",,,":                                webhook.ErrNotSigned,
		"v3,0":                               webhook.ErrNotSigned,
		"v1," + right:                        webhook.ErrNotSigned,
		"v2," + right:                        webhook.ErrNotSigned,
		"V3," + right:                        webhook.ErrNotSigned,
		"v3a," + right:                       webhook.ErrNotSigned,
		" ," + right:                         webhook.ErrNotSigned,
		"," + right:                          webhook.ErrNotSigned,
		right:                                webhook.ErrNotSigned,
		"v3=" + right:                        webhook.ErrNotSigned,
		"v3, " + right:                       webhook.ErrNotSigned,
		"v3," + strings.ToUpper(right):       webhook.ErrNotSigned,
		"v3," + right[:63]:                   webhook.ErrNotSigned,
		"v3," + right[:62]:                   webhook.ErrNotSigned,
		"v3," + right + "0":                  webhook.ErrNotSigned,
		"v3," + right + "00":                 webhook.ErrNotSigned,
		"v3," + right + ",v3":                webhook.ErrNotSigned,
		"v3," + right[:63] + "g":             webhook.ErrNotSigned,
		"v3,0x" + right[:62]:                 webhook.ErrNotSigned,
		"v3," + right + "\x00":               webhook.ErrNotSigned,
		"v3," + strings.Repeat("\u0660", 32): webhook.ErrNotSigned,
		"v3,EBhqG0Ku1gwOc1f4jyKdp3SFGFLAOdJ9bvpWLciCakI=    ": webhook.ErrNotSigned,
	} {
		got := webhook.Verify(headers("id", "1700000000", list), body, []string{secret}, noon, webhook.DefaultTolerance)
		require.ErrorIs(t, got, want, list)
	}
}

func TestVerifyWantsEachHeaderOnce(t *testing.T) {
	t.Parallel()
	for _, name := range []string{headerID, headerTimestamp, headerSignature} {
		for what, values := range map[string]func(right string) []string{
			"missing":         func(string) []string { return nil },
			"empty":           func(string) []string { return []string{""} },
			"blank":           func(string) []string { return []string{" \t "} },
			"twice the same":  func(right string) []string { return []string{right, right} },
			"the other first": func(right string) []string { return []string{"1", right} },
			"the other last":  func(right string) []string { return []string{right, "1"} },
			"and an empty":    func(right string) []string { return []string{right, ""} },
		} {
			header := webhooktest.Sign(secret, "id", noon, body)
			require.NoError(t, verify(header, body), "the delivery itself is valid")
			header[http.CanonicalHeaderKey(name)] = values(header.Get(name))
			require.ErrorIs(t, verify(header, body), webhook.ErrNotSigned, "%s %s", name, what)
		}
	}
}

func verify(header http.Header, body []byte) error {
	return webhook.Verify(header, body, []string{secret}, noon, webhook.DefaultTolerance)
}

func TestVerifyTakesTheTimeInOneForm(t *testing.T) {
	t.Parallel()
	for _, timestamp := range []string{
		"+1700000000", "-1700000000", "01700000000", "1700000000.0", "1.7e9", "0x6553f100", "1_700_000_000",
		"1700000000s", "1700000000 ", " 1700000000", "١٧٠٠٠٠٠٠٠٠", "9223372036854775808", "now", "-0", "",
	} {
		header := signedAt(timestamp)
		require.ErrorIs(t, verify(header, body), webhook.ErrNotSigned, timestamp)
	}
	for _, timestamp := range []string{"0", "1700000000000", "9223372036854775807", "9223371974719179007", "9223371974719179008"} {
		require.ErrorIs(t, verify(signedAt(timestamp), body), webhook.ErrTooOld, timestamp)
	}
}

// signedAt is rightly signed over a time in whatever form.
func signedAt(timestamp string) http.Header {
	mac := hmac.New(sha256.New, []byte(strings.TrimPrefix(secret, "whsec_")))
	mac.Write([]byte("id." + timestamp + "." + string(body)))
	header := headers("id", timestamp, "v3,"+hex.EncodeToString(mac.Sum(nil)))
	return header
}

func TestVerifyTolerance(t *testing.T) {
	t.Parallel()
	header := webhooktest.Sign(secret, "id", noon, body)
	for late, want := range map[time.Duration]error{
		0:                                   nil,
		299 * time.Second:                   nil,
		300 * time.Second:                   nil,
		300*time.Second + 1:                 webhook.ErrTooOld,
		301 * time.Second:                   webhook.ErrTooOld,
		-299 * time.Second:                  nil,
		-300 * time.Second:                  nil,
		-300*time.Second - 1:                webhook.ErrTooOld,
		-301 * time.Second:                  webhook.ErrTooOld,
		24 * 365 * 100 * time.Hour:          webhook.ErrTooOld,
		-time.Duration(noon.Unix()) * 1e9:   webhook.ErrTooOld,
		time.Duration(math.MaxInt64):        webhook.ErrTooOld,
		time.Duration(math.MinInt64) + 1e18: webhook.ErrTooOld,
	} {
		got := webhook.Verify(header, body, []string{secret}, noon.Add(late), webhook.DefaultTolerance)
		require.ErrorIs(t, got, want, late.String())
	}
	require.NoError(t, webhook.Verify(header, body, []string{secret}, noon.Add(time.Hour), time.Hour))
}

// A wrong signature is a wrong one whenever it was made: only what is authentic is
// told to be too old.
func TestVerifyLooksAtTheSignatureFirst(t *testing.T) {
	t.Parallel()
	header := webhooktest.Sign(otherSecret, "id", noon.Add(-time.Hour), body)
	require.ErrorIs(t, verify(header, body), webhook.ErrBadSignature)
}

func TestVerifySignsEveryPart(t *testing.T) {
	t.Parallel()
	right := webhooktest.Sign(secret, "id", noon, body)
	for i := range body {
		changed := bytes.Clone(body)
		changed[i] ^= 1
		require.ErrorIs(t, verify(right, changed), webhook.ErrBadSignature, "byte %d", i)
	}
	for what, changed := range map[string][]byte{
		"cut": body[:len(body)-1], "longer": append(bytes.Clone(body), '\n'), "empty": nil,
		"formed again": []byte(`{"id": "p1", "status": "completed", "outputs": ["https://x/1.png"]}`),
	} {
		require.ErrorIs(t, verify(right, changed), webhook.ErrBadSignature, what)
	}
	for name, value := range map[string]string{headerID: "Id", headerTimestamp: "1700000001"} {
		header := right.Clone()
		header.Set(name, value)
		require.ErrorIs(t, verify(header, body), webhook.ErrBadSignature, name)
	}
	moved := headers("id.1700000000", "1700000000", right.Get(headerSignature))
	require.ErrorIs(t, verify(moved, body), webhook.ErrBadSignature, "a dot moved")
}

func TestVerifyTakesAnyOfTheSecrets(t *testing.T) {
	t.Parallel()
	both := []string{otherSecret, secret}
	for _, by := range both {
		header := webhooktest.Sign(by, "id", noon, body)
		require.NoError(t, webhook.Verify(header, body, both, noon, time.Minute))
	}
	third := webhooktest.Sign("whsec_a-third-secret-of-these-tests", "id", noon, body)
	require.ErrorIs(t, webhook.Verify(third, body, both, noon, time.Minute), webhook.ErrBadSignature)
	require.ErrorIs(t, webhook.Verify(third, body, nil, noon, time.Minute), webhook.ErrBadSignature)
}

// An unset variable must not let anybody sign.
func TestVerifyPassesOverShortSecrets(t *testing.T) {
	t.Parallel()
	for _, short := range []string{"", " ", "whsec_", "whsec_ \n", "whsec_fifteen-letters", "fifteen-letters"} {
		header := webhooktest.Sign(short, "id", noon, body)
		require.ErrorIs(t, webhook.Verify(header, body, []string{short}, noon, time.Minute), webhook.ErrBadSignature, short)
		require.NoError(t, webhook.Verify(webhooktest.Sign(secret, "id", noon, body), body, []string{short, secret}, noon, time.Minute), short)
	}
	sixteen := "whsec_sixteen--letters"
	require.NoError(t, webhook.Verify(webhooktest.Sign(sixteen, "id", noon, body), body, []string{sixteen}, noon, time.Minute))
}
