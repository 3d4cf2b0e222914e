package file_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline/file"
)

// corpus is what people write, and what it means as JSON. Parsers were chosen by it.
var corpus = map[string]struct{ text, want string }{
	"tab inside a plain text":        {"a: x\ty", `{"a":"x\ty"}`},
	"tabs around values":             {"a:\tx\t\nb: 1\t# c", `{"a":"x","b":1}`},
	"tabs that indent JSON":          {"{\n\t\"a\": [\n\t\t1\n\t]\n}", `{"a":[1]}`},
	"plain over lines":               {"a: x\n  y\n\n  z", `{"a":"x y\nz"}`},
	"double quotes over lines":       {"a: \"x\n  y\n\n  z\\\n  w\"", `{"a":"x y\nzw"}`},
	"single quotes over lines":       {"a: 'x\n  it''s\n\n  z'", `{"a":"x it's\nz"}`},
	"literal":                        {"a: |\n  x\n\n    y\nb: |+\n  x\n\n", `{"a":"x\n\n  y\n","b":"x\n\n"}`},
	"folded":                         {"a: >-\n  x\n  y\n\n  z", `{"a":"x y\nz"}`},
	"# in a text":                    {"a: x#y # z", `{"a":"x#y"}`},
	"no colon after all":             {"a: http://b/c?d=e:f", `{"a":"http://b/c?d=e:f"}`},
	"words of YAML 1.1":              {"a: yes\nb: no\nc: on\nd: Off\ne: y\nf: NO", `{"a":"yes","b":"no","c":"on","d":"Off","e":"y","f":"NO"}`},
	"booleans and nulls":             {"[true, True, FALSE, null, ~, Null, '', \"true\"]", `[true,true,false,null,null,null,"","true"]`},
	"nothing":                        {"a:\nb: 1", `{"a":null,"b":1}`},
	"sexagesimal is a text":          {"a: 16:9\nb: 1:30:00", `{"a":"16:9","b":"1:30:00"}`},
	"times are texts":                {"a: 2026-01-01\nb: 2026-01-01T00:00:00Z\nc: 2026-01-01 10:00:00", `{"a":"2026-01-01","b":"2026-01-01T00:00:00Z","c":"2026-01-01 10:00:00"}`},
	"versions are texts":             {"a: 1.2.3\nb: 1.x", `{"a":"1.2.3","b":"1.x"}`},
	"whole numbers":                  {"[0, -0, +5, -7, 9007199254740993, 9223372036854775807]", `[0,-0,5,-7,9007199254740993,9223372036854775807]`},
	"large numbers":                  {"[18446744073709551615, -9223372036854775809, 123456789012345678901234567890]", `[18446744073709551615,-9223372036854775809,123456789012345678901234567890]`},
	"hexadecimal, octal":             {"[0x10, 0o17, 0xFF]", `[16,15,255]`},
	"fractions":                      {"[1.50, .5, 5., -.5, +1.5]", `[1.50,0.5,5.0,-0.5,1.5]`},
	"exponents":                      {"[1e3, 1E3, 1.5e-3, 1.e3, 5.e+2]", `[1e3,1E3,1.5e-3,1.0e3,5.0e+2]`},
	"almost numbers":                 {"[1e, e3, 0x, 1-2, 1 2, --1, 1.2.3, +, ., 10s, '1,5']", `["1e","e3","0x","1-2","1 2","--1","1.2.3","+",".","10s","1,5"]`},
	"numbers in quotes":              {"['05', \"1e3\", '1_000']", `["05","1e3","1_000"]`},
	"keys of other types":            {"1: a\ntrue: b\n2026-01-01: c\nyes: d", `{"1":"a","2026-01-01":"c","true":"b","yes":"d"}`},
	"a list as far left as its key":  {"a:\n- b\n- c: 1\n  d: 2", `{"a":["b",{"c":1,"d":2}]}`},
	"anchors":                        {"a: &x [1]\nb: *x\nc: &y text\nd: *y", `{"a":[1],"b":[1],"c":"text","d":"text"}`},
	"merge":                          {"a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}", `{"a":{"b":1,"c":2},"d":{"b":1,"c":3}}`},
	"<< as a text":                   {"\"<<\": 1", `{"<<":1}`},
	"a document's marks":             {"--- # first\na: 1\n...\n", `{"a":1}`},
	"a directive":                    {"%YAML 1.1\n---\na: yes", `{"a":"yes"}`},
	"an empty second document":       {"a: 1\n---\n", `{"a":1}`},
	"one text":                       {"hello", `"hello"`},
	"letters beyond the first plane": {"é😀: \"\\U0001F600 \\u00e9 \\x41\"", `{"é😀":"😀 é A"}`},
	"JSON with escapes":              {`{"a": "\ud83d\ude00 \/ \u0000 \ufffd"}`, `{"a":"😀 / \u0000 �"}`},
	"JSON with line separators":      {"{\"a\": \"x\u2028y\"}", "{\"a\":\"x\u2028y\"}"},
	"JSON over lines":                {"{\n  \"a\" : [1, 2.50,\n1E3, -0, null, true, {}, []\n]\n}\n", `{"a":[1,2.50,1E3,-0,null,true,{},[]]}`},
	"a comma too many in YAML":       {"{a: 1,}", `{"a":1}`},
	"JSON null":                      {"null ", `null`},
}

func value(t *testing.T, text string) string {
	t.Helper()
	got, err := file.Value("a.yaml", []byte(text))
	require.NoError(t, err)
	var encoded strings.Builder
	encoder := json.NewEncoder(&encoded)
	encoder.SetEscapeHTML(false)
	require.NoError(t, encoder.Encode(got))
	return strings.TrimSpace(encoded.String())
}

// TestCorpus: a file means the same with each editor's line ends and with its mark.
func TestCorpus(t *testing.T) {
	t.Parallel()
	for name, c := range corpus {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for how, text := range map[string]string{
				"LF": c.text, "CRLF": strings.ReplaceAll(c.text, "\n", "\r\n"), "CR": strings.ReplaceAll(c.text, "\n", "\r"),
				"a mark": "\ufeff" + c.text, "a line end more": c.text + "\n",
			} {
				if strings.Contains(c.text, "|+") && how == "a line end more" {
					continue // it counts there
				}
				want, got := c.want, value(t, text)
				if strings.ContainsAny(want, "\u2028") {
					want = strings.ReplaceAll(want, "\u2028", `\u2028`)
				}
				require.Equal(t, want, got, how)
			}
		})
	}
}

// TestNotTakenHalf: text that is not one whole value is rejected, with its position.
func TestNotTakenHalf(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ file, text, want string }{
		"nothing":                      {"a.yaml", "", "a.yaml:1:1: the file is empty"},
		"nothing in JSON":              {"a.json", " \n", "a.json:1:1: the file is empty"},
		"a comment":                    {"a.yaml", "# x", "a.yaml:1:1: the file is empty"},
		"Latin-1":                      {"a.yaml", "a: 1\nb: w\xf6rld", "a.yaml:2:5: byte 0xf6 is not UTF-8; save the file as UTF-8"},
		"UTF-16":                       {"a.yaml", "\xff\xfea\x00", "a.yaml: is UTF-16; save the file as UTF-8"},
		"a second document":            {"a.yaml", "a: 1\n---\nb: 2", "a.yaml:3:1: unexpected second document; a file must hold one"},
		"broken second document":       {"a.yaml", "a: 1\n---\nb: [", "a.yaml:3:5: a value or a closing bracket is missing"},
		"a second value":               {"a.json", "{\"a\": 1}\n{\"b\": 2}", "a.json:2:1: unexpected content after the first value; a file must hold one value"},
		"a second value in a line":     {"a.yaml", `{"a": 1} {"b": 2}`, "a.yaml:1:10: unexpected content after the first value; a file must hold one value"},
		"a word behind":                {"a.json", "[1]\nx", "a.json:2:1: unexpected content after the first value; a file must hold one value"},
		"JSON cut":                     {"a.json", "{\"a\": [1,\n", "a.json:1:10: the file ends in the middle of a value"},
		"JSON with a comma too many":   {"a.json", "{\"a\": 1,\n}", "a.json:2:1: is not valid JSON: invalid character '}' looking for beginning of object key string"},
		"YAML in a JSON file":          {"a.json", "a: 1", "a.json:1:1: is not valid JSON: invalid character 'a' looking for beginning of value"},
		"half of a pair":               {"a.json", "{\"a\":\n \"\\ud83d!\"}", `a.json:2:2: is half of a surrogate pair; write the character itself, or both halves, such as \ud83d\ude00`},
		"twice":                        {"a.yaml", "a: 1\nb: 2\na: 3", "a.yaml:3:1: a: is listed twice"},
		"twice, deep in JSON":          {"a.json", `{"a": [{"b": 1, "b": 2}]}`, "a.json:1:17: a[0].b: is listed twice"},
		"leading zero":                 {"a.yaml", "a: 05", `a.yaml:1:4: a: 05 is ambiguous because YAML parsers read it differently; write 5, or "05" for a string`},
		"leading zeros":                {"a.yaml", "a: -007.50", `a.yaml:1:4: a: -007.50 is ambiguous because YAML parsers read it differently; write -7.50, or "-007.50" for a string`},
		"octal of YAML 1.1":            {"a.yaml", "a: 017", `a.yaml:1:4: a: 017 is ambiguous because YAML parsers read it differently; write 17, or "017" for a string`},
		"digits in groups":             {"a.yaml", "a: 1_000", `a.yaml:1:4: a: 1_000 is ambiguous because YAML parsers read it differently; write 1000, or "1_000" for a string`},
		"binary":                       {"a.yaml", "a: 0b101", `a.yaml:1:4: a: 0b101 is ambiguous because YAML parsers read it differently; write 5, or "0b101" for a string`},
		"another version":              {"a.yaml", "%YAML 1.2\n---\na: 1", "a.yaml:1:1: the %YAML line names an unsupported version; remove it"},
		"infinite":                     {"a.yaml", "[-.inf]", "a.yaml:1:2: [0]: -.inf is not a JSON value"},
		"beyond all numbers":           {"a.json", "[1e999]", "a.json:1:2: [0]: is too large for a number"},
		"a tag":                        {"a.yaml", "a: !!str 1", "a.yaml:1:4: a: tags such as !!str are not supported"},
		"a tag without a name":         {"a.yaml", "a: ! 1", "a.yaml:1:4: a: tags such as ! are not supported"},
		"a list as a key":              {"a.yaml", "? [a]\n: x", "a.yaml:1:3: keys must be strings"},
		"an alias as a key":            {"a.yaml", "a: &x b\n*x : c", "a.yaml:2:1: keys must be strings"},
		"a control character":          {"a.yaml", "a: x\x1b[0m", `a.yaml:1:5: the invisible character U+001B means different things to YAML parsers; remove it, or write "\u001b" in double quotes`},
		"a line separator":             {"a.yaml", "a: 1\nb: x\u2028y", `a.yaml:2:5: the invisible character U+2028 means different things to YAML parsers; remove it, or write "\u2028" in double quotes`},
		"a tab that indents":           {"a.yaml", "a:\n\tb: 1", "a.yaml:2:1: tabs can't indent; use spaces"},
		"nested more than allowed":     {"a.json", strings.Repeat("[", 60) + strings.Repeat("]", 60), "a.json:1:51: " + strings.Repeat("[0]", 50) + ": is nested too deeply"},
		"nested more than the stack":   {"a.yaml", strings.Repeat("[", 100_000), "a.yaml:1:10001: "},
		"nested more than JSON allows": {"a.json", strings.Repeat("[", 100_000), "a.json:1:10001: is not valid JSON: invalid character '[' exceeded max depth"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := file.Value(c.file, []byte(c.text))
			var problems pipeline.Problems
			require.ErrorAs(t, err, &problems)
			if strings.HasSuffix(c.want, ": ") {
				require.Contains(t, problems[0].String(), c.want)
				return
			}
			require.Equal(t, c.want, problems[0].String())
		})
	}
}

// TestLineEndsDoNotCount: git may change them, and nothing is regenerated because of that.
func TestLineEndsDoNotCount(t *testing.T) {
	t.Parallel()
	text := "steps:\n  a:\n    model: a/b\n    input:\n      p: \"x\n        y\n\n        z\"\n      q: 'x\n        y'\n      r: x\n        y\n      s: |\n        x\n        y\n      t: >\n        x\n        y\n"
	want := definition(t, text)
	require.Equal(t, "x y\nz", want.Steps[0].Value.Input["p"])
	for _, end := range []string{"\r\n", "\r"} {
		require.Equal(t, want, definition(t, strings.ReplaceAll(text, "\n", end)), "%q", end)
	}
}

// TestDigitsAreKept: up to the request that the provider gets.
func TestDigitsAreKept(t *testing.T) {
	t.Parallel()
	for _, number := range []string{"9007199254740993", "9223372036854775807", "18446744073709551615", "-9223372036854775809", "123456789012345678901234567890", "0.1", "1.5e-7"} {
		for _, text := range []string{"steps: {a: {model: a/b, input: {n: %s, l: [%[1]s]}}}", `{"steps": {"a": {"model": "a/b", "input": {"n": %s, "l": [%[1]s]}}}}`} {
			d := definition(t, fmt.Sprintf(text, number))
			encoded, err := json.Marshal(d)
			require.NoError(t, err)
			var again pipeline.Definition
			require.NoError(t, json.Unmarshal(encoded, &again))
			require.Equal(t, d, again)
			plan, err := plan.Compile(again)
			require.NoError(t, err)
			input, err := plan.Steps[0].Inputs[0].Eval(nil)
			require.NoError(t, err)
			sent, err := json.Marshal(input)
			require.NoError(t, err)
			require.JSONEq(t, fmt.Sprintf(`{"l":[%s],"n":%[1]s}`, number), string(sent))
			require.Contains(t, string(sent), `"n":`+number)
		}
	}
}
