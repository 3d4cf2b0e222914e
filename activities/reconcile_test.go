package activities_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"

	"github.com/wavespeed-temporal/wavespeed-temporal/activities"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/quota"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// formers is a namespace with runs of a keeper, the newest first, and runs that submit.
type formers struct {
	client.Client
	runs    []string
	states  map[string]*wire.KeeperState // of those that answer
	missing string
	early   string
	listErr error

	resets    map[string]string // of runs that submit: to which they were reset
	described sync.Map
	asking    atomic.Int32
	most      atomic.Int32
	delay     time.Duration
}

func (f *formers) ListWorkflow(context.Context, *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	var listed workflowservice.ListWorkflowExecutionsResponse
	for _, run := range f.runs {
		listed.Executions = append(listed.Executions, &workflowpb.WorkflowExecutionInfo{Execution: &commonpb.WorkflowExecution{RunId: run}})
	}
	return &listed, f.listErr
}

func (f *formers) QueryWorkflow(_ context.Context, _, run, query string, _ ...any) (converter.EncodedValue, error) {
	switch state := f.states[run]; {
	case run == f.missing:
		return nil, serviceerror.NewNotFound("history is gone")
	case run == f.early:
		return nil, serviceerror.NewWorkflowNotReady("closed before a workflow task started")
	case query != wire.LimitsQuery || state == nil:
		return nil, errors.New("no worker")
	default:
		payloads, err := converter.GetDefaultDataConverter().ToPayloads(state)
		return client.NewValue(payloads), err
	}
}

func (f *formers) DescribeWorkflow(_ context.Context, _, run string) (*client.WorkflowExecutionDescription, error) {
	f.described.Store(run, true)
	for n := f.asking.Add(1); ; {
		if was := f.most.Load(); n <= was || f.most.CompareAndSwap(was, n) {
			break
		}
	}
	defer f.asking.Add(-1)
	time.Sleep(f.delay)
	return &client.WorkflowExecutionDescription{RawResponse: &workflowservice.DescribeWorkflowExecutionResponse{
		WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{Status: enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED},
		WorkflowExtendedInfo:  &workflowpb.WorkflowExecutionExtendedInfo{ResetRunId: f.resets[run]},
	}}, nil
}

// compared runs one attempt of a comparison.
func compared(t *testing.T, options activities.Options, at client.Client, in wire.ReconcileInput) (out wire.Reconciled, err error) {
	t.Helper()
	acts, err := activities.New(options)
	require.NoError(t, err)
	activities.SetClient(acts, at)
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	acts.Register(env)
	in.Account = generation.DefaultAccount
	value, err := env.ExecuteActivity(wire.ReconcileName, in)
	if err == nil {
		err = value.Get(&out)
	}
	return out, err
}

func limitedTo(running int) activities.Options {
	options := forProvider(&fake{list: func(provider.ListOptions) (provider.Page, error) { return provider.Page{}, nil }})
	options.Limits = map[string]wire.Limits{generation.DefaultAccount: {Running: running}}
	return options
}

// TestRecover: a new keeper gets what the one before it knew, or an error while that can't be read.
func TestRecover(t *testing.T) {
	t.Parallel()
	empty := &wire.KeeperState{Keeper: quota.NewKeeper()}
	knows := &wire.KeeperState{Keeper: quota.NewKeeper(), Configured: &wire.Limits{Running: 2}, Set: &wire.Limits{Paused: true}}
	for name, c := range map[string]struct {
		at      *formers
		running int
		settle  bool
		paused  bool
		fails   bool
	}{
		"the first":               {&formers{runs: []string{testRunID}}, 2, false, false, false},
		"it answers":              {&formers{runs: []string{testRunID, "k1"}, states: map[string]*wire.KeeperState{"k1": knows}}, 2, false, true, false},
		"one had not begun":       {&formers{runs: []string{testRunID, "k2", "k1"}, states: map[string]*wire.KeeperState{"k2": empty, "k1": knows}}, 2, false, true, false},
		"one is no longer stored": {&formers{runs: []string{testRunID, "k2", "k1"}, missing: "k2", states: map[string]*wire.KeeperState{"k1": knows}}, 2, false, true, false},
		"one had no worker yet":   {&formers{runs: []string{testRunID, "k2", "k1"}, early: "k2", states: map[string]*wire.KeeperState{"k1": knows}}, 2, false, true, false},
		"it can't answer":         {&formers{runs: []string{testRunID, "k1"}}, 2, false, false, true},
		"it never can":            {&formers{runs: []string{testRunID, "k1"}}, 2, true, false, false},
		"no list":                 {&formers{listErr: errors.New("away")}, 2, false, false, true},
		"a worker without limits": {&formers{runs: []string{"k1"}, states: map[string]*wire.KeeperState{"k1": knows}}, 0, false, false, true},
		"all are without limits":  {&formers{runs: []string{"k1"}, states: map[string]*wire.KeeperState{"k1": knows}}, 0, true, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := compared(t, limitedTo(c.running), c.at, wire.ReconcileInput{Recover: true, Settle: c.settle})
			if c.fails {
				require.Error(t, err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.paused, out.State != nil && out.State.Set != nil && out.State.Set.Paused)
		})
	}
}

// TestManySilentRuns are looked up several at once, after the provider has been asked.
func TestManySilentRuns(t *testing.T) {
	t.Parallel()
	at := &formers{delay: 20 * time.Millisecond, resets: map[string]string{"run 3": "run 3 again"}}
	in := wire.ReconcileInput{Orphans: []string{"on", "over", "unknown"}}
	for i := range 100 {
		in.Runs = append(in.Runs, wire.Run{WorkflowID: "w", RunID: fmt.Sprint("run ", i)})
	}
	options := limitedTo(2)
	early := func() {
		at.described.Range(func(any, any) bool {
			t.Error("runs came before the provider")
			return false
		})
	}
	options.Accounts[generation.DefaultAccount] = &fake{
		list: func(o provider.ListOptions) (page provider.Page, err error) {
			early()
			for i := range 100 { // what is new has moved half of the page before to this one
				state := provider.StateProcessing
				if n := 50*o.Page + i; n >= 130 {
					state = provider.StateCompleted
				}
				page.Items = append(page.Items, provider.Prediction{ID: fmt.Sprint(50*o.Page + i), State: state})
			}
			return page, nil
		},
		result: func(id string) (provider.Prediction, error) {
			early()
			switch id {
			case "on":
				return provider.Prediction{State: provider.StateProcessing}, nil
			case "over":
				return provider.Prediction{State: provider.StateCompleted}, nil
			default:
				return provider.Prediction{}, errors.New("away")
			}
		},
	}
	out, err := compared(t, options, at, in)
	require.NoError(t, err)
	require.Len(t, out.Graves, 100)
	require.Equal(t, []string{"over"}, out.Ended)
	require.Equal(t, 80, *out.Running, "each once")
	require.Greater(t, at.most.Load(), int32(1))
	reset := slices.IndexFunc(out.Graves, func(g quota.Grave) bool { return g.ResetTo != "" })
	require.Equal(t, quota.Grave{RunID: "run 3", ResetTo: "run 3 again"}, out.Graves[reset])
}

// TestAListTooLongToCount is not taken for whole: slots that others use would seem to be free.
func TestAListTooLongToCount(t *testing.T) {
	t.Parallel()
	options := limitedTo(9)
	asked := 0
	options.Accounts[generation.DefaultAccount] = &fake{list: func(o provider.ListOptions) (page provider.Page, err error) {
		asked++
		for i := range o.PageSize {
			page.Items = append(page.Items, provider.Prediction{ID: fmt.Sprint(o.Page, "-", i), State: provider.StateProcessing})
		}
		return page, nil
	}}
	out, err := compared(t, options, &formers{}, wire.ReconcileInput{})
	require.NoError(t, err)
	require.Nil(t, out.Running)
	require.Equal(t, 150, asked)
}
