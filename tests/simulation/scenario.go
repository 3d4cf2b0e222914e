package simulation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/simulation/provider"
)

// job is a workflow that must come to its end, through however many runs.
type job struct {
	id       string
	workflow string
	requests []generation.Request
	pending  int          // steps of people that are under way
	pipeline *pipelineJob // nil of others
	stopped  bool
}

// scenario draws what is asked for, and what is done to it.
func (w *world) scenario() []*job {
	var jobs []*job
	for i := range 1 + w.IntN(2) {
		j := &job{id: fmt.Sprintf("job%d", i+1), workflow: severalName}
		n := 1
		if w.chance(0.3) {
			j.workflow = generation.WorkflowName
		} else {
			n = 1 + w.IntN(3)
		}
		for k := range n {
			j.requests = append(j.requests, w.drawRequest(k))
		}
		jobs = append(jobs, j)
		w.After(w.begins+w.between(0, 20*time.Second), func() { w.start(j, nil, "") })
		j.pending++
		w.drawTrouble(j)
	}
	if w.pipelines {
		j := w.drawPipeline("film")
		jobs = append(jobs[:w.people.IntN(2)], j) // the others' trouble finds nothing to do
		w.After(w.begins+w.people.between(0, 20*time.Second), func() { w.start(j, nil, "") })
		j.pending++
		w.drawTrouble(j)
	}
	if w.pipelines || w.asks {
		for _, j := range jobs {
			w.attend(j)
		}
	}
	for _, worker := range w.workers {
		if w.chance(0.3) {
			w.After(w.begins+w.between(0, 5*time.Minute), func() { w.disconnect(worker, w.between(5*time.Second, 5*time.Minute)) })
		}
	}
	if w.chance(0.2) {
		w.After(w.begins+w.between(0, 5*time.Minute), func() { w.disconnect(w.front, w.between(5*time.Second, 3*time.Minute)) })
	}
	w.drawForeigners()
	if w.limits != nil {
		w.drawSettings(newDice(w.seed, 0x5e77))
	}
	return jobs
}

func (w *world) drawRequest(i int) generation.Request {
	r := generation.Request{Key: fmt.Sprintf("g%d", i), Model: modelA, Timing: w.timing, Timeout: w.timeout}
	if w.chance(0.2) {
		r.Model = modelB
	}
	prompt := fmt.Sprintf(" a fox %d ", i)
	if w.chance(0.3) {
		prompt = " a fox " // as others'
	}
	input := map[string]any{"prompt": prompt}
	if w.chance(0.3) {
		input["image"] = "https://media.test/in.png"
	}
	if w.chance(0.3) {
		input["steps"] = "4"
	}
	if w.chance(0.3) {
		input["style"] = "unknown"
	}
	switch w.IntN(5) {
	case 0:
		input["seed"] = -1
	case 1:
		input["seed"] = 7 + i
	}
	if w.bigSeeds {
		r.Model, input = modelA, map[string]any{"prompt": " a fox ", "seed": int64(1)<<53 + int64(i)}
	}
	encoded, err := json.Marshal(input)
	must(err)
	r.Input = json.RawMessage(encoded)
	if w.chance(0.2) {
		r.MaxPredictions = 2
	}
	r.OnUnknown = w.drawPolicy()
	return r
}

// drawTrouble is what people do to a job.
func (w *world) drawTrouble(j *job) {
	for w.chance(0.35) {
		at := w.begins + w.between(0, 5*time.Minute)
		switch w.IntN(4) {
		case 0:
			w.After(at, func() { w.end(j, true) })
		case 1:
			w.After(at, func() { w.end(j, false) })
		case 2:
			w.After(at, func() { w.reset(j) })
		default:
			w.After(at, func() { w.signalContinue(j) })
		}
	}
}

func (w *world) current(j *job) (runID string, running bool) {
	runs := w.server.Runs(j.id)
	if len(runs) == 0 {
		return "", false
	}
	last := runs[len(runs)-1]
	return last.RunID, last.Running()
}

// over tells whether the job has come to its end.
func (w *world) over(j *job) bool {
	_, running := w.current(j)
	return j.pending == 0 && !running
}

// start begins a run from what an earlier one had.
func (w *world) start(j *job, earlier []generation.Status, from string) {
	if w.calm && j.id != lateID {
		return
	}
	var args []any
	switch {
	case j.pipeline != nil:
		args = []any{j.pipeline.run(from)}
	case j.workflow == severalName:
		args = []any{severalInput{Requests: j.requests, Earlier: earlier}}
	default:
		args = []any{j.requests[0]}
	}
	input, err := converter.GetDefaultDataConverter().ToPayloads(args...)
	must(err)
	if from != "" {
		w.Note("%s is run again after %s, with %d generations", j.id, from[len(from)-4:], len(earlier))
	}
	var started workflowservice.StartWorkflowExecutionResponse
	must(w.server.Direct(&workflowservice.StartWorkflowExecutionRequest{
		WorkflowId: j.id, WorkflowType: &commonpb.WorkflowType{Name: j.workflow}, TaskQueue: &taskqueuepb.TaskQueue{Name: taskQueue}, Input: input,
	}, &started))
	if j.pipeline != nil {
		j.pipeline.started(started.GetRunId())
	}
	j.pending--
}

// end cancels or terminates the job's run, and has it run again.
func (w *world) end(j *job, terminate bool) {
	runID, running := w.current(j)
	if !running || j.pending > 0 || w.calm {
		return
	}
	execution := &commonpb.WorkflowExecution{WorkflowId: j.id, RunId: runID}
	if terminate {
		w.Note("%s is terminated", j.id)
		must(w.server.Direct(&workflowservice.TerminateWorkflowExecutionRequest{WorkflowExecution: execution}, nil))
	} else {
		w.Note("%s is canceled", j.id)
		must(w.server.Direct(&workflowservice.RequestCancelWorkflowExecutionRequest{WorkflowExecution: execution}, nil))
	}
	if j.workflow == generation.WorkflowName || w.chance(0.2) {
		j.stopped = true
		return
	}
	j.pending++
	w.After(w.between(0, 2*time.Minute), func() { w.rerun(j, runID) })
}

// rerun is what an operator does: ask the run that has ended what it had, and begin
// another one with that.
func (w *world) rerun(j *job, runID string) {
	go func() {
		for {
			var statuses []generation.Status
			var err error
			if j.pipeline == nil { // a pipeline asks by itself
				statuses, err = w.ask(j.id, runID)
			}
			begun := false
			step := &call{key: "rerun" + j.id, take: func(c *call) {
				latest, running := w.current(j)
				switch {
				case latest != runID: // it had continued as new
					runID = latest
				case err == nil && !running:
					w.start(j, statuses, runID)
					begun = true
				}
				w.answer(c, nil)
			}}
			if w.enter(context.Background(), step) != nil || begun || w.overDuring(5*time.Second) {
				return
			}
		}
	}()
}

// ask is for the statuses of a run.
func (w *world) ask(id, runID string) (statuses []generation.Status, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	answer, err := w.operator.client.QueryWorkflow(ctx, id, runID, generation.StatusQuery)
	var unready *serviceerror.WorkflowNotReady
	if errors.As(err, &unready) { // no worker began it, so it has what it was given
		return w.given(id, runID), nil
	}
	if err != nil {
		return nil, err
	}
	return statuses, answer.Get(&statuses)
}

// given is what a run was started with of the ones before it.
func (w *world) given(id, runID string) []generation.Status {
	for _, r := range w.server.Runs(id) {
		if r.RunID == runID && r.Type == severalName {
			var in severalInput
			must(converter.GetDefaultDataConverter().FromPayloads(r.History[0].GetWorkflowExecutionStartedEventAttributes().GetInput(), &in))
			return in.Earlier
		}
	}
	return nil
}

// reset goes back to one of the workflow tasks of the job's run.
func (w *world) reset(j *job) {
	runID, _ := w.current(j)
	if runID == "" || j.pending > 0 || w.calm {
		return
	}
	run := w.server.Runs(j.id)[len(w.server.Runs(j.id))-1]
	var ends []int64
	for _, e := range run.History {
		if e.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			ends = append(ends, e.GetEventId())
		}
	}
	if len(ends) == 0 {
		return
	}
	event := ends[w.IntN(len(ends))]
	w.books.forget(run.History, event)
	var begun workflowservice.ResetWorkflowExecutionResponse
	must(w.server.Direct(&workflowservice.ResetWorkflowExecutionRequest{
		WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: j.id, RunId: runID}, WorkflowTaskFinishEventId: event,
	}, &begun))
	w.books.resets[begun.GetRunId()] = true
}

func (w *world) signalContinue(j *job) {
	runID, running := w.current(j)
	if !running || j.workflow != severalName || w.calm {
		return
	}
	must(w.server.Direct(&workflowservice.SignalWorkflowExecutionRequest{
		WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: j.id, RunId: runID}, SignalName: continueName,
	}, nil))
}

// drawForeigners has others use the account, before, while and after we do.
func (w *world) drawForeigners() {
	if w.busy {
		for range 60 + w.IntN(60) {
			w.After(w.begins+time.Duration(w.Int64N(int64(3*time.Minute))), func() { w.accept(w.drawForeign()) })
		}
	}
	if !w.foreigners {
		return
	}
	for range 1 + w.IntN(6) {
		at := w.begins + w.between(0, 6*time.Minute)
		if w.chance(0.4) {
			at = 0 // long before us, perhaps
		}
		w.After(at, w.foreign)
	}
}

// drawForeign is a submit of somebody else.
func (w *world) drawForeign() *provider.Entry {
	e := &provider.Entry{Model: pick(w.dice, modelA, modelB), Key: otherKey, Owner: "somebody else", Foreign: true, Posted: time.Now()}
	e.Input = json.RawMessage(`{"prompt":"somebody else's"}`)
	if w.equal {
		e.Input = json.RawMessage(pick(w.dice, `{"prompt":" a fox "}`, `{"prompt":" a fox ","steps":"4","n":1}`))
	}
	return e
}

// foreign is somebody else who may get in our way.
func (w *world) foreign() {
	e := w.drawForeign()
	if !w.exclusive && w.chance(0.5) {
		e.Key = ourKey
	}
	w.accept(e)
	if w.chance(w.weather.webhookLeaked) {
		// Somebody has an address of ours, and has it called about this one, however old.
		w.After(w.begins+w.between(time.Second, 5*time.Minute), func() {
			if address := w.ownAddress(); address != "" && e.Ended() {
				e.Webhook = address
				w.post(e, 1)
			}
		})
	}
	if w.chance(0.2) {
		w.After(w.between(time.Second, 5*time.Minute), func() {
			w.Note("provider: %s is deleted", e.ID)
			e.Deleted = true
		})
	}
}

// ownAddress is one that we gave the provider and that has leaked.
func (w *world) ownAddress() string {
	if len(w.books.addresses) == 0 {
		return ""
	}
	return w.books.addresses[w.IntN(len(w.books.addresses))].url
}
