package file

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// read reads YAML, of which JSON is a part, keeps the order of its mappings and notes
// where everything stands.
func (f *File) read() (any, pipeline.Problems) {
	parsed, err := parser.ParseBytes(f.source, 0)
	if err != nil {
		return nil, pipeline.Problems{f.syntax(err)}
	}
	r := &reader{file: f, anchors: make(map[string]ast.Node), inside: make(map[string]bool)}
	var body ast.Node
	for _, document := range parsed.Docs {
		if document.Body == nil {
			continue
		}
		if body != nil {
			r.fail(nil, document.Body, "there is a second document; a file holds one pipeline")
			break
		}
		body = document.Body
	}
	if body == nil {
		return nil, pipeline.Problems{{File: f.Name, Line: 1, Column: 1, Message: "the file is empty; a pipeline needs steps"}}
	}
	value := r.value(body, nil)
	return value, r.problems
}

func (f *File) syntax(err error) pipeline.Problem {
	problem := pipeline.Problem{File: f.Name, Line: 1, Column: 1, Message: err.Error()}
	var failure yaml.Error
	if errors.As(err, &failure) {
		problem.Message = failure.GetMessage()
		if t := failure.GetToken(); t != nil {
			problem.Line, problem.Column = t.Position.Line, t.Position.Column
		}
	}
	problem.Message += syntaxHint(problem.Message, f.line(problem.Line))
	return problem
}

// syntaxHints are what is mostly behind the parser's messages, the first that fits.
var syntaxHints = []struct{ message, line, hint string }{
	{"must be specified", "${{", `; inside of { } and [ ] an expression belongs in quotes: "${{ … }}"`},
	{"not allowed in this context", `"${{`, `; an expression with " in it belongs in single quotes: '${{ … }}'`},
	{"not allowed in this context", "${{", `; an expression with : in it belongs in quotes: '${{ … }}'`},
	{"mapping value is not allowed", "", "; a text with : in it belongs in quotes, and the keys of a mapping exactly under each other"},
	{"cannot start any token", "\t", "; indent with spaces, not with tabs"},
	{"is a reserved character", "", "; a text that begins with it belongs in quotes"},
}

func syntaxHint(message, line string) string {
	for _, h := range syntaxHints {
		if strings.Contains(message, h.message) && strings.Contains(line, h.line) {
			return h.hint
		}
	}
	return ""
}

// line is the text of a line of the file, which count from 1.
func (f *File) line(number int) string {
	lines := strings.Split(string(f.source), "\n")
	if number < 1 || number > len(lines) {
		return ""
	}
	return lines[number-1]
}

type reader struct {
	file     *File
	anchors  map[string]ast.Node
	inside   map[string]bool // anchors whose values are being read
	aliases  int             // that are being followed
	merges   int
	copied   int // values that aliases have brought
	depth    int
	problems pipeline.Problems
}

// maxDepth bounds nesting, and maxCopied what aliases may make of a small file.
const (
	maxDepth  = 50
	maxCopied = 100_000
)

func (r *reader) fail(path []string, node ast.Node, format string, args ...any) {
	at := at(node)
	r.problems = append(r.problems, pipeline.Problem{
		Path: path, File: r.file.Name, Line: at.line, Column: at.column, Message: fmt.Sprintf(format, args...),
	})
}

func at(node ast.Node) position {
	switch n := node.(type) {
	case *ast.MappingValueNode:
		return at(n.Key)
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return at(n.Values[0].Key)
		}
	}
	if t := node.GetToken(); t != nil && t.Position != nil {
		return position{t.Position.Line, t.Position.Column}
	}
	return position{1, 1}
}

func (r *reader) note(path []string, keyNode, valueNode ast.Node) {
	if _, known := r.file.places[key(path)]; known && r.merges > 0 {
		return // what a merge brings does not replace what is there
	}
	valueNode = r.written(valueNode)
	where := place{key: at(keyNode), value: at(valueNode)}
	if t := valueNode.GetToken(); t != nil {
		where.style = t.Type
	}
	r.file.places[key(path)] = where
}

// written is where a value is written down: behind its anchor, also for an alias.
func (r *reader) written(node ast.Node) ast.Node {
	for range maxDepth {
		switch n := node.(type) {
		case *ast.AnchorNode:
			node = n.Value
		case *ast.AliasNode:
			target, known := r.anchors[n.Value.GetToken().Value]
			if !known {
				return node
			}
			node = target
		default:
			return node
		}
	}
	return node
}

func (r *reader) value(node ast.Node, path []string) any {
	if r.depth++; r.depth > maxDepth {
		r.depth--
		r.fail(path, node, "is nested too deeply")
		return nil
	}
	defer func() { r.depth-- }()
	if r.aliases > 0 {
		if r.copied++; r.copied > maxCopied {
			if r.copied == maxCopied+1 {
				r.fail(path, node, "aliases bring more than %d values", maxCopied)
			}
			return nil
		}
	}
	if len(path) == 0 {
		r.note(path, node, node)
	}
	switch n := node.(type) {
	case *ast.MappingNode:
		return r.mapping(n.Values, path)
	case *ast.MappingValueNode:
		return r.mapping([]*ast.MappingValueNode{n}, path)
	case *ast.SequenceNode:
		list := make([]any, len(n.Values))
		for i, member := range n.Values {
			inner := append(slices.Clone(path), strconv.Itoa(i))
			r.note(inner, member, member)
			list[i] = r.value(member, inner)
		}
		return list
	case *ast.AnchorNode:
		name := n.Name.GetToken().Value
		r.anchors[name] = n.Value
		return r.follow(name, n.Value, path)
	case *ast.AliasNode:
		return r.alias(n, path)
	case *ast.TagNode:
		r.fail(path, n, "tags such as %s have no meaning here", n.GetToken().Value)
		return nil
	default:
		return r.scalar(node, path)
	}
}

// follow reads the value of an anchor.
func (r *reader) follow(name string, value ast.Node, path []string) any {
	r.inside[name] = true
	defer delete(r.inside, name)
	return r.value(value, path)
}

func (r *reader) alias(n *ast.AliasNode, path []string) any {
	name := n.Value.GetToken().Value
	target, known := r.anchors[name]
	switch {
	case !known:
		r.fail(path, n, "there is no anchor &%s before", name)
		return nil
	case r.inside[name]:
		r.fail(path, n, "*%s stands inside of &%s itself", name, name)
		return nil
	}
	r.aliases++
	defer func() { r.aliases-- }()
	return r.follow(name, target, path)
}

func (r *reader) scalar(node ast.Node, path []string) any {
	switch n := node.(type) {
	case *ast.StringNode:
		if n.Token.Type == token.StringType && exponential.MatchString(n.Value) {
			return r.number(n, path)
		}
		return n.Value
	case *ast.LiteralNode:
		return n.Value.Value
	case *ast.IntegerNode:
		return n.Value
	case *ast.FloatNode:
		return n.Value
	case *ast.BoolNode:
		return n.Value
	case *ast.NullNode:
		return nil
	default:
		r.fail(path, node, "is no value of JSON")
		return nil
	}
}

// exponential are numbers of JSON that YAML 1.1 takes for texts.
var exponential = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?[eE][+-]?[0-9]+$`)

func (r *reader) number(n *ast.StringNode, path []string) any {
	if _, err := strconv.ParseFloat(n.Value, 64); err != nil {
		r.fail(path, n, "is no number that can be kept")
	}
	return json.Number(n.Value)
}

func (r *reader) mapping(values []*ast.MappingValueNode, path []string) any {
	mapping, merged := pipeline.Named[any]{}, pipeline.Named[any]{}
	seen := make(map[string]bool, len(values))
	for _, entry := range values {
		if _, merge := entry.Key.(*ast.MergeKeyNode); merge {
			merged = append(merged, r.merge(entry, path)...)
			continue
		}
		name := keyName(entry.Key)
		inner := append(slices.Clone(path), name)
		if seen[name] {
			r.fail(inner, entry.Key, "stands twice")
			continue
		}
		seen[name] = true
		r.note(inner, entry.Key, entry.Value)
		mapping = append(mapping, pipeline.Entry[any]{Name: name, Value: r.value(entry.Value, inner)})
	}
	for _, more := range merged {
		if !seen[more.Name] {
			seen[more.Name] = true
			mapping = append(mapping, more)
		}
	}
	return mapping
}

// merge is what «<<: *anchor» brings.
func (r *reader) merge(entry *ast.MappingValueNode, path []string) pipeline.Named[any] {
	r.merges++
	defer func() { r.merges-- }()
	merged, ok := r.value(entry.Value, path).(pipeline.Named[any])
	if !ok {
		r.fail(path, entry.Key, "<< must be followed by an alias of a mapping")
	}
	return merged
}

func keyName(node ast.MapKeyNode) string {
	if text, ok := node.(*ast.StringNode); ok {
		return text.Value
	}
	return node.GetToken().Value
}
