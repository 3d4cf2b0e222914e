package simulation

import (
	"fmt"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/record"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runwire"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/usd"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

const (
	stillStep = "still"
	clipsStep = "clips"
)

// pipelineJob is what a job that is a pipeline has beside the others.
type pipelineJob struct {
	definition pipeline.Definition
	cost       generation.USD // of all its steps, once each
	roots      []string       // the runs that were started; others are resets of those
	limits     []limit        // of the budget, in order
	again      int            // how often a failed run was run again
	read       string         // the run whose results were read
	results    []runwire.StepResults
}

// limit is what the budget is from a time on, at most: an update that raises it may be lost.
type limit struct {
	at  time.Time
	usd generation.USD
}

// drawPipeline is a still, and then a few clips of it.
func (w *world) drawPipeline(id string) *job {
	d := w.people
	j := &job{id: id, workflow: pipeline.WorkflowName, pipeline: &pipelineJob{}}
	still := pipeline.Step{Model: pick(d, modelA, modelB), Input: map[string]any{"prompt": pick(d, " a fox ", " a still ")}}
	clips := pipeline.Step{Model: pick(d, modelA, modelB), Needs: []string{stillStep}}
	prompt := pick(d, "${{ item }}", "${{ item }} of ${{ steps.still.output }}")
	clips.Input = map[string]any{"prompt": prompt}
	var items []any
	same := d.chance(0.3) // some in the same words
	for i := range 2 + d.IntN(3) {
		item := fmt.Sprintf(" clip %d ", i)
		if same && d.chance(0.6) {
			item = " clip "
		}
		items = append(items, item)
	}
	clips.ForEach = &pipeline.ForEach{Items: items, MaxParallel: d.IntN(3)}
	clips.ForEach.Tolerate.Items = d.IntN(2)
	for _, step := range []*pipeline.Step{&still, &clips} {
		step.Timeout = pipeline.Duration(w.timeout)
		step.OnUnknown = string(w.drawPolicy())
		if d.chance(0.2) {
			step.Retry = &pipeline.Retry{Predictions: 2}
		}
	}
	p := j.pipeline
	p.definition = pipeline.Definition{Name: "film", Steps: pipeline.Named[pipeline.Step]{{Name: stillStep, Value: still}, {Name: clipsStep, Value: clips}}}
	p.cost = usd.Add(w.provider.PriceOf(still.Model), usd.Times(w.provider.PriceOf(clips.Model), len(items)))
	if d.chance(0.6) {
		p.definition.Budget = &pipeline.Budget{USD: p.cost, OnExceeded: pick(d, "wait", "fail")}
		if d.chance(0.5) {
			p.definition.Budget.USD = max(generation.USD(float64(p.cost)*d.Float64()), usd.Dollar/100)
		}
	}
	j.requests = append(j.requests, generation.Request{Key: stillStep, Model: still.Model, Input: still.Input})
	for i, item := range items {
		j.requests = append(j.requests, generation.Request{
			Key: fmt.Sprintf("%s[%d]", clipsStep, i), Model: clips.Model,
			Input: map[string]any{"prompt": strings.ReplaceAll(prompt, "${{ item }}", item.(string))},
		})
	}
	return j
}

// run is what to start, with what an earlier run has paid for.
func (p *pipelineJob) run(earlier string) pipeline.Request {
	run := pipeline.Request{Pipeline: p.definition}
	if earlier != "" {
		run.Resume = &pipeline.Resume{RunID: earlier}
	}
	return run
}

// started notes the run and what it may spend.
func (p *pipelineJob) started(runID string) {
	p.roots = append(p.roots, runID)
	if p.definition.Budget != nil {
		p.limits = append(p.limits, limit{time.Now(), p.definition.Budget.USD})
	}
}

// concluded tells whether a job is over. A pipeline's results are read then; one that failed
// is run again, perhaps.
func (w *world) concluded(j *job) bool {
	if !w.over(j) {
		return false
	}
	p := j.pipeline
	runID, _ := w.current(j)
	if p == nil || p.read == runID {
		return true
	}
	p.read, p.results = runID, nil
	runs := w.server.Runs(j.id)
	switch status := runs[len(runs)-1].Status; {
	case status == enumspb.WORKFLOW_EXECUTION_STATUS_FAILED && p.again < 2 && w.people.chance(0.5):
		p.again++
		j.pending++
		w.After(w.people.between(0, 5*time.Minute), func() { w.start(j, nil, runID) })
		return false
	case status == enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, status == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED:
		j.pending++
		w.readResults(j, runID)
		return false
	default:
		return true
	}
}

// endings of a pipeline are those of its generations.
func (p *pipelineJob) endings(j *job) (endings []ending) {
	for _, step := range p.results {
		for _, item := range step.Items {
			last := item.Last()
			if len(last.Attempts) == 0 {
				continue
			}
			e := ending{job: j, status: last, made: made{Key: last.Key, ErrorType: last.ErrorType, Message: record.Reason(last)}}
			if i := slices.IndexFunc(j.requests, func(r generation.Request) bool { return r.Key == last.Key }); i >= 0 {
				e.request = j.requests[i]
			}
			switch last.State {
			case generation.StateCompleted:
				e.Result = generation.Result{Key: last.Key, PredictionID: last.PredictionID(), Produced: generation.Produced{Outputs: last.Outputs}}
			case generation.StateCanceled:
				e.ErrorType = "canceled"
			}
			endings = append(endings, e)
		}
	}
	return endings
}
