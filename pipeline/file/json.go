package file

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/text"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// readJSON reads JSON as a YAML tree. The YAML parser would reject surrogate pairs and accept
// text that is not quite JSON.
func (f *File) readJSON() (*yaml.Node, pipeline.Problems) {
	if err := json.Unmarshal(f.source, new(json.RawMessage)); err != nil {
		return nil, pipeline.Problems{f.jsonSyntax(err)}
	}
	r := &jsonReader{file: f, decoder: json.NewDecoder(bytes.NewReader(f.source)), line: 1, column: 1}
	r.decoder.UseNumber()
	node, err := r.value()
	if err != nil {
		return nil, pipeline.Problems{{File: f.Name, Line: r.line, Column: r.column, Message: err.Error()}}
	}
	return node, nil
}

func (f *File) jsonSyntax(err error) pipeline.Problem {
	problem := pipeline.Problem{File: f.Name, Line: 1, Column: 1, Message: err.Error()}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		problem.Line, problem.Column = text.Place(f.source, int(syntax.Offset)-1)
	}
	switch {
	case strings.Contains(problem.Message, "after top-level value"):
		problem.Message = "unexpected content after the first value; a file must hold one value"
	case strings.Contains(problem.Message, "unexpected end of JSON input"):
		problem.Line, problem.Column = text.Place(f.source, len(bytes.TrimRight(f.source, " \t\n")))
		problem.Message = "the file ends in the middle of a value"
	default:
		problem.Message = "is not valid JSON: " + problem.Message
	}
	return problem
}

// jsonReader keeps the position of the last token.
type jsonReader struct {
	file         *File
	decoder      *json.Decoder
	at           int // byte offset of line and column
	line, column int
}

// token returns the next token.
func (r *jsonReader) token() (json.Token, error) {
	begin := int(r.decoder.InputOffset())
	begin += len(r.file.source[begin:]) - len(bytes.TrimLeft(r.file.source[begin:], " \t\n,:"))
	passed := r.file.source[r.at:begin]
	if lines := bytes.Count(passed, []byte("\n")); lines > 0 {
		r.line, r.column = r.line+lines, 1
		passed = passed[bytes.LastIndexByte(passed, '\n')+1:]
	}
	r.column += utf8.RuneCount(passed)
	r.at = begin
	token, err := r.decoder.Token()
	if word, ok := token.(string); ok && err == nil {
		err = halved(word, string(r.file.source[begin:r.decoder.InputOffset()]))
	}
	return token, err
}

// halved rejects half of a surrogate pair, which would become U+FFFD.
func halved(word, source string) error {
	own := strings.Count(source, "\ufffd") + strings.Count(strings.ToLower(source), `\ufffd`)
	if strings.Count(word, "\ufffd") > own {
		return errors.New(`is half of a surrogate pair; write the character itself, or both halves, such as \ud83d\ude00`)
	}
	return nil
}

func (r *jsonReader) value() (*yaml.Node, error) {
	token, err := r.token()
	if err != nil {
		return nil, err
	}
	node := &yaml.Node{Kind: yaml.ScalarNode, Line: r.line, Column: r.column}
	switch token := token.(type) {
	case json.Delim:
		return r.members(node, token)
	case string:
		node.Style, node.Value = yaml.DoubleQuotedStyle, token
	case nil:
		node.Value = "null"
	default: // numbers and booleans are written as in YAML
		node.Value = fmt.Sprint(token)
	}
	return node, nil
}

// members reads the members of a list or an object.
func (r *jsonReader) members(node *yaml.Node, open json.Delim) (*yaml.Node, error) {
	node.Kind, node.Style = yaml.MappingNode, yaml.FlowStyle
	if open == '[' {
		node.Kind = yaml.SequenceNode
	}
	for r.decoder.More() {
		member, err := r.value()
		if err != nil {
			return nil, err
		}
		node.Content = append(node.Content, member)
	}
	_, err := r.token() // its end
	return node, err
}
