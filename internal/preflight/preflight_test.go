package preflight_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/jsonvalue"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/preflight"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runview"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runwire"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline/file"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// testBundle is a provider with what checks need of it.
type testBundle struct {
	provider *wavespeedtest.Server
	accounts map[string]preflight.Account
}

func setup(t *testing.T, options wavespeedtest.Options) *testBundle {
	t.Helper()
	if len(options.Accounts) == 0 {
		options.Accounts = []wavespeedtest.Account{{}}
	}
	provider, err := wavespeedtest.New(options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, provider.Close()) })
	b := &testBundle{provider: provider, accounts: make(map[string]preflight.Account)}
	for _, account := range options.Accounts {
		name, key := account.Name, account.Key
		if name == "" {
			name, key = wavespeedtest.DefaultAccount, wavespeedtest.DefaultKey
		}
		client, err := wavespeed.New(wavespeed.Options{APIKey: key, BaseURL: provider.URL()})
		require.NoError(t, err)
		b.accounts[name] = preflight.Account{Provider: client, Catalogue: preflight.NewCatalogue(client.Models)}
	}
	return b
}

// check checks a pipeline that compiles.
func (b *testBundle) check(t *testing.T, text string, inputs map[string]any) runwire.Report {
	t.Helper()
	report, err := preflight.Check(t.Context(), b.accounts, preflight.Run{Plan: planOf(t, text), Inputs: inputs})
	require.NoError(t, err)
	return report
}

func planOf(t *testing.T, text string) *plan.Plan {
	t.Helper()
	f, err := file.Parse("film.yaml", []byte(text))
	require.NoError(t, err)
	plan, err := plan.Compile(f.Definition)
	require.NoError(t, err)
	return plan
}

// step is a pipeline of one step that makes a still with this input.
func step(input string) string {
	return "inputs: {scene: string, count: integer, size: string, rows: array}\nsteps:\n  still: {model: wavespeed-ai/flux-dev, input: " + input + "}\n"
}

func TestProblems(t *testing.T) {
	t.Parallel()
	known := map[string]any{"scene": "a lighthouse", "count": 3, "size": "512*512", "rows": []any{}}
	for name, c := range map[string]struct {
		text   string
		inputs map[string]any
		want   []string
	}{
		"right": {step(`{prompt: "${{ inputs.scene }}", num_images: "${{ inputs.count }}", size: "${{ inputs.size }}"}`), known, nil},
		"unknown model": {"steps: {a: {model: wavespeed-ai/flux-devv, input: {prompt: x}}}", nil,
			[]string{`steps.a.model: WaveSpeedAI has no model "wavespeed-ai/flux-devv"; did you mean wavespeed-ai/flux-dev?`}},
		"without its maker": {"steps: {a: {model: flux-dev, input: {prompt: x}}}", nil,
			[]string{`steps.a.model: WaveSpeedAI has no model "flux-dev"; did you mean wavespeed-ai/flux-dev?`}},
		"nothing like it": {"steps: {a: {model: xyz, input: {prompt: x}}}", nil, []string{`steps.a.model: WaveSpeedAI has no model "xyz"`}},
		"unknown model to fall back on": {step(`{prompt: x}, fallback: [wavespeed-ai/z-image/turbo, bytedance/seededit-v4]`), nil,
			[]string{`steps.still.fallback[1].model: WaveSpeedAI has no model "bytedance/seededit-v4"; did you mean bytedance/seededit-v3?`}},
		"the step's input does not fit what it falls back on": {step(`{prompt: x}, fallback: [wavespeed-ai/image-upscaler]`), nil,
			[]string{"steps.still.input.prompt: wavespeed-ai/image-upscaler has no such field", "steps.still.input: lacks image (wavespeed-ai/image-upscaler)"}},
		"its own input does not": {step(`{prompt: x}, fallback: [{model: wavespeed-ai/image-upscaler, input: {image: 5}}]`), nil,
			[]string{"steps.still.fallback[0].input.image: must be a URL; got a number (wavespeed-ai/image-upscaler)"}},
		"unknown field": {step(`{promt: x, prompt: y}`), nil,
			[]string{"steps.still.input.promt: wavespeed-ai/flux-dev has no such field; did you mean prompt?"}},
		"missing field":    {step(`{size: 512*512}`), nil, []string{"steps.still.input: lacks prompt (wavespeed-ai/flux-dev)"}},
		"no input":         {"steps: {a: {model: wavespeed-ai/flux-dev}}", nil, []string{"steps.a.input: lacks prompt (wavespeed-ai/flux-dev)"}},
		"wrong type":       {step(`{prompt: x, strength: high}`), nil, []string{"steps.still.input.strength: is of type string, and must be number (wavespeed-ai/flux-dev)"}},
		"null":             {step(`{prompt: ~}`), nil, []string{"steps.still.input.prompt: is of type null, and must be string (wavespeed-ai/flux-dev)"}},
		"half a picture":   {step(`{prompt: x, num_images: 1.5}`), nil, []string{"steps.still.input.num_images: is of type number, and must be integer (wavespeed-ai/flux-dev)"}},
		"too many":         {step(`{prompt: x, num_images: 5}`), nil, []string{"steps.still.input.num_images: must be at most 4 (wavespeed-ai/flux-dev)"}},
		"too few":          {step(`{prompt: x, num_images: 0}`), nil, []string{"steps.still.input.num_images: must be at least 1 (wavespeed-ai/flux-dev)"}},
		"not in the enum":  {step(`{prompt: x, output_format: gif}`), nil, []string{"steps.still.input.output_format: must be one of jpeg, png, webp (wavespeed-ai/flux-dev)"}},
		"evaluated":        {step(`{prompt: x, num_images: "${{ inputs.count + 2 }}"}`), known, []string{"steps.still.input.num_images: must be at most 4 (wavespeed-ai/flux-dev)"}},
		"cannot be":        {step(`{prompt: "${{ int(inputs.scene) }}"}`), known, []string{"steps.still.input: prompt: int(inputs.scene): got a text that is not a number"}},
		"sync mode":        {step(`{prompt: x, enable_sync_mode: true}`), nil, []string{"steps.still.input.enable_sync_mode: a generation waits without holding a connection; leave it out"}},
		"sync mode off":    {step(`{prompt: x, enable_sync_mode: false}`), nil, nil},
		"base64":           {step(`{prompt: x, enable_base64_output: true}`), nil, []string{"steps.still.input.enable_base64_output: the provider delivers no base64 to a webhook"}},
		"a switch for all": {`steps: {a: {model: wavespeed-ai/wan-2.1/i2v-480p, input: {prompt: x, image: "https://x.test/y", enable_sync_mode: false}}}`, nil, nil},
		"local file": {`steps: {a: {model: wavespeed-ai/image-upscaler, input: {image: ./cat.png}}}`, nil,
			[]string{"steps.a.input.image: must be a URL; got ./cat.png (wavespeed-ai/image-upscaler). To upload it, declare an input of type file, refer to that, and run with NAME=@./cat.png"}},
		"local file of an input": {`{inputs: {photo: string}, steps: {a: {model: wavespeed-ai/image-upscaler, input: {image: "${{ inputs.photo }}"}}}}`, map[string]any{"photo": "girl.png"},
			[]string{"steps.a.input.image: must be a URL; got girl.png"}},
		"local files of rows": {`{inputs: {rows: array}, steps: {a: {for_each: "${{ inputs.rows }}", model: wavespeed-ai/image-upscaler, input: {image: "${{ item.photo }}"}}}}`,
			map[string]any{"rows": []any{map[string]any{"photo": "https://x.test/1.png"}, map[string]any{"photo": "2.png"}, map[string]any{"photo": "2.png"}}},
			[]string{"steps.a.input.image: items 1, 2: must be a URL; got 2.png"}},
		"local files in a list": {`steps: {a: {model: google/nano-banana-pro/edit, input: {prompt: x, images: [my cat.png]}}}`, nil,
			[]string{"steps.a.input.images[0]: must be a URL; got my cat.png"}},
		"an empty address":  {`steps: {a: {model: wavespeed-ai/image-upscaler, input: {image: ""}}}`, nil, []string{"steps.a.input.image: must be a URL; got an empty string"}},
		"an object's url":   {`steps: {a: {model: wavespeed-ai/image-upscaler, input: {image: {url: " https://x.test/cat.png "}}}}`, nil, nil},
		"account of a step": {step(`{prompt: x}, account: team`), nil, []string{`steps.still.account: there is no account "team"; configure its API key or name another`}},
		"account":           {"account: team\n" + step(`{prompt: x}`), nil, []string{`account: there is no account "team"`}},
		"all steps": {"steps: {a: {model: wavespeed-ai/flux-dev}, ask: {approve: {}}, b: {model: xyz}}", nil,
			[]string{"steps.a.input: lacks prompt (wavespeed-ai/flux-dev)", `steps.b.model: WaveSpeedAI has no model "xyz"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report := setup(t, wavespeedtest.Options{}).check(t, c.text, c.inputs)
			require.Len(t, report.Problems, len(c.want), "%v", report.Problems)
			for i, want := range c.want {
				require.Contains(t, report.Problems[i].String(), want)
			}
			require.Equal(t, len(c.want) > 0, report.Estimate == nil, "what is wrong has no price")
		})
	}
}

// TestWhatIsNotKnownIsNotWrong: only the run will tell. But a type that is known must fit.
func TestWhatIsNotKnownIsNotWrong(t *testing.T) {
	t.Parallel()
	const before = "inputs: {scene: string, count: integer, any: number}\nsteps:\n  still: {model: wavespeed-ai/flux-dev, input: {prompt: x}}\n  clip: {model: wavespeed-ai/wan-2.1/i2v-480p, input: "
	for name, c := range map[string]struct {
		input string
		want  string
	}{
		"output":                 {`{prompt: x, image: "${{ steps.still.output }}"}`, ""},
		"output where a number":  {`{prompt: x, image: "https://x.test/y", seed: "${{ steps.still.output }}"}`, ""},
		"output of few values":   {`{prompt: x, image: "https://x.test/y", size: "${{ steps.still.output }}"}`, ""},
		"text of an output":      {`{prompt: "of ${{ steps.still.output }}", image: "https://x.test/y"}`, ""},
		"text of a few values":   {`{prompt: x, image: "https://x.test/y", size: "${{ steps.still.model }}"}`, ""},
		"input that is not told": {`{prompt: "${{ inputs.scene }}", image: "https://x.test/y", duration: "${{ inputs.count }}"}`, ""},
		"number that may fit":    {`{prompt: x, image: "https://x.test/y", duration: "${{ inputs.any }}"}`, ""},
		"text where a number":    {`{prompt: x, image: "https://x.test/y", duration: "${{ inputs.scene }}"}`, "steps.clip.input.duration: is of type string, and must be integer"},
		"text of one as well":    {`{prompt: x, image: "https://x.test/y", duration: "1${{ steps.still.output }}"}`, "steps.clip.input.duration: is of type string, and must be integer"},
		"number where a text":    {`{prompt: "${{ inputs.count }}", image: "https://x.test/y"}`, "steps.clip.input.prompt: is of type number, and must be string"},
		"list where a text":      {`{prompt: x, image: "${{ steps.still.outputs }}"}`, "steps.clip.input.image: is of type array, and must be string"},
		"boolean where a text":   {`{prompt: x, image: "${{ steps.still.output != nil }}"}`, "steps.clip.input.image: is of type boolean, and must be string"},
		"object with a url":      {`{prompt: x, image: "${{ {\"url\": steps.still.output} }}"}`, ""},
		"object where a text":    {`{prompt: "${{ {\"url\": steps.still.output} }}", image: "https://x.test/y"}`, "steps.clip.input.prompt: is of type object, and must be string"},
		"another field is wrong": {`{prompt: x, image: "${{ steps.still.output }}", duration: 50}`, "steps.clip.input.duration: must be at most 10"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report := setup(t, wavespeedtest.Options{}).check(t, before+c.input+"}\n", nil)
			if c.want == "" {
				require.Empty(t, report.Problems)
				return
			}
			require.Len(t, report.Problems, 1)
			require.Contains(t, report.Problems[0].String(), c.want)
		})
	}
}

func TestWhatIsNotKnownInsideIsNotWrong(t *testing.T) {
	t.Parallel()
	b := setup(t, wavespeedtest.Options{Models: []wavespeedtest.Model{{ID: "test/many", Schema: json.RawMessage(
		`{"type":"object","properties":{"lines":{"type":"array","items":{"type":"string","maxLength":3},"maxItems":2},"of":{"type":"object","properties":{"n":{"type":"integer"}}}}}`)}}})
	const before = "steps:\n  still: {model: wavespeed-ai/flux-dev, input: {prompt: x}}\n  many: {model: test/many, input: "
	require.Empty(t, b.check(t, before+`{lines: ["a", "${{ steps.still.output }}"], of: {n: "${{ steps.still.output }}"}}}`, nil).Problems)
	require.Equal(t, []string{
		"steps.many.input.lines: has 3 items, and must have at most 2 (test/many)",
		"steps.many.input.lines[1]: has 4 characters, and must have at most 3 (test/many)",
		"steps.many.input.of.n: is of type string, and must be integer (test/many)",
	}, strings.Split(b.check(t, before+`{lines: ["${{ steps.still.output }}", "four", "${{ steps.still.output }}"], of: {n: "${{ steps.still.model }}"}}}`, nil).Problems.Error(), "\n"))
}

func TestItems(t *testing.T) {
	t.Parallel()
	rows := func(n int, wrong ...int) map[string]any {
		list := make([]any, n)
		for i := range list {
			list[i] = map[string]any{"title": fmt.Sprintf("product %d", i), "count": 1}
		}
		for _, i := range wrong {
			list[i].(map[string]any)["count"] = 5
		}
		return map[string]any{"rows": list}
	}
	const text = "inputs: {rows: array}\nsteps:\n  shots:\n    for_each: ${{ inputs.rows }}\n    model: wavespeed-ai/flux-dev\n    input: {prompt: '${{ item.title }}', num_images: '${{ item.count }}', seed: '${{ index }}'}\n"
	b := setup(t, wavespeedtest.Options{})
	require.Empty(t, b.check(t, text, rows(30)).Problems)
	for want, wrong := range map[string][]int{"item 3": {3}, "items 3, 17": {17, 3}} {
		require.Equal(t, "steps.shots.input.num_images: "+want+": must be at most 4 (wavespeed-ai/flux-dev)", b.check(t, text, rows(30, wrong...)).Problems.Error())
	}

	var all []int
	for i := range 500 {
		all = append(all, i)
	}
	problems := b.check(t, text, rows(500, all...)).Problems
	require.Equal(t, "steps.shots.input.num_images: items 0, 1, 2, 3, 4 and 495 more: must be at most 4 (wavespeed-ai/flux-dev)", problems.Error(), "nobody reads 500")
}

// TestTooManyItems are refused before anything is paid, whatever comes first.
func TestTooManyItems(t *testing.T) {
	t.Parallel()
	b := setup(t, wavespeedtest.Options{})
	const text = "inputs: {rows: array}\nsteps:\n  still: {model: wavespeed-ai/flux-dev, input: {prompt: x}}\n  shots: {needs: [still], for_each: '${{ inputs.rows }}', model: wavespeed-ai/flux-dev, input: {prompt: x}}\n"
	require.Empty(t, b.check(t, text, map[string]any{"rows": make([]any, 20_000)}).Problems)
	require.Equal(t, "steps.shots.for_each.items: gives 20001 items, and a step has at most 20000; give each run a part of the list",
		b.check(t, text, map[string]any{"rows": make([]any, 20_001)}).Problems.Error())
}

// TestInput checks a single generation as it would a step's.
func TestInput(t *testing.T) {
	t.Parallel()
	b := setup(t, wavespeedtest.Options{})
	for _, c := range []struct{ model, input, want string }{
		{"wavespeed-ai/flux-dev", `{"prompt":"x","num_images":2}`, ""},
		{"wavespeed-ai/flux-dev", `{"promt":"x","prompt":"y"}`, "input.promt: wavespeed-ai/flux-dev has no such field; did you mean prompt?"},
		{"wavespeed-ai/flux-dev", `{"prompt":"x","num_images":"2"}`, "input.num_images: is of type string, and must be integer (wavespeed-ai/flux-dev)"},
		{"flux-dev", `{"prompt":"x"}`, `model: WaveSpeedAI has no model "flux-dev"; did you mean wavespeed-ai/flux-dev?`},
		{"wavespeed-ai/image-upscaler", `{"image":"girl.png"}`, "input.image: must be a URL; got girl.png (wavespeed-ai/image-upscaler). Upload it with image=@girl.png"},
		{"wavespeed-ai/image-upscaler", `{"image":"~/girl.png"}`, "input.image: must be a URL; got ~/girl.png (wavespeed-ai/image-upscaler). Upload it with image=@~/girl.png"},
		{"google/nano-banana-pro/edit", `{"prompt":"x","images":["girl.png"]}`, "input.images[0]: must be a URL; got girl.png (google/nano-banana-pro/edit). Lists and objects take only URLs: put the file where WaveSpeed can read it"},
		{"wavespeed-ai/image-upscaler", `{"image":"a secret prompt"}`, "input.image: must be a URL; got another string (wavespeed-ai/image-upscaler)"},
	} {
		decoded, err := jsonvalue.Decode([]byte(c.input))
		require.NoError(t, err)
		_, problems, err := preflight.Input(t.Context(), b.accounts["default"], c.model, decoded.(map[string]any))
		require.NoError(t, err)
		require.Equal(t, c.want, problems.Error(), c.input)
	}
	fitted, problems, err := preflight.Input(t.Context(), b.accounts["default"], "wavespeed-ai/image-upscaler", map[string]any{"image": map[string]any{"url": " https://x.test/cat.png "}})
	require.NoError(t, err)
	require.Empty(t, problems)
	require.Equal(t, map[string]any{"image": "https://x.test/cat.png"}, fitted)
}

// TestItemsNames: two of one name could not be told apart when they are run again.
func TestItemsNames(t *testing.T) {
	t.Parallel()
	b := setup(t, wavespeedtest.Options{})
	const text = "inputs: {rows: array, prefix: string}\nsteps:\n  shots:\n    for_each: {items: '${{ inputs.rows }}', key: %s}\n    model: wavespeed-ai/flux-dev\n    input: {prompt: x}\n"
	rows := []any{map[string]any{"sku": "a"}, map[string]any{"sku": "b"}, map[string]any{"sku": "a"}}
	inputs := map[string]any{"rows": rows}
	for key, want := range map[string]string{
		"item.sku":                 `steps.shots.for_each.key: items 0 and 2 have the same key "a"`,
		"item.name":                "steps.shots.for_each.key: ",
		"index":                    "",
		"inputs.prefix + item.sku": "",
	} {
		require.Contains(t, b.check(t, fmt.Sprintf(text, key), inputs).Problems.Error(), want)
		require.Equal(t, want == "", len(b.check(t, fmt.Sprintf(text, key), inputs).Problems) == 0)
	}
}

// TestChanges: what a rerun changes in a step's input is checked, and priced.
func TestChanges(t *testing.T) {
	t.Parallel()
	b := setup(t, wavespeedtest.Options{})
	check := func(changes map[string]any) runwire.Report {
		report, err := preflight.Check(t.Context(), b.accounts, preflight.Run{Plan: planOf(t, step("{prompt: x, num_images: 5}")), Changes: map[string]map[string]any{"still": changes}})
		require.NoError(t, err)
		return report
	}
	require.Contains(t, check(map[string]any{"num_image": 2}).Problems.Error(), "steps.still.input.num_image: wavespeed-ai/flux-dev has no such field; did you mean num_images?")
	require.Contains(t, check(nil).Problems.Error(), "num_images: must be at most 4")
	report := check(map[string]any{"num_images": nil})
	require.Empty(t, report.Problems)
	require.Contains(t, report.Fields["still"], "num_images")
}

// TestItemsThatAreNotKnown: one stands for all of them.
func TestItemsThatAreNotKnown(t *testing.T) {
	t.Parallel()
	b := setup(t, wavespeedtest.Options{})
	const text = "inputs: {rows: array}\nsteps:\n  still: {model: wavespeed-ai/flux-dev, input: {prompt: x, num_images: 4}}\n  larger:\n    for_each: %s\n    model: wavespeed-ai/image-upscaler\n    input: {image: '${{ item }}', target_resolution: %s}\n"
	for _, items := range []string{"${{ steps.still.outputs }}", "${{ inputs.rows }}", "['${{ steps.still.output }}']"} {
		require.Empty(t, b.check(t, fmt.Sprintf(text, items, "4k"), nil).Problems)
		problems := b.check(t, fmt.Sprintf(text, items, "16k"), nil).Problems
		require.Len(t, problems, 1)
		require.Contains(t, problems[0].Message, "must be one of 2k, 4k, 8k")
	}
	problems := b.check(t, "inputs: {n: number}\nsteps: {a: {for_each: '${{ [[1], inputs.n][1] }}', model: wavespeed-ai/flux-dev, input: {prompt: x}}}", map[string]any{"n": 1}).Problems
	require.Equal(t, "steps.a.for_each.items: must return a list", problems.Error())
	problems = b.check(t, "inputs: {n: array}\nsteps: {a: {for_each: '${{ inputs.n[3] }}', model: wavespeed-ai/flux-dev, input: {prompt: x}}}", map[string]any{"n": []any{}}).Problems
	require.Contains(t, problems.Error(), "steps.a.for_each.items: inputs.n[3]: index out of range")
}

// TestPromptsAreNotRepeated, wherever one is not right.
func TestPromptsAreNotRepeated(t *testing.T) {
	t.Parallel()
	b := setup(t, wavespeedtest.Options{Models: []wavespeedtest.Model{{ID: "test/strict", Schema: json.RawMessage(`{
		"type": "object", "required": ["a"], "additionalProperties": false, "properties": {
			"short": {"type": "string", "maxLength": 3}, "long": {"type": "string", "minLength": 1000}, "enum": {"enum": ["a"]}, "const": {"const": "a"},
			"pattern": {"type": "string", "pattern": "^[0-9]+$"}, "number": {"type": "number"}, "list": {"type": "array"}, "object": {"type": "object", "additionalProperties": false},
			"any": {"anyOf": [{"type": "integer"}, {"type": "boolean"}]}, "one": {"oneOf": [{"type": "string"}, {"type": "string"}]}, "not": {"not": {"type": "string"}},
			"inner": {"type": "array", "items": {"type": "integer"}}, "unique": {"type": "array", "uniqueItems": true}, "depends": {"type": "object", "dependentRequired": {"x": ["y"]}}
		}}`)}}})
	report := b.check(t, `
inputs: {scene: string, rows: array}
steps:
  strict:
    model: test/strict
    input:
      short: &p a secret prompt
      long: *p
      enum: *p
      const: *p
      pattern: *p
      number: *p
      list: *p
      object: {x: *p}
      any: *p
      one: *p
      not: *p
      inner: [*p, 1]
      unique: [*p, *p]
      depends: {x: *p}
      other: *p
  int: {model: wavespeed-ai/flux-dev, input: {prompt: "${{ int(inputs.scene) }}"}}
  items: {model: wavespeed-ai/flux-dev, for_each: "${{ inputs.rows }}", input: {prompt: "${{ fromJSON(item) }}"}}
  list: {model: wavespeed-ai/flux-dev, for_each: "${{ fromJSON(inputs.scene) }}", input: {prompt: x}}
`, map[string]any{"scene": "a secret prompt", "rows": []any{"a secret prompt"}})
	require.Greater(t, len(report.Problems), 17)
	require.NotContains(t, report.Problems.Error(), "secret")
	encoded, err := json.Marshal(report)
	require.NoError(t, err)
	require.NotContains(t, string(encoded), "secret")
}

func TestEstimate(t *testing.T) {
	t.Parallel()
	b := setup(t, wavespeedtest.Options{Accounts: []wavespeedtest.Account{{Balance: 12.5}}})
	report := b.check(t, `
inputs: {rows: array}
steps:
  still: {model: wavespeed-ai/flux-dev, input: {prompt: x, num_images: 2}}
  shots: {model: wavespeed-ai/flux-dev, for_each: "${{ inputs.rows }}", input: {prompt: "${{ item }}"}}
  clip: {model: wavespeed-ai/wan-2.1/i2v-480p, input: {prompt: x, image: "${{ steps.still.output }}", duration: 10}, fallback: [kwaivgi/kling-v2.1-i2v-pro]}
  ask: {approve: {show: "${{ steps.clip.output }}", regenerate: []}}
`, map[string]any{"rows": []any{"a", "b", "c"}})
	require.Empty(t, report.Problems)
	require.Equal(t, []pipeline.StepEstimate{
		{ID: "still", Model: "wavespeed-ai/flux-dev", Items: 1, Each: dollars(0.024), Total: dollars(0.024)},
		{ID: "shots", Model: "wavespeed-ai/flux-dev", Items: 3, Each: dollars(0.012), Total: dollars(0.036)},
		{ID: "clip", Model: "wavespeed-ai/wan-2.1/i2v-480p", Items: 1, Each: dollars(0.4), Total: dollars(0.4), Most: usd(0.9)}, // by its fallback
	}, report.Estimate.Steps)
	require.Equal(t, dollars(0.46), report.Estimate.Total)
	require.Equal(t, "$0.46 to $0.96", runview.Estimate(*report.Estimate))
	require.False(t, report.Estimate.AtLeast, "no price depends on the address of a picture")
	require.Equal(t, dollars(12.5), *report.Estimate.Balance)
	require.Empty(t, b.provider.Ledger())
}

var dollars = generation.Dollars

func usd(dollars float64) *generation.USD {
	amount := generation.Dollars(dollars)
	return &amount
}

// TestEstimateIsARange: what a run decides has bounds that are known before it.
func TestEstimateIsARange(t *testing.T) {
	t.Parallel()
	const stills = "inputs: {scenes: array, animate: boolean}\nsteps:\n  stills: {for_each: '${{ inputs.scenes }}', model: wavespeed-ai/flux-dev, input: {prompt: '${{ item.title }}'}}\n"
	const clip = ", model: wavespeed-ai/wan-2.1/i2v-480p, input: {prompt: x, image: '${{ item.output }}'"
	scenes := make([]any, 6)
	for i := range scenes {
		scenes[i] = map[string]any{"title": "a lighthouse", "seconds": []any{5, 10}[i%2]}
	}
	for name, c := range map[string]struct {
		steps  string
		inputs map[string]any
		want   string
		items  [2]int // of the last step
	}{
		"each":                       {steps: "  clips: {for_each: '${{ steps.stills.items }}'" + clip + "}}\n", want: "about $1.272", items: [2]int{6, 0}},
		"outputs":                    {steps: "  clips: {for_each: '${{ steps.stills.outputs }}', model: wavespeed-ai/wan-2.1/i2v-480p, input: {prompt: x, image: '${{ item }}'}}\n", want: "about $1.272", items: [2]int{6, 0}},
		"some":                       {steps: "  clips: {for_each: '${{ filter(steps.stills.items, .state == \"completed\") }}'" + clip + "}}\n", want: "$0.072 to $1.272", items: [2]int{0, 6}},
		"a few":                      {steps: "  clips: {for_each: '${{ steps.stills.items[:2] }}'" + clip + "}}\n", want: "$0.072 to $0.472", items: [2]int{0, 2}},
		"the dearest few":            {steps: "  clips: {for_each: '${{ steps.stills.items[:2] }}'" + clip + ", duration: '${{ item.item.seconds }}'}}\n", want: "$0.072 to $0.872", items: [2]int{0, 2}},
		"the cheapest few":           {steps: "  clips: {for_each: '${{ take(steps.stills.items, 2) }}'" + clip + ", duration: '${{ item.item.seconds }}'}}\n", want: "$0.472 to $0.872", items: [2]int{2, 0}},
		"over that":                  {steps: "  clips: {for_each: '${{ filter(steps.stills.items, true) }}'" + clip + "}}\n  larger: {for_each: '${{ steps.clips.outputs }}', model: wavespeed-ai/image-upscaler, input: {image: '${{ item }}'}}\n", want: "$0.072 to $1.332", items: [2]int{0, 6}},
		"by what an item is of":      {steps: "  clips: {for_each: '${{ filter(steps.stills.items, true) }}'" + clip + ", duration: '${{ item.item.seconds }}'}}\n", want: "$0.072 to $1.872", items: [2]int{0, 6}},
		"by what only the run knows": {steps: "  clips: {for_each: '${{ steps.stills.items }}'" + clip + ", duration: '${{ int(item.output) }}'}}\n", want: "at least $1.272", items: [2]int{6, 0}},
		"no":                         {steps: "  clips: {if: inputs.animate, for_each: '${{ steps.stills.items }}'" + clip + "}}\n", inputs: map[string]any{"animate": false}, want: "about $0.072", items: [2]int{0, 0}},
		"yes":                        {steps: "  clips: {if: inputs.animate, for_each: '${{ steps.stills.items }}'" + clip + "}}\n", inputs: map[string]any{"animate": true}, want: "about $1.272", items: [2]int{6, 0}},
		"perhaps":                    {steps: "  clips: {if: 'steps.stills.outputs[0] != nil', for_each: '${{ steps.stills.items }}'" + clip + "}}\n", want: "$0.072 to $1.272", items: [2]int{0, 6}},
		"after it":                   {steps: "  poster: {if: 'steps.stills.state == \"failed\"', model: wavespeed-ai/flux-dev, input: {prompt: x}}\n  larger: {model: wavespeed-ai/image-upscaler, input: {image: '${{ steps.poster.output }}'}}\n", want: "$0.072 to $0.094", items: [2]int{0, 1}},
		"in any order":               {steps: "  larger: {for_each: '${{ steps.clips.items }}', model: wavespeed-ai/image-upscaler, input: {image: '${{ item.output }}'}}\n  clips: {for_each: '${{ steps.stills.items }}'" + clip + "}}\n", want: "about $1.332", items: [2]int{6, 0}},
		"a choice":                   {steps: "  pick: {approve: {choose: '${{ steps.stills.outputs }}'}}\n  larger: {for_each: '${{ steps.pick.outputs }}', model: wavespeed-ai/image-upscaler, input: {image: '${{ item }}'}}\n", want: "about $0.082", items: [2]int{1, 0}},
		"as many as asked for":       {steps: "  more: {model: wavespeed-ai/flux-dev, input: {prompt: x, num_images: 3}}\n  larger: {for_each: '${{ steps.more.outputs }}', model: wavespeed-ai/image-upscaler, input: {image: '${{ item }}'}}\n", want: "$0.118 to $0.138", items: [2]int{1, 3}},
		"as many as there are":       {steps: "  more: {model: wavespeed-ai/flux-dev, input: {prompt: x}}\n  larger: {for_each: '${{ steps.more.outputs }}', model: wavespeed-ai/image-upscaler, input: {image: '${{ item }}'}}\n", want: "at least $0.094", items: [2]int{1, 0}},
		"fallback":                   {steps: "  poster: {model: wavespeed-ai/z-image/turbo, input: {prompt: x}, fallback: [wavespeed-ai/flux-dev-ultra-fast, wavespeed-ai/flux-dev]}\n", want: "$0.077 to $0.084", items: [2]int{1, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inputs := map[string]any{"scenes": scenes}
			maps.Copy(inputs, c.inputs)
			report := setup(t, wavespeedtest.Options{}).check(t, stills+c.steps, inputs)
			require.Empty(t, report.Problems)
			require.Equal(t, c.want, runview.Estimate(*report.Estimate))
			last := report.Estimate.Steps[len(report.Estimate.Steps)-1]
			require.Equal(t, c.items, [2]int{last.Items, last.MostItems})
		})
	}
}

// TestListsThatAreTooLongInAnyCase are refused, though only the run knows them.
func TestListsThatAreTooLongInAnyCase(t *testing.T) {
	t.Parallel()
	b := setup(t, wavespeedtest.Options{})
	const text = "inputs: {rows: array}\nsteps:\n  a: {for_each: '${{ inputs.rows }}', model: wavespeed-ai/flux-dev, input: {prompt: x}}\n  b: {for_each: '${{ %s }}', model: wavespeed-ai/flux-dev, input: {prompt: x}}\n"
	rows := map[string]any{"rows": make([]any, 15_000)}
	require.Contains(t, b.check(t, fmt.Sprintf(text, "concat(steps.a.outputs, steps.a.outputs)"), rows).Problems.Error(), "steps.b.for_each.items: gives 30000 items, and a step has at most 20000")
	require.Empty(t, b.check(t, fmt.Sprintf(text, "filter(concat(steps.a.outputs, steps.a.outputs), true)"), rows).Problems)
}

// TestEstimateIsALowerBound where what is not known may cost more.
func TestEstimateIsALowerBound(t *testing.T) {
	t.Parallel()
	const before = "inputs: {count: integer}\nsteps:\n  still: {model: wavespeed-ai/flux-dev, input: {prompt: x}}\n  next: "
	for name, c := range map[string]struct {
		step string
		want pipeline.StepEstimate
	}{
		"the formula has the field": {"{model: wavespeed-ai/flux-dev, input: {prompt: x, num_images: '${{ inputs.count }}'}}",
			pipeline.StepEstimate{Model: "wavespeed-ai/flux-dev", Items: 1, Each: dollars(0.012), Total: dollars(0.012), AtLeast: true}},
		"the formula has another": {"{model: wavespeed-ai/flux-dev, input: {prompt: '${{ steps.still.output }}'}}",
			pipeline.StepEstimate{Model: "wavespeed-ai/flux-dev", Items: 1, Each: dollars(0.012), Total: dollars(0.012)}},
		"no formula, but a video": {"{model: wavespeed-ai/ultimate-video-upscaler, input: {video: '${{ steps.still.output }}'}}",
			pipeline.StepEstimate{Model: "wavespeed-ai/ultimate-video-upscaler", Items: 1, Each: dollars(0.15), Total: dollars(0.15), AtLeast: true}},
		"no formula, a picture": {"{model: wavespeed-ai/image-upscaler, input: {image: '${{ steps.still.output }}'}}",
			pipeline.StepEstimate{Model: "wavespeed-ai/image-upscaler", Items: 1, Each: dollars(0.01), Total: dollars(0.01)}},
		"items are not known": {"{model: wavespeed-ai/image-upscaler, for_each: '${{ steps.still.outputs }}', input: {image: '${{ item }}'}}",
			pipeline.StepEstimate{Model: "wavespeed-ai/image-upscaler", Items: 1, Each: dollars(0.01), Total: dollars(0.01), AtLeast: true, Unknown: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report := setup(t, wavespeedtest.Options{}).check(t, before+c.step+"\n", nil)
			require.Empty(t, report.Problems)
			c.want.ID = "next"
			require.Equal(t, c.want, report.Estimate.Steps[1])
			require.Equal(t, c.want.AtLeast, report.Estimate.AtLeast)
		})
	}
}

// TestManyItemsAreSampled: a thousand prices would take minutes, and be refused.
func TestManyItemsAreSampled(t *testing.T) {
	t.Parallel()
	const text = "inputs: {rows: array}\nsteps: {shots: {model: wavespeed-ai/flux-dev, for_each: '${{ inputs.rows }}', input: {prompt: '${{ item.title }}', num_images: '${{ item.count }}'}}}\n"
	rows := func(n int, row func(i int) map[string]any) map[string]any {
		list := make([]any, n)
		for i := range list {
			list[i] = row(i)
		}
		return map[string]any{"rows": list}
	}
	for name, c := range map[string]struct {
		inputs  map[string]any
		calls   int
		sampled int
		total   float64
	}{
		"a thousand":           {rows(1000, func(i int) map[string]any { return map[string]any{"title": fmt.Sprint(i), "count": 2} }), 8, 8, 24},
		"all alike":            {rows(1000, func(int) map[string]any { return map[string]any{"title": "x", "count": 2} }), 1, 0, 24},
		"not as many of each":  {rows(100, func(i int) map[string]any { return map[string]any{"title": "x", "count": 1 + i/99} }), 2, 0, 1.212},
		"few":                  {rows(8, func(i int) map[string]any { return map[string]any{"title": fmt.Sprint(i), "count": 1 + i%2} }), 8, 0, 0.144},
		"the dearer ones last": {rows(12, func(i int) map[string]any { return map[string]any{"title": fmt.Sprint(i), "count": 1 + 2*(i/6)} }), 8, 8, 0.288},
		"none":                 {rows(0, nil), 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, wavespeedtest.Options{})
			report := b.check(t, text, c.inputs)
			require.Empty(t, report.Problems)
			require.Equal(t, dollars(c.total), report.Estimate.Total)
			require.Equal(t, c.sampled, report.Estimate.Steps[0].Sampled)
			require.Equal(t, len(c.inputs["rows"].([]any)), report.Estimate.Steps[0].Items)
			require.Equal(t, c.calls, b.provider.Counts().Requests["price"])
			require.Equal(t, 1, b.provider.Counts().Requests["models"])
			require.Equal(t, 1, b.provider.Counts().Requests["balance"])
		})
	}
}

func TestBalanceIsThatOfWhoPays(t *testing.T) {
	t.Parallel()
	b := setup(t, wavespeedtest.Options{Accounts: []wavespeedtest.Account{
		{Name: "default", Key: "key-of-default", Balance: 1}, {Name: "team", Key: "key-of-team", Balance: 2}, {Name: "other", Key: "key-of-other", Balance: 3},
	}})
	const still = "model: wavespeed-ai/flux-dev, input: {prompt: x}"
	for text, want := range map[string]float64{
		"steps: {a: {" + still + "}}":                                                    1,
		"account: team\nsteps: {a: {" + still + "}, b: {" + still + "}}":                 2,
		"account: team\nsteps: {a: {" + still + ", account: other}}":                     3,
		"account: team\nsteps: {a: {" + still + ", account: other}, b: {" + still + "}}": 0, // there is no sum of two
	} {
		report := b.check(t, text, nil)
		require.Empty(t, report.Problems)
		if want == 0 {
			require.Nil(t, report.Estimate.Balance)
			continue
		}
		require.Equal(t, dollars(want), *report.Estimate.Balance)
	}
}

// TestModelsAreFetchedOnce: the catalogue has two megabytes.
func TestModelsAreFetchedOnce(t *testing.T) {
	t.Parallel()
	b := setup(t, wavespeedtest.Options{})
	for range 5 {
		require.Empty(t, b.check(t, step("{prompt: x}"), nil).Problems)
		require.NotEmpty(t, b.check(t, "steps: {a: {model: xyz}}", nil).Problems)
	}
	require.Equal(t, 1, b.provider.Counts().Requests["models"])
}

func TestModelsWithoutASchemaAreNotChecked(t *testing.T) {
	t.Parallel()
	b := setup(t, wavespeedtest.Options{Models: []wavespeedtest.Model{
		{ID: "test/any", Price: 0.5}, {ID: "test/odd", Price: 0.5, Schema: json.RawMessage(`{"$ref":"https://example.test/elsewhere.json"}`)},
	}})
	report := b.check(t, "steps: {a: {model: test/any, input: {x: 1}}, b: {model: test/odd, input: {x: 1}}}", nil)
	require.Empty(t, report.Problems)
	require.Equal(t, dollars(1), report.Estimate.Total)
}

// account is one whose answers are made up.
type account struct {
	provider.Provider
	models  func() ([]provider.Model, error)
	price   func(model string) (provider.Price, error)
	balance func() (generation.USD, error)
	charges func() error
}

func (a account) Price(_ context.Context, model string, _ any) (provider.Price, error) {
	return a.price(model)
}

func (account) Switches() []provider.Switch { return nil }

func (a account) Balance(context.Context) (generation.USD, error) { return a.balance() }

func (a account) Charges(_ context.Context, options provider.ChargesOptions) (provider.ChargePage, error) {
	if options.PageSize != 1 {
		return provider.ChargePage{}, errors.New("one record is enough")
	}
	return provider.ChargePage{}, a.charges()
}

func (a account) checkable() map[string]preflight.Account {
	return map[string]preflight.Account{"default": {
		Provider: a, Catalogue: preflight.NewCatalogue(func(context.Context) ([]provider.Model, error) { return a.models() }),
	}}
}

// TestEndpointsThatDoNotAnswer: what could not be asked is in the report, and stops nothing
// that can do without.
func TestEndpointsThatDoNotAnswer(t *testing.T) {
	t.Parallel()
	failures := map[string]error{
		"down":         &provider.Error{Op: "x", Kind: provider.Failed},
		"limited":      &provider.Error{Op: "x", Kind: provider.Limited},
		"forbidden":    &provider.Error{Op: "x", Kind: provider.Forbidden},
		"malformed":    &provider.Error{Op: "x", Kind: provider.Garbled, Err: errors.New("its data is not as documented")},
		"impossible":   &provider.Error{Op: "x", Kind: provider.Garbled, Err: provider.ErrImpossiblePrice},
		"a gateway":    &provider.Error{Op: "x"},
		"no such call": &provider.Error{Op: "x", Kind: provider.Unsupported, Accepted: provider.Refused},
		"cut":          errors.New("connection reset"),
	}
	for endpoint, fail := range map[string]func(*account, error){
		runwire.EndpointModels: func(a *account, err error) { a.models = func() ([]provider.Model, error) { return nil, err } },
		runwire.EndpointPrice: func(a *account, err error) {
			a.price = func(string) (provider.Price, error) { return provider.Price{}, err }
		},
		runwire.EndpointBalance: func(a *account, err error) { a.balance = func() (generation.USD, error) { return 0, err } },
		runwire.EndpointCharges: func(a *account, err error) { a.charges = func() error { return err } },
	} {
		for name, failure := range failures {
			t.Run(string(endpoint)+" "+name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					a := answering()
					fail(&a, failure)
					report, err := preflight.Check(t.Context(), a.checkable(), preflight.Run{Plan: planOf(t, "steps: {a: {model: a/b}, b: {model: a/c}}")})
					require.NoError(t, err)
					require.Empty(t, report.Problems)
					require.Len(t, report.Unanswered, 1)
					got := report.Unanswered[0]
					require.Equal(t, endpoint, got.Endpoint)
					require.Equal(t, "default", got.Account)
					require.Contains(t, runview.Unanswered(got), failure.Error())
					require.Equal(t, endpoint == runwire.EndpointBalance, report.Estimate.Balance == nil)
					require.Equal(t, endpoint == runwire.EndpointPrice, report.Estimate.AtLeast)
					require.Len(t, report.Estimate.Steps, 2)
					if endpoint == runwire.EndpointPrice {
						require.Equal(t, []string{"a", "b"}, got.Steps)
						require.Zero(t, report.Estimate.Total)
						require.Contains(t, report.Estimate.Steps[0].Unpriced, failure.Error())
					} else {
						require.Equal(t, dollars(2), report.Estimate.Total)
					}
				})
			})
		}
	}
}

// TestBudgetsNeedPrices: a run with one is stopped, or waits, while there are none.
func TestBudgetsNeedPrices(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		down := &provider.Error{Op: "price", Kind: provider.Failed}
		a := answering()
		a.price = func(string) (provider.Price, error) { return provider.Price{}, down }
		for _, run := range []preflight.Run{
			{Plan: planOf(t, "steps: {a: {model: a/b}}"), Budget: true},
			{Plan: planOf(t, "budget: 1\nsteps: {a: {model: a/b}}")},
		} {
			_, err := preflight.Check(t.Context(), a.checkable(), run)
			require.ErrorIs(t, err, down)
			require.ErrorContains(t, err, "with a budget, step a needs a price")
		}
		a.price = func(string) (provider.Price, error) { return provider.Price{}, provider.ErrImpossiblePrice }
		report, err := preflight.Check(t.Context(), a.checkable(), preflight.Run{Plan: planOf(t, "steps: {a: {model: a/b}}"), Budget: true})
		require.NoError(t, err)
		require.Equal(t, "steps.a: it cannot be submitted with a budget: impossible price", report.Problems.Error())
	})
}

// TestKeyThatNothingAccepts: such a run could submit nothing.
func TestKeyThatNothingAccepts(t *testing.T) {
	t.Parallel()
	no := &provider.Error{Op: "x", Kind: provider.KeyRefused}
	a := answering()
	a.models = func() ([]provider.Model, error) { return nil, no }
	a.balance = func() (generation.USD, error) { return 0, no }
	a.charges = func() error { return no }
	run := preflight.Run{Plan: planOf(t, "steps: {a: {model: a/b}}")}
	report, err := preflight.Check(t.Context(), a.checkable(), run)
	require.NoError(t, err, "the price is told")
	require.Len(t, report.Unanswered, 3)
	a.price = func(string) (provider.Price, error) { return provider.Price{}, no }
	_, err = preflight.Check(t.Context(), a.checkable(), run)
	require.ErrorIs(t, err, no)
}

// TestChecksDoNotHang on endpoints that never answer, on a check that waits for another's
// answer, nor after who asked has left.
func TestChecksDoNotHang(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := hanging{}
		accounts := map[string]preflight.Account{"default": {Provider: a, Catalogue: preflight.NewCatalogue(a.Models)}}
		run := preflight.Run{Plan: planOf(t, "steps: {a: {model: a/b}, b: {model: a/c}, c: {model: a/d}}")}
		var group sync.WaitGroup
		for range 2 {
			group.Go(func() {
				began := time.Now()
				report, err := preflight.Check(t.Context(), accounts, run)
				if err != nil || len(report.Unanswered) != 4 || time.Since(began) > 100*time.Second {
					t.Errorf("%v after %v: %v", report.Unanswered, time.Since(began), err)
				}
			})
		}
		group.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		_, err := preflight.Check(ctx, accounts, run)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Less(t, time.Since(began), 2*time.Second)
	})
}

// hanging is an account whose endpoints answer only after the caller has given up.
type hanging struct{ provider.Provider }

func (hanging) Switches() []provider.Switch { return nil }

func (hanging) Models(ctx context.Context) ([]provider.Model, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func (hanging) Price(ctx context.Context, _ string, _ any) (provider.Price, error) {
	<-ctx.Done()
	return provider.Price{}, ctx.Err()
}

func (hanging) Balance(ctx context.Context) (generation.USD, error) {
	<-ctx.Done()
	return 0, ctx.Err()
}

func (hanging) Charges(ctx context.Context, _ provider.ChargesOptions) (provider.ChargePage, error) {
	<-ctx.Done()
	return provider.ChargePage{}, ctx.Err()
}

// TestTroubleThatPasses is asked through: the estimate guards the balance.
func TestTroubleThatPasses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		a := answering()
		a.price = func(string) (provider.Price, error) {
			if asked.Add(1) < 3 {
				return provider.Price{}, &provider.Error{Kind: provider.Limited}
			}
			return provider.Price{Amount: dollars(1)}, nil
		}
		report, err := preflight.Check(t.Context(), a.checkable(), preflight.Run{Plan: planOf(t, "steps: {a: {model: a/b}}")})
		require.NoError(t, err)
		require.Empty(t, report.Unanswered)
		require.Equal(t, dollars(1), report.Estimate.Total)
	})
}

func answering() account {
	return account{
		models:  func() ([]provider.Model, error) { return []provider.Model{{ID: "a/b"}, {ID: "a/c"}}, nil },
		price:   func(string) (provider.Price, error) { return provider.Price{Amount: dollars(1)}, nil },
		balance: func() (generation.USD, error) { return dollars(5), nil },
		charges: func() error { return nil },
	}
}

// TestPricesThatAreRefused: a provider that refuses the price will refuse the submit.
func TestPricesThatAreRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for kind, refused := range map[provider.Kind]bool{provider.Invalid: true, provider.NotFound: true, provider.Forbidden: false, provider.Failed: false} {
			a := answering()
			a.price = func(model string) (provider.Price, error) {
				if model == "a/c" {
					return provider.Price{}, &provider.Error{Op: "price", Kind: kind, Accepted: provider.Refused, Err: errors.New("no")}
				}
				return provider.Price{Amount: dollars(1)}, nil
			}
			report, err := preflight.Check(t.Context(), a.checkable(), preflight.Run{Plan: planOf(t, "steps: {a: {model: a/b}, b: {model: a/c}}")})
			require.NoError(t, err, kind)
			if !refused {
				require.Empty(t, report.Problems)
				require.Equal(t, []string{"b"}, report.Unanswered[0].Steps)
				continue
			}
			require.Empty(t, report.Unanswered)
			require.Len(t, report.Problems, 1)
			require.Contains(t, report.Problems[0].String(), "steps.b.input: the provider rejects it: ")
		}
	})
}
