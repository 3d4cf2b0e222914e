package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
)

// maxAsked is how many workflows are asked for their predictions at most. Each costs a
// query.
const maxAsked = 200

// others is what the workflows that ran since a submit know of their own submits.
type others int

const (
	silentOwners    others = iota // not all have answered
	unsettledOwners               // of some submits nobody knows
	settledOwners                 // all predictions of all submits are known
	manyOwners                    // there are too many to ask
)

const (
	askTimeout = 20 * time.Second

	// Of other workflows, some may have no worker that could answer.
	askEach   = 3 * time.Second
	askAtOnce = 8
)

// askOwners asks all workflows that ran since the submit which predictions are theirs.
// Answers are newer than since.
func (s *search) askOwners(ctx context.Context, since time.Time) others {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	executions, err := s.ranSince(ctx)
	switch {
	case err != nil:
		return silentOwners
	case len(executions) > maxAsked:
		return manyOwners
	}
	var mu sync.Mutex
	var asking sync.WaitGroup
	slots := make(chan struct{}, askAtOnce)
	all, complete := generation.KnownPredictions{}, true
	for _, execution := range executions {
		slots <- struct{}{}
		asking.Go(func() {
			defer func() { <-slots }()
			known, err := s.ask(ctx, askEach, execution.GetWorkflowId(), execution.GetRunId(), since)
			mu.Lock()
			defer mu.Unlock()
			complete = complete && err == nil
			all.Unknown, all.Absent = append(all.Unknown, known.Unknown...), append(all.Absent, known.Absent...)
		})
	}
	asking.Wait()
	switch {
	case !complete:
		return silentOwners
	case slices.ContainsFunc(all.Unknown, func(nonce string) bool { return s.unsettled(nonce, all.Absent) }):
		return unsettledOwners
	default:
		return settledOwners
	}
}

// unsettled tells whether of another submit nobody knows what became of it. A run that
// resumes another may know more than that.
func (s *search) unsettled(nonce string, absent []string) bool {
	return nonce != s.in.Nonce && !s.isTwin(nonce) && !slices.Contains(absent, nonce) && s.account.memory.prediction(nonce) == ""
}

// keyedBy is of how many known predictions the charges are read to learn our access key.
const keyedBy = 20

// learnKey reads the charges of predictions that are known, which may be older than what
// was read, while our access key is not known.
func (s *search) learnKey(ctx context.Context) error {
	ids := s.account.memory.some(keyedBy)
	if s.account.keys.known() || len(ids) == 0 {
		return nil
	}
	page, err := s.account.provider.Charges(ctx, wavespeed.ChargesOptions{PredictionIDs: ids})
	if err != nil {
		return err
	}
	for _, charge := range page.Items {
		if nonce, _ := s.account.memory.owner(charge.PredictionID); nonce != "" && charge.Kind == wavespeed.ChargeDeduct {
			s.account.keys.learn(charge.Key)
		}
	}
	return nil
}

// ranSince are the workflow runs that ran since the submit; more than maxAsked say only
// that there are too many.
func (s *search) ranSince(ctx context.Context) (executions []*commonpb.WorkflowExecution, err error) {
	query := fmt.Sprintf(`ExecutionStatus = "Running" OR CloseTime >= %q`, s.in.Began.Add(-uncalibrated).UTC().Format(time.RFC3339))
	for token := []byte(nil); ; {
		listed, err := s.client(ctx).ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: query, NextPageToken: token, PageSize: maxAsked})
		if err != nil {
			return nil, err
		}
		for _, execution := range listed.GetExecutions() {
			executions = append(executions, execution.GetExecution())
		}
		if token = listed.GetNextPageToken(); len(token) == 0 || len(executions) > maxAsked {
			return executions, nil
		}
	}
}

// ask notes what a workflow knows of its predictions; nothing for one that has none.
func (s *search) ask(ctx context.Context, timeout time.Duration, workflowID, runID string, since time.Time) (known generation.KnownPredictions, err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if known, fresh := s.account.asked.answer(runID, since); fresh {
		return known, nil
	}
	answer, err := s.client(ctx).QueryWorkflow(ctx, workflowID, runID, generation.KnownQuery, s.in.Account)
	var failed *serviceerror.QueryFailed
	var missing *serviceerror.NotFound
	var unbegun *serviceerror.WorkflowNotReady
	switch {
	case errors.As(err, &failed), errors.As(err, &missing), errors.As(err, &unbegun):
		// It has no generations.
	case err != nil:
		return known, err
	default:
		if err := answer.Get(&known); err != nil {
			return known, err
		}
	}
	s.account.asked.keep(runID, known)
	for _, k := range known.Predictions {
		s.account.memory.know(k.Nonce, k.PredictionID, k.Model)
	}
	return known, nil
}

func (s *search) isTwin(nonce string) bool {
	return slices.ContainsFunc(s.in.Twins, func(t generation.Twin) bool { return t.Nonce == nonce })
}

const (
	// askedFor is how long a workflow's answer about itself serves all of its searches.
	askedFor = 10 * time.Second

	maxAskedRuns = 1000
)

// askOwn asks the submit's own workflow, which knows what other workers have submitted
// for it.
func (s *search) askOwn(ctx context.Context) error {
	_, err := s.ask(ctx, askTimeout, s.info.WorkflowExecution.ID, s.info.WorkflowExecution.RunID, s.entered.Add(-askedFor))
	return err
}

// asked are workflow runs that were asked lately, with their answers.
type asked struct {
	now func() time.Time

	mu      sync.Mutex
	answers map[string]toldBy
}

type toldBy struct {
	known generation.KnownPredictions
	when  time.Time
}

// answer is the one that a run gave since a time.
func (a *asked) answer(runID string, since time.Time) (known generation.KnownPredictions, fresh bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	t, ok := a.answers[runID]
	return t.known, ok && !t.when.Before(since)
}

func (a *asked) keep(runID string, known generation.KnownPredictions) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.answers == nil || len(a.answers) >= maxAskedRuns {
		a.answers = make(map[string]toldBy)
	}
	a.answers[runID] = toldBy{generation.KnownPredictions{Unknown: known.Unknown, Absent: known.Absent}, a.now()}
}
