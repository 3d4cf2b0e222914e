package simulation

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/converter"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/simulation/provider"
)

// The oracle says whether the outcome of a submit could have been known from the evidence
// visible at the time. It enumerates the worlds that fit: each unknown submit got one of the
// account's predictions, or none. It assumes that the list and charges show everything within
// the settle time, that absence requires reading both, and that an address to which only one
// prediction was delivered has not leaked.
//
// It knows what the provider and the seed have drawn, and shares nothing with the product. If
// it is not sure that the product had the evidence, it answers that nobody could tell.
type oracle struct {
	w       *world
	at      time.Time
	owned   map[string]string   // nonce by prediction: an answer or a webhook told
	unknown []string            // nonces that nobody knows the fate of
	owners  map[string]owner    // by nonce
	told    map[string][]string // predictions that were delivered, by nonce
	keyed   map[string]bool     // nonces of which it is recorded with which key they were posted
	first   map[string]sent     // by nonce: when it can have been posted, at the earliest
	refused map[string]bool     // nonces that are recorded as not accepted
}

// slack is how long before a decision something must have been visible, for the product to
// have had a fair chance to see it.
const slack = 45 * time.Second

func (w *world) oracleAt(at time.Time) *oracle {
	o := &oracle{w: w, at: at, owned: make(map[string]string), owners: make(map[string]owner), told: make(map[string][]string), keyed: make(map[string]bool), first: make(map[string]sent), refused: make(map[string]bool)}
	known := make(map[string]bool)
	for _, id := range w.server.WorkflowIDs() {
		for _, run := range w.server.Runs(id) {
			for i, event := range run.History {
				o.learnKey(run.History, event)
				o.learnSubmit(id, event)
				a := event.GetActivityTaskCompletedEventAttributes()
				if a == nil || !looked(run.History[i:], at) {
					continue
				}
				in, ok := submitInput(run.History[a.GetScheduledEventId()-1])
				if !ok {
					continue
				}
				var submitted wire.Submitted
				must(converter.GetDefaultDataConverter().FromPayloads(a.GetResult(), &submitted))
				known[in.Nonce] = true
				o.owned[submitted.PredictionID] = in.Nonce
			}
		}
	}
	for _, d := range w.books.deliveries {
		if d.at.Before(at) && !slices.Contains(o.told[d.nonce], d.entry.ID) {
			o.told[d.nonce] = append(o.told[d.nonce], d.entry.ID)
		}
	}
	for nonce, post := range o.first {
		if post.at.Before(at) && !known[nonce] && (!o.refused[nonce] || o.sent(nonce)) {
			o.unknown = append(o.unknown, nonce)
		}
	}
	slices.Sort(o.unknown)
	return o
}

// learnSubmit notes a submit that was to be made. Whether the worker that had it was
// killed before it sent anything, nobody can tell afterwards.
func (o *oracle) learnSubmit(workflow string, event *historypb.HistoryEvent) {
	in, ok := submitInput(event)
	if !ok {
		return
	}
	if _, again := o.first[in.Nonce]; again {
		return // a reset copies the history
	}
	own := owner{Workflow: workflow, Key: in.Key, Nonce: in.Nonce}
	o.owners[in.Nonce] = own
	o.first[in.Nonce] = sent{owner: own, model: in.Model, at: event.GetEventTime().AsTime()}
}

// submitInput is what a submit was scheduled with.
func submitInput(event *historypb.HistoryEvent) (in wire.SubmitInput, ok bool) {
	a := event.GetActivityTaskScheduledEventAttributes()
	if a.GetActivityType().GetName() != wire.SubmitName {
		return in, false
	}
	must(converter.GetDefaultDataConverter().FromPayloads(a.GetInput(), &in))
	return in, true
}

// learnKey notes what a failed submit told: the key that it had used, or that it was not
// accepted.
func (o *oracle) learnKey(history []*historypb.HistoryEvent, event *historypb.HistoryEvent) {
	a := event.GetActivityTaskFailedEventAttributes()
	if a == nil {
		return
	}
	in, ok := submitInput(history[a.GetScheduledEventId()-1])
	if !ok {
		return
	}
	failure := a.GetFailure().GetApplicationFailureInfo()
	o.refused[in.Nonce] = generation.ErrorType(failure.GetType()) != generation.ErrorTypeSubmitUnknown
	var lost wire.Lost
	details := failure.GetDetails()
	// A reset forgets what was told before, and the last run is the one that decides.
	o.keyed[in.Nonce] = details != nil && converter.GetDefaultDataConverter().FromPayloads(details, &lost) == nil && lost.APIKey != ""
}

// looked reports whether a workflow task has processed the first of the events by then. Until
// it has, the workflow doesn't know about it.
func looked(events []*historypb.HistoryEvent, by time.Time) bool {
	for _, e := range events {
		if e.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			return e.GetEventTime().AsTime().Before(by)
		}
	}
	return false
}

// decidable tells whether there was only one answer for the group's unknown submits.
func (o *oracle) decidable(g *group, nonce string) (string, bool) {
	w := o.w
	if o.misled(g.job) {
		return "", false
	}
	if why, ok := o.identified(nonce); ok {
		return why, true
	}
	if !slices.Contains(o.unknown, nonce) || !o.readable() || !o.seen(nonce, o.settled(nonce), 3) {
		return "", false
	}
	mine := make(map[string]bool)
	for _, n := range o.unknown {
		if o.owners[n].Workflow == g.job.id && slices.Contains(g.keys, o.owners[n].Key) {
			mine[n] = true
		}
	}
	if len(o.unknown) > 5 {
		return "", false
	}
	var candidates []*provider.Entry
	for _, e := range w.provider.Ledger {
		if o.visible(e, 0) && o.owned[e.ID] == "" {
			candidates = append(candidates, e)
		}
	}
	if len(candidates) > 8 || slices.ContainsFunc(candidates, func(e *provider.Entry) bool { return e.Late }) {
		return "", false // too many, or one that was absent by all that anybody could know
	}
	answers := make(map[string]bool)
	o.worlds(candidates, 0, make(map[string]string), func(assigned map[string]string) {
		var got []string
		for _, n := range o.unknown {
			if mine[n] {
				got = append(got, assigned[n])
			}
		}
		slices.Sort(got) // who of those that ask for the same got which does not matter
		answers[strings.Join(got, " ")] = true
	})
	if len(answers) != 1 {
		return "", false
	}
	for answer := range answers {
		if !strings.HasPrefix(answer, "absent") && len(mine) < len(o.unknown) || strings.Contains(answer, "absent p") {
			break // it takes more than one submit to know, or which of two was accepted
		}
		if w.provider.Times == provider.TimesMissing && !strings.HasPrefix(answer, "absent") {
			break // the prediction of any submit before fits as well
		}
		return "the only world that fits: [" + answer + "]", true
	}
	return "", false
}

// misled reports whether somebody else's prediction was delivered to one of the job's
// addresses, so that wrong conclusions about keys and names follow.
func (o *oracle) misled(j *job) bool {
	return slices.ContainsFunc(o.w.books.deliveries, func(d *delivery) bool {
		return d.workflow == j.id && d.entry.Foreign && d.at.Before(o.at)
	})
}

// worlds visits each assignment of candidates to unknown submits that fits.
func (o *oracle) worlds(candidates []*provider.Entry, i int, assigned map[string]string, visit func(map[string]string)) {
	if i == len(o.unknown) {
		for _, e := range candidates {
			if o.ourCharge(e) && !contains(assigned, e.ID) {
				return // a charge of a key that is ours alone is a submit of ours
			}
		}
		visit(assigned)
		return
	}
	n := o.unknown[i]
	assigned[n] = "absent"
	o.worlds(candidates, i+1, assigned, visit)
	for _, e := range candidates {
		if !contains(assigned, e.ID) && !o.excluded(n, e) {
			assigned[n] = e.ID
			o.worlds(candidates, i+1, assigned, visit)
		}
	}
	delete(assigned, n)
}

func contains(assigned map[string]string, id string) bool {
	for _, other := range assigned {
		if other == id {
			return true
		}
	}
	return false
}

// identified is by a webhook at the submit's own address, or by the seed that it drew.
func (o *oracle) identified(nonce string) (string, bool) {
	w := o.w
	if told := o.told[nonce]; len(told) == 1 {
		e := w.provider.Find(told[0])
		heard := slices.ContainsFunc(w.books.deliveries, func(d *delivery) bool {
			return !d.taken.IsZero() && d.nonce == nonce && d.taken.Before(o.at.Add(-slack)) && o.heard(d)
		})
		if heard && o.owned[e.ID] == "" && !o.excluded(nonce, e) && o.readable() && o.seen(nonce, o.settled(nonce), 2) {
			return "a webhook told of " + e.ID, true
		}
	}
	for _, e := range w.books.entries[nonce] {
		if o.visible(e, slack) && !e.Deleted && o.pagesReadable() && w.provider.Echoes(e) && drawn(e.Input) && o.seen(nonce, e.Listed.Add(slack), 1) {
			return "the list repeats the seed of " + e.ID, true
		}
	}
	return "", false
}

// heard tells whether the delivery reached the run that decided.
func (o *oracle) heard(d *delivery) bool {
	runs := o.w.server.Runs(d.workflow)
	last := runs[len(runs)-1]
	return last.Started().Before(d.at) && last.History[0].GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED
}

// excluded tells whether the entry is certainly not the nonce's.
func (o *oracle) excluded(nonce string, e *provider.Entry) bool {
	w := o.w
	if w.provider.Charges == provider.Readable && !w.provider.Keyless && e.Key != ourKey && o.at.After(e.Charged.Add(slack)) && o.keyed[nonce] && o.knowsOurs(nonce, "", time.Time{}) {
		return true
	}
	if w.provider.Times == provider.TimesMissing {
		return false // neither the window nor how models were named at its time tells
	}
	if w.provider.Clock(e.Accepted).Before(o.began(nonce).Add(-16 * time.Minute)) {
		return true
	}
	model := o.posted(nonce).model
	return w.provider.Alias == "" && e.Model != model && o.knowsOurs(nonce, model, e.Accepted)
}

// knowsOurs tells whether the nonce's workflow had a prediction of its own, of the model if
// that is given and accepted after some time, which list and charges have shown for a while.
func (o *oracle) knowsOurs(nonce, model string, after time.Time) bool {
	for id, owner := range o.owned {
		e := o.w.provider.Find(id)
		if o.owners[owner].Workflow == o.owners[nonce].Workflow && o.visible(e, 2*time.Minute) && (model == "" || e.Model == model && e.Accepted.After(after.Add(time.Second))) {
			return true
		}
	}
	return false
}

// ourCharge tells whether the charges show that one of our submits made the entry, since
// nobody else has our key, and all submits of which nothing is known are known to have used it.
func (o *oracle) ourCharge(e *provider.Entry) bool {
	w := o.w
	return w.exclusive && !w.provider.Keyless && w.provider.Charges == provider.Readable && e.Key == ourKey && o.at.After(e.Charged.Add(2*time.Minute)) &&
		len(o.owned) > 0 && !slices.ContainsFunc(o.unknown, func(nonce string) bool { return !o.keyed[nonce] })
}

func (o *oracle) visible(e *provider.Entry, since time.Duration) bool {
	return o.at.After(e.Listed.Add(since)) && o.at.After(e.Charged.Add(since))
}

func (o *oracle) readable() bool {
	return o.w.provider.Charges == provider.Readable && o.pagesReadable()
}

// pagesReadable tells whether pages can be read whole: none is withheld.
func (o *oracle) pagesReadable() bool {
	switch o.w.provider.Pages {
	case provider.PagesNull:
		return false
	default:
		return true
	}
}

// sent tells whether the nonce was posted before the decision.
func (o *oracle) sent(nonce string) bool {
	return slices.ContainsFunc(o.w.books.sent, func(s sent) bool { return s.owner.Nonce == nonce && s.at.Before(o.at) })
}

func (o *oracle) posted(nonce string) (first sent) {
	for _, s := range o.w.books.sent {
		if s.owner.Nonce == nonce {
			return s
		}
	}
	return o.first[nonce]
}

func (o *oracle) began(nonce string) time.Time { return o.posted(nonce).at }

// settled is when the witnesses have had their time.
func (o *oracle) settled(nonce string) time.Time {
	last := o.first[nonce].at
	for _, s := range o.w.books.sent {
		if s.owner.Nonce == nonce {
			last = s.at
		}
	}
	return last.Add(o.w.timing.Submit + o.w.timing.Settle + slack)
}

// seen tells whether one process has looked often enough since some time: it needs two
// readings that agree, and its own view of what is known.
func (o *oracle) seen(nonce string, since time.Time, times int) bool {
	by := make(map[string]int)
	for _, look := range o.w.books.looksOf(nonce) {
		if look.at.After(since) && look.at.Before(o.at) {
			by[look.process]++
		}
		if by[look.process] >= times {
			return true
		}
	}
	return false
}

// drawn tells whether the input holds a seed that the product has drawn: people's are small
// or very large.
func drawn(input json.RawMessage) bool {
	var fields struct {
		Seed int64 `json:"seed"`
	}
	return json.Unmarshal(input, &fields) == nil && fields.Seed > 1000 && fields.Seed < 1<<31
}
