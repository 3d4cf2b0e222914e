package file

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

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
	r := &reader{file: f, anchors: make(map[string]ast.Node)}
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
	return problem
}

type reader struct {
	file     *File
	anchors  map[string]ast.Node
	depth    int
	problems pipeline.Problems
}

// maxDepth bounds nesting, also by aliases that lead in a circle.
const maxDepth = 50

func (r *reader) fail(path []string, node ast.Node, format string, args ...any) {
	at := at(node)
	r.problems = append(r.problems, pipeline.Problem{
		Path: path, File: r.file.Name, Line: at.line, Column: at.column, Message: fmt.Sprintf(format, args...),
	})
}

func at(node ast.Node) position {
	if t := node.GetToken(); t != nil && t.Position != nil {
		return position{t.Position.Line, t.Position.Column}
	}
	return position{1, 1}
}

func (r *reader) note(path []string, keyNode, valueNode ast.Node) {
	t := valueNode.GetToken()
	r.file.places[key(path)] = place{
		key: at(keyNode), value: at(valueNode),
		quoted: t != nil && (t.Type == token.SingleQuoteType || t.Type == token.DoubleQuoteType),
	}
}

func (r *reader) value(node ast.Node, path []string) any {
	if r.depth++; r.depth > maxDepth {
		r.depth--
		r.fail(path, node, "is nested too deeply")
		return nil
	}
	defer func() { r.depth-- }()
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
		r.anchors[n.Name.GetToken().Value] = n.Value
		return r.value(n.Value, path)
	case *ast.AliasNode:
		name := n.Value.GetToken().Value
		if target, known := r.anchors[name]; known {
			return r.value(target, path)
		}
		r.fail(path, n, "there is no anchor &%s before", name)
		return nil
	case *ast.TagNode:
		r.fail(path, n, "tags such as %s have no meaning here", n.GetToken().Value)
		return nil
	default:
		return r.scalar(node, path)
	}
}

func (r *reader) scalar(node ast.Node, path []string) any {
	switch n := node.(type) {
	case *ast.StringNode:
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

func (r *reader) mapping(values []*ast.MappingValueNode, path []string) any {
	mapping := pipeline.Named[any]{}
	for _, entry := range values {
		if _, merge := entry.Key.(*ast.MergeKeyNode); merge {
			mapping = r.merge(mapping, entry, path)
			continue
		}
		name := keyName(entry.Key)
		inner := append(slices.Clone(path), name)
		if _, twice := mapping.Get(name); twice {
			r.fail(inner, entry.Key, "stands twice")
			continue
		}
		r.note(inner, entry.Key, entry.Value)
		mapping = append(mapping, pipeline.Entry[any]{Name: name, Value: r.value(entry.Value, inner)})
	}
	return mapping
}

// merge adds what «<<: *anchor» brings and the mapping has not.
func (r *reader) merge(mapping pipeline.Named[any], entry *ast.MappingValueNode, path []string) pipeline.Named[any] {
	merged, ok := r.value(entry.Value, path).(pipeline.Named[any])
	if !ok {
		r.fail(path, entry.Key, "<< must be followed by an alias of a mapping")
		return mapping
	}
	for _, more := range merged {
		if _, has := mapping.Get(more.Name); !has {
			mapping = append(mapping, more)
		}
	}
	return mapping
}

func keyName(node ast.MapKeyNode) string {
	if text, ok := node.(*ast.StringNode); ok {
		return text.Value
	}
	return node.GetToken().Value
}
