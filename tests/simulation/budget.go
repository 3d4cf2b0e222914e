package simulation

import (
	"slices"

	enumspb "go.temporal.io/api/enums/v1"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/usd"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/simulation/provider"
)

// checkPipeline checks that a run keeps to its budget, has all results when it completes, and
// fails for the reason of one of its generations.
func (w *world) checkPipeline(j *job, endings []ending) {
	if j.pipeline == nil {
		return
	}
	w.checkBudget(j)
	runs := w.server.Runs(j.id)
	last := runs[len(runs)-1]
	made := 0
	reasons := []string{string(generation.ErrorTypeTooManyFailed)}
	for _, e := range endings {
		if e.ErrorType == "" {
			made++
		}
		reasons = append(reasons, string(e.ErrorType))
	}
	switch last.Status {
	case enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED:
		w.counts["pipelines completed"]++
		if step, _ := j.pipeline.definition.Steps.Get(clipsStep); made < len(j.requests)-step.ForEach.Tolerate.Items {
			w.find("%s completed with %d of %d", j.id, made, len(j.requests))
		}
	case enumspb.WORKFLOW_EXECUTION_STATUS_FAILED:
		w.counts["pipelines failed"]++
		failure := last.History[len(last.History)-1].GetWorkflowExecutionFailedEventAttributes().GetFailure()
		if !slices.Contains(reasons, failure.GetApplicationFailureInfo().GetType()) {
			w.find("%s failed for no reason of its steps: %s", j.id, failure.GetMessage())
		}
	}
}

// checkBudget checks that the charges for a run stay within its budget at each submit. Refunds
// for failures until then count.
func (w *world) checkBudget(j *job) {
	byRoot := make(map[string][]*provider.Entry)
	root := make(map[string]string)
	last := ""
	for _, r := range w.server.Runs(j.id) {
		if slices.Contains(j.pipeline.roots, r.RunID) {
			last = r.RunID
		}
		root[r.RunID] = last
	}
	for _, e := range w.provider.Ledger {
		o, ours := e.Owner.(owner)
		if !ours || o.Workflow != j.id || w.books.forgotten[o.Nonce] || e.Late {
			continue
		}
		id := root[o.Run]
		byRoot[id] = append(byRoot[id], e)
		var spent generation.USD
		for _, other := range byRoot[id] {
			if other.Status != "failed" || other.Ends.After(e.Posted) {
				spent = usd.Add(spent, other.Price)
			}
		}
		if most, bounded := j.pipeline.limit(e); bounded && spent > most {
			w.find("%s is billed %s with %s, and its budget is %s", j.id, spent, e.ID, most)
			return
		}
	}
}

// limit returns the largest budget that may have applied when the entry was submitted. Each
// start sets it again; earlier submits count under the earlier budget.
func (p *pipelineJob) limit(e *provider.Entry) (most generation.USD, bounded bool) {
	for _, l := range p.limits {
		if !l.at.After(e.Posted) {
			most, bounded = max(l.usd, most), true
			if p.definition.Budget.USD == l.usd {
				most = l.usd
			}
		}
	}
	return most, bounded
}
