package wavespeedtest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/reply"
)

// Sign returns the value of the header webhook-signature: "v3," and the hexadecimal HMAC-SHA256
// of id, timestamp and body, joined by dots. The key is the text of the secret without
// "whsec_"; it is not decoded, though it looks like base64. Source:
// wavespeed.ai/docs/verify-webhooks.
func Sign(secret, id, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(strings.TrimPrefix(secret, "whsec_")))
	fmt.Fprintf(mac, "%s.%s.", id, timestamp)
	mac.Write(body)
	return "v3," + hex.EncodeToString(mac.Sum(nil))
}

// post is a webhook to be sent.
type post struct {
	p       *prediction
	to      string
	message reply.Prediction
	broken  bool      // the body is cut in half
	id      string    // webhook-id
	secret  string    // if it is not the account's of the moment
	stamp   time.Time // if it is not the time of the sending
	fault   Kind      // if it is not the true one
	retries int
}

// send sends the webhooks of a prediction that has ended: what comes before the
// true one, then that and its copies at once, then what comes after.
func (s *Server) send(b batch) {
	s.background(func() {
		for _, extra := range b.before {
			s.attempt(extra, 1)
		}
		if b.hold {
			s.hold(b.wait, func() { s.sendTrue(b) })
			return
		}
		if b.wait > 0 {
			s.schedule.After(b.wait, func() { s.background(func() { s.sendTrue(b) }) })
			return
		}
		s.sendTrue(b)
	})
}

func (s *Server) sendTrue(b batch) {
	if s.forgotten(b.p) {
		return
	}
	var sending sync.WaitGroup
	for _, post := range b.posts {
		sending.Go(func() { s.attempt(post, 1) })
	}
	sending.Wait()
	close(b.p.delivered)
	for _, extra := range b.after {
		s.attempt(extra, 1)
	}
}

// attempt sends a webhook once, and has it sent again later if that failed.
func (s *Server) attempt(post post, number int) {
	select {
	case s.slots <- struct{}{}:
	case <-s.ctx.Done():
		return
	}
	at := time.Now()
	status, err := s.post(post, at)
	<-s.slots
	if s.ctx.Err() != nil || s.forgotten(post.p) {
		return
	}
	failed := status < 200 || status > 299
	s.record(post, Delivery{At: at, To: post.to, Attempt: number, Fault: post.fault, StatusCode: status, Error: text(err)})
	s.release()
	switch {
	case failed && number <= post.retries:
		if s.behavior.Load().KeepTimestamp && post.stamp.IsZero() {
			post.stamp = at
		}
		wait := s.behavior.Load().WebhookBackoff << (number - 1)
		s.schedule.After(wait, func() { s.background(func() { s.attempt(post, number+1) }) })
	case failed && post.fault == "" && s.behavior.Load().RefundUndelivered:
		s.mu.Lock()
		s.refund(post.p)
		s.mu.Unlock()
	}
}

// forgotten tells whether a reset has come in between.
func (s *Server) forgotten(p *prediction) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return p.dropped
}

func (s *Server) record(post post, delivery Delivery) {
	s.mu.Lock()
	defer s.mu.Unlock()
	post.p.entry.Deliveries = append(post.p.entry.Deliveries, delivery)
	s.tally.Deliveries[delivery.StatusCode]++
	s.kept.Prediction(post.p.kept())
	s.options.Logger.Debug("webhook", "prediction_id", post.p.id, "attempt", delivery.Attempt,
		"status", delivery.StatusCode, "fault", string(delivery.Fault), "error", delivery.Error)
}

// post makes the request. It returns the receiver's status, or why there is none.
func (s *Server) post(post post, at time.Time) (int, error) {
	body := reply.Encode(post.message)
	if post.broken {
		body = body[:len(body)/2]
	}
	ctx, cancel := context.WithTimeout(s.ctx, s.behavior.Load().WebhookTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, post.to, bytes.NewReader(body))
	if err != nil {
		return 0, errors.New("the webhook's URL is invalid")
	}
	s.sign(request, post, at, body)
	response, err := s.posts.RoundTrip(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	_, _ = io.CopyN(io.Discard, response.Body, 64<<10)
	return response.StatusCode, nil
}

func (s *Server) sign(request *http.Request, post post, at time.Time, body []byte) {
	s.mu.Lock()
	secret := post.p.account.Secret
	s.mu.Unlock()
	setDefault(&post.secret, secret)
	setDefault(&post.stamp, at)
	post.stamp = post.stamp.Add(s.behavior.Load().ClockOffset)
	id := post.id
	if id == "" {
		id = newID()
	}
	timestamp := fmt.Sprint(post.stamp.Unix())
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "wavespeed-simulator")
	request.Header.Set("webhook-id", id)
	request.Header.Set("webhook-timestamp", timestamp)
	request.Header.Set("webhook-signature", Sign(post.secret, id, timestamp, body))
	request.Header["Idempotency-Key"] = nil // not sent; lets net/http repeat it on a kept connection that broke
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// hold keeps a webhook back until another prediction's has been sent, or for d.
func (s *Server) hold(d time.Duration, send func()) {
	var once sync.Once
	release := func() { once.Do(func() { s.background(send) }) }
	s.mu.Lock()
	s.held = append(s.held, release)
	s.mu.Unlock()
	s.schedule.After(d, release)
}

// release sends what was held back.
func (s *Server) release() {
	s.mu.Lock()
	held := s.held
	s.held = nil
	s.mu.Unlock()
	for _, release := range held {
		release()
	}
}
