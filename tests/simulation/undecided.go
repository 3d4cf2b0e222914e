package simulation

import (
	"encoding/json"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/converter"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/simulation/provider"
)

// cell is one deployment, and one way to lose the answer to a submit.
type cell struct {
	inputs    provider.Inputs // how the list shows them
	busy      bool            // others use the account, with another key
	exclusive bool            // the workers are told that nobody else has their key
	workers   int
	mode      string
	how       string
	together  int  // answers that are lost within burst, of different workflows; 0 for one
	first     bool // the account has no other prediction
}

const (
	polling   = "polling"
	delivered = "webhooks"
	lost      = "webhooks lost"

	accepted = "accepted"
	refused  = "not accepted"
	killed   = "worker killed"
)

// allCells are all deployments with all ways.
func allCells() (cells []cell) {
	for _, mode := range []string{polling, lost, delivered} {
		for _, exclusive := range []bool{false, true} {
			for _, busy := range []bool{false, true} {
				for _, workers := range []int{1, 3} {
					for _, inputs := range []provider.Inputs{provider.InputsOmitted, provider.InputsRewritten, provider.InputsEqual} {
						for _, how := range []string{accepted, killed, refused} {
							cells = append(cells, cell{inputs: inputs, busy: busy, exclusive: exclusive, workers: workers, mode: mode, how: how})
						}
					}
				}
			}
		}
	}
	return cells
}

// hardCells are where more than one answer is lost at a time, and where nothing was learned
// of the account before.
func hardCells() (cells []cell) {
	for _, c := range []cell{
		{inputs: provider.InputsOmitted, exclusive: true, mode: polling},
		{inputs: provider.InputsEqual, mode: polling},
		{inputs: provider.InputsOmitted, mode: delivered},
	} {
		c.workers = 1
		c.how = accepted
		for _, n := range []int{2, 5, 20} {
			c.together = n
			cells = append(cells, c)
		}
		c.together, c.first = 0, true
		cells = append(cells, c)
	}
	return cells
}

// certain tells whether no answer may stay undecided: a webhook is delivered, the seed that
// the submit drew is repeated, or nobody else has the key.
func (c cell) certain() bool {
	if c.exclusive && (c.first || c.together > 1) {
		return false
	}
	return c.mode == delivered || c.exclusive || c.how != refused && c.inputs != provider.InputsOmitted
}

// lostKey is the key of generations whose first submit loses its answer.
const lostKey = "lost"

// lostAnswers are what became of the lost answers of one cell.
type lostAnswers struct {
	Lost, Found, Absent, Undecided int
	Twice, Wrong                   int // generations that were billed twice, or got another's result
	Generations                    int // all that ran
	Notes                          []string
}

func (a *lostAnswers) add(b lostAnswers) {
	a.Lost += b.Lost
	a.Found += b.Found
	a.Absent += b.Absent
	a.Undecided += b.Undecided
	a.Twice += b.Twice
	a.Wrong += b.Wrong
	a.Generations += b.Generations
	a.Notes = append(a.Notes, b.Notes...)
}

func (c cell) plan() plan {
	p := plan{
		workerCount: c.workers, webhooks: c.mode != polling, exclusive: c.exclusive, busy: c.busy,
		begins: 20 * time.Minute, visible: 2 * time.Second, timeout: time.Hour,
		timing: wire.WithDefaults(generation.Request{}).Timing,
	}
	p.traits = provider.Traits{
		Skew: 3 * time.Second, ListLag: 20 * time.Second, ChargeLag: 30 * time.Second,
		Inputs: c.inputs, Times: provider.TimesExact, Charges: provider.Readable, Total: true, Schema: true,
	}
	if c.mode == lost {
		p.weather.webhookLost = 1
	}
	return p
}

const (
	apart       = 7 * time.Minute // lost answers are, with as much again by chance
	burst       = 20 * time.Second
	normalEach  = 30 * time.Second // another generation begins
	foreignEach = 10 * time.Second // somebody else's prediction
)

// loseAnswers runs generations, n of which lose the answer to their first submit, one after
// the other.
func loseAnswers(t *testing.T, c cell, seed uint64, n int) (got lostAnswers) {
	undisturbed(seed)
	synctest.Test(t, func(*testing.T) {
		d := newDriver(seed, nil)
		w := newWorldOf(d, c.plan())
		lostOnce := make(map[string]bool)
		w.lose = func(a *account, call *call, e *provider.Entry) bool {
			o := e.Owner.(owner)
			if o.Key != lostKey || lostOnce[o.Workflow] {
				return false
			}
			lostOnce[o.Workflow] = true
			w.loseAnswer(c, a, call, e)
			return true
		}
		jobs := w.losses(c, n)
		w.run(func() bool {
			for _, j := range jobs {
				if !w.over(j) {
					return time.Since(w.begun) > 2*horizon
				}
			}
			return w.books.coming == 0
		})
		got = w.tell(jobs)
		w.stop()
	})
	return got
}

// losses are what is asked for: n generations that lose an answer, and others all the time.
func (w *world) losses(c cell, n int) (jobs []*job) {
	begin := func(at time.Duration, id, workflow, key string) {
		j := &job{id: id, workflow: workflow, pending: 1, requests: []generation.Request{w.lostRequest(key, len(jobs))}}
		jobs = append(jobs, j)
		w.After(at, func() { w.start(j, nil, "") })
	}
	at := w.begins
	for i := range n {
		if together := max(c.together, 1); i%together == 0 {
			at += apart + w.between(0, apart)
		}
		begin(at+w.between(0, burst), fmt.Sprintf("lost%d", i), severalName, lostKey)
	}
	end := at + apart
	for at, i := w.begins, 0; at < end && !c.first; i++ {
		at += normalEach/2 + w.between(0, 2*normalEach)
		begin(at, fmt.Sprintf("normal%d", i), pick(w.dice, severalName, generation.WorkflowName), "normal")
	}
	if c.busy {
		for at := time.Duration(0); at < end; at += foreignEach/2 + w.between(0, 2*foreignEach) {
			w.After(at, func() {
				w.accept(&provider.Entry{
					Model: modelA, Key: otherKey, Owner: "somebody else", Foreign: true, Posted: time.Now(),
					Input: json.RawMessage(`{"prompt":"somebody else's"}`),
				})
			})
		}
	}
	return jobs
}

func (w *world) lostRequest(key string, i int) generation.Request {
	input := fmt.Sprintf(`{"prompt":" a fox %d ","image":"https://media.test/in.png","steps":"4","style":"unknown"}`, i)
	return generation.Request{Key: key, Model: modelA, Timing: w.timing, Timeout: w.timeout, Input: json.RawMessage(input)}
}

// loseAnswer has a submit accepted or not, and its answer lost.
func (w *world) loseAnswer(c cell, a *account, call *call, e *provider.Entry) {
	takes := w.between(50*time.Millisecond, 3*time.Second)
	if c.how != refused {
		w.books.coming++
		w.After(takes, func() {
			w.books.coming--
			w.accept(e)
			if c.how == killed {
				w.killAlone(a.process)
			}
		})
	}
	if c.how != killed && w.chance(0.6) { // others hang
		failure := w.drawFailure(e.Model)
		w.After(takes+time.Second, func() { w.answer(call, failure) })
	}
}

// killAlone kills a worker whose submit was accepted, once no other submit is under way that
// would be cut off too.
func (w *world) killAlone(p *process) {
	if w.submitting() > 1 {
		w.After(time.Second, func() { w.killAlone(p) })
		return
	}
	w.crash(p, "after a submit was accepted")
}

// submitting counts the submits under way.
func (w *world) submitting() (n int) {
	for _, id := range w.server.WorkflowIDs() {
		for _, run := range w.server.Runs(id) {
			open := make(map[int64]bool)
			for _, event := range run.History {
				if event.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName() == wire.SubmitName && run.Running() {
					open[event.GetEventId()] = true
				}
				delete(open, event.GetActivityTaskCompletedEventAttributes().GetScheduledEventId())
				delete(open, event.GetActivityTaskFailedEventAttributes().GetScheduledEventId())
				delete(open, event.GetActivityTaskTimedOutEventAttributes().GetScheduledEventId())
			}
			n += len(open)
		}
	}
	return n
}

// tell says what became of each submit whose answer no worker recorded.
func (w *world) tell(jobs []*job) (got lostAnswers) {
	for _, j := range jobs {
		if !w.over(j) {
			got.Wrong++
			got.Notes = append(got.Notes, j.id+" has not ended")
			continue
		}
		recorded := w.recorded(j)
		for _, e := range w.endings(j) {
			got.Generations++
			got.judge(w, e)
			for _, a := range e.status.Attempts {
				if !recorded[a.Nonce] {
					got.count(e, a)
				}
			}
		}
	}
	return got
}

// judge holds a generation against the ledger.
func (a *lostAnswers) judge(w *world, e ending) {
	g := &group{job: e.job, keys: []string{e.Key}}
	if entries := w.counted(g); len(entries) > 1 {
		a.Twice++
		a.Notes = append(a.Notes, fmt.Sprintf("%s was billed twice: %v", e.job.id, ids(entries)))
	}
	entry := w.provider.Find(e.Result.PredictionID)
	switch {
	case e.ErrorType == "" && (entry == nil || !g.has(entry)), e.ErrorType != "" && e.ErrorType != generation.ErrorTypeSubmitUnknown:
		a.Wrong++
		a.Notes = append(a.Notes, fmt.Sprintf("%s ended with %q: %s", e.job.id, e.Result.PredictionID, e.Message))
	}
}

func (a *lostAnswers) count(e ending, of *generation.Attempt) {
	a.Lost++
	switch {
	case of.PredictionID != "":
		a.Found++
	case of.State == generation.StateAbsent:
		a.Absent++
	default:
		a.Undecided++
		a.Notes = append(a.Notes, fmt.Sprintf("%s: %s", e.job.id, e.Message))
	}
}

// recorded are the nonces of the job's submits whose answers are in its history.
func (w *world) recorded(j *job) map[string]bool {
	nonces := make(map[string]bool)
	decode := converter.GetDefaultDataConverter().FromPayloads
	for _, run := range w.server.Runs(j.id) {
		for _, event := range run.History {
			if event.GetEventType() != enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED {
				continue
			}
			scheduled := run.History[event.GetActivityTaskCompletedEventAttributes().GetScheduledEventId()-1].GetActivityTaskScheduledEventAttributes()
			if scheduled.GetActivityType().GetName() == wire.SubmitName {
				var in wire.SubmitInput
				must(decode(scheduled.GetInput(), &in))
				nonces[in.Nonce] = true
			}
		}
	}
	return nonces
}
