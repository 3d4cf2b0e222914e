package file

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/text"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// syntax explains a parser error to people.
func (f *File) syntax(err error) pipeline.Problem {
	problem := pipeline.Problem{File: f.Name, Line: 1, Column: 1, Message: err.Error()}
	var failure *yaml.LoadError
	if errors.As(err, &failure) {
		problem.Message = failure.Message
		problem.Line, problem.Column = f.mark(failure)
	}
	problem.Message = f.explained(problem)
	return problem
}

// mark returns the position of an error. For an error at the end of the file, it returns where
// the unfinished part starts.
func (f *File) mark(failure *yaml.LoadError) (line, column int) {
	end := len(bytes.TrimRight(f.source, " \n"))
	for _, mark := range []yaml.Mark{failure.Mark, failure.ContextMark} {
		if mark.Line > 0 && f.offset(position{mark.Line, mark.Column}) < end {
			return mark.Line, mark.Column
		}
	}
	return text.Place(f.source, end)
}

// explanations are the usual causes of the parser's messages; the first match applies. line
// must occur in the line of the file.
var explanations = []struct{ message, line, says string }{
	{"cannot start any token", "\t", "tabs can't indent; use spaces"},
	{"cannot start any token", "", "%[1]q is a reserved character; quote a string that starts with it"},
	{"did not find expected ','", "${{", "unexpected %[1]q; inside { } and [ ], quote an expression: \"${{ … }}\""},
	{"did not find expected ','", "", "the bracket is not closed, or a comma is missing"},
	{"did not find expected key", `"${{`, `unexpected %[1]q after a quoted string; put an expression that contains " in single quotes: '${{ … }}'`},
	{"did not find expected key", `'`, "unexpected %[1]q after a quoted string; inside '…' write '' for a quote, or use double quotes"},
	{"did not find expected key", "", "unexpected %[1]q; align the keys of a mapping"},
	{"mapping values are not allowed", "#})", "a second \": \" on a line; quote the expression, and put the object for each # in parentheses: '${{ map(1..4, ({\"seed\": #})) }}'"},
	{"mapping values are not allowed", "${{", "a second \": \" on a line; quote an expression that contains a colon: '${{ … }}'"},
	{"mapping values are not allowed", "", "a second \": \" on a line, or a key too far to the right; quote a string that contains a colon, and align the keys of a mapping"},
	{"could not find expected ':'", "", "is not a key and value; write key: value"},
	{"did not find expected node content", "", "a value or a closing bracket is missing"},
	{"incompatible YAML document", "", "the %YAML line names an unsupported version; remove it"},
	{"unexpected end of stream", "", "the quote is not closed"},
	{"did not find expected <document start>", "", "unexpected content after the first value; a file must hold one value"},
}

func (f *File) explained(problem pipeline.Problem) string {
	if name, unknown := strings.CutPrefix(problem.Message, "unknown anchor '"); unknown {
		return fmt.Sprintf("anchor &%s is not defined before this", strings.TrimSuffix(name, "' referenced"))
	}
	at := f.offset(position{problem.Line, problem.Column})
	character, _ := utf8.DecodeRune(f.source[at:])
	line, _, _ := bytes.Cut(f.source[bytes.LastIndexByte(f.source[:at], '\n')+1:], []byte("\n"))
	for _, e := range explanations {
		switch {
		case !strings.Contains(problem.Message, e.message) || !strings.Contains(string(line), e.line):
		case strings.Contains(e.says, "%[1]q"):
			return fmt.Sprintf(e.says, character)
		default:
			return e.says
		}
	}
	return problem.Message
}

// templated matches an expression of other tools, which YAML reads as a mapping in a mapping.
var templated = regexp.MustCompile(`^\{\s*([^{}\n]+?)\s*\}\}`)

// wrongKey explains why a key that is not a string is invalid.
func (f *File) wrongKey(node *yaml.Node) string {
	at := f.offset(position{node.Line, node.Column})
	inner := templated.FindSubmatch(f.source[at:])
	if node.Kind != yaml.MappingNode || inner == nil || at == 0 || f.source[at-1] != '{' {
		return "keys must be strings"
	}
	return fmt.Sprintf("{{ %[1]s }} is not an expression; write ${{ %[1]s }}", inner[1])
}

// unclear are characters that only some parsers treat as line breaks, and characters that YAML
// forbids.
func (f *File) unclear() pipeline.Problems {
	at := bytes.IndexFunc(f.source, func(r rune) bool {
		return r < ' ' && r != '\n' && r != '\t' || r == '\u0085' || r == '\u2028' || r == '\u2029' || r == '\ufffe' || r == '\uffff'
	})
	if at < 0 {
		return nil
	}
	character, _ := utf8.DecodeRune(f.source[at:])
	line, column := text.Place(f.source, at)
	return pipeline.Problems{{File: f.Name, Line: line, Column: column, Message: fmt.Sprintf(
		`the invisible character %U means different things to YAML parsers; remove it, or write "\u%04x" in double quotes`, character, character)}}
}
