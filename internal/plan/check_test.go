package plan_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

func TestProblemsOfDefinitions(t *testing.T) {
	t.Parallel()
	ok := func(t *testing.T) pipeline.Definition {
		return decodeSteps(t, `{"a":{"model":"x/y"},"b":{"model":"x/y"},"ask":{"approve":{}}}`)
	}
	step := func(d pipeline.Definition, i int) *pipeline.Step { return &d.Steps[i].Value }
	for name, c := range map[string]struct {
		change func(*pipeline.Definition)
		want   string
	}{
		"name with a space":    {func(d *pipeline.Definition) { d.Name = "my film" }, `name: "my film" is not a valid name`},
		"long name":            {func(d *pipeline.Definition) { d.Name = strings.Repeat("a", 101) }, "use at most 100"},
		"budget of nothing":    {func(d *pipeline.Definition) { d.Budget = &pipeline.Budget{} }, "budget.usd: must be more than 0"},
		"budget below nothing": {func(d *pipeline.Definition) { d.Budget = &pipeline.Budget{USD: -1} }, "budget.usd: must be more than 0"},
		"budget policy": {func(d *pipeline.Definition) { d.Budget = &pipeline.Budget{USD: 1, OnExceeded: "stop"} },
			`budget.on_exceeded: "stop" is not one of wait, fail`},
		"no steps": {func(d *pipeline.Definition) { d.Steps = nil }, "steps: is empty"},
		"many steps": {func(d *pipeline.Definition) {
			*d = many(201, func(int) pipeline.Step { return pipeline.Step{Model: "x/y"} })
		}, "steps: has 201 steps, more than 200; use for_each"},
		"id":         {func(d *pipeline.Definition) { d.Steps[0].Name = "9a" }, `steps.9a: "9a" is not a valid name; use a letter or underscore`},
		"id of dots": {func(d *pipeline.Definition) { d.Steps[0].Name = "a.b" }, `"a.b" is not a valid name`},
		"long id":    {func(d *pipeline.Definition) { d.Steps[0].Name = strings.Repeat("a", 61) }, "at most 59"},
		"output id":  {func(d *pipeline.Definition) { d.Outputs = pipeline.Named[any]{{Name: "a b", Value: 1}} }, `outputs.a b: "a b" is not a valid name`},
		"output": {func(d *pipeline.Definition) {
			d.Outputs = pipeline.Named[any]{{Name: "o", Value: "${{ steps.c.output }}"}}
		}, `outputs.o: there is no step "c"`},
		"needs":       {func(d *pipeline.Definition) { step(*d, 0).Needs = []string{"b", "bb"} }, `steps.a.needs[1]: there is no step "bb"; did you mean b?`},
		"no model":    {func(d *pipeline.Definition) { step(*d, 0).Model = "" }, "steps.a: needs a model or approve"},
		"bad model":   {func(d *pipeline.Definition) { step(*d, 0).Model = "../x" }, "steps.a.model: "},
		"some model":  {func(d *pipeline.Definition) { step(*d, 0).Model = "x/${{ inputs.m }}" }, "steps.a.model: must be a literal model id"},
		"timeout":     {func(d *pipeline.Definition) { step(*d, 0).Timeout = pipeline.Duration(time.Millisecond) }, "steps.a.timeout: 1ms is less than 1s"},
		"in the past": {func(d *pipeline.Definition) { step(*d, 0).Timeout = pipeline.Duration(-time.Hour) }, "steps.a.timeout: -1h0m0s is less than 1s"},
		"on_unknown":  {func(d *pipeline.Definition) { step(*d, 0).OnUnknown = "hope" }, `steps.a.on_unknown: "hope" is not one of fail, resubmit`},
		"credits":     {func(d *pipeline.Definition) { step(*d, 0).OnInsufficientCredits = "hope" }, `steps.a.on_insufficient_credits: "hope" is not one of fail, wait`},
		"retry none":  {func(d *pipeline.Definition) { step(*d, 0).Retry = &pipeline.Retry{} }, "steps.a.retry.predictions: 0 is not between 1 and 100"},
		"retry many":  {func(d *pipeline.Definition) { step(*d, 0).Retry = &pipeline.Retry{Predictions: 101} }, "101 is not between 1 and 100"},
		"retry wait": {func(d *pipeline.Definition) { step(*d, 0).Retry = &pipeline.Retry{Predictions: 2, Wait: -1} },
			"steps.a.retry.wait: -1ns is less than 1ms"},
		"fallback model": {func(d *pipeline.Definition) { step(*d, 0).Fallback = []pipeline.Fallback{{}} }, "steps.a.fallback[0].model: "},
		"fallback on": {func(d *pipeline.Definition) {
			step(*d, 0).Fallback = []pipeline.Fallback{{Model: "x/z", On: []string{"RateLimit"}}}
		},
			`steps.a.fallback[0].on[0]: "RateLimit" is not a kind of error; did you mean RateLimited? It is one of InvalidInput, `},
		"fallback input": {func(d *pipeline.Definition) {
			step(*d, 0).Fallback = []pipeline.Fallback{{Model: "x/z", Input: map[string]any{"p": "${{ inputs.p }}"}}}
		}, `steps.a.fallback[0].input.p: there is no input "p"`},
		"max_parallel": {func(d *pipeline.Definition) {
			step(*d, 0).ForEach = &pipeline.ForEach{Items: []any{1}, MaxParallel: -1}
		},
			"steps.a.for_each.max_parallel: -1 is negative"},
		"tolerate": {func(d *pipeline.Definition) {
			step(*d, 0).ForEach = &pipeline.ForEach{Items: []any{1}, Tolerate: pipeline.Tolerance{Items: -1}}
		}, "steps.a.for_each.tolerate: -1 is negative"},
		"key": {func(d *pipeline.Definition) { step(*d, 0).ForEach = &pipeline.ForEach{Items: []any{1}, Key: "itme"} },
			"steps.a.for_each.key: unknown name itme"},
		"model beside approve":      {func(d *pipeline.Definition) { step(*d, 2).Model = "x/y" }, "steps.ask.model: can't be combined with approve"},
		"input beside approve":      {func(d *pipeline.Definition) { step(*d, 2).Input = map[string]any{} }, "steps.ask.input: can't be combined with approve"},
		"account beside approve":    {func(d *pipeline.Definition) { step(*d, 2).Account = "a" }, "steps.ask.account: can't be combined with approve"},
		"timeout beside approve":    {func(d *pipeline.Definition) { step(*d, 2).Timeout = pipeline.Duration(time.Hour) }, "steps.ask.timeout: can't be combined with"},
		"retry beside approve":      {func(d *pipeline.Definition) { step(*d, 2).Retry = &pipeline.Retry{Predictions: 1} }, "steps.ask.retry: can't be combined with"},
		"fallback beside approve":   {func(d *pipeline.Definition) { step(*d, 2).Fallback = []pipeline.Fallback{{Model: "x/y"}} }, "steps.ask.fallback: can't be combined with"},
		"on_unknown beside approve": {func(d *pipeline.Definition) { step(*d, 2).OnUnknown = "fail" }, "steps.ask.on_unknown: can't be combined with"},
		"credits beside approve":    {func(d *pipeline.Definition) { step(*d, 2).OnInsufficientCredits = "wait" }, "steps.ask.on_insufficient_credits: can't be combined with"},
		"for_each beside approve":   {func(d *pipeline.Definition) { step(*d, 2).ForEach = &pipeline.ForEach{Items: []any{1}} }, "steps.ask.for_each: can't be combined with"},
		"needed":                    {func(d *pipeline.Definition) { step(*d, 2).Approve.Needed = -1 }, "steps.ask.approve.needed: -1 is negative"},
		"needed of too few": {func(d *pipeline.Definition) {
			*step(*d, 2).Approve = pipeline.Approve{Needed: 2, Approvers: []string{"art"}}
		},
			"steps.ask.approve.needed: 2 is more than the 1 approvers"},
		"approver twice":    {func(d *pipeline.Definition) { step(*d, 2).Approve.Approvers = []string{"art", "art"} }, "steps.ask.approve.approvers[1]: "},
		"approver unnamed":  {func(d *pipeline.Definition) { step(*d, 2).Approve.Approvers = []string{""} }, "steps.ask.approve.approvers[0]: "},
		"approval timeout":  {func(d *pipeline.Definition) { step(*d, 2).Approve.Timeout = 1 }, "steps.ask.approve.timeout: 1ns is less than 1s"},
		"approval at last":  {func(d *pipeline.Definition) { step(*d, 2).Approve.OnTimeout = "regenerate" }, `steps.ask.approve.on_timeout: "regenerate" is not one of approve, reject`},
		"choose is a text":  {func(d *pipeline.Definition) { step(*d, 2).Approve.Choose = "x" }, "steps.ask.approve.choose: must be a list"},
		"choose is a state": {func(d *pipeline.Definition) { step(*d, 2).Approve.Choose = "${{ steps.a.state }}" }, "steps.ask.approve.choose: returns a string"},
		"message":           {func(d *pipeline.Definition) { step(*d, 2).Approve.Message = "${{ steps.c.output }}" }, `steps.ask.approve.message: there is no step "c"`},
		"regenerate nothing": {func(d *pipeline.Definition) { step(*d, 2).Approve.Regenerate = &[]string{"c"} },
			`steps.ask.approve.regenerate[0]: there is no step "c"`},
		"regenerate a question": {func(d *pipeline.Definition) { step(*d, 2).Approve.Regenerate = &[]string{"ask"} },
			"steps.ask.approve.regenerate[0]: ask is not a generation"},
		"regenerate what comes later": {func(d *pipeline.Definition) { step(*d, 2).Approve.Regenerate = &[]string{"a"} },
			"steps.ask.approve.regenerate[0]: a does not come before the approval; show it, or add needs: [a]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := ok(t)
			compile(t, d)
			c.change(&d)
			got := problems(t, d)
			require.Len(t, got, 1)
			require.Contains(t, got[0].String(), c.want)
		})
	}
}

// many is a pipeline of n steps, a0 and on.
func many(n int, step func(i int) pipeline.Step) pipeline.Definition {
	d := pipeline.Definition{Name: "film"}
	for i := range n {
		d.Steps = append(d.Steps, pipeline.Entry[pipeline.Step]{Name: fmt.Sprintf("a%d", i), Value: step(i)})
	}
	return d
}

func TestProblemsOfInputs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		input pipeline.Input
		want  string
	}{
		"right":             {pipeline.Input{Type: plan.TypeInteger, Default: 1, Enum: []any{1, 2}}, ""},
		"a number is whole": {pipeline.Input{Type: plan.TypeNumber, Default: 1, Enum: []any{1, 2.5}}, ""},
		"unknown type":      {pipeline.Input{Type: "text"}, `inputs.a.type: "text" is not one of string, integer`},
		"default":           {pipeline.Input{Type: plan.TypeInteger, Default: "1"}, "inputs.a.default: is a string; must be an integer"},
		"default is half":   {pipeline.Input{Type: plan.TypeInteger, Default: 1.5}, "inputs.a.default: is a number; must be an integer"},
		"default is text":   {pipeline.Input{Default: 1}, "inputs.a.default: is an integer; must be a string"},
		"enum":              {pipeline.Input{Type: plan.TypeBoolean, Enum: []any{true, "x"}}, "inputs.a.enum[1]: is a string; must be a boolean"},
		"default not in it": {pipeline.Input{Default: "c", Enum: []any{"a", "b"}}, "inputs.a.default: is not one of the enum values"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := decodeSteps(t, `{"a":{"model":"x/y"}}`)
			d.Inputs = pipeline.Named[pipeline.Input]{{Name: "a", Value: c.input}}
			_, err := plan.Compile(d)
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.want)
		})
	}
	d := decodeSteps(t, `{"a":{"model":"x/y"}}`)
	d.Inputs = pipeline.Named[pipeline.Input]{{Name: "a-b"}}
	require.ErrorContains(t, problems(t, d), `inputs.a-b: "a-b" is not a valid name`)
}

func TestStepsThatWaitForThemselves(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ steps, want string }{
		"itself":        {`{"a":{"model":"x/y","needs":["a"]}}`, "steps.a: waits for itself: a → a"},
		"by expression": {`{"a":{"model":"x/y","input":{"p":"${{ steps.a.output }}"}}}`, "steps.a: waits for itself: a → a"},
		"by its if":     {`{"a":{"model":"x/y","if":"steps.b.state == 'failed'"},"b":{"model":"x/y","needs":["a"]}}`, "steps.a: waits for itself: a → b → a"},
		"a ring": {`{"a":{"model":"x/y","needs":["b"]},"b":{"model":"x/y","for_each":"${{ steps.c.outputs }}"},"c":{"model":"x/y","needs":["a"]}}`,
			"steps.a: waits for itself: a → b → c → a"},
		"behind others": {`{"a":{"model":"x/y","needs":["b"]},"b":{"model":"x/y","needs":["c"]},"c":{"approve":{"show":"${{ steps.b.output }}"}}}`,
			"steps.b: waits for itself: b → c → b"},
		"two rings": {`{"a":{"model":"x/y","needs":["a"]},"b":{"model":"x/y","needs":["b"]}}`,
			"steps.a: waits for itself: a → a\nsteps.b: waits for itself: b → b"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, problems(t, decodeSteps(t, c.steps)).Error())
		})
	}
}

// TestWhatMayBeMadeAgainIsNotUsedBefore: a step that had started with a still would be left
// with it when people ask for another one.
func TestWhatMayBeMadeAgainIsNotUsedBefore(t *testing.T) {
	t.Parallel()
	const still, larger = `"still":{"model":"x/y"}`, `"larger":{"model":"x/y","input":{"image":"${{ steps.still.output }}"}}`
	for name, c := range map[string]struct{ steps, want string }{
		"before the answer": {`{` + still + `,"review":{"approve":{"show":"${{ steps.still.output }}"}},` + larger + `}`,
			"steps.larger: uses still, which the approval review may regenerate; add needs: [review], or regenerate: [] to the approval"},
		"later user": {`{` + still + `,"review":{"approve":{"show":"${{ steps.still.output }}"}},` + larger + `,"clip":{"model":"x/y","needs":["larger"]}}`,
			"steps.clip: uses still"},
		"by its if": {`{` + still + `,"review":{"approve":{"show":"${{ steps.still.output }}"}},"other":{"model":"x/y","if":"steps.still.state == 'failed'"}}`,
			"steps.other: uses still"},
		"after the answer": {`{` + still + `,"review":{"approve":{"show":"${{ steps.still.output }}"}},"clip":{"model":"x/y","needs":["review","still"]}}`, ""},
		"regenerated too":  {`{` + still + `,` + larger + `,"review":{"approve":{"show":"${{ steps.larger.output }}","regenerate":["still"]}}}`, ""},
		"nothing is regenerated": {`{` + still + `,"review":{"approve":{"show":"${{ steps.still.output }}","regenerate":[]}},` + larger + `}`,
			""},
		"only what is shown is": {`{` + still + `,` + larger + `,"review":{"approve":{"show":"${{ steps.larger.output }}"}},"clip":{"model":"x/y","needs":["still"]}}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := plan.Compile(decodeSteps(t, c.steps))
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	t.Parallel()
	require.Equal(t, strings.Join([]string{
		`steps.a.needs[0]: there is no step "c"; did you mean a?`,
		`steps.a.timeout: 1ms is less than 1s`,
		`steps.a.input.p: there is no input "p"`,
		`steps.b: needs a model or approve`,
		`outputs.o: unknown name x`,
		`steps.b: waits for itself: b → b`,
	}, "\n"), problems(t, decode(t, `{"name":"film","steps":{"a":{"model":"x/y","needs":["c"],"timeout":"1ms","input":{"p":"${{ inputs.p }}"}},"b":{"needs":["b"]}},"outputs":{"o":"${{ x }}"}}`)).Error())
}

// TestManyWays: of many steps that each need the two before, there are more ways than can
// be walked.
func TestManyWays(t *testing.T) {
	t.Parallel()
	d := many(150, func(i int) pipeline.Step {
		step := pipeline.Step{Model: "x/y"}
		for back := 1; back <= min(i, 2); back++ {
			step.Needs = append(step.Needs, fmt.Sprintf("a%d", i-back))
		}
		return step
	})
	d.Steps = append(d.Steps, pipeline.Entry[pipeline.Step]{Name: "ask", Value: pipeline.Step{Approve: &pipeline.Approve{Show: "${{ steps.a149.output }}"}}})
	plan := compile(t, d)
	require.True(t, plan.Before("a0", "ask"))
	require.False(t, plan.Before("ask", "a149"))
	require.Len(t, plan.After("a0"), 150)
}

func TestErrorKinds(t *testing.T) {
	t.Parallel()
	kinds := plan.ErrorKinds()
	require.Len(t, kinds, len(wire.ErrorTypes()))
	require.Contains(t, kinds, "RateLimited")
	for _, kind := range kinds {
		require.Contains(t, wire.ErrorTypes(), generation.ErrorType("wavespeed."+kind))
	}
}
