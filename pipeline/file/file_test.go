package file_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline/file"
)

// found are the problems of a text, whether it cannot be read or only not be compiled.
func found(t *testing.T, text string) pipeline.Problems {
	t.Helper()
	f, err := file.Parse("film.yaml", []byte(text))
	if err == nil {
		err = f.Check()
	}
	if err == nil {
		return nil
	}
	var got pipeline.Problems
	require.ErrorAs(t, err, &got)
	return got
}

// definition returns the definition in a valid text.
func definition(t *testing.T, text string) pipeline.Definition {
	t.Helper()
	f := mustParse(t, "film.yaml", text)
	err := f.Check()
	require.NoError(t, err)
	return f.Definition
}

func mustParse(t *testing.T, name, text string) *file.File {
	t.Helper()
	f, err := file.Parse(name, []byte(text))
	require.NoError(t, err)
	return f
}

// marked takes the marks § out of a text, and gives their places as film.yaml:1:2.
func marked(text string) (clean string, places []string) {
	for {
		before, after, found := strings.Cut(text, "§")
		if !found {
			return clean + text, places
		}
		clean += before
		line := clean[strings.LastIndexByte(clean, '\n')+1:]
		places = append(places, fmt.Sprintf("film.yaml:%d:%d", strings.Count(clean, "\n")+1, utf8.RuneCountInString(line)+1))
		text = after
	}
}

// TestPlaces: each problem is found where a § stands.
func TestPlaces(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"unknown field":              "§stepz: 1\nsteps:\n  a:\n    §modle: x\n    model: a/b\n",
		"unknown field with a value": "§stepz: {a: 1}\nsteps:\n  a: {model: a/b}\n",
		"wrong type":                 "steps:\n  a:\n    §model: 5\n",
		"null":                       "§inputs:\nsteps:\n  a: {model: a/b}\n",
		"lacks something":            "steps:\n  a:\n    model: a/b\n    §for_each: {key: item}\n",
		"in a list":                  "steps:\n  a:\n    model: a/b\n    needs:\n      - a1\n      - §b\n  a1: {model: a/b}\n",
		"member of a list lacks":     "steps:\n  a:\n    model: a/b\n    fallback:\n      - §input: {p: x}\n",
		"flow":                       "steps: {a: {model: a/b, §timeout: soon}, b: {§retry: 0, model: a/b}}\n",
		"flow list":                  "steps: {a: {model: a/b, needs: [§b, §c]}}\n",
		"step":                       "steps:\n  §a: {input: {}}\n",
		"id":                         "steps:\n  §9a: {model: a/b}\n",
		"ring":                       "steps:\n  §a: {model: a/b, needs: [b]}\n  b: {model: a/b, needs: [a]}\n",
		"plain":                      "steps:\n  a:\n    model: a/b\n    input:\n      p: of ${{ inputs.§x }} and ${{ steps.§y.output }}\n",
		"single quotes":              "steps:\n  a:\n    model: a/b\n    input: {p: 'it''s ${{ ''a'' + inputs.§x }}'}\n",
		"double quotes":              "steps:\n  a:\n    model: a/b\n    input: {p: \"\\\"é\\\" ${{ \\\"\\u00e9\\\" + inputs.§x }}\"}\n",
		"wide letters":               "steps:\n  a:\n    model: a/b\n    input: {é😀: \"é😀 ${{ 'é😀' + inputs.§x }}\"}\n",
		"block":                      "steps:\n  a:\n    model: a/b\n    input:\n      p: |\n        of\n          ${{ inputs.§x }}\n",
		"block with lines in it":     "steps:\n  a:\n    model: a/b\n    input:\n      p: |\n        ${{ 1 +\n\n            inputs.§x }}\n",
		"folded block":               "steps:\n  a:\n    model: a/b\n    input:\n      p: >-\n        of\n        ${{ 1 +\n        inputs.§x }}\n",
		"plain over lines":           "steps:\n  a:\n    model: a/b\n    input:\n      p: of ${{ 1 +\n        inputs.§x }}\n",
		"quotes over lines":          "steps:\n  a:\n    model: a/b\n    input:\n      p: \"of ${{ 1 +\n        inputs.§x }}\"\n",
		"escaped before":             "steps:\n  a:\n    model: a/b\n    input: {p: \"$${{ x }} ${{ inputs.§x }}\"}\n",
		"after a comment":            "steps:\n  a:\n    model: a/b\n    input:\n      p: # ${{ no }}\n        ${{ inputs.§x }}\n",
		"not closed":                 "steps:\n  a:\n    model: a/b\n    input: {p: \"a ${{§ inputs.x\"}\n",
		"plain condition":            "steps:\n  a:\n    model: a/b\n    if: 1 == inputs.§x\n",
		"condition from the start":   "steps:\n  a:\n    model: a/b\n    §if: x\n",
		"quoted condition":           "steps:\n  a:\n    model: a/b\n    if: \"'a' == inputs.§x\"\n",
		"block condition":            "steps:\n  a:\n    model: a/b\n    if: |\n      1 == 2 ||\n      inputs.§x\n",
		"condition in braces":        "steps:\n  a:\n    model: a/b\n    if: ${{ inputs.§x }}\n",
		"type of a condition":        "inputs: {n: integer}\nsteps:\n  a:\n    model: a/b\n    §if: inputs.n\n",
		"items":                      "steps:\n  a:\n    model: a/b\n    for_each: ${{ inputs.§x }}\n",
		"items of more":              "steps:\n  a:\n    model: a/b\n    for_each: {items: [\"${{ inputs.§x }}\"], key: item.a + inputs.§y}\n",
		"output":                     "steps:\n  a: {model: a/b}\noutputs:\n  o: [\"${{ steps.§b.output }}\"]\n",
		"an anchor and its alias":    "steps:\n  a: {model: a/b, input: &in {p: \"${{ inputs.§§x }}\"}}\n  b: {model: a/b, input: *in}\n",
		"an anchor of a text":        "steps:\n  a: {model: a/b, if: &if \"1 == inputs.§§x\"}\n  b: {model: a/b, if: *if, input: {q: \"${{ inputs.§y }}\"}}\n",
		"merged":                     "steps:\n  a: &a\n    model: a/b\n    input: {p: \"${{ inputs.§§x }}\"}\n  b:\n    <<: *a\n    §timeout: soon\n",
		"CRLF":                       "steps:\r\n  a:\r\n    model: a/b\r\n    input:\r\n      p: \"of ${{ inputs.§x }}\"\r\n",
		"JSON":                       "{\n  \"steps\": {\n    \"a\": {\n      \"model\": \"a\\/b\", §\"timeout\": \"soon\",\n      \"input\": {\"p\": \"\\\"${{ inputs.§x }}\\\"\"}, \"if\": \"1 == inputs.§x\"\n    }\n  }\n}\n",
		"JSON with tabs":             "{\n\t\"steps\": {\n\t\t\"a\": {\n\t\t\t\"model\": \"a/b\",\n\t\t\t\"input\": {\"p\": \"${{ inputs.§x }}\"}\n\t\t}\n\t}\n}\n",
		"JSON in a line":             `{"steps":{"a":{"model":"a/b","input":{"p":"${{ inputs.§x }}"}}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clean, want := marked(text)
			var got []string
			for _, problem := range found(t, clean) {
				got = append(got, fmt.Sprintf("%s:%d:%d", problem.File, problem.Line, problem.Column))
			}
			require.Equal(t, want, got, "%v", found(t, clean))
		})
	}
}

// TestAllProblemsAtOnce: those of the form, of references and of types, in the order of
// the file, and each once.
func TestAllProblemsAtOnce(t *testing.T) {
	t.Parallel()
	require.Equal(t, strings.TrimSpace(`
film.yaml:1:1: stepz: is not known; did you mean steps?
film.yaml:4:5: steps.still.modle: is not known; did you mean model?
film.yaml:7:5: steps.clip.for_each: lacks items
film.yaml:7:16: steps.clip.for_each.itmes: is not known; did you mean items?
film.yaml:8:13: steps.clip.retry.predictions: must be at least 1
film.yaml:10:9: steps.clip.fallback[0]: lacks model
film.yaml:10:9: steps.clip.fallback[0].modle: is not known; did you mean model?
film.yaml:11:27: steps.clip.fallback[1].on[0]: must be one of InvalidInput, Unauthorized, InsufficientCredits, ModelNotFound, RateLimited, ContentRejected, MediaUnreachable, PredictionFailed, SubmitUnknown, DeadlineExceeded, BudgetExceeded
film.yaml:12:5: steps.clip.timeout: must have a form such as 90s, 15m, 6h, 1h30m
film.yaml:13:27: steps.clip.input.p: there is no step "stil"; did you mean still?
film.yaml:15:15: steps.ask.approve.needed: must be at least 1
film.yaml:16:19: steps.other.needs[0]: is of type number, and must be string
film.yaml:17:10: steps.last.model: is of type object, and must be string
film.yaml:18:1: budget: must be more than 0
film.yaml:19:10: inputs.a: must be one of string, integer, number, boolean, array, object, file
film.yaml:20:25: outputs.o: there is no step "nosuch"
`), found(t, `stepz: {a: 1}
steps:
  still:
    modle: a/b
  clip:
    model: a/b
    for_each: {itmes: [1]}
    retry: {predictions: 0}
    fallback:
      - modle: x
      - {model: a/c, on: [Foo]}
    timeout: soon
    input: {p: "${{ steps.stil.output }}"}
  ask:
    approve: {needed: 0}
  other: {needs: [5], model: a/b}
  last: {model: {name: a/b}}
budget: -1
inputs: {a: text}
outputs: {o: "${{ steps.nosuch.output }}"}
`).Error())
}

// TestOneProblemIsToldOnce: what follows from a wrong form is not told as well.
func TestOneProblemIsToldOnce(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"name: x\n":                              "film.yaml:1:1: lacks steps",
		"steps: {}\n":                            "film.yaml:1:1: steps: has 0 fields, and must have at least 1",
		"steps:\n  a:\n":                         "film.yaml:2:3: steps.a: is of type null, and must be object",
		"budget: {}\nsteps: {a: {model: a/b}}\n": "film.yaml:1:1: budget: lacks usd",
		"budget: 0\nsteps: {a: {model: a/b}}\n":  "film.yaml:1:1: budget: must be more than 0",
		"steps: {a: {model: 5}}\n":               "film.yaml:1:13: steps.a.model: is of type number, and must be string",
		"steps: {a b: {model: a/b}}\n":           `film.yaml:1:9: steps.a b: "a b" is not a valid name; use a letter or underscore followed by at most 59 letters, digits and underscores`,
		"name: a b\nsteps: {a: {model: a/b}}\n":  "film.yaml:1:1: name: must match ^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$",
		"a pipeline":                             "film.yaml:1:1: is of type string, and must be object",
		"- a\n- b\n":                             "film.yaml:1:1: is of type array, and must be object",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, want, found(t, text).Error())
		})
	}
}

func TestTextsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"nothing":             {"", "film.yaml:1:1: the file is empty; a pipeline needs steps"},
		"a comment":           {"# a film\n", "film.yaml:1:1: the file is empty"},
		"only a mark":         {"---\n", "film.yaml:1:1: the file is empty"},
		"two documents":       {"steps: {a: {model: a/b}}\n---\nsteps: {}\n", "film.yaml:3:1: unexpected second document; a file must hold one"},
		"step twice":          {"steps:\n  a: {model: a/b}\n  a: {model: a/c}\n", "film.yaml:3:3: "},
		"twice at the top":    {"steps: {a: {model: a/b}}\nsteps: {}\n", "film.yaml:2:1: "},
		"twice in JSON":       {`{"steps": {"a": {"model": "a/b", "model": "a/c"}}}`, "film.yaml:1:34: "},
		"brace open":          {"steps:\n  a: {model: a/b\n", "film.yaml:2:"},
		"quote open":          {"steps:\n  a: \"x\n", "film.yaml:2:6: "},
		"tabs":                {"steps:\n\ta: 1\n", "tabs can't indent; use spaces"},
		"braces in braces":    {"steps:\n  a: {model: a/b, input: {prompt: ${{ inputs.a }}}}\n", "; inside { } and [ ], quote an expression: \"${{ … }}\""},
		"quotes in quotes":    {"steps:\n  a:\n    if: \"${{ inputs[\"a\"] }}\"\n", "; put an expression that contains \" in single quotes"},
		"colon in expression": {"steps:\n  a:\n    if: ${{ inputs.a == \"x: y\" }}\n", "; quote an expression that contains a colon"},
		"colon in a text":     {"steps:\n  a:\n    model: a: b\n", "; quote a string that contains a colon"},
		"wrong indentation":   {"steps:\n  a:\n   model: a/b\n    input: {}\n", "; quote a string that contains a colon, and align the keys of a mapping"},
		"reserved":            {"steps:\n  a: @x\n", "; quote a string that starts with it"},
		"JSON cut":            {`{"steps": {"a": {"mod`, "film.yaml:1:"},
		"unknown anchor":      {"steps:\n  a: *nosuch\n", "film.yaml:2:6: anchor &nosuch is not defined before this"},
		"anchor after":        {"steps:\n  a: *b\n  b: &b {model: a/b}\n", "film.yaml:2:6: anchor &b is not defined before this"},
		"merge of a text":     {"steps:\n  a: &a x\n  b:\n    <<: *a\n", "film.yaml:4:5: steps.b: << must be followed by an alias to a mapping"},
		"tag":                 {"steps:\n  a: !!str x\n", "film.yaml:2:6: steps.a: tags such as !!str are not supported"},
		"infinite":            {"steps: {a: {model: a/b, input: {x: .inf}}}\n", "film.yaml:1:36: steps.a.input.x: .inf is not a JSON value"},
		"not a number":        {"steps: {a: {model: a/b, input: {x: .nan}}}\n", "film.yaml:1:36: steps.a.input.x: .nan is not a JSON value"},
		"more than a number":  {"steps: {a: {model: a/b, input: {x: 1e999}}}\n", "film.yaml:1:36: steps.a.input.x: is too large for a number"},
		"nested deeply":       {"steps: {a: {model: a/b, input: {x: " + strings.Repeat("[", 100) + strings.Repeat("]", 100) + "}}}\n", "is nested too deeply"},
		"itself":              {"steps: {a: &a {model: a/b, input: {x: *a}}}\n", "film.yaml:1:39: steps.a.input.x: *a is inside its own anchor &a"},
		"itself twice":        {"steps: {a: &a {model: a/b, input: {x: [*a, *a]}}}\n", "film.yaml:1:40: steps.a.input.x[0]: *a is inside its own anchor &a"},
		"itself merged":       {"steps: {a: &a {model: a/b, <<: *a}}\n", "*a is inside its own anchor &a"},
		"more than all atoms": {"steps: {a: {model: a/b, input: {" + bomb(30) + "}}}\n", "aliases expand to more than 100000 values"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := file.Parse("film.yaml", []byte(c.text))
			var got pipeline.Problems
			require.ErrorAs(t, err, &got)
			require.Contains(t, got[0].String(), c.want)
			require.LessOrEqual(t, len(got), 3)
		})
	}
}

// bomb is a small text of 10 to the power of n values.
func bomb(n int) string {
	text := "x0: &x0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"
	for i := range n {
		alias := fmt.Sprintf("*x%d", i)
		text += fmt.Sprintf(", x%d: &x%d [%s]", i+1, i+1, strings.TrimSuffix(strings.Repeat(alias+", ", 10), ", "))
	}
	return text
}

func TestValues(t *testing.T) {
	t.Parallel()
	d := definition(t, `
steps:
  a:
    model: a/b
    input: {int: 1, float: 1.5, whole: 2.0, exponent: 1e3, small: 1.5E-3, text: "1e3", yes: true, none: ~, word: yes, date: 2026-01-01, list: [1, {b: 2}], empty: {}, hex: 0x10}
    if: >-
      1 ==
      1
`)
	require.Equal(t, map[string]any{
		"int": 1, "float": 1.5, "whole": 2, "exponent": 1000, "small": 0.0015, "text": "1e3", "yes": true, "none": nil, "word": "yes",
		"date": "2026-01-01", "list": []any{1, map[string]any{"b": 2}}, "empty": map[string]any{}, "hex": 16,
	}, d.Steps[0].Value.Input)
	require.Equal(t, "1 == 1", d.Steps[0].Value.If)
	same := definition(t, `{"steps": {"a": {"model": "a\/b", "input": {"t": "\u00e9\ud83d\ude00\t\"", "n": 1E3, "d": -1.5e-1}}}}`)
	require.Equal(t, map[string]any{"t": "é😀\t\"", "n": 1000, "d": -0.15}, same.Steps[0].Value.Input)
}

func TestOrderIsKept(t *testing.T) {
	t.Parallel()
	d := definition(t, "inputs: {z: string, a: string}\nsteps:\n  z: {model: a/b}\n  m: {model: a/b}\n  a: {model: a/b}\noutputs: {y: 1, b: 2}\n")
	require.Equal(t, []string{"z", "m", "a"}, plan.Names(d.Steps))
	require.Equal(t, []string{"z", "a"}, plan.Names(d.Inputs))
	require.Equal(t, []string{"y", "b"}, plan.Names(d.Outputs))
}

func TestAnchors(t *testing.T) {
	t.Parallel()
	want := definition(t, `
steps:
  a: {model: a/b, timeout: 1h, input: {p: x, n: [1]}}
  b: {model: a/c, timeout: 1h, input: {p: x, n: [1]}}
  c: {model: a/d, timeout: 1h, input: {p: x, n: [1]}}
  d: {model: a/e, input: {p: x, n: [1]}}
`)
	require.Equal(t, want, definition(t, `
steps:
  a: &base
    model: a/b
    timeout: 1h
    input: &input {p: x, n: &n [1]}
  b:
    <<: *base
    model: a/c
  c:
    model: a/d
    <<: *base
  d: {model: a/e, input: {p: x, n: *n}}
`), "what a mapping says itself counts before what is merged, in whatever order")
}

func TestName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"film.yaml": "film", "/pipelines/my.film.yml": "my.film", "film": "film", "film.json": "film"} {
		require.Equal(t, want, mustParse(t, name, `{"steps": {"a": {"model": "a/b"}}}`).Definition.Name)
	}
	err := mustParse(t, "my film.yaml", "steps: {a: {model: a/b}}\n").Check()
	require.ErrorContains(t, err, "my film.yaml:1:1: name: must match")
	require.Equal(t, "other", definition(t, "name: other\nsteps: {a: {model: a/b}}\n").Name)
}

func TestForEditors(t *testing.T) {
	t.Parallel()
	require.Equal(t, "film", definition(t, "$schema: https://example.test/schema.json\nsteps: {a: {model: a/b}}\n").Name)
	require.Equal(t, "film", definition(t, "\ufeffsteps: {a: {model: a/b}}\n").Name, "some begin a file with a mark")
}

func TestRead(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	name := filepath.Join(folder, "film.yaml")
	require.NoError(t, os.WriteFile(name, []byte("steps: {a: {modle: a/b}}\n"), 0o600))
	f, err := file.Read(name)
	require.NoError(t, err)
	err = f.Check()
	require.ErrorContains(t, err, name+":1:13: steps.a.modle: is not known")

	_, err = file.Read(filepath.Join(folder, "nosuch.yaml"))
	require.ErrorIs(t, err, os.ErrNotExist)
	require.NoError(t, os.WriteFile(name, []byte("# "+strings.Repeat("x", 1<<20)), 0o600))
	_, err = file.Read(name)
	require.ErrorContains(t, err, "more than 1048576 bytes")
}

// TestElsewhere: others find problems as well, as those of what a model takes.
func TestElsewhere(t *testing.T) {
	t.Parallel()
	err := mustParse(t, "film.yaml", "steps:\n  a:\n    model: a/b\n    input: {p: 1, q: [2]}\n").Check(
		pipeline.Problem{Message: "a member", Path: []string{"steps", "a", "input", "q", "0"}},
		pipeline.Problem{Message: "where it would stand", Path: []string{"steps", "a", "input", "nosuch", "x"}},
		pipeline.Problem{Message: "unknown", Path: []string{"nosuch"}},
		pipeline.Problem{Message: "all"},
		pipeline.Problem{Message: "another file", File: "other.yaml", Line: 7, Column: 8},
	)
	var got pipeline.Problems
	require.ErrorAs(t, err, &got)
	var places []string
	for _, problem := range got {
		places = append(places, fmt.Sprintf("%s:%d:%d %s", problem.File, problem.Line, problem.Column, problem.Message))
	}
	require.Equal(t, []string{"film.yaml:1:1 unknown", "film.yaml:1:1 all", "film.yaml:4:5 where it would stand", "film.yaml:4:23 a member", "other.yaml:7:8 another file"}, places)
}

func TestProblemsAreSorted(t *testing.T) {
	t.Parallel()
	err := mustParse(t, "film.yaml", "steps: {a: {model: a/b}}\n").Check(
		pipeline.Problem{File: "b", Line: 1, Column: 1}, pipeline.Problem{File: "a", Line: 2, Column: 1, Message: "first"}, pipeline.Problem{File: "a", Line: 1, Column: 9},
		pipeline.Problem{File: "a", Line: 2, Column: 1, Message: "second"}, pipeline.Problem{File: "a", Line: 1, Column: 2},
	)
	require.Equal(t, pipeline.Problems{
		{File: "a", Line: 1, Column: 2}, {File: "a", Line: 1, Column: 9}, {File: "a", Line: 2, Column: 1, Message: "first"}, {File: "a", Line: 2, Column: 1, Message: "second"}, {File: "b", Line: 1, Column: 1},
	}, err)
}
