package activities

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
)

const (
	// rereadAfter is how far two readings that are compared are apart, and for how long one
	// serves other searches.
	rereadAfter = 2 * time.Second

	// keptFor is how long the provider surely keeps what it lists.
	keptFor = 6 * 24 * time.Hour
)

// search looks for the prediction of one submit whose answer was lost. Difference is doubt,
// not disproof: what it holds for another's is so by certain knowledge only.
type search struct {
	info    activity.Info
	client  func(context.Context) client.Client
	in      generation.FindInput
	account *account
	webhook bool          // the submit was given an address
	entered time.Time     // by this process's clock
	age     time.Duration // since the submit ended, by Temporal's clock
	left    time.Duration // until the deadline
	window  window
}

func (a *Activities) newSearch(info activity.Info, account *account, in generation.FindInput) *search {
	s := &search{
		info: info, client: a.client, in: in, account: account, webhook: a.options.WebhookURL != nil,
		entered: a.options.Now(),
		age:     info.StartedTime.Sub(in.Ended),
		left:    timeLeft(info, in.Within),
	}
	s.window = windowOf(info, in.Began, s.entered, &account.offset)
	return s
}

// answer is what one look gives: a verdict, or why there is none yet.
type answer struct {
	found   generation.Found
	decided bool
	why     string
	down    error // why a witness could not be asked
}

func undecided(why string, candidates []sighting) answer {
	ids := make([]string, 0, len(candidates))
	for _, c := range candidates {
		ids = append(ids, c.id)
	}
	slices.Sort(ids)
	ids = ids[:min(len(ids), generation.MaxCandidates)]
	return answer{found: generation.Found{Verdict: generation.VerdictUndecided, Candidates: ids, Why: why}, decided: true}
}

func found(id string, inferred bool) answer {
	return answer{found: generation.Found{Verdict: generation.VerdictFound, PredictionID: id, Inferred: inferred}, decided: true}
}

// look asks the witnesses in the order of how much they are worth.
func (s *search) look(ctx context.Context) answer {
	if id := s.account.memory.prediction(s.in.Nonce); id != "" {
		return found(id, false)
	}
	delivered, err := s.delivered(ctx)
	if err != nil {
		return answer{down: err, why: "a prediction that a webhook named cannot be read"}
	}
	if len(delivered) == 1 && delivered[0].exists && s.free(delivered[0].sighting) {
		// It may be another submit's of this workflow, delivered to the wrong address.
		if err := s.askOwn(ctx); err != nil {
			return answer{down: err, why: "the workflow's own predictions cannot be read"}
		}
		if !s.foreign(delivered[0].sighting) {
			return found(delivered[0].id, false)
		}
		delivered = nil
	}
	now, err := s.account.reader.read(ctx, s.readSince(), s.entered.Add(-rereadAfter))
	if err != nil {
		return answer{down: err, why: "the list and the charges cannot be read"}
	}
	s.learn(now)
	possible := s.possible(now, delivered)
	if id, ok := s.echo(possible); ok {
		// Nobody else of ours can have drawn this seed, so it excludes the prediction for
		// others, as an answer would.
		return found(id, false)
	}
	if len(possible) > 0 {
		if err := s.askOwn(ctx); err != nil {
			return answer{down: err, why: "the workflow's own predictions cannot be read"}
		}
		s.learn(now)
		possible = s.possible(now, delivered)
	}
	if len(delivered) > 0 && s.settled() && s.learnKey(ctx) == nil {
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

// delivery is a prediction that a webhook at the submit's own address named.
type delivery struct {
	sighting
	exists bool // the account can read it
}

// delivered reads the predictions that webhooks named, without those that are certainly
// others'.
func (s *search) delivered(ctx context.Context) ([]delivery, error) {
	var delivered []delivery
	for _, id := range s.in.Delivered {
		prediction, err := s.account.provider.Result(ctx, id)
		var failure *wavespeed.Error
		switch {
		case err == nil:
			if d := (delivery{sight(prediction), true}); !s.foreign(d.sighting) {
				delivered = append(delivered, d)
			}
		case errors.As(err, &failure) && failure.Status() == http.StatusNotFound:
			if d := (delivery{sighting{id: id}, false}); !s.foreign(d.sighting) {
				delivered = append(delivered, d)
			}
		default:
			return nil, err
		}
	}
	return delivered, nil
}

// foreign tells whether the prediction is certainly another's.
func (s *search) foreign(x sighting) bool {
	if nonce, _ := s.account.memory.owner(x.id); nonce != "" && nonce != s.in.Nonce {
		return true
	}
	return x.charged && s.in.KeyKnown && s.sameKey() && s.account.keys.excludes(x.key) ||
		s.window.before(x.created) ||
		s.account.names.other(s.in.Model, x.model, x.created)
}

// free tells whether nothing about the prediction is in doubt but whose it is. Another seed
// than the submit drew is doubt: whoever has its address can have another prediction delivered
// there.
func (s *search) free(x sighting) bool {
	if s.in.Seeded && x.seed != "" && !s.echoed(x) {
		return false
	}
	return s.window.after(x.created) && (x.model == s.in.Model || s.account.names.same(s.in.Model, x.model))
}

// echoed tells whether the prediction repeats the seed that the submit drew.
func (s *search) echoed(x sighting) bool {
	return s.in.Seeded && x.seed == strconv.FormatInt(generation.Seed(s.in.Nonce), 10)
}

// echo is the one prediction that repeats the seed. Somebody may have made another one with
// the same seed, by running ours again.
func (s *search) echo(possible []sighting) (id string, ok bool) {
	for _, x := range possible {
		if !s.echoed(x) {
			continue
		}
		if ok {
			return "", false
		}
		id, ok = x.id, true
	}
	return id, ok
}

// learn takes in what predictions of our own tell about names and keys.
func (s *search) learn(r *reading) {
	for _, witness := range []witness{r.list, r.charges} {
		for _, x := range witness.seen {
			model, ok := s.account.memory.teacher(x.id)
			switch {
			case !ok:
			case x.charged:
				s.account.keys.learn(x.key)
			default:
				s.account.names.learn(model, x.model, x.created)
			}
		}
	}
}

// possible are all predictions that may be the submit's: of the list, the charges and the
// webhooks, each with what is known of it from everywhere.
func (s *search) possible(r *reading, delivered []delivery) []sighting {
	merged := make(map[string]sighting)
	for _, seen := range [][]sighting{r.charges.seen, r.list.seen} {
		for _, x := range seen {
			merged[x.id] = merge(merged[x.id], x)
		}
	}
	for _, d := range delivered {
		merged[d.id] = merge(merged[d.id], d.sighting)
	}
	var possible []sighting
	for _, x := range merged {
		if !s.foreign(x) {
			possible = append(possible, x)
		}
	}
	slices.SortFunc(possible, func(a, b sighting) int { return strings.Compare(a.id, b.id) })
	for _, x := range possible {
		s.account.seen.since(x.id)
	}
	return possible
}

// merge adds what another witness tells of the same prediction. What the list says of it
// is about the prediction, what the charges say about the charge.
func merge(a, b sighting) sighting {
	if a.id == "" {
		return b
	}
	if b.charged {
		a.charged, a.key = true, b.key
		return a
	}
	charged, key := a.charged, a.key
	if b.model == "" {
		b.model = a.model
	}
	if b.seed == "" {
		b.seed = a.seed
	}
	b.ended = a.ended || b.ended
	b.charged, b.key = charged, key
	return b
}

// readSince is how far back the witnesses are read.
func (s *search) readSince() time.Time {
	if s.account.exclusive {
		return s.window.opens.Add(-lookback)
	}
	return s.window.opens
}

// settled tells whether the witnesses have had their time.
func (s *search) settled() bool { return s.age >= s.in.Settle }

// late tells whether what has not spoken by now will not.
func (s *search) late() bool { return s.age >= s.in.Settle+s.in.Grace || s.left <= 0 }

// byDelivery decides between predictions that webhooks named. None of them is certainly
// another's, so the submit is not absent.
func (s *search) byDelivery(now *reading, delivered []delivery, possible []sighting) answer {
	read := !now.list.down() && !now.charges.down() && (now.list.err == nil || now.charges.err == nil || s.late())
	remaining := slices.DeleteFunc(slices.Clone(delivered), func(d delivery) bool {
		return !slices.ContainsFunc(possible, func(x sighting) bool { return x.id == d.id })
	})
	switch {
	case len(remaining) == 1 && remaining[0].exists && s.settled() && read:
		return found(remaining[0].id, false)
	case s.left <= 0 || s.late() && s.heardAll(possible):
		return undecided("webhooks named predictions that may be another's", possible)
	default:
		return answer{why: "a webhook named a prediction that may be another's", down: errors.Join(down(now)...)}
	}
}

// byReadings decides without any webhook.
func (s *search) byReadings(ctx context.Context, now *reading, possible []sighting) answer {
	if !s.settled() {
		return answer{why: "the list and the charges may lag", down: errors.Join(down(now)...)}
	}
	steady := false
	if now.read() {
		var err error
		if now, steady, err = s.twice(ctx, now); err != nil {
			return answer{down: err, why: "the list and the charges cannot be read again"}
		}
		possible = s.possible(now, nil)
		steady = steady && s.account.made.fault(now, s.in.Settle) == ""
	}
	if steady && len(possible) == 0 && s.mayProveAbsence() {
		return answer{found: generation.Found{Verdict: generation.VerdictAbsent}, decided: true}
	}
	infers := steady && s.account.exclusive && slices.ContainsFunc(possible, s.familiar)
	others := allOwners
	if len(possible) > 0 && (s.left <= 0 || s.late() || infers) {
		var unknown map[string]generation.UnknownSubmit
		unknown, others = s.askOwners(ctx, now.ended, possible)
		s.learn(now)
		possible = s.possible(now, nil)
		if steady && len(possible) == 0 && s.mayProveAbsence() {
			return answer{found: generation.Found{Verdict: generation.VerdictAbsent}, decided: true}
		}
		if infers && others == allOwners {
			if err := s.learnKey(ctx); err != nil {
				return answer{down: err, why: "the charges of other submits cannot be read"}
			}
			possible = s.possible(now, nil)
			if id, ok := s.infer(now, possible, unknown); ok {
				return found(id, true)
			}
		}
	}
	if s.left <= 0 || s.late() && s.nothingMore(now, possible, steady) && !(s.patient() && now.read() && s.mayLearn(others, possible)) {
		return undecided(s.doubt(now, possible), possible)
	}
	return answer{why: s.doubt(now, possible), down: errors.Join(down(now)...)}
}

// mayLearn tells whether asking again may show whose the candidates are: other workflows
// have not all answered, or the charges that would tell lag.
func (s *search) mayLearn(others others, possible []sighting) bool {
	switch {
	case others == silentOwners || others == moreOwners:
		return true
	case s.account.exclusive:
		return slices.ContainsFunc(possible, func(x sighting) bool { return !s.familiar(x) })
	default:
		return len(possible) > 0 && !slices.ContainsFunc(possible, func(x sighting) bool { return x.charged })
	}
}

// steadyWithin is how much longer a search waits for witnesses that contradict themselves.
const steadyWithin = 10 * time.Minute

// patient tells whether what contradicts itself, or does not answer, may still become clear.
func (s *search) patient() bool {
	return s.left > 0 && s.age < s.in.Settle+s.in.Grace+steadyWithin
}

// nothingMore tells whether waiting longer can't help.
func (s *search) nothingMore(now *reading, possible []sighting, steady bool) bool {
	switch {
	case now.list.down() || now.charges.down():
		return false
	case now.list.unsteady() || now.charges.unsteady() || now.read() && !steady:
		return !s.patient()
	case !s.webhook:
		return true
	default:
		// A webhook may still come for what is not listed.
		return now.list.err == nil && s.heardAll(possible)
	}
}

// heardAll tells whether each prediction has ended so long ago that its webhook has come,
// if it comes at all.
func (s *search) heardAll(possible []sighting) bool {
	heard := true
	for _, x := range possible {
		heard = x.ended && s.account.ended.since(x.id) >= s.in.Grace && heard
	}
	return heard
}

// visibleAfter is how long it may take until Temporal lists a workflow that has begun.
const visibleAfter = 30 * time.Second

// familiar tells whether the prediction was seen so long ago that the workflow which made
// it, if another did, is among those that are asked.
func (s *search) familiar(x sighting) bool { return s.account.seen.since(x.id) >= visibleAfter }

// twice gives two readings, both begun after all had settled, and tells whether they are
// equal.
func (s *search) twice(ctx context.Context, now *reading) (*reading, bool, error) {
	settled := s.entered.Add(s.in.Settle - s.age)
	first := s.account.reader.before(now)
	if first == nil || first.list.err != nil || first.charges.err != nil || first.began.Before(settled) || first.since.After(s.window.opens) || now.began.Sub(first.ended) < rereadAfter {
		first = now
	}
	if first.began.Before(settled) {
		return now, false, nil
	}
	if first == now {
		again := now.ended.Add(rereadAfter)
		if err := s.wait(ctx, again.Sub(s.account.reader.now())); err != nil {
			return now, false, err
		}
		var err error
		if now, err = s.account.reader.read(ctx, s.readSince(), again); err != nil {
			return now, false, err
		}
		s.learn(now)
	}
	settledBy := s.in.Ended.Add(s.in.Settle + s.window.most)
	return now, first.list.equal(now.list, s.window, settledBy) && first.charges.equal(now.charges, s.window, settledBy), nil
}

func (s *search) wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// equal tells whether a later reading tells the same of the window, up to the time by which
// all had settled: what was made later may still lag.
func (w witness) equal(later witness, within window, settled time.Time) bool {
	if w.err != nil || later.err != nil {
		return false
	}
	before, newest := make(map[string]bool), time.Time{}
	for _, x := range w.seen {
		if !within.before(x.created) && !x.created.After(settled) {
			before[x.id] = true
			if x.created.After(newest) {
				newest = x.created
			}
		}
	}
	same := 0
	counted := make(map[string]bool)
	for _, x := range later.seen {
		switch {
		case within.before(x.created) || x.created.After(settled) || counted[x.id]:
		case before[x.id]:
			same++
			counted[x.id] = true
		case !x.created.After(newest):
			return false // it was there, and was not told of
		}
	}
	return same == len(before)
}

// mayProveAbsence tells whether silence would mean anything.
func (s *search) mayProveAbsence() bool {
	return s.sameKey() && s.age+s.in.Ended.Sub(s.in.Began) < keptFor
}

// sameKey tells whether the search is made with the key of the submit, as far as that is
// known.
func (s *search) sameKey() bool {
	for _, key := range s.in.APIKeys {
		if key != s.account.apiKey() {
			return false
		}
	}
	return true
}

func down(r *reading) (errs []error) {
	for _, w := range []witness{r.list, r.charges} {
		if w.down() {
			errs = append(errs, w.err)
		}
	}
	return errs
}

// doubt says what keeps the search from a verdict.
func (s *search) doubt(r *reading, possible []sighting) string {
	switch {
	case r.list.err != nil:
		return "the list of predictions can't be read whole: " + r.list.err.Error()
	case r.charges.err != nil:
		return "the charges can't be read whole, and without them nothing proves that a submit was not accepted: " + r.charges.err.Error()
	case s.account.made.fault(r, s.in.Settle) != "":
		return s.account.made.fault(r, s.in.Settle)
	case len(possible) > 0:
		return strconv.Itoa(len(possible)) + " predictions may be its own"
	case !s.sameKey():
		return "the account has another API key now than the submit was made with"
	case s.age >= keptFor:
		return "it was made so long ago that the provider may have forgotten it"
	default:
		return "the list and the charges keep changing"
	}
}
