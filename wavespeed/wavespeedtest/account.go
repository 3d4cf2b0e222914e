package wavespeedtest

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/catalogue"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/money"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/reply"
)

// account is an API key and its account data, guarded by the server's lock.
type account struct {
	Account
	keys    []accessKey
	balance money.Dollars
	bills   []*bill
	made    []*prediction // in order of creation
	own     *prediction   // the latest that was not made by others
	others  int           // how many others made

	running int
	queue   []*prediction // over the limit of concurrent ones

	window         int64 // the minute that the counts are of
	images, videos int
}

func newAccount(a Account) *account {
	made := &account{Account: a, balance: money.USD(a.Balance)}
	for _, key := range a.allKeys() {
		made.keys = append(made.keys, newAccessKey(a.Name, key))
	}
	return made
}

// authenticate returns who sent the request, or answers 401.
func (s *Server) authenticate(w http.ResponseWriter, r *http.Request) (caller, bool) {
	secret, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.accounts {
		for _, key := range a.keys {
			if bearer && subtle.ConstantTimeCompare([]byte(secret), []byte(key.secret)) == 1 {
				return caller{a, key}, true
			}
		}
	}
	s.tally.Refused[http.StatusUnauthorized]++
	reply.Problem(w, http.StatusUnauthorized,
		"Invalid API key. Verify the key on your dashboard's API Keys page, or contact support@wavespeed.ai.")
	return caller{}, false
}

// account returns the account with this name. The caller holds the lock.
func (s *Server) account(name string) *account {
	for _, a := range s.accounts {
		if a.Name == name {
			return a
		}
	}
	return nil
}

// RotateSecret sets and returns a new webhook secret for the account.
func (s *Server) RotateSecret(name string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.account(name)
	if a == nil {
		return "", fmt.Errorf("wavespeedtest: there is no account %q", name)
	}
	return a.rotate(), nil
}

func (a *account) rotate() string {
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails
	a.Secret = "whsec_" + base64.StdEncoding.EncodeToString(random[:])
	return a.Secret
}

// Secret returns the account's current webhook secret; "" if there is no such account.
func (s *Server) Secret(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.account(name); a != nil {
		return a.Secret
	}
	return ""
}

// Balance returns the account's credit in USD; 0 if there is no such account.
func (s *Server) Balance(name string) float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.account(name); a != nil {
		return a.balance.Float()
	}
	return 0
}

// TopUp adds to the account's credit, in USD.
func (s *Server) TopUp(name string, usd float64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.account(name)
	switch {
	case a == nil:
		return fmt.Errorf("wavespeedtest: there is no account %q", name)
	case !(usd > 0 && usd <= DefaultBalance):
		return fmt.Errorf("wavespeedtest: %v is not more than 0 and at most %d US dollars", usd, DefaultBalance)
	}
	a.balance += money.USD(usd)
	return nil
}

// limited returns why the account may not start another prediction now, and when it may. The
// caller holds the lock.
func (s *Server) limited(a *account, m *catalogue.Model) (string, time.Duration) {
	now := time.Now().Add(s.aged)
	if minute := now.Unix() / 60; minute != a.window {
		a.window, a.images, a.videos = minute, 0, 0
	}
	started, limit := &a.images, a.Limits.ImagesPerMinute
	if strings.Contains(m.Type, "video") {
		started, limit = &a.videos, a.Limits.VideosPerMinute
	}
	if limit > 0 && *started >= limit {
		return "Too many requests: you have reached your rate limit per minute", now.Truncate(time.Minute).Add(time.Minute).Sub(now)
	}
	if s.behavior.Load().RefuseOverflow && a.full() {
		return "You have reached your concurrency limit", time.Second
	}
	*started++
	return "", 0
}

func (a *account) full() bool { return a.Limits.Concurrent > 0 && a.running >= a.Limits.Concurrent }
