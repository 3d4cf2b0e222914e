package file

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// read parses YAML or JSON, keeps the order of mappings and records the positions of values.
// empty is the problem reported for a file without a value.
//
// The parser is go.yaml.in/yaml/v4, used for the tree only; [plain] decides what scalars
// mean. It was compared on some 70 texts (those of values_test.go) with goccy/go-yaml 1.19
// and gopkg.in/yaml.v3. goccy drops tabs inside plain scalars, reads quoted scalars with
// CRLF differently, turns Latin-1 into U+FFFD, keeps a byte order mark in the first key and
// needs five times as long for a list of 50,000. yaml.v3 reports a line or nothing. v4 has a
// line and a column for each node and error. It rejects surrogate pairs, so JSON is read by
// encoding/json, and misplaces errors at U+2028, so [File.unclear] looks for it first.
func (f *File) read(empty string) (any, pipeline.Problems) {
	body, problems := f.parse()
	if len(problems) == 0 && (body == nil || body.Kind == yaml.ScalarNode && body.Value == "" && body.Style == 0) {
		problems = pipeline.Problems{{File: f.Name, Line: 1, Column: 1, Message: empty}}
	}
	if len(problems) > 0 {
		return nil, problems
	}
	r := &reader{file: f, inside: make(map[*yaml.Node]bool)}
	value := r.value(body, nil)
	return value, r.problems
}

// parse returns the tree of the file's only value. It reads JSON as JSON, whatever the file's
// name.
func (f *File) parse() (*yaml.Node, pipeline.Problems) {
	if named := strings.EqualFold(filepath.Ext(f.Name), ".json"); named && len(bytes.TrimSpace(f.source)) > 0 || json.Valid(f.source) {
		return f.readJSON()
	}
	if problems := f.unclear(); len(problems) > 0 {
		return nil, problems
	}
	loader, err := yaml.NewLoader(bytes.NewReader(f.source))
	if err != nil {
		return nil, pipeline.Problems{f.syntax(err)}
	}
	var body *yaml.Node
	for {
		var document yaml.Node
		err := loader.Load(&document)
		switch {
		case errors.Is(err, io.EOF):
			return body, nil
		case err != nil:
			return nil, pipeline.Problems{f.syntax(err)}
		}
		next := document.Content[0]
		if body != nil && (next.Value != "" || next.Kind != yaml.ScalarNode || next.Style != 0) {
			return nil, pipeline.Problems{{File: f.Name, Line: next.Line, Column: next.Column, Message: "unexpected second document; a file must hold one"}}
		}
		if body == nil {
			body = next
		}
	}
}

type reader struct {
	file     *File
	inside   map[*yaml.Node]bool // anchors whose values are being read
	aliases  int                 // being followed
	merges   int
	copied   int // values copied by aliases
	depth    int
	problems pipeline.Problems
}

// maxDepth limits nesting, and maxCopied limits how much aliases can expand a small file.
const (
	maxDepth  = 50
	maxCopied = 100_000
)

func (r *reader) fail(path []string, node *yaml.Node, format string, args ...any) {
	at := at(node)
	r.problems = append(r.problems, pipeline.Problem{
		Path: path, File: r.file.Name, Line: at.line, Column: at.column, Message: fmt.Sprintf(format, args...),
	})
}

func at(node *yaml.Node) position { return position{node.Line, node.Column} }

func (r *reader) note(path []string, keyNode, valueNode *yaml.Node) {
	if _, known := r.file.places[key(path)]; known && r.merges > 0 {
		return // a merge does not replace existing keys
	}
	if valueNode.Kind == yaml.AliasNode {
		valueNode = valueNode.Alias
	}
	r.file.places[key(path)] = place{key: at(keyNode), value: r.file.written(valueNode), style: valueNode.Style}
}

// written returns the position of a value, after its anchor.
func (f *File) written(node *yaml.Node) position {
	if node.Anchor == "" {
		return at(node)
	}
	behind := f.offset(at(node)) + len("&"+node.Anchor)
	return f.position(behind + len(f.source[behind:]) - len(bytes.TrimLeft(f.source[behind:], " \t\n")))
}

func (r *reader) value(node *yaml.Node, path []string) any {
	if r.depth++; r.depth > maxDepth {
		r.depth--
		r.fail(path, node, "is nested too deeply")
		return nil
	}
	defer func() { r.depth-- }()
	if r.aliases > 0 {
		if r.copied++; r.copied > maxCopied {
			if r.copied == maxCopied+1 {
				r.fail(path, node, "aliases expand to more than %d values", maxCopied)
			}
			return nil
		}
	}
	if len(path) == 0 {
		r.note(path, node, node)
	}
	switch {
	case node.Style&yaml.TaggedStyle != 0 || node.Tag == "!":
		r.fail(path, node, "tags such as %s are not supported", node.Tag)
		return nil
	case node.Kind == yaml.AliasNode:
		return r.alias(node, path)
	}
	r.inside[node] = true
	defer delete(r.inside, node)
	switch node.Kind {
	case yaml.MappingNode:
		return r.mapping(node.Content, path)
	case yaml.SequenceNode:
		list := make([]any, len(node.Content))
		for i, member := range node.Content {
			inner := append(slices.Clone(path), strconv.Itoa(i))
			r.note(inner, member, member)
			list[i] = r.value(member, inner)
		}
		return list
	default:
		return r.scalar(node, path)
	}
}

func (r *reader) alias(node *yaml.Node, path []string) any {
	if r.inside[node.Alias] {
		r.fail(path, node, "*%s is inside its own anchor &%s", node.Value, node.Value)
		return nil
	}
	r.aliases++
	defer func() { r.aliases-- }()
	return r.value(node.Alias, path)
}

// quoted are the styles of quoted strings.
const quoted = yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle

func (r *reader) scalar(node *yaml.Node, path []string) any {
	if node.Style&quoted != 0 {
		return node.Value
	}
	value, err := plain(node.Value)
	if err != nil {
		r.fail(path, node, "%v", err)
	}
	return value
}

// mapping reads alternating keys and values.
func (r *reader) mapping(content []*yaml.Node, path []string) any {
	mapping, merged := pipeline.Named[any]{}, pipeline.Named[any]{}
	seen := make(map[string]bool, len(content)/2)
	for i := 0; i < len(content); i += 2 {
		keyNode, valueNode := content[i], content[i+1]
		inner := append(slices.Clone(path), keyNode.Value)
		switch {
		case keyNode.Kind != yaml.ScalarNode || keyNode.Style&yaml.TaggedStyle != 0:
			r.fail(path, keyNode, "%s", r.file.wrongKey(keyNode))
		case keyNode.Value == "<<" && keyNode.Style&quoted == 0:
			merged = append(merged, r.merge(keyNode, valueNode, path)...)
		case seen[keyNode.Value]:
			r.fail(inner, keyNode, "is listed twice")
		default:
			seen[keyNode.Value] = true
			r.note(inner, keyNode, valueNode)
			mapping = append(mapping, pipeline.Entry[any]{Name: keyNode.Value, Value: r.value(valueNode, inner)})
		}
	}
	for _, more := range merged {
		if !seen[more.Name] {
			seen[more.Name] = true
			mapping = append(mapping, more)
		}
	}
	return mapping
}

// merge handles <<: *anchor.
func (r *reader) merge(keyNode, valueNode *yaml.Node, path []string) pipeline.Named[any] {
	r.merges++
	defer func() { r.merges-- }()
	merged, ok := r.value(valueNode, path).(pipeline.Named[any])
	if !ok {
		r.fail(path, keyNode, "<< must be followed by an alias to a mapping")
	}
	return merged
}
