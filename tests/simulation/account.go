package simulation

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	seam "github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/usd"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/simulation/provider"
)

// account is a process's way to the provider, in place of wavespeed.Client. Its errors are
// those that the client would give.
type account struct {
	process *process
	key     string
}

// KeyFingerprint tells keys apart.
func (a *account) KeyFingerprint() string { return a.key }

// Switches are none.
func (a *account) Switches() []seam.Switch { return nil }

// ask carries a call to the provider. The answer is what take leaves behind.
func (a *account) ask(ctx context.Context, op, subject string, take func(*call)) error {
	w := a.process.world
	c := &call{key: a.process.name + op + subject}
	if subject != "" { // what is read for all may be read by any of them
		c.key += ownerOf(ctx).task()
	}
	c.take = func(c *call) {
		if !a.process.dead {
			take(c)
		}
	}
	err := w.enter(ctx, c)
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return &seam.Error{Op: op, Subject: subject, Err: err}
	}
	return err
}

// read is for calls that change nothing. They fail at times.
func (a *account) read(ctx context.Context, op, subject string, f func() error) error {
	w := a.process.world
	return a.ask(ctx, op, subject, func(c *call) {
		w.After(w.between(20*time.Millisecond, time.Second), func() {
			if w.left(c) {
				return
			}
			if w.chance(w.weather.unread) {
				w.answer(c, &seam.Error{Op: op, Subject: subject, Kind: seam.Failed, Err: errors.New("upstream")})
				return
			}
			w.answer(c, f())
			w.crashes(a.process, "after "+op)
		})
	})
}

// Submit is the call that costs money.
func (a *account) Submit(ctx context.Context, request seam.SubmitRequest) (got seam.Prediction, err error) {
	w := a.process.world
	input, ok := request.Input.(json.RawMessage)
	if !ok {
		input, err = json.Marshal(request.Input)
		must(err)
	}
	owner := ownerOf(ctx)
	err = a.ask(ctx, "submit", owner.Nonce, func(c *call) {
		w.takeSubmit(a, c, owner, request, input, &got)
	})
	return got, err
}

func (w *world) takeSubmit(a *account, c *call, owner owner, request seam.SubmitRequest, input json.RawMessage, got *seam.Prediction) {
	refuse := func(err *seam.Error) {
		err.Op, err.Subject = "submit", request.Model
		w.After(w.between(time.Millisecond, time.Second), func() { w.answer(c, err) })
	}
	entry := &provider.Entry{Model: request.Model, Input: input, Key: a.key, Webhook: request.WebhookURL, Owner: owner, Posted: time.Now()}
	w.Note("%s: submit of %v, nonce %.6s", a.process.name, owner, owner.Nonce)
	w.books.posted(owner, entry)
	switch {
	case w.lose != nil && w.lose(a, c, entry):
	case w.chance(w.weather.refused):
		switch w.IntN(3) {
		case 0:
			refuse(&seam.Error{Accepted: seam.NeverSent, Err: errors.New("connection refused")})
		case 1:
			refuse(&seam.Error{Kind: seam.Limited, Accepted: seam.Refused, RetryAfter: w.between(time.Second, 20*time.Second)})
		default:
			refuse(&seam.Error{Kind: seam.Limited, Accepted: seam.Refused})
		}
	case w.chance(w.weather.unanswered):
		w.unanswered(a, c, entry)
	default:
		w.After(w.between(50*time.Millisecond, 3*time.Second), func() {
			w.accept(entry)
			*got = w.provider.Show(entry, false)
			w.crashes(a.process, "after a submit was accepted")
			w.After(w.latency(), func() {
				if !a.process.dead {
					w.answer(c, nil)
				}
			})
		})
	}
}

// unanswered leaves the caller without an answer that tells. The submit is accepted before,
// at, or after that, or never.
func (w *world) unanswered(a *account, c *call, e *provider.Entry) {
	fails := w.between(time.Millisecond, 3*time.Second)
	if hangs := w.chance(0.4); hangs {
		fails = w.timing.Submit // at the latest, the caller has gone by itself
	} else {
		failure := w.drawFailure(e.Model)
		w.After(fails, func() { w.answer(c, failure) })
	}
	settle := w.timing.Settle
	var accepted time.Duration
	switch {
	case w.chance(0.35):
		w.Note("provider: never accepts it")
		return
	case w.chance(w.weather.tooLate):
		accepted = fails + settle + w.between(time.Second, 10*time.Minute)
		e.Late = true
	case w.chance(w.weather.late):
		accepted = fails + w.between(0, settle/3)
	default:
		accepted = w.between(time.Millisecond, min(fails, 3*time.Second))
	}
	w.books.coming++
	w.After(accepted, func() {
		w.books.coming--
		w.accept(e)
		w.crashes(a.process, "after a submit was accepted unheard")
	})
}

func (w *world) drawFailure(model string) error {
	failure := &seam.Error{Op: "submit", Subject: model, Accepted: seam.MaybeAccepted}
	switch w.IntN(4) {
	case 0:
		failure.Err = io.ErrUnexpectedEOF
	case 1:
		failure.Err = errors.New("a gateway's 502")
	case 2:
		failure.Kind, failure.Err = seam.Garbled, errors.New("the response names no prediction")
	default:
		failure.Kind, failure.Err = seam.Failed, errors.New("internal error")
	}
	return failure
}

// accept bills an entry.
func (w *world) accept(e *provider.Entry) {
	e.Status = "completed"
	if w.chance(w.weather.failed) {
		e.Status = "failed"
	}
	w.provider.Accept(e, w.takes(e))
	w.books.accepted(e)
}

// Result reads a prediction.
func (a *account) Result(ctx context.Context, id string) (got seam.Prediction, err error) {
	p := a.process.world.provider
	err = a.read(ctx, "result", id, func() error {
		e := p.Find(id)
		if e == nil {
			return &seam.Error{Op: "result", Subject: id, Kind: seam.NotFound, Accepted: seam.Refused}
		}
		got = p.Show(e, p.Echo)
		return nil
	})
	return got, err
}

// List reads a page of predictions.
func (a *account) List(ctx context.Context, o seam.ListOptions) (got seam.Page, err error) {
	err = a.read(ctx, "list", "", func() error {
		got = a.process.world.provider.ListPage(o)
		return nil
	})
	return got, err
}

// Charges reads a page of the billing.
func (a *account) Charges(ctx context.Context, o seam.ChargesOptions) (got seam.ChargePage, err error) {
	p := a.process.world.provider
	err = a.read(ctx, "charges", "", func() error {
		switch p.Traits.Charges {
		case provider.Forbidden:
			return &seam.Error{Op: "charges", Kind: seam.Forbidden, Accepted: seam.Refused}
		case provider.Missing:
			return &seam.Error{Op: "charges", Kind: seam.NotFound, Accepted: seam.Refused}
		}
		got = p.ChargesPage(o)
		return nil
	})
	return got, err
}

// Price asks what a submit would cost.
func (a *account) Price(ctx context.Context, model string, input any) (got seam.Price, err error) {
	encoded, err := json.Marshal(input)
	must(err)
	err = a.read(ctx, "price", model+string(encoded), func() error {
		price := a.process.world.provider.PriceOf(model)
		got = seam.Price{Amount: price, Full: price}
		return nil
	})
	return got, err
}

const schema = `{"type":"object","properties":{"prompt":{"type":"string"},"seed":{"type":"integer","minimum":-1,"maximum":2147483647}}}`

// Models is the catalogue.
func (a *account) Models(ctx context.Context) (got []seam.Model, err error) {
	err = a.read(ctx, "models", "", func() error {
		for _, id := range []string{modelA, modelB} {
			m := seam.Model{ID: id, Name: id}
			if a.process.world.provider.Schema {
				m.Schema = json.RawMessage(schema)
			}
			got = append(got, m)
		}
		return nil
	})
	return got, err
}

// Balance is enough.
func (a *account) Balance(context.Context) (generation.USD, error) {
	return 1000 * usd.Dollar, nil
}
