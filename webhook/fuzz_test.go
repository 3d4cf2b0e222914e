package webhook_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
)

// believed is the naive verifier: the documentation's words, without regard for time
// or memory.
func believed(header http.Header, body, key string, now int64) bool {
	for _, values := range [][]string{header["Webhook-Id"], header["Webhook-Timestamp"], header["Webhook-Signature"]} {
		if len(values) != 1 || strings.TrimSpace(values[0]) == "" {
			return false
		}
	}
	timestamp := header["Webhook-Timestamp"][0]
	if !regexp.MustCompile(`^(0|[1-9][0-9]{0,18})$`).MatchString(timestamp) {
		return false
	}
	at, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || at < now-300 || at > now+300 {
		return false
	}
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(header["Webhook-Id"][0] + "." + timestamp + "." + body))
	right := "v3," + hex.EncodeToString(mac.Sum(nil))
	wellFormed := regexp.MustCompile(`^v3,[0-9a-f]{64}$`)
	seen := 0
	for _, one := range strings.Fields(header["Webhook-Signature"][0]) {
		if wellFormed.MatchString(one) {
			seen++
		}
		if one == right && seen <= 8 {
			return true
		}
	}
	return false
}

// FuzzVerify changes rightly signed deliveries, and compares with the naive verifier.
func FuzzVerify(f *testing.F) {
	f.Add("id", "1700000000", "", "", `{"id":"p1"}`, `{"id":"p1"}`, int64(1700000000))
	f.Add("", "+1700000000", "v3,00 ", " v1,x", `{}`, `{}`, int64(1700000301))
	f.Add("a.1", "01", "v3,", "\t", "", " ", int64(-1))
	const secret, key = "whsec_the-secret-of-these-tests", "the-secret-of-these-tests"
	f.Fuzz(func(t *testing.T, id, timestamp, before, after, signed, body string, now int64) {
		mac := hmac.New(sha256.New, []byte(key))
		mac.Write([]byte(id + "." + timestamp + "." + signed))
		header := headers(id, timestamp, before+"v3,"+hex.EncodeToString(mac.Sum(nil))+after)
		now &= 1<<40 - 1 // years beyond 9999 have no time of their own
		err := webhook.Verify(header, []byte(body), []string{secret}, time.Unix(now, 0), 0)
		require.Equal(t, believed(header, body, key, now), err == nil, "%v %v", header, err)
	})
}

// FuzzHeaders takes whatever headers and finds nothing to believe in them.
func FuzzHeaders(f *testing.F) {
	f.Add("id", "1700000000", "v3,"+strings.Repeat("0", 64), false)
	f.Add(" ", "9223372036854775807", "v3,0 v3 , ,,", true)
	f.Add("\x00", "-1", "v3,"+strings.Repeat("F", 64)+" v3,"+strings.Repeat("\u00e9", 32), false)
	f.Fuzz(func(t *testing.T, id, timestamp, signature string, twice bool) {
		header := headers(id, timestamp, signature)
		if twice {
			header.Add(headerSignature, signature)
		}
		err := verify(header, body)
		require.Error(t, err)
		require.Contains(t, []error{webhook.ErrNotSigned, webhook.ErrBadSignature}, err)
		if twice || id == "" || strings.Trim(timestamp, "0123456789") != "" || !strings.Contains(signature, "v3,") {
			require.Equal(t, webhook.ErrNotSigned, err)
		}
	})
}
