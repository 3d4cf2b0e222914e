package file

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/jsonvalue"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/schema"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/text"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

//go:embed schema.json
var schemaJSON string

// Schema returns the JSON Schema of a pipeline.
func Schema() []byte { return []byte(schemaJSON) }

var compiled = sync.OnceValues(func() (*schema.Schema, error) { return schema.Compile(Schema()) })

// maxBytes limits a file; a run's inputs come on top.
const maxBytes = 1 << 20

// File is a pipeline with the positions of its parts.
type File struct {
	// Name is the file's name, as shown in problems.
	Name string

	// Definition is the pipeline in the file.
	Definition pipeline.Definition

	source []byte
	places map[string]place
	form   pipeline.Problems // problems with its form
}

// Read reads a file of at most 1 MiB.
func Read(name string) (*File, error) {
	content, err := text.ReadFile(name, maxBytes)
	if err != nil {
		return nil, fileProblems(err)
	}
	return Parse(name, content)
}

// fileProblems converts a file's error to [pipeline.Problems], if the file exists.
func fileProblems(err error) error {
	var wrong *text.Error
	if !errors.As(err, &wrong) {
		return err
	}
	if wrong.Line == 0 {
		return pipeline.Problems{{Message: wrong.Error()}}
	}
	return pipeline.Problems{{File: wrong.Name, Line: wrong.Line, Column: wrong.Column, Message: wrong.Message}}
}

// parse cleans a content, decodes its value and records the positions of its parts.
func parse(name string, content []byte, empty string) (*File, any, error) {
	clean, err := text.Clean(name, content)
	if err != nil {
		return nil, nil, fileProblems(err)
	}
	f := &File{Name: name, source: clean, places: make(map[string]place)}
	value, problems := f.read(empty)
	if len(problems) > 0 {
		return nil, nil, f.locate(problems)
	}
	return f, value, nil
}

// Parse parses a pipeline; name is only shown, and names a pipeline that has no name. It fails
// with [pipeline.Problems] if it can't parse the text at all; [File.Check] reports all other
// problems.
func Parse(name string, content []byte) (*File, error) {
	f, value, err := parse(name, content, "the file is empty; a pipeline needs steps")
	if err != nil {
		return nil, err
	}
	value = f.complete(value)
	found, broken := check(value)
	f.form = f.locate(found)
	sort(f.form)
	for _, path := range broken {
		value = without(value, path)
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(encoded, &f.Definition); err != nil {
		if len(f.form) == 0 {
			f.form = f.locate(pipeline.Problems{{Message: err.Error()}})
		}
		return nil, f.form
	}
	return f, nil
}

// without returns a value without the part at a path, so that the rest can be checked.
func without(value any, path []string) any {
	if len(path) == 0 {
		return value
	}
	switch value := value.(type) {
	case pipeline.Named[any]:
		var kept pipeline.Named[any]
		for _, entry := range value {
			switch {
			case entry.Name != path[0]:
				kept = append(kept, entry)
			case len(path) > 1:
				kept = append(kept, pipeline.Entry[any]{Name: entry.Name, Value: without(entry.Value, path[1:])})
			}
		}
		return kept
	case []any:
		kept := slices.Clone(value)
		for i := range kept {
			switch {
			case strconv.Itoa(i) != path[0]:
			case len(path) > 1:
				kept[i] = without(kept[i], path[1:])
			default:
				kept[i] = nil // the others keep their numbers
			}
		}
		return kept
	default:
		return value
	}
}

// complete removes fields for editors, and names a pipeline that has no name.
func (f *File) complete(value any) any {
	top, ok := value.(pipeline.Named[any])
	if !ok {
		return value
	}
	var kept pipeline.Named[any]
	if _, named := top.Get("name"); !named {
		base := filepath.Base(f.Name)
		kept = append(kept, pipeline.Entry[any]{Name: "name", Value: strings.TrimSuffix(base, filepath.Ext(base))})
	}
	for _, entry := range top {
		if entry.Name != "$schema" {
			kept = append(kept, entry)
		}
	}
	return kept
}

// check checks the form against the schema. Parts at broken paths cannot be decoded.
func check(ordered any) (problems pipeline.Problems, broken [][]string) {
	s, err := compiled()
	if err != nil {
		return pipeline.Problems{{Message: err.Error()}}, nil
	}
	value, err := jsonvalue.Of(ordered)
	if err != nil {
		return pipeline.Problems{{Message: err.Error()}}, nil
	}
	for _, finding := range s.Check(value) {
		if finding.OfName {
			continue // plan.Analyze reports problems with names
		}
		problems = append(problems, pipeline.Problem{Path: finding.Path, Message: cured(finding)})
		if !finding.OfMembers {
			broken = append(broken, finding.Path)
		}
	}
	return problems, broken
}

// Check fails with all problems of the pipeline, and those that were found elsewhere, such as by
// a run: together as [pipeline.Problems], with their positions, and in that order.
func (f *File) Check(elsewhere ...pipeline.Problem) error {
	_, found := plan.Analyze(f.Definition)
	problems := slices.Clone(f.form)
	for _, problem := range f.locate(found) {
		if !f.told(problem) {
			problems = append(problems, problem)
		}
	}
	problems = append(problems, f.locate(elsewhere)...)
	if len(problems) == 0 {
		return nil
	}
	sort(problems)
	return problems
}

// told reports whether a problem merely follows from a problem with the form.
func (f *File) told(problem pipeline.Problem) bool {
	return slices.ContainsFunc(f.form, func(other pipeline.Problem) bool {
		n := min(len(other.Path), len(problem.Path))
		if !slices.Equal(other.Path[:n], problem.Path[:n]) {
			return false
		}
		return n > 1 || n > 0 && len(other.Path) >= len(problem.Path) || len(problem.Path) == n+1 && lacks(other, problem.Path[n])
	})
}

func lacks(problem pipeline.Problem, name string) bool {
	missing, ok := strings.CutPrefix(problem.Message, "lacks ")
	return ok && slices.Contains(strings.Split(missing, " and "), name)
}

func sort(problems pipeline.Problems) {
	slices.SortStableFunc(problems, func(a, b pipeline.Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// place is the position of a value.
type place struct {
	key   position // of a mapping's key, or of a list's member
	value position
	style yaml.Style // the style of a string
}

type position struct{ line, column int }

// locate adds positions to problems.
func (f *File) locate(problems pipeline.Problems) pipeline.Problems {
	located := make(pipeline.Problems, len(problems))
	for i, problem := range problems {
		if problem.Line == 0 {
			at := f.find(problem)
			problem.File, problem.Line, problem.Column = f.Name, at.line, at.column
		}
		located[i] = problem
	}
	return located
}

func (f *File) find(problem pipeline.Problem) position {
	path := problem.Path
	for n := len(path); n >= 0; n-- {
		where, known := f.places[key(path[:n])]
		switch {
		case !known:
			continue
		case problem.Expression > 0:
			return f.expression(where, problem.Expression, problem.Offset)
		case problem.Offset > 0:
			return f.position(f.forward(where.style, f.begin(where), problem.Offset))
		default:
			return where.key
		}
	}
	return position{1, 1}
}

// expression finds the n-th expression of a string, and a character in it.
func (f *File) expression(where place, n, offset int) position {
	at := f.offset(where.value)
	for n > 0 {
		i := bytes.Index(f.source[at:], []byte("${{"))
		if i < 0 {
			return where.value
		}
		if at += i; at == 0 || f.source[at-1] != '$' {
			n--
		}
		at += len("${{")
	}
	return f.position(f.forward(where.style, at, offset))
}

// begin returns the byte at which a string's content starts.
func (f *File) begin(where place) int {
	at := f.offset(where.value)
	switch where.style {
	case yaml.SingleQuotedStyle, yaml.DoubleQuotedStyle:
		return at + 1
	case yaml.LiteralStyle, yaml.FoldedStyle:
		if i := bytes.IndexByte(f.source[at:], '\n'); i >= 0 {
			at += i
			return at + 1 + len(indentation(f.source[at+1:]))
		}
	}
	return at
}

// forward returns the byte that is n characters further in a string.
func (f *File) forward(style yaml.Style, at, characters int) int {
	indent := len(indentation(f.source[bytes.LastIndexByte(f.source[:at], '\n')+1:]))
	for ; characters > 0 && at < len(f.source); characters-- {
		switch c := f.source[at]; {
		case c == '\n' && (style == yaml.LiteralStyle || style == yaml.FoldedStyle):
			at += 1 + min(indent, len(indentation(f.source[at+1:])))
		case c == '\n': // lines are joined
			at += 1 + len(indentation(f.source[at+1:]))
		case c == '\\' && style == yaml.DoubleQuotedStyle:
			at += escaped(f.source[at+1:])
		case c == '\'' && style == yaml.SingleQuotedStyle:
			at += len("''")
		default:
			_, size := utf8.DecodeRune(f.source[at:])
			at += size
		}
	}
	return min(at, len(f.source))
}

func indentation(text []byte) []byte { return text[:len(text)-len(bytes.TrimLeft(text, " \t"))] }

// escaped returns the length of an escape sequence, starting at its backslash.
func escaped(rest []byte) int {
	length := map[byte]int{'x': 4, 'u': 6, 'U': 10}
	if len(rest) > 0 && length[rest[0]] > 0 {
		return length[rest[0]]
	}
	return len(`\n`)
}

// offset returns the byte at a position.
func (f *File) offset(p position) int {
	at := 0
	for line := 1; line < p.line; line++ {
		i := bytes.IndexByte(f.source[at:], '\n')
		if i < 0 {
			return len(f.source)
		}
		at += i + 1
	}
	for column := 1; column < p.column && at < len(f.source); column++ {
		_, size := utf8.DecodeRune(f.source[at:])
		at += size
	}
	return at
}

func (f *File) position(at int) position {
	line, column := text.Place(f.source, at)
	return position{line, column}
}

func key(path []string) string { return strings.Join(path, "\x00") }
