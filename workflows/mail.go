package workflows

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// mail is where a generation's signals arrive. One that resumes what an earlier run left
// under another key also listens under that key, where the webhook's address leads. If this
// run has that key too, each passes on what is the other's.
type mail struct {
	run      *run
	channels []workflow.ReceiveChannel
	passed   workflow.Channel // wakes the generation for what another one has heard
}

func (b *board) newMail(ctx workflow.Context, r *run) *mail {
	m := &mail{run: r, passed: workflow.NewBufferedChannel(ctx, 1)}
	m.listen(ctx, r.request.Key)
	if key := r.addressed(); key != "" {
		m.listen(ctx, key)
	}
	b.mails = append(b.mails, m)
	return m
}

// addressed is the key in the address of what an earlier run left; "" where that is this
// generation's own, or nothing was left.
func (r *run) addressed() string {
	if r.earlier == nil {
		return ""
	}
	key := r.earlier.Key
	if last := lastAttempt(*r.earlier); last != nil && last.Key != "" {
		key = last.Key // that run had it from another
	}
	if key == r.request.Key {
		return ""
	}
	return key
}

func (m *mail) listen(ctx workflow.Context, key string) {
	m.channels = append(m.channels, workflow.GetSignalChannel(ctx, wire.SignalName(key)))
}

// addTo lets a selector take in what arrives.
func (m *mail) addTo(selector workflow.Selector) {
	for _, channel := range m.channels {
		selector.AddReceive(channel, func(workflow.ReceiveChannel, bool) { m.hear() })
	}
	selector.AddReceive(m.passed, func(c workflow.ReceiveChannel, _ bool) { c.ReceiveAsync(nil) })
}

// hear takes in all signals that have arrived. Undecodable ones the SDK drops and logs.
func (m *mail) hear() {
	for _, channel := range m.channels {
		var signal wire.Signal
		for channel.ReceiveAsync(&signal) {
			m.route(signal)
			signal = wire.Signal{}
		}
	}
}

// route gives a signal to the attempt that it is for.
func (m *mail) route(signal wire.Signal) {
	if m.deliver(signal) {
		return
	}
	for _, other := range m.run.board.mails {
		if other.deliver(signal) {
			other.passed.SendAsync(true)
			return
		}
	}
	if board := m.run.board; len(board.earlier) > 0 && len(board.unclaimed) < maxHeard {
		board.unclaimed = append(board.unclaimed, signal)
		return
	}
	m.run.logger.Info("signal ignored: it is for another run of this generation", "prediction_id", signal.PredictionID)
}

func (m *mail) deliver(signal wire.Signal) bool {
	i := slices.IndexFunc(m.run.attempts, func(a *attempt) bool { return a.Nonce == signal.Nonce })
	if i >= 0 {
		m.run.attempts[i].take(m.run, signal)
	}
	return i >= 0
}

// claim gives an attempt that is resumed what was heard for it before.
func (m *mail) claim(a *attempt) {
	board := m.run.board
	board.unclaimed = slices.DeleteFunc(board.unclaimed, func(signal wire.Signal) bool {
		if signal.Nonce == a.Nonce {
			a.take(m.run, signal)
		}
		return signal.Nonce == a.Nonce
	})
}
