package plan_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/jsonvalue"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/strict"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

const film = `{
	"still": {"model": "x/still"},
	"extra": {"model": "x/still"},
	"shots": {"model": "x/still", "for_each": {"items": "${{ steps.still.outputs }}", "key": "steps.extra.output ?? item"}},
	"review": {"approve": {"message": "of ${{ steps.extra.output }}", "show": ["${{ steps.still.output }}"], "choose": "${{ steps.shots.outputs }}"}},
	"rescue": {"if": "steps.review.state == 'rejected' || steps.still.error != ''", "model": "x/clip", "needs": ["still"]},
	"clip": {
		"if": "steps.shots.output != nil", "model": "x/clip", "input": {"image": "${{ steps.review.output }}"},
		"fallback": ["x/other", {"model": "x/third", "input": {"image": "${{ steps.extra.output }}"}}], "needs": ["review"]
	}
}`

func TestPlan(t *testing.T) {
	t.Parallel()
	plan := compile(t, decodeSteps(t, film))
	needs, watches := make(map[string][]string), make(map[string][]string)
	for _, step := range plan.Steps {
		needs[step.ID] = step.Needs
		if len(step.Watches) > 0 {
			watches[step.ID] = step.Watches
		}
	}
	require.Equal(t, map[string][]string{
		"still": nil, "extra": nil, "shots": {"still", "extra"}, "review": {"still", "extra", "shots"},
		"rescue": {"still", "review"}, "clip": {"extra", "shots", "review"},
	}, needs, "of expressions as well, in the definition's order")
	require.Equal(t, map[string][]string{"rescue": {"review", "still"}}, watches, "of states and errors only")
	require.Equal(t, []string{"still", "shots"}, plan.Step("review").Regenerates, "what is shown and chosen of")
	require.Nil(t, plan.Step("nosuch"))
}

func TestPlanHasAnInputForEachModel(t *testing.T) {
	t.Parallel()
	clip := compile(t, decodeSteps(t, film)).Step("clip")
	require.Len(t, clip.Inputs, 3)
	require.Same(t, clip.Inputs[0], clip.Inputs[1], "a fallback without an input is given the step's")
	require.NotSame(t, clip.Inputs[0], clip.Inputs[2])
	nothing, err := compile(t, decodeSteps(t, film)).Step("still").Inputs[0].Eval(nil)
	require.NoError(t, err)
	require.Equal(t, map[string]any{}, nothing)
}

func TestBeforeAndAfter(t *testing.T) {
	t.Parallel()
	plan := compile(t, decodeSteps(t, film))
	require.True(t, plan.Before("still", "shots"))
	require.True(t, plan.Before("still", "clip"), "by way of others")
	require.False(t, plan.Before("shots", "still"))
	require.False(t, plan.Before("rescue", "clip"))
	require.False(t, plan.Before("clip", "clip"))
	require.Equal(t, []string{"shots", "review", "rescue", "clip"}, plan.After("still"))
	require.Empty(t, plan.After("clip"))
}

func TestAnalyzeGivesWhatItCan(t *testing.T) {
	t.Parallel()
	plan, found := plan.Analyze(decodeSteps(t, `{"a":{"model":"x/y","input":{"p":"${{ 1 + }}"}},"b":{"model":"x/y","needs":["a"]}}`))
	require.Len(t, found, 1)
	require.Equal(t, []string{"a"}, plan.Step("b").Needs)
}

func TestBind(t *testing.T) {
	t.Parallel()
	d := decode(t, `{"name":"film","inputs":{
		"scene": {"description": "what is to be seen"}, "photo": "file", "count": {"type": "integer", "default": 3}, "strength": {"type": "number", "default": 0.5},
		"draft": {"type": "boolean", "default": false}, "rows": {"type": "array", "default": []}, "sizes": {"type": "object", "default": {}},
		"style": {"default": "oil", "enum": ["oil", "ink"]}
	},"steps":{"a":{"model":"x/y"}}}`)
	given := func(more map[string]any) map[string]any {
		all := map[string]any{"scene": "a lighthouse", "photo": "https://cdn.test/1.png"}
		for name, value := range more {
			all[name] = value
		}
		return all
	}
	got, err := plan.Bind(d, given(nil))
	require.NoError(t, err)
	require.Equal(t, map[string]any{
		"scene": "a lighthouse", "photo": "https://cdn.test/1.png", "count": 3, "strength": 0.5, "draft": false, "rows": []any{}, "sizes": map[string]any{}, "style": "oil",
	}, got)
	got, err = plan.Bind(d, given(map[string]any{"count": 4.0, "strength": 2, "rows": []int{1}, "sizes": map[string]float64{"a": 1}, "style": "ink", "draft": true}))
	require.NoError(t, err)
	require.Equal(t, map[string]any{
		"scene": "a lighthouse", "photo": "https://cdn.test/1.png", "count": 4, "strength": 2, "draft": true, "rows": []any{1}, "sizes": map[string]any{"a": 1}, "style": "ink",
	}, got, "as their JSON would be read")
	got, err = plan.Bind(d, given(map[string]any{"count": nil}))
	require.NoError(t, err)
	require.Equal(t, 3, got["count"], "null is as good as nothing")
}

func TestInputsThatDoNotFit(t *testing.T) {
	t.Parallel()
	d := decode(t, `{"name":"film","inputs":{
		"scene": {"description": "what is to be seen"}, "count": {"type": "integer", "default": 1}, "strength": {"type": "number", "default": 1},
		"draft": {"type": "boolean", "default": true}, "rows": {"type": "array", "default": []}, "sizes": {"type": "object", "default": {}},
		"style": {"default": "oil", "enum": ["oil", "ink"]}
	},"steps":{"a":{"model":"x/y"}}}`)
	for name, c := range map[string]struct {
		given map[string]any
		want  string
	}{
		"missing":      {map[string]any{"scene": nil}, "inputs.scene: is required: a string, what is to be seen"},
		"unknown":      {map[string]any{"sceen": 1}, "inputs.sceen: the pipeline has no such input; did you mean scene?"},
		"string":       {map[string]any{"scene": 5}, "inputs.scene: is an integer, and must be a string"},
		"integer":      {map[string]any{"count": "5"}, "inputs.count: is a string, and must be an integer"},
		"whole":        {map[string]any{"count": 1.5}, "inputs.count: is a number, and must be an integer"},
		"number":       {map[string]any{"strength": true}, "inputs.strength: is a boolean, and must be a number"},
		"boolean":      {map[string]any{"draft": "true"}, "inputs.draft: is a string, and must be a boolean"},
		"array":        {map[string]any{"rows": map[string]any{}}, "inputs.rows: is an object, and must be an array"},
		"object":       {map[string]any{"sizes": []any{}}, "inputs.sizes: is an array, and must be an object"},
		"enum":         {map[string]any{"style": "my secret style"}, "inputs.style: must be one of [oil ink]"},
		"not of JSON":  {map[string]any{"rows": make(chan int)}, "inputs.rows: is not a JSON value"},
		"all together": {map[string]any{"count": "x", "a": 1}, "inputs.a: the pipeline has no such input\ninputs.count: is a string, and must be an integer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			given := map[string]any{"scene": "a lighthouse"}
			for name, value := range c.given {
				given[name] = value
			}
			_, err := plan.Bind(d, given)
			require.ErrorContains(t, err, c.want)
			require.NotContains(t, err.Error(), "secret")
		})
	}
}

func TestProblemsAsText(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]pipeline.Problem{
		"is wrong":                {Message: "is wrong"},
		"steps.a: is wrong":       {Path: []string{"steps", "a"}, Message: "is wrong"},
		"film.yaml:3:7: is wrong": {File: "film.yaml", Line: 3, Column: 7, Message: "is wrong"},
		"film.yaml:3:7: steps.a.l[0][12]: is wrong": {File: "film.yaml", Line: 3, Column: 7, Path: []string{"steps", "a", "l", "0", "12"}, Message: "is wrong"},
	} {
		require.Equal(t, want, p.String())
	}
	require.Equal(t, "", strict.PathText(nil))
	require.Equal(t, "[0].a", strict.PathText([]string{"0", "a"}))
	require.Equal(t, "a..b", strict.PathText([]string{"a", "", "b"}))
	require.EqualError(t, pipeline.Problems{{Message: "a"}, {Message: "b"}}, "a\nb")
}

func TestKindsOfSteps(t *testing.T) {
	t.Parallel()
	for kind, step := range map[string]pipeline.Step{
		plan.KindForEach:  {Model: "x/zoom", Fallback: []pipeline.Fallback{{Model: "x/y"}}, ForEach: &pipeline.ForEach{Items: []any{1}}},
		plan.KindApprove:  {Approve: &pipeline.Approve{}},
		plan.KindGenerate: {Model: "x/y"},
	} {
		planned := plan.PlannedStep{Step: step}
		require.Equal(t, kind, planned.Kind())
		require.Equal(t, map[string][]string{plan.KindForEach: {"x/zoom", "x/y"}, plan.KindGenerate: {"x/y"}}[kind], planned.Models())
	}
}

func TestTolerated(t *testing.T) {
	t.Parallel()
	for tolerance, want := range map[pipeline.Tolerance]int{
		{}: 0, {Items: 3}: 3, {Percent: 5}: 12, {Percent: 2.5}: 6, {Percent: 100}: 250,
	} {
		require.Equal(t, want, plan.Tolerated(tolerance, 250))
	}
}

func TestLastGenerationOfAnItem(t *testing.T) {
	t.Parallel()
	require.Empty(t, pipeline.ItemResult{}.Last().Key)
	require.Equal(t, "b", pipeline.ItemResult{Generations: []generation.Status{{Key: "a"}, {Key: "b"}}}.Last().Key)
}

func TestOutputsAsExpressionsSeeThem(t *testing.T) {
	t.Parallel()
	require.Equal(t, "https://cdn.test/1.png", jsonvalue.OrNil(generation.Output(`"https://cdn.test/1.png"`)))
	require.Equal(t, map[string]any{"size": 7}, jsonvalue.OrNil(generation.Output(`{"size":7}`)))
	require.Nil(t, jsonvalue.OrNil(generation.Output(`{`)))
}
