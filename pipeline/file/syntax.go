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

// syntax is an error of the parser in words for people.
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

// mark is where an error is: for what the file ends in, where that began.
func (f *File) mark(failure *yaml.LoadError) (line, column int) {
	end := len(bytes.TrimRight(f.source, " \n"))
	for _, mark := range []yaml.Mark{failure.Mark, failure.ContextMark} {
		if mark.Line > 0 && f.offset(position{mark.Line, mark.Column}) < end {
			return mark.Line, mark.Column
		}
	}
	return text.Place(f.source, end)
}

// explanations are what is mostly behind the parser's messages, the first that fits. line is
// in the line of the file.
var explanations = []struct{ message, line, says string }{
	{"cannot start any token", "\t", "a tab indents nothing; indent with spaces, not with tabs"},
	{"cannot start any token", "", "%[1]q is a reserved character; a text that begins with it belongs in quotes"},
	{"did not find expected ','", "${{", "%[1]q is not expected; inside of { } and [ ] an expression belongs in quotes: \"${{ … }}\""},
	{"did not find expected ','", "", "the bracket is not closed, or a comma is missing"},
	{"did not find expected key", `"${{`, `%[1]q is not expected after a text in quotes; an expression with " in it belongs in single quotes: '${{ … }}'`},
	{"did not find expected key", `'`, "%[1]q is not expected after a text in quotes; inside of '…' write '' for one quote, or put the text in double quotes"},
	{"did not find expected key", "", "%[1]q is not expected; keys of one mapping stand exactly under each other"},
	{"mapping values are not allowed", "#})", "a second \": \" in a line; put the expression in quotes, and the object for each # in parentheses: '${{ map(1..4, ({\"seed\": #})) }}'"},
	{"mapping values are not allowed", "${{", "a second \": \" in a line; an expression with : in it belongs in quotes: '${{ … }}'"},
	{"mapping values are not allowed", "", "a second \": \" in a line, or a key too far to the right; a text with : in it belongs in quotes, and the keys of a mapping exactly under each other"},
	{"could not find expected ':'", "", "is not a key with its value; write it as key: value"},
	{"did not find expected node content", "", "a value is missing, or the end of a bracket"},
	{"incompatible YAML document", "", "the line with %YAML names another version; remove it"},
	{"unexpected end of stream", "", "the quote is not closed"},
	{"did not find expected <document start>", "", "there is more after the first value; a file holds one"},
}

func (f *File) explained(problem pipeline.Problem) string {
	if name, unknown := strings.CutPrefix(problem.Message, "unknown anchor '"); unknown {
		return fmt.Sprintf("there is no anchor &%s before", strings.TrimSuffix(name, "' referenced"))
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

// templated is an expression of other tools, which YAML reads as a mapping in a mapping.
var templated = regexp.MustCompile(`^\{\s*([^{}\n]+?)\s*\}\}`)

// wrongKey says why a key that is not a text can't be one.
func (f *File) wrongKey(node *yaml.Node) string {
	at := f.offset(position{node.Line, node.Column})
	inner := templated.FindSubmatch(f.source[at:])
	if node.Kind != yaml.MappingNode || inner == nil || at == 0 || f.source[at-1] != '{' {
		return "keys must be strings"
	}
	return fmt.Sprintf("{{ %[1]s }} is not an expression; write ${{ %[1]s }}", inner[1])
}

// unclear are characters that end a line to the parser and not to other readers, and those
// that YAML has not.
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
