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
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/simulation/provider"
)

// The oracle says whether anybody could have told what became of a submit, from what was
// to be seen at the time. It enumerates the worlds that fit: each unknown submit got one
// of the predictions on the account, or none. It holds to these bounds: list and charges
// show all within the settle time; silence needs both to be read; and an address at which
// one prediction alone was delivered has not leaked.
//
// It knows what the provider and the seed have drawn, and shares nothing with the product.
// Where it is not sure that the product had the evidence, it holds for undecidable.
type oracle struct {
	w       *world
	at      time.Time
	owned   map[string]string   // nonce by prediction: an answer or a webhook told
	unknown []string            // nonces that nobody knows the fate of
	owners  map[string]owner    // by nonce
	told    map[string][]string // predictions that were delivered, by nonce
	keyed   map[string]bool     // nonces of which it is recorded with which key they were posted
}

// slack is how long before a decision something must have been visible, for the product to
// have had a fair chance to see it.
const slack = 45 * time.Second

func (w *world) oracleAt(at time.Time) *oracle {
	o := &oracle{w: w, at: at, owned: make(map[string]string), owners: make(map[string]owner), told: make(map[string][]string), keyed: make(map[string]bool)}
	known := make(map[string]bool)
	for _, id := range w.server.WorkflowIDs() {
		for _, run := range w.server.Runs(id) {
			for i, event := range run.History {
				o.learnKey(run.History, event)
				a := event.GetActivityTaskCompletedEventAttributes()
				if a == nil || !looked(run.History[i:], at) {
					continue
				}
				scheduled := run.History[a.GetScheduledEventId()-1].GetActivityTaskScheduledEventAttributes()
				if scheduled.GetActivityType().GetName() != generation.SubmitName {
					continue
				}
				var in generation.SubmitInput
				var submitted generation.Submitted
				must(converter.GetDefaultDataConverter().FromPayloads(scheduled.GetInput(), &in))
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
	for _, post := range w.books.sent {
		o.owners[post.owner.Nonce] = post.owner
		if post.at.Before(at) && !known[post.owner.Nonce] && !slices.Contains(o.unknown, post.owner.Nonce) {
			o.unknown = append(o.unknown, post.owner.Nonce)
		}
	}
	return o
}

// learnKey notes that a failed submit told which key it had used.
func (o *oracle) learnKey(history []*historypb.HistoryEvent, event *historypb.HistoryEvent) {
	a := event.GetActivityTaskFailedEventAttributes()
	var lost generation.Lost
	if details := a.GetFailure().GetApplicationFailureInfo().GetDetails(); a == nil || details == nil || converter.GetDefaultDataConverter().FromPayloads(details, &lost) != nil || lost.APIKey == "" {
		return
	}
	scheduled := history[a.GetScheduledEventId()-1].GetActivityTaskScheduledEventAttributes()
	if scheduled.GetActivityType().GetName() != generation.SubmitName {
		return
	}
	var in generation.SubmitInput
	must(converter.GetDefaultDataConverter().FromPayloads(scheduled.GetInput(), &in))
	o.keyed[in.Nonce] = true
}

// looked tells whether a workflow task has taken in the first of the events by then: what it
// has not, a workflow does not know.
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
	if !slices.Contains(o.unknown, nonce) || !o.readable() || o.at.Before(o.settled(nonce)) {
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
	if len(candidates) > 8 {
		return "", false
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

// misled tells whether somebody else's prediction was delivered to one of the job's
// addresses: what is then learned from it, of keys and names, is wrong.
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
			return d.taken && d.nonce == nonce && d.at.Before(o.at.Add(-slack)) && o.heard(d)
		})
		if heard && o.owned[e.ID] == "" && !o.excluded(nonce, e) && o.readable() && !o.at.Before(o.settled(nonce)) {
			return "a webhook told of " + e.ID, true
		}
	}
	for _, e := range w.books.entries[nonce] {
		if o.visible(e, slack) && !e.Deleted && o.pagesReadable() && w.provider.Echoes(e) && drawn(e.Input) {
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
	if w.provider.Times != provider.TimesMissing && w.provider.Clock(e.Accepted).Before(o.began(nonce).Add(-16*time.Minute)) {
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

func (o *oracle) posted(nonce string) (first sent) {
	for _, s := range o.w.books.sent {
		if s.owner.Nonce == nonce {
			return s
		}
	}
	return sent{}
}

func (o *oracle) began(nonce string) time.Time { return o.posted(nonce).at }

// settled is when the witnesses have had their time.
func (o *oracle) settled(nonce string) time.Time {
	var last time.Time
	for _, s := range o.w.books.sent {
		if s.owner.Nonce == nonce {
			last = s.at
		}
	}
	return last.Add(o.w.timing.Submit + o.w.timing.Settle + slack)
}

// drawn tells whether the input holds a seed that the product has drawn: people's are small.
func drawn(input json.RawMessage) bool {
	var fields struct {
		Seed int64 `json:"seed"`
	}
	return json.Unmarshal(input, &fields) == nil && fields.Seed > 1000
}
