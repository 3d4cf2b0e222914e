package activities

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// byDelivery decides between predictions named by webhooks. None of them certainly belongs to
// another, so the submit is not absent.
func (s *search) byDelivery(now *reading, delivered []delivery, possible []sighting) answer {
	silent := now.list.down() || now.charges.down() || (now.list.unsteady() || now.charges.unsteady()) && s.patient()
	read := !silent && !now.began.Before(s.settledAt()) && (now.list.err == nil || now.charges.err == nil || s.late())
	// Whole lists would tell no more of a prediction than it and its charge do.
	told := func(d delivery) bool { return read || s.late() && d.billed && s.named(d.sighting) }
	remaining := slices.DeleteFunc(slices.Clone(delivered), func(d delivery) bool {
		return !slices.ContainsFunc(possible, func(x sighting) bool { return x.id == d.id })
	})
	switch {
	case len(remaining) == 1 && remaining[0].exists && !remaining[0].strange && s.settled() && told(remaining[0]):
		return found(remaining[0].id, false)
	case s.over(now) || s.late() && s.heardAll(possible) && !silent:
		return undecided("webhooks named predictions that may be another's", possible)
	default:
		return answer{why: "a webhook named a prediction that may be another's", down: errors.Join(down(now)...)}
	}
}

// byReadings decides without webhooks.
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
		return answer{found: wire.Found{Conclusion: wire.ConclusionAbsent}, decided: true}
	}
	infers := steady && s.account.exclusive && s.sinceBegan() < inferredFor
	var told owners
	if len(possible) > 0 && (s.left <= 0 || s.late() || infers && slices.ContainsFunc(possible, s.familiar)) {
		told = s.askOwners(ctx, answeredFor, possible)
		s.learn(now)
		possible = s.possible(now, nil)
		if steady && len(possible) == 0 && s.mayProveAbsence() {
			return answer{found: wire.Found{Conclusion: wire.ConclusionAbsent}, decided: true}
		}
		if infers && told.others == allOwners {
			if err := s.learnKey(ctx); err != nil {
				return answer{down: err, why: "the charges of other submits cannot be read"}
			}
			possible = s.possible(now, nil)
			if id, ok := s.infer(now, possible, told); ok {
				return found(id, true)
			}
		}
	}
	if infers && s.left <= 0 && s.left > -lastLooks && s.mayLearn(told, possible) {
		return answer{why: s.doubt(now, possible), ripens: true}
	}
	if s.over(now) || s.late() && told.others != unlistedOwners && s.nothingMore(now, possible, steady) && !(s.patient() && now.read() && s.mayLearn(told, possible)) {
		return undecided(s.doubt(now, possible), possible)
	}
	return answer{why: s.doubt(now, possible), down: errors.Join(down(now)...)}
}

// mayLearn tells whether asking again may show whose the candidates are: other workflows
// have not all answered, or the charges that would tell lag.
func (s *search) mayLearn(told owners, possible []sighting) bool {
	switch {
	case told.others == silentOwners || told.others == moreOwners:
		return true
	case s.account.exclusive && told.others == allOwners:
		return slices.ContainsFunc(possible, func(x sighting) bool { return !s.covered(told, x) })
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

// over reports whether the time for a conclusion is over.
func (s *search) over(now *reading) bool {
	return s.left <= -lastLooks || s.left <= 0 && len(down(now)) == 0
}

// nothingMore reports whether waiting longer can't help.
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

// visibleAfter is how long it may take until Temporal lists a workflow that has started, and
// answeredFor for how long the answer of one that still runs serves all searches.
const (
	visibleAfter = 30 * time.Second
	answeredFor  = 30 * time.Second
)

// inferredFor is how old a submit may be whose prediction is inferred from what other workflows
// tell. Temporal deletes closed ones after the namespace's retention, by default after a day or
// more, and those can't be asked.
const inferredFor = 12 * time.Hour

// familiar tells whether the prediction was seen so long ago that it is worth asking: answers
// and lists of runs that serve all searches are newer.
func (s *search) familiar(x sighting) bool {
	return s.account.seen.since(x.id) >= max(visibleAfter+listedFor, answeredFor)
}

// covered tells whether the workflow that made the prediction, if another did, is among those
// that were asked, and knew of the submit when it answered.
func (s *search) covered(told owners, x sighting) bool {
	return !s.account.seen.first(x.id).After(told.asOf)
}

// mayProveAbsence tells whether silence would mean anything.
func (s *search) mayProveAbsence() bool {
	return s.sameKey() && s.age+s.in.Ended.Sub(s.in.Began) < keptFor
}

// sameKey reports whether the search uses the submit's key, as far as that is known.
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

// doubt explains what prevents a conclusion.
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
