package workflowstest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/testsuite"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/engine"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/registered"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runwire"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/workflows"
)

// Provider is an in-memory WaveSpeed for the workflows of one test environment.
type Provider struct {
	t   testing.TB
	env *testsuite.TestWorkflowEnvironment

	mu          sync.Mutex
	rules       []*rule
	requests    []Request
	predictions map[string]prediction // by id
	lost        map[string]lost       // by nonce
}

// Request is one submit.
type Request struct {
	// WorkflowID is the id of the workflow that generates, which may be a child workflow.
	WorkflowID string

	Key     string
	Model   string
	Account string

	// Input is the model's input, decoded from JSON: numbers are float64.
	Input map[string]any
}

// rule says how to answer the submits that it matches.
type rule struct {
	model   string
	input   map[string]any
	answers []Answer // the last one repeats
}

type prediction struct {
	outcome wire.Outcome
	ends    time.Time // by the environment's clock
	polled  time.Time // when the first poll came
}

// lost is a submit whose response was lost.
type lost struct {
	conclusion wire.Conclusion
	prediction string
}

// NewProvider prepares an environment that has not started yet. It registers our workflows and
// activities answered by this provider, and sets the worker options. To use your own worker
// options, set them afterwards, with &workflows.Interceptor{} among the Interceptors.
func NewProvider(t testing.TB, env *testsuite.TestWorkflowEnvironment) *Provider {
	p := &Provider{t: t, env: env, predictions: make(map[string]prediction), lost: make(map[string]lost)}
	env.SetWorkerOptions(sdkworker.Options{
		Interceptors: []interceptor.WorkerInterceptor{&workflows.Interceptor{}},
		// A debugger may stop a workflow for longer than the SDK's second.
		DeadlockDetectionTimeout: time.Minute,
	})
	engine.Register(env, workflow.RegisterOptions{})
	env.RegisterWorkflowWithOptions(registered.Generate, workflow.RegisterOptions{Name: generation.WorkflowName})
	for name, f := range map[string]any{
		wire.SubmitName:   p.submit,
		wire.FindName:     p.find,
		wire.AwaitName:    p.await,
		runwire.CheckName: p.check,
	} {
		env.RegisterActivityWithOptions(f, activity.RegisterOptions{Name: name})
	}
	return p
}

// On sets how to answer submits of a model ("" for any) whose input has at least these fields
// and values (nil for any input). Several answers are used in turn, for retries too, and the
// last one repeats. If several rules match, the latest applies.
func (p *Provider) On(model string, input map[string]any, answers ...Answer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(answers) == 0 {
		answers = []Answer{{}}
	}
	p.rules = append(p.rules, &rule{model: model, input: p.decoded(input), answers: answers})
}

// Requests returns the submits so far, in the order in which they arrived, including rejected
// ones and retries.
func (p *Provider) Requests() []Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.requests)
}

// answer records a request and returns the next answer.
func (p *Provider) answer(request Request) Answer {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests = append(p.requests, request)
	for _, rule := range slices.Backward(p.rules) {
		if rule.matches(request) {
			return rule.next()
		}
	}
	return Answer{}
}

func (r *rule) matches(request Request) bool {
	if r.model != "" && r.model != request.Model {
		return false
	}
	for name, want := range r.input {
		if got, ok := request.Input[name]; !ok || !reflect.DeepEqual(got, want) {
			return false
		}
	}
	return true
}

func (r *rule) next() Answer {
	answer := r.answers[0]
	if len(r.answers) > 1 {
		r.answers = r.answers[1:]
	}
	return answer
}

// decoded returns the decoded JSON of an input.
func (p *Provider) decoded(input any) (decoded map[string]any) {
	p.t.Helper()
	encoded, err := json.Marshal(input)
	if err == nil {
		err = json.Unmarshal(encoded, &decoded)
	}
	if err != nil {
		p.t.Fatalf("workflowstest: the input is not a JSON object: %v", err)
	}
	return decoded
}

// start creates the prediction of an accepted submit.
func (p *Provider) start(request Request, answer Answer) (id string, started prediction) {
	p.mu.Lock()
	defer p.mu.Unlock()
	id = fmt.Sprintf("prediction-%d", len(p.predictions)+1)
	outcome := answer.outcome
	if outcome.Status == "" {
		outcome = Outputs("https://outputs.test/" + request.Key).outcome
	}
	outcome.PredictionID = id
	started = prediction{outcome: outcome, ends: p.env.Now().Add(answer.after)}
	p.predictions[id] = started
	return id, started
}
