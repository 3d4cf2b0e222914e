package engine_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runwire"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/shape"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// shapes are what the model a/clip takes, as a check reports it.
func shapes() runwire.Report {
	return runwire.Report{Shapes: map[string]*shape.Shape{"a/clip": shape.Of([]byte(`{"required":["image"],"properties":{
		"prompt":{"type":"string"},"image":{"type":"string","format":"uri"},"seconds":{"type":"integer","maximum":10},
		"images":{"type":"array","items":{"type":"string"},"minItems":1}}}`))}}
}

const cat = "https://x.test/cat.png"

// TestValuesOfEarlierSteps are checked before the submit that they are for.
func TestValuesOfEarlierSteps(t *testing.T) {
	t.Parallel()
	const all = "${{ steps.still.outputs }}"
	for name, c := range map[string]struct {
		outputs string
		field   string // image by default
		value   string // the first output by default
		want    any    // in the request
		problem string
	}{
		"url":              {outputs: `["` + cat + `"]`, want: cat},
		"padded":           {outputs: `["\n ` + cat + ` "]`, want: cat},
		"object":           {outputs: `[{"url":"` + cat + `","width":512}]`, want: cat},
		"padded in object": {outputs: `[{"url":" ` + cat + ` "}]`, want: cat},
		"number":           {outputs: `[7]`, field: "seconds", want: 7.0},
		"list":             {outputs: `[{"url":"` + cat + `"}, "` + cat + `"]`, field: "images", value: all, want: []any{cat, cat}},
		"empty":            {outputs: `["","x"]`, problem: "input.image: must be a URL; got an empty string from ${{ steps.still.output }}. Give another value, as with a ? b : c, or skip the step with if; nothing was submitted for it"},
		"blank":            {outputs: `[" \n","x"]`, problem: "input.image: must be a URL; got an empty string from"},
		"null":             {outputs: `[null,"x"]`, problem: "input.image: must be a URL; got null from ${{ steps.still.output }}. Give another value"},
		"no url":           {outputs: `[{"uri":"` + cat + `"}]`, problem: "input.image: must be a URL; got an object without a URL in its field url from ${{ steps.still.output }}. Name the field that holds the URL"},
		"nested list":      {outputs: `[["` + cat + `"]]`, problem: "input.image: must be a URL; got a list from ${{ steps.still.output }}. Take one of its items, as with [0]"},
		"other text":       {outputs: `["a secret answer"]`, problem: "input.image: must be a URL; got another string from ${{ steps.still.output }}; nothing"},
		"local file":       {outputs: `["out/cat.png"]`, problem: "input.image: must be a URL; got out/cat.png from ${{ steps.still.output }}. A local file must be uploaded"},
		"text of a number": {outputs: `["7"]`, field: "seconds", problem: "input.seconds: must be an integer; got a string from ${{ steps.still.output }}. Convert it with int(); nothing"},
		"too large":        {outputs: `[11]`, field: "seconds", problem: "input.seconds: must be at most 10; got 11 from"},
		"nested in a list": {outputs: `["` + cat + `",["` + cat + `"]]`, field: "images", value: all, problem: "input.images[1]: must be a URL; got a list from ${{ steps.still.outputs }}"},
		"nothing is left":  {outputs: `["` + cat + `"]`, field: "images", value: "${{ filter(steps.still.outputs, false) }}", problem: "input.images: must have at least 1 item; got an empty list from"},
		"one in a list":    {outputs: `[null,"x"]`, field: "images", value: "['${{ steps.still.output }}', x]", problem: "input.images[0]: must be a URL; got null from ${{ steps.still.output }}"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.report = shapes()
			field, value := "image", "${{ steps.still.output }}"
			if c.field != "" {
				field = c.field
			}
			if c.value != "" {
				value = c.value
			}
			if value[0] != '[' {
				value = fmt.Sprintf("%q", value)
			}
			s.run(fmt.Sprintf("steps:\n  still: {model: a/b, input: {prompt: 'outputs %s'}}\n  clip: {model: a/clip, input: {%s: %s}}\n", c.outputs, field, value), nil)
			if c.problem == "" {
				s.result()
				var input map[string]any
				require.NoError(t, json.Unmarshal(s.inputs[1], &input))
				require.Equal(t, map[string]any{field: c.want}, input)
				return
			}
			failure, _ := s.failure()
			require.Equal(t, generation.ErrorTypeInvalidInput, generation.ErrorTypeOf(failure))
			require.Contains(t, failure.Message(), "step clip failed: "+c.problem)
			require.NotContains(t, failure.Message(), "secret")
			require.Len(t, s.inputs, 1, "nothing was submitted for it")
		})
	}
}

// TestValuesOfItems are checked wherever the items are made; each item fails by itself.
func TestValuesOfItems(t *testing.T) {
	t.Parallel()
	for _, n := range []int{3, 120} { // in the run itself, and in children
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.report = shapes()
			list := make([]any, n)
			for i := range list {
				list[i] = map[string]any{"url": fmt.Sprintf(" https://x.test/%d.png", i)}
			}
			list[1] = "cat.png"
			s.run("inputs: {list: array}\nsteps: {clips: {for_each: {items: '${{ inputs.list }}', tolerate: 1}, model: a/clip, input: {image: '${{ item }}'}}}", map[string]any{"list": list})
			s.result()
			require.Len(t, s.inputs, n-1)
			for _, input := range s.inputs {
				require.Regexp(t, `^{"image":"https://x.test/\d+.png"}$`, string(input))
			}
			reasons := make(map[string]string)
			for _, item := range s.results("clips") {
				reasons[item.Key] = item.Reason
			}
			require.Contains(t, reasons["1"], "step clips[1]: input.image: must be a URL; got cat.png from ${{ item }}. A local file must be uploaded")
		})
	}
}

// results are all items of a step.
func (s *stage) results(step string) (items []pipeline.ItemResult) {
	s.t.Helper()
	for from := (&runwire.Cursor{}); from != nil; {
		answer, err := s.QueryWorkflow(wire.RunResultsQuery, *from)
		require.NoError(s.t, err)
		var page runwire.Page
		require.NoError(s.t, answer.Get(&page))
		for _, results := range page.Steps {
			if results.ID == step {
				items = append(items, results.Items...)
			}
		}
		from = page.Next
	}
	return items
}

// TestPaidValuesAreKept: what an earlier version submitted as it was is not paid again, and
// not refused.
func TestPaidValuesAreKept(t *testing.T) {
	t.Parallel()
	for _, image := range []any{"", " " + cat, map[string]any{"url": cat}} {
		for state, want := range map[generation.State]int{generation.StateCompleted: 0, generation.StateFailed: 1} {
			fingerprint, err := wire.Fingerprint(generation.Request{Key: "a", Model: "a/clip", Input: map[string]any{"image": image}})
			require.NoError(t, err)
			kept := earlier(t, "x", "0123456789abcdef0123456789abcdef", state)
			kept.Model, kept.Fingerprint = "a/clip", fingerprint
			s := newStage(t)
			s.report = shapes()
			s.resumed("inputs: {image: array}\nsteps: {a: {model: a/clip, input: {image: '${{ inputs.image[0] }}'}}}", map[string]any{"image": []any{image}},
				[]runwire.StepResults{{ID: "a", Items: []pipeline.ItemResult{result(0, kept)}}})
			if image == "" && state == generation.StateFailed {
				failure, _ := s.failure()
				require.Contains(t, failure.Message(), "input.image: must be a URL")
				continue
			}
			s.result()
			require.Len(t, s.inputs, want)
		}
	}
}

// TestReportsWithoutShapes are those of runs that began with an older version: they continue
// as they began.
func TestReportsWithoutShapes(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run("steps:\n  still: {model: a/b, input: {prompt: 'outputs [{\"url\":\"x\"}]'}}\n  clip: {model: a/clip, input: {image: '${{ steps.still.output }}'}}", nil)
	s.result()
	require.JSONEq(t, `{"image":{"url":"x"}}`, string(s.inputs[1]))
}

// TestRegeneratedValues are checked before people's time is spent on them.
func TestRegeneratedValues(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.report = shapes()
	decide := func(input map[string]any) {
		s.update(generation.DecideUpdate, generation.Decision{Verdict: generation.VerdictRegenerate, Input: input})
	}
	s.after(time.Hour, func() {
		decide(map[string]any{"image": "cat.png"})
		decide(map[string]any{"image": cat, "seconds": nil})
	})
	s.after(2*time.Hour, func() { s.update(generation.DecideUpdate, generation.Decision{Verdict: generation.VerdictApprove}) })
	s.run("steps: {clip: {model: a/clip, input: {image: 'https://x.test/a', seconds: 5}}, look: {approve: {show: '${{ steps.clip.output }}'}}}", nil)
	s.result()
	require.Contains(t, s.answers[0], "input.image: must be a URL; got cat.png. A local file must be uploaded")
	require.Equal(t, []string{"", ""}, s.answers[1:])
	require.JSONEq(t, `{"image":"`+cat+`"}`, string(s.inputs[1]))
}
