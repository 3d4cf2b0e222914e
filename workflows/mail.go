package workflows

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/record"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// mail receives a generation's signals. A generation that resumes one with another key from an
// earlier run also listens under that key, which the webhook's address contains. If this run
// has a generation with that key too, each passes the other's signals on.
type mail struct {
	run      *run
	channels []workflow.ReceiveChannel
	passed   workflow.Channel // wakes the generation for signals that another one received
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

// addressed is the key in the address of the earlier generation; "" if it is this generation's
// own, or there is none.
func (r *run) addressed() string {
	if r.earlier == nil {
		return ""
	}
	key := r.earlier.Key
	if last := record.LastAttempt(*r.earlier); last != nil && last.Key != "" {
		key = last.Key // that run had resumed it from another
	}
	if key == r.request.Key {
		return ""
	}
	return key
}

func (m *mail) listen(ctx workflow.Context, key string) {
	m.channels = append(m.channels, workflow.GetSignalChannel(ctx, wire.SignalName(key)))
}

// addTo makes a selector receive signals.
func (m *mail) addTo(selector workflow.Selector) {
	for _, channel := range m.channels {
		selector.AddReceive(channel, func(workflow.ReceiveChannel, bool) { m.hear() })
	}
	selector.AddReceive(m.passed, func(c workflow.ReceiveChannel, _ bool) { c.ReceiveAsync(nil) })
}

// hear receives all signals that have arrived. The SDK drops and logs undecodable ones.
func (m *mail) hear() {
	for _, channel := range m.channels {
		var signal wire.Signal
		for channel.ReceiveAsync(&signal) {
			m.route(signal)
			signal = wire.Signal{}
		}
	}
}

// route passes a signal to its attempt.
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
	m.run.logger.Info("signal ignored: it is for another run of this workflow", "prediction_id", signal.PredictionID)
}

func (m *mail) deliver(signal wire.Signal) bool {
	i := slices.IndexFunc(m.run.attempts, func(a *attempt) bool { return a.Nonce == signal.Nonce })
	if i >= 0 {
		m.run.attempts[i].take(m.run, signal)
	}
	return i >= 0
}

// claim gives a resumed attempt the signals that arrived for it before.
func (m *mail) claim(a *attempt) {
	board := m.run.board
	board.unclaimed = slices.DeleteFunc(board.unclaimed, func(signal wire.Signal) bool {
		if signal.Nonce == a.Nonce {
			a.take(m.run, signal)
		}
		return signal.Nonce == a.Nonce
	})
}
