package cli_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const wrongPipeline = `inputs:
  seconds: {type: integer, default: 5}
  f: {type: number, default: 1}
  b: {type: boolean, default: true}
  text: {default: x}
  rows: {type: array, default: []}
  data: {type: object, default: {}}
steps:
  clip:
    model: wavespeed-ai/wan-2.1/i2v-480p
    input: {prompt: "${{ inputs.text }}", image: "https://example.test/a.png"}
`

// wrongInputs are wrong inputs with the complete error message. DIR/ is the directory of the
// files.
var wrongInputs = map[string]struct {
	files map[string]string // beside p.yaml
	args  []string          // of pipeline validate DIR/p.yaml, or a complete command
	want  string
}{
	// Values on the command line are parsed as a whole, by their declared type.
	"leading zero":           {args: []string{"seconds=05"}, want: `DIR/p.yaml:2:3: inputs.seconds: must be a whole number; got "05"; write 5`},
	"unit":                   {args: []string{"seconds=10s"}, want: `DIR/p.yaml:2:3: inputs.seconds: must be a whole number; got "10s"; write 10`},
	"plus":                   {args: []string{"seconds=+5"}, want: `DIR/p.yaml:2:3: inputs.seconds: must be a whole number; got "+5"; write 5`},
	"fraction":               {args: []string{"seconds=1.5"}, want: `DIR/p.yaml:2:3: inputs.seconds: must be a whole number; got "1.5"`},
	"empty number":           {args: []string{"seconds="}, want: `DIR/p.yaml:2:3: inputs.seconds: must be a whole number; got ""; write digits only, such as 1000`},
	"word":                   {args: []string{"seconds=ten"}, want: `DIR/p.yaml:2:3: inputs.seconds: must be a whole number; got "ten"; write digits only, such as 1000`},
	"space":                  {args: []string{"seconds= 5"}, want: `DIR/p.yaml:2:3: inputs.seconds: must be a whole number; got " 5"; write 5`},
	"two numbers":            {args: []string{"seconds=5 6"}, want: `DIR/p.yaml:2:3: inputs.seconds: must be a whole number; got "5 6"; write 5`},
	"more than 64 bits":      {args: []string{"seconds=18446744073709551615"}, want: `DIR/p.yaml:2:3: inputs.seconds: must be a whole number; got "18446744073709551615", which is too large; the largest is 9223372036854775807`},
	"decimal comma":          {args: []string{"f=1,5"}, want: `DIR/p.yaml:3:3: inputs.f: must be a number; got "1,5"; write 1.5`},
	"thousands":              {args: []string{"f=1,000"}, want: `DIR/p.yaml:3:3: inputs.f: must be a number; got "1,000"; write digits only, such as 1000`},
	"unit of a number":       {args: []string{"f=-02.50kg"}, want: `DIR/p.yaml:3:3: inputs.f: must be a number; got "-02.50kg"; write -2.50`},
	"beyond all numbers":     {args: []string{"f=1e999"}, want: `DIR/p.yaml:3:3: inputs.f: must be a number; got "1e999", which is too large; the largest is 9223372036854775807`},
	"two booleans":           {args: []string{"b=true false"}, want: `DIR/p.yaml:4:3: inputs.b: must be true or false; got "true false"`},
	"yes":                    {args: []string{"b=yes"}, want: `DIR/p.yaml:4:3: inputs.b: must be true or false; got "yes"; write true`},
	"off":                    {args: []string{"b=Off"}, want: `DIR/p.yaml:4:3: inputs.b: must be true or false; got "Off"; write false`},
	"long":                   {args: []string{"b=" + strings.Repeat("x", 100)}, want: `DIR/p.yaml:4:3: inputs.b: must be true or false; got "` + strings.Repeat("x", 37) + `…"`},
	"no list":                {args: []string{"rows=a,b"}, want: `DIR/p.yaml:6:3: inputs.rows: must be a list, such as ["a", "b"], or a file, such as @rows.csv`},
	"more after a list":      {args: []string{"rows=[1] [2]"}, want: `DIR/p.yaml:6:3: inputs.rows: must be a list, such as ["a", "b"], or a file, such as @rows.csv`},
	"object for a list":      {args: []string{"rows={}"}, want: "DIR/p.yaml:6:3: inputs.rows: is an object, and must be an array"},
	"field twice":            {args: []string{`data={"a": 1, "a": 2}`}, want: "DIR/p.yaml:7:3: inputs.data: value:1:10: a: is listed twice"},
	"Latin-1 in an argument": {args: []string{"text=b\xf6wl"}, want: "DIR/p.yaml:5:3: inputs.text: is not UTF-8; set your terminal to UTF-8, or give a file, such as @text.txt"},
	"several":                {args: []string{"seconds=05", "b=no"}, want: "DIR/p.yaml:2:3: inputs.seconds: must be a whole number; got \"05\"; write 5\n  DIR/p.yaml:4:3: inputs.b: must be true or false; got \"no\"; write false"},

	// Files are parsed as a whole.
	"Latin-1 in a text":         {files: map[string]string{"a.txt": "x\nb\xf6wl"}, args: []string{"text=@DIR/a.txt"}, want: "DIR/p.yaml:5:3: inputs.text: DIR/a.txt:2:2: byte 0xf6 is not UTF-8; save the file as UTF-8"},
	"Latin-1 in rows":           {files: map[string]string{"a.csv": "t\nb\xf6wl"}, args: []string{"rows=@DIR/a.csv"}, want: "DIR/p.yaml:6:3: inputs.rows: DIR/a.csv:2:2: byte 0xf6 is not UTF-8; save the file as UTF-8"},
	"UTF-16 rows":               {files: map[string]string{"a.csv": "\xff\xfet\x00"}, args: []string{"rows=@DIR/a.csv"}, want: "DIR/p.yaml:6:3: inputs.rows: DIR/a.csv: is UTF-16; save the file as UTF-8"},
	"a quote in a row":          {files: map[string]string{"a.csv": "t\na \"b\" c\n"}, args: []string{"rows=@DIR/a.csv"}, want: `DIR/p.yaml:6:3: inputs.rows: DIR/a.csv:2:3: a stray quote; write a field that contains quotes as "like ""this"""`},
	"two YAML documents":        {files: map[string]string{"a.yaml": "- 1\n---\n- 2\n"}, args: []string{"rows=@DIR/a.yaml"}, want: "DIR/p.yaml:6:3: inputs.rows: DIR/a.yaml:3:1: unexpected second document; a file must hold one"},
	"two JSON values":           {files: map[string]string{"a.json": "[1]\n[2]\n"}, args: []string{"rows=@DIR/a.json"}, want: "DIR/p.yaml:6:3: inputs.rows: DIR/a.json:2:1: unexpected content after the first value; a file must hold one value"},
	"an ambiguous number":       {files: map[string]string{"a.yaml": "- {n: 007}\n"}, args: []string{"rows=@DIR/a.yaml"}, want: `DIR/p.yaml:6:3: inputs.rows: DIR/a.yaml:1:7: [0].n: 007 is ambiguous because YAML parsers read it differently; write 7, or "007" for a string`},
	"two problems of one file":  {files: map[string]string{"a.yaml": "- {a: 1, a: 2}\n- !x 1\n"}, args: []string{"rows=@DIR/a.yaml"}, want: "DIR/p.yaml:6:3: inputs.rows: DIR/a.yaml:1:10: [0].a: is listed twice\n  DIR/p.yaml:6:3: inputs.rows: DIR/a.yaml:2:3: [1]: tags such as !x are not supported"},
	"a number in a typed file":  {files: map[string]string{"a.json": "18446744073709551615"}, args: []string{"seconds=@DIR/a.json"}, want: "DIR/p.yaml:2:3: inputs.seconds: is a number of more than 64 bits, and must be an integer; the largest is 9223372036854775807"},
	"yes in a file":             {files: map[string]string{"a.yaml": "yes"}, args: []string{"b=@DIR/a.yaml"}, want: "DIR/p.yaml:4:3: inputs.b: is a string, and must be a boolean; write true"},
	"a number in quotes":        {files: map[string]string{"a.yaml": "'7'"}, args: []string{"seconds=@DIR/a.yaml"}, want: "DIR/p.yaml:2:3: inputs.seconds: is a string, and must be an integer; write it without quotes"},
	"Latin-1 in a pipeline":     {files: map[string]string{"q.yaml": "# \xe9\n"}, args: []string{"pipeline", "validate", "DIR/q.yaml"}, want: "DIR/q.yaml:1:3: byte 0xe9 is not UTF-8; save the file as UTF-8"},
	"UTF-16 pipeline":           {files: map[string]string{"q.yaml": "\xfe\xff\x00a"}, args: []string{"pipeline", "validate", "DIR/q.yaml"}, want: "DIR/q.yaml: is UTF-16; save the file as UTF-8"},
	"two pipelines in a file":   {files: map[string]string{"q.yaml": wrongPipeline + "---\n" + wrongPipeline}, args: []string{"pipeline", "validate", "DIR/q.yaml"}, want: "DIR/q.yaml:13:1: unexpected second document; a file must hold one"},
	"an input of null":          {files: map[string]string{"null.json": "null"}, args: []string{"generate", "a/b", "--input", "DIR/null.json"}, want: `--input: DIR/null.json: must hold an object, such as {"prompt": "a cat"}`},
	"an input of a list":        {files: map[string]string{"a.json": "[]"}, args: []string{"generate", "a/b", "--input", "DIR/a.json"}, want: `--input: DIR/a.json: must hold an object, such as {"prompt": "a cat"}`},
	"an input and more":         {files: map[string]string{"a.json": "{} {}"}, args: []string{"generate", "a/b", "--input", "DIR/a.json"}, want: "--input: DIR/a.json:1:4: unexpected content after the first value; a file must hold one value"},
	"Latin-1 in an input":       {files: map[string]string{"a.json": "{\"prompt\": \"b\xf6wl\"}"}, args: []string{"generate", "a/b", "--input", "DIR/a.json"}, want: "--input: DIR/a.json:1:14: byte 0xf6 is not UTF-8; save the file as UTF-8"},
	"half of a pair":            {files: map[string]string{"a.json": `{"prompt": "\ud83d"}`}, args: []string{"generate", "a/b", "--input", "DIR/a.json"}, want: `--input: DIR/a.json:1:12: is half of a surrogate pair; write the character itself, or both halves, such as \ud83d\ude00`},
	"Latin-1 of a generation":   {args: []string{"generate", "a/b", "prompt=b\xf6wl"}, want: "prompt: is not UTF-8; set your terminal to UTF-8, or give a file, such as @text.txt"},
	"a field twice, generation": {args: []string{"generate", "a/b", `o={"a": 1, "a": 2}`}, want: "o: value:1:10: a: is listed twice"},
}

// TestWrongInputs: each is reported with its location and a fix, without a key or a server.
func TestWrongInputs(t *testing.T) {
	t.Parallel()
	for name, c := range wrongInputs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(dir, "p.yaml"), []byte(wrongPipeline), 0o600))
			for file, content := range c.files {
				require.NoError(t, os.WriteFile(filepath.Join(dir, file), []byte(content), 0o600))
			}
			args := c.args
			if args[0] != "pipeline" && args[0] != "generate" {
				args = append([]string{"pipeline", "validate", "DIR/p.yaml"}, args...)
			}
			args = slices.Clone(args)
			for i := range args {
				args[i] = strings.ReplaceAll(args[i], "DIR", dir)
			}
			l := line{}
			require.Equal(t, 2, l.run(t.Context(), args...), l.err.String())
			require.Equal(t, "wavespeed-temporal: "+c.want, strings.TrimSpace(strings.ReplaceAll(l.err.String(), dir, "DIR")))
		})
	}
}
