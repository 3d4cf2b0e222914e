package activities

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

const (
	// maxAsked is the maximum number of workflows that one search asks for their predictions.
	// Each costs a query.
	maxAsked = 200

	// maxListed is the maximum number of workflows among which it looks for them.
	maxListed = 2000
)

// others tells which of the workflows that ran since a submit have answered.
type others int

const (
	allOwners      others = iota // all have answered
	silentOwners                 // some did not
	unlistedOwners               // Temporal did not list them
	manyOwners                   // there are too many to ask
	moreOwners                   // the next search can ask some that were not asked yet
)

const (
	askTimeout = 20 * time.Second

	// Of other workflows, some may have no worker that could answer.
	askEach   = 3 * time.Second
	askAtOnce = 8
	askNext   = 100 * time.Millisecond

	// lookback is how long before a submit's window others' charges are looked at, to tell
	// which submit made which. It covers a submit that was given up so lately that it counts.
	lookback = 30 * time.Minute
)

// owners is what the workflows that ran since a submit told.
type owners struct {
	others

	// unknown are their submits of which it is not certain what became of them, by nonce.
	unknown map[string]wire.UnknownSubmit

	// asOf is until when they told of every submit that had begun.
	asOf time.Time
}

// askOwners asks the workflows that ran since the submit which predictions are theirs; where
// there are too many, those that may have made one of these. Answers are not older than maxAge;
// those of runs that have ended are final.
func (s *search) askOwners(ctx context.Context, maxAge time.Duration, possible []sighting) owners {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	if !s.account.asked.begin(ctx) {
		return owners{others: silentOwners}
	}
	defer s.account.asked.end()
	since := s.account.asked.now().Add(-maxAge)
	executions, listed, err := s.account.asked.ran(s.ranSince(), func(since time.Time) ([]*workflowpb.WorkflowExecutionInfo, error) {
		return s.listRuns(ctx, since)
	})
	if err != nil {
		return owners{others: unlistedOwners}
	}
	open := slices.DeleteFunc(slices.Clone(executions), s.account.asked.isFinal)
	whole, more := len(executions) <= maxListed && len(open) <= maxAsked, false
	if !whole {
		executions = s.mayOwn(open, possible)
		more = len(executions) > maxAsked && s.account.asked.when(executions[maxAsked]).IsZero()
		executions = executions[:min(len(executions), maxAsked)]
	}
	var mu sync.Mutex
	var asking sync.WaitGroup
	slots := make(chan struct{}, askAtOnce)
	unknown, asOf, complete := make(unknownSubmits), listed.Add(-visibleAfter), true
	for _, execution := range executions {
		slots <- struct{}{}
		answered := make(chan struct{})
		asking.Go(func() {
			defer func() { close(answered); <-slots }()
			told, err := s.ask(ctx, askEach, execution, since)
			mu.Lock()
			defer mu.Unlock()
			complete = complete && err == nil
			unknown.add(told.known, execution)
			if !told.final && told.when.Before(asOf) {
				asOf = told.when
			}
		})
		select { // one after the other, but for those that keep the others waiting
		case <-answered:
		case <-time.After(askNext):
		}
	}
	asking.Wait()
	switch {
	case more:
		return owners{others: moreOwners}
	case !whole:
		return owners{others: manyOwners}
	case !complete:
		return owners{others: silentOwners}
	default:
		maps.DeleteFunc(unknown, func(nonce string, u wire.UnknownSubmit) bool { return u.Nonce == "" || s.settledElsewhere(nonce) })
		return owners{unknown: unknown, asOf: asOf}
	}
}

// settledElsewhere tells whether the submit is this one, or another run of its workflow
// knows what became of it.
func (s *search) settledElsewhere(nonce string) bool {
	return nonce == s.in.Nonce || s.isTwin(nonce) || s.account.memory.prediction(nonce) != ""
}

// unknownSubmits are what workflows tell of their submits, by nonce; without a nonce in it
// where one was not accepted.
type unknownSubmits map[string]wire.UnknownSubmit

// add takes in what a run tells. Another run of its workflow may tell of the same submits,
// and know more.
func (all unknownSubmits) add(known wire.KnownPredictions, run *workflowpb.WorkflowExecutionInfo) {
	for _, nonce := range known.Absent {
		all[nonce] = wire.UnknownSubmit{}
	}
	for _, u := range known.Unknown {
		if u.Ended.IsZero() && run.GetCloseTime() != nil {
			u.Ended = run.GetCloseTime().AsTime()
		}
		before, told := all[u.Nonce]
		if told && before.Nonce == "" {
			continue
		}
		u.PredictionID = cmp.Or(u.PredictionID, before.PredictionID)
		switch {
		case told && before.Ended.IsZero():
			u.Ended = time.Time{}
		case !u.Ended.IsZero() && before.Ended.After(u.Ended):
			u.Ended = before.Ended
		}
		all[u.Nonce] = u
	}
}

// keyedBy is of how many known predictions the charges are read to learn our access key.
const keyedBy = 20

// learnKey reads the charges of predictions that are known, which may be older than what
// was read, while our access key is not known.
func (s *search) learnKey(ctx context.Context) error {
	ids := s.account.memory.some(keyedBy, s.account.apiKey())
	if s.account.keys.known() || len(ids) == 0 {
		return nil
	}
	charges, err := s.charges(ctx, ids...)
	if err != nil {
		return err
	}
	for _, charge := range charges {
		if s.account.memory.madeWith(charge.PredictionID, s.account.apiKey()) {
			s.account.keys.learn(charge.Key)
		}
	}
	return nil
}

// ranSince is since when workflow runs are looked at: since the submit, or since the oldest
// charge that is looked at.
func (s *search) ranSince() time.Time {
	since, _ := s.window.around(s.window.opens.Add(-lookback))
	if latest := s.in.Began.Add(-uncalibrated - lookback); since.After(latest) {
		since = latest
	}
	return since
}

// listRuns are the workflow runs that ran since a time, as far as they are looked at.
func (s *search) listRuns(ctx context.Context, since time.Time) (executions []*workflowpb.WorkflowExecutionInfo, err error) {
	// By their times, since one that is open may be running or paused.
	query := fmt.Sprintf(`CloseTime IS NULL OR CloseTime >= %q`, since.UTC().Format(time.RFC3339))
	for token := []byte(nil); ; {
		listed, err := s.client(ctx).ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: query, NextPageToken: token, PageSize: maxAsked})
		if err != nil {
			return executions, err
		}
		executions = append(executions, listed.GetExecutions()...)
		if token = listed.GetNextPageToken(); len(token) == 0 || len(executions) > maxListed {
			return executions, nil
		}
	}
}

// mayOwn are those that ran while one of the predictions was made and have not given a
// final answer, first those that were not asked yet, then those asked longest ago.
func (s *search) mayOwn(executions []*workflowpb.WorkflowExecutionInfo, possible []sighting) []*workflowpb.WorkflowExecutionInfo {
	may := slices.DeleteFunc(executions, func(execution *workflowpb.WorkflowExecutionInfo) bool {
		return s.account.asked.isFinal(execution) || !s.ranWhile(execution, possible)
	})
	slices.SortStableFunc(may, func(a, b *workflowpb.WorkflowExecutionInfo) int {
		return s.account.asked.when(a).Compare(s.account.asked.when(b))
	})
	return may
}

// ranWhile tells whether the run may have made one of the predictions.
func (s *search) ranWhile(execution *workflowpb.WorkflowExecutionInfo, possible []sighting) bool {
	began, ended := execution.GetStartTime().AsTime(), execution.GetCloseTime().AsTime()
	return slices.ContainsFunc(possible, func(x sighting) bool {
		earliest, latest := s.window.around(x.created)
		return x.created.IsZero() || !began.After(latest) && (isOpen(execution) || !ended.Before(earliest))
	})
}

// isOpen tells whether the run may still make predictions.
func isOpen(run *workflowpb.WorkflowExecutionInfo) bool {
	return run.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING || run.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_PAUSED
}

// ask notes what a workflow knows of its predictions; nothing for one that has none.
func (s *search) ask(ctx context.Context, timeout time.Duration, run *workflowpb.WorkflowExecutionInfo, since time.Time) (toldBy, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	workflowID, runID := run.GetExecution().GetWorkflowId(), run.GetExecution().GetRunId()
	if told, fresh := s.account.asked.answer(runID, since); fresh {
		return told, nil
	}
	told := toldBy{when: s.account.asked.now()}
	if s.account.asked.isSilent(runID) && !mayHaveGenerations(ctx, s.client(ctx), workflowID, runID) {
		told.final = !isOpen(run)
		s.account.asked.keep(runID, told)
		return told, nil
	}
	answer, err := s.client(ctx).QueryWorkflow(ctx, workflowID, runID, wire.KnownQuery, s.in.Account)
	var failed *serviceerror.QueryFailed
	var missing *serviceerror.NotFound
	var unbegun *serviceerror.WorkflowNotReady
	var known wire.KnownPredictions
	switch {
	case errors.As(err, &failed) && !hasNoSuchQuery(failed):
		// It may have generations, but cannot replay to where it was.
		told.silent = true
		s.account.asked.keep(runID, told)
		return told, err
	case errors.As(err, &missing):
		// It was deleted after it was listed.
		return told, err
	case errors.As(err, &unbegun) && mayHaveGenerations(ctx, s.client(ctx), workflowID, runID):
		// Its workflow tasks fail, so Temporal does not let it be asked.
		told.silent = true
		s.account.asked.keep(runID, told)
		return told, err
	case errors.As(err, &failed), errors.As(err, &unbegun):
		// It has no generations.
	case err != nil:
		told.silent = true
		s.account.asked.keep(runID, told)
		return told, err
	default:
		told.final = !isOpen(run)
		if err := answer.Get(&known); err != nil {
			return told, err
		}
	}
	for _, k := range known.Predictions {
		s.account.memory.know(k)
	}
	told.known = wire.KnownPredictions{Unknown: known.Unknown, Absent: known.Absent}
	s.account.asked.keep(runID, told)
	return told, nil
}

// hasNoSuchQuery tells a workflow that knows nothing of generations from one whose worker
// fails. It goes by the words of Temporal's SDKs: "unknown query" of Go, Java and PHP, "did
// not register a handler" of TypeScript, "expected but not found" of the others.
func hasNoSuchQuery(failed *serviceerror.QueryFailed) bool {
	text := strings.ToLower(failed.Error())
	return strings.Contains(text, "unknown query") || strings.Contains(text, "not register a handler") || strings.Contains(text, "expected but not found")
}

func (s *search) isTwin(nonce string) bool {
	return slices.ContainsFunc(s.in.Twins, func(t wire.Twin) bool { return t.Nonce == nonce })
}

const (
	// askedFor is how long a workflow's answer about itself serves all of its searches.
	askedFor = 10 * time.Second

	maxAskedRuns = 10_000
)

// askOwn asks the submit's own workflow, which knows what other workers have submitted
// for it.
func (s *search) askOwn(ctx context.Context) error {
	own := &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: s.info.WorkflowExecution.ID, RunId: s.info.WorkflowExecution.RunID},
		Status:    enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING,
	}
	_, err := s.ask(ctx, askTimeout, own, s.entered.Add(-askedFor))
	return err
}
