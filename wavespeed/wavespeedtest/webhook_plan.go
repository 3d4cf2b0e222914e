package wavespeedtest

import (
	"crypto/rand"
	"slices"
	"time"
)

// batch is the webhooks of one prediction that has ended.
type batch struct {
	p      *prediction
	before []post // sent one after the other, once each
	posts  []post // the true one and its copies; none if it is lost
	after  []post
	wait   time.Duration // before posts
	hold   bool          // posts wait for another prediction's, at most that long
}

// plan says which webhooks a prediction's end causes. The caller holds the lock.
func (s *Server) plan(p *prediction) batch {
	b := batch{p: p}
	if p.webhook == "" || p.silent(*s.behavior.Load()) {
		return b
	}
	message := s.wire(p)
	message.Input = nil
	if !s.behavior.Load().OmitWebhookInput {
		message.Input = p.stored
	}
	extra := post{p: p, to: p.webhook, message: message, id: p.id}
	if s.behavior.Load().DeliveryID {
		extra.id = ""
	}
	truth := extra
	truth.retries = max(s.behavior.Load().WebhookRetries, 0)
	b.before = s.before(p, extra)
	if _, hit := s.strike(p, WebhookLost); hit {
		return b
	}
	s.postpone(&b, &truth)
	b.posts = []post{truth}
	if fault, hit := s.strike(p, WebhookDuplicated); hit {
		extra.fault, extra.stamp = WebhookDuplicated, truth.stamp
		b.posts = append(b.posts, slices.Repeat([]post{extra}, max(fault.Count, 1))...)
	}
	if _, hit := s.strike(p, WebhookContradicted); hit {
		b.after = append(b.after, contradiction(extra))
	}
	return b
}

// silent tells whether the end is one of those for which no webhook is documented,
// and none is to be sent.
func (p *prediction) silent(behavior Behavior) bool {
	return behavior.SilentEnds && p.status != statusCompleted && p.status != statusFailed
}

// postpone lets the true webhook wait, or changes its timestamp. The caller holds
// the lock.
func (s *Server) postpone(b *batch, truth *post) {
	now := time.Now()
	if fault, hit := s.strike(b.p, WebhookStale); hit {
		truth.stamp = now.Add(-fault.delay(10 * time.Minute))
	}
	if fault, hit := s.strike(b.p, WebhookDelayed); hit {
		b.wait = fault.delay(5 * time.Second)
	}
	if fault, hit := s.strike(b.p, WebhookLate); hit {
		b.wait, truth.stamp = fault.delay(5*time.Second), now
	}
	if fault, hit := s.strike(b.p, WebhookReordered); hit {
		b.wait, b.hold = fault.delay(2*time.Second), true
	}
}

// before makes the false webhooks that come first. The caller holds the lock.
func (s *Server) before(p *prediction, extra post) []post {
	var posts []post
	add := func(kind Kind, change func(*post)) {
		if _, hit := p.faults[kind]; !hit {
			return
		}
		changed := extra
		changed.fault = kind
		if change(&changed); changed.to != "" {
			s.strike(p, kind)
			posts = append(posts, changed)
		}
	}
	add(WebhookProgress, func(w *post) {
		w.message.Status, w.message.Outputs, w.message.Error, w.message.Code = statusProcessing, []any{}, "", 0
	})
	add(WebhookGarbled, func(w *post) { w.broken = true })
	add(WebhookForged, func(w *post) {
		w.secret = "whsec_" + rand.Text()
		w.message.Status, w.message.Error, w.message.Code = statusCompleted, "", 0
		w.message.Outputs = []any{s.base + "/outputs/forged/1.png"}
	})
	add(WebhookMisdirected, func(w *post) { w.to = p.neighbor() })
	return posts
}

// neighbor is the webhook of another prediction of the account, the latest one if
// possible; "" if there is none. The caller holds the lock.
func (p *prediction) neighbor() string {
	const far = 1000
	for i, other := range slices.Backward(p.account.made) {
		if other != p && other.webhook != "" {
			return other.webhook
		}
		if len(p.account.made)-i > far {
			break
		}
	}
	return ""
}

// contradiction is the same webhook with the opposite end.
func contradiction(extra post) post {
	extra.fault = WebhookContradicted
	m := &extra.message
	if m.Status == statusCompleted {
		m.Status, m.Outputs, m.Error, m.Code = statusFailed, []any{}, taskErrors[5000], 5000
	} else {
		m.Status, m.Outputs, m.Error, m.Code = statusCompleted, []any{"A text in the place of a file."}, "", 0
	}
	return extra
}
