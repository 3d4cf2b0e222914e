package activities

import (
	"context"
	"slices"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

const (
	// rereadAfter is how far two readings that are compared are apart, and for how long one
	// serves other searches at least.
	rereadAfter = 2 * time.Second

	// keptFor is how long the provider surely keeps what it lists.
	keptFor = 6 * 24 * time.Hour
)

// search looks for the prediction of one submit whose response was lost. A difference is doubt,
// not disproof: it assigns a prediction to another submit only with certainty.
type search struct {
	info    activity.Info
	client  func(context.Context) client.Client
	in      wire.FindInput
	account *account
	webhook bool          // the submit had a webhook address
	entered time.Time     // by this process's clock
	age     time.Duration // since the submit ended, by Temporal's clock
	left    time.Duration // until the deadline
	window  window

	catalogued map[string]bool // whether a listed name is a model of the catalogue
}

func (a *Activities) newSearch(info activity.Info, account *account, in wire.FindInput) *search {
	s := &search{
		info: info, client: a.client, in: in, account: account, webhook: a.options.WebhookURL != nil,
		entered: a.options.Now(),
		age:     info.StartedTime.Sub(in.Ended),
		left:    timeLeft(info, in.Within),

		catalogued: make(map[string]bool),
	}
	account.echoes.want(s.drawn())
	s.window = windowOf(info, in.Began, s.entered, &account.offset)
	return s
}

// answer is the result of one look: a conclusion, or why there is none yet.
type answer struct {
	found   wire.Found
	decided bool
	why     string
	down    error // why a witness could not be asked
	ripens  bool  // soon the evidence may tell
}

func undecided(why string, candidates []sighting) answer {
	ids := make([]string, 0, len(candidates))
	for _, c := range candidates {
		ids = append(ids, c.id)
	}
	slices.Sort(ids)
	ids = ids[:min(len(ids), wire.MaxCandidates)]
	return answer{found: wire.Found{Conclusion: wire.ConclusionUndecided, Candidates: ids, Why: why}, decided: true}
}

func found(id string, inferred bool) answer {
	return answer{found: wire.Found{Conclusion: wire.ConclusionFound, PredictionID: id, Inferred: inferred}, decided: true}
}

// look consults the evidence, and at last what it has shown before.
func (s *search) look(ctx context.Context) answer {
	now := s.consult(ctx)
	if x, ok := s.remembered(); ok && (!now.decided && now.down != nil && s.settled() || now.found.Conclusion == wire.ConclusionUndecided) {
		return found(x.id, false)
	}
	return now
}

// consult consults the evidence in order of its value.
func (s *search) consult(ctx context.Context) answer {
	if id := s.account.memory.prediction(s.in.Nonce); id != "" {
		return found(id, false)
	}
	if err := s.learnPostedKey(ctx); err != nil {
		return answer{down: err, why: "the workflow's history, which tells the worker that had the submit, cannot be read"}
	}
	delivered, err := s.delivered(ctx)
	if err != nil {
		return answer{down: err, why: "a prediction that a webhook named cannot be read"}
	}
	if len(delivered) == 1 && delivered[0].exists && s.free(delivered[0].sighting) {
		if foreign, err := s.isAnothers(ctx, delivered[0].sighting); err != nil {
			return answer{down: err, why: "it cannot be read whose the prediction is that a webhook named"}
		} else if !foreign {
			return found(delivered[0].id, false)
		}
		delivered = nil
	}
	now, err := s.read(ctx, s.entered.Add(-s.reader().servesFor()))
	switch {
	case err != nil && len(delivered) > 0 && s.late():
		now = &reading{list: witness{err: err}, charges: witness{err: err}}
	case err != nil:
		return answer{down: err, why: "the list and the charges cannot be read"}
	}
	s.learn(now)
	s.lookUp(ctx, now, delivered)
	possible := s.possible(now, delivered)
	if x, ok := s.echo(possible); ok && (now.list.err == nil || s.isTheFirst(now, x) || s.late()) {
		// Nobody else of ours can have drawn this seed, so it excludes the prediction for
		// others, as an answer would.
		return found(x.id, false)
	}
	if len(possible) > 0 {
		if err := s.askOwn(ctx); err != nil {
			return answer{down: err, why: "the workflow's own predictions cannot be read"}
		}
		s.learn(now)
		possible = s.possible(now, delivered)
	}
	if len(delivered) > 0 && s.settled() {
		s.askOwners(ctx, askedFor, possible)
		s.learn(now)
		if delivered, err = s.unclaimed(ctx, delivered); err != nil {
			return answer{down: err, why: "it cannot be read whose the predictions are that webhooks named"}
		}
		possible = s.possible(now, delivered)
		delivered = slices.DeleteFunc(delivered, func(d delivery) bool {
			return !slices.ContainsFunc(possible, func(x sighting) bool { return x.id == d.id })
		})
	}
	if len(delivered) > 0 {
		return s.byDelivery(now, delivered, possible)
	}
	return s.byReadings(ctx, now, possible)
}

// isAnothers tells whether a prediction that a webhook named is certainly another's, who had it
// delivered to this submit's address: another submit's of this workflow, another workflow's, as
// far as those answer that may know, or another key's.
func (s *search) isAnothers(ctx context.Context, x sighting) (bool, error) {
	if err := s.askOwn(ctx); err != nil || s.foreign(x) {
		return true, err
	}
	s.askOwners(ctx, askedFor, []sighting{x})
	charged, err := s.charged(ctx, x)
	return s.foreign(x) || s.foreign(charged), err
}

// unclaimed leaves out the predictions that are certainly another's, by their charges too.
func (s *search) unclaimed(ctx context.Context, delivered []delivery) (unclaimed []delivery, err error) {
	for _, d := range delivered {
		charged, err := s.charged(ctx, d.sighting)
		if err != nil {
			return delivered, err
		}
		if !s.foreign(d.sighting) && !s.foreign(charged) {
			d.billed = charged.charged
			d.strange = d.billed && !s.in.KeyKnown && s.account.keys.excludes(charged.key)
			unclaimed = append(unclaimed, d)
		}
	}
	return unclaimed, nil
}

// charged adds the prediction's charge, if there is one yet, and learns our key. An error is
// worth another try.
func (s *search) charged(ctx context.Context, x sighting) (sighting, error) {
	charges, err := s.charges(ctx, x.id)
	if err == nil {
		err = s.learnKey(ctx)
	}
	if !(witness{err: err}).down() || s.late() {
		err = nil
	}
	for _, charge := range charges {
		if charge.PredictionID == x.id {
			x.charged, x.key, x.billed = true, charge.Key, charge.Model
		}
	}
	return x, err
}

// charges are the deductions for some predictions.
func (s *search) charges(ctx context.Context, ids ...string) ([]provider.Charge, error) {
	page, err := s.account.provider.Charges(ctx, provider.ChargesOptions{PredictionIDs: ids})
	return slices.DeleteFunc(page.Items, func(c provider.Charge) bool { return c.Kind != provider.ChargeDeduct }), err
}

// youngFor is how long a submit takes, in most cases.
const youngFor = 3 * time.Minute

// sinceBegan is how long ago the submit began, by Temporal's clock.
func (s *search) sinceBegan() time.Duration { return s.info.StartedTime.Sub(s.in.Began) }

// delivery is a prediction named by a webhook to the submit's own address.
type delivery struct {
	sighting
	exists  bool // the account can read it
	billed  bool // its charge could be read
	strange bool // charged to a key that is none of ours, though the submit's own is not known
}

// delivered reads the predictions named by webhooks, except those that certainly belong to
// others.
func (s *search) delivered(ctx context.Context) ([]delivery, error) {
	var delivered []delivery
	for _, id := range s.in.Delivered {
		prediction, err := s.account.provider.Result(ctx, id)
		switch {
		case err == nil:
			if d := (delivery{sighting: sight(prediction), exists: true}); !s.foreign(d.sighting) {
				delivered = append(delivered, d)
			}
		case provider.KindOf(err) == provider.NotFound:
			if d := (delivery{sighting: sighting{id: id}}); !s.foreign(d.sighting) {
				delivered = append(delivered, d)
			}
		default:
			return nil, err
		}
	}
	return delivered, nil
}

// reader is the account's for submits of this age. A search for an old one needs a long reading,
// and those for young ones, which are soon decided, don't wait for it.
func (s *search) reader() *reader {
	if s.sinceBegan() > s.in.Settle+s.in.Grace+youngFor {
		return &s.account.deep
	}
	return &s.account.shallow
}

// read returns a reading that began at notBefore or later.
func (s *search) read(ctx context.Context, notBefore time.Time) (*reading, error) {
	return s.reader().read(ctx, s.readSince(), s.window.opens, notBefore)
}

// readSince is how far back the lists are read.
func (s *search) readSince() time.Time {
	if s.account.exclusive {
		return s.window.opens.Add(-lookback)
	}
	return s.window.opens
}

// settledAt is when the settle time ends, by this process's clock.
func (s *search) settledAt() time.Time { return s.entered.Add(s.in.Settle - s.age) }

// settled reports whether the settle time has passed.
func (s *search) settled() bool { return s.age >= s.in.Settle }

// late reports whether missing evidence will no longer arrive.
func (s *search) late() bool { return s.age >= s.in.Settle+s.in.Grace || s.left <= 0 }
