package plan

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// Template is a value with expressions in it: a string, a list, an object or a constant. A
// string that is a single expression keeps the type of its result; inside a longer string,
// values are converted to text. "$${{" is an escape for "${{".
type Template struct {
	constant any
	broken   bool // it doesn't compile
	whole    *Expression
	parts    []part // of a text
	list     []*Template
	object   map[string]*Template
}

// part is a piece of text, or an expression.
type part struct {
	text string
	expr *Expression
}

// Unknown represents a value that is not known before the run.
type Unknown struct {
	// Kind is its type, if known: string, integer, number, boolean, array or object; any
	// otherwise.
	Kind string
}

const (
	opening = "${{"
	closing = "}}"
	space   = " \t\r\n"
)

// compileTemplate compiles a value. It adds all problems, with their paths.
func (s *scope) compileTemplate(value any, path []string, problems *problems) *Template {
	switch value := value.(type) {
	case string:
		return s.compileText(value, path, problems)
	case []any:
		t := &Template{list: make([]*Template, len(value))}
		for i, member := range value {
			t.list[i] = s.compileTemplate(member, join(path, strconv.Itoa(i)), problems)
		}
		return t
	case map[string]any:
		t := &Template{object: make(map[string]*Template, len(value))}
		for _, name := range slices.Sorted(maps.Keys(value)) {
			t.object[name] = s.compileTemplate(value[name], join(path, name), problems)
		}
		return t
	default:
		return &Template{constant: value}
	}
}

func (s *scope) compileText(text string, path []string, problems *problems) *Template {
	if !strings.Contains(text, opening) {
		s.checkBare(text, path, problems)
		checkLookalike(text, path, problems)
		return &Template{constant: text}
	}
	var parts []part
	number, broken := 0, false
	for rest := text; rest != ""; {
		before, after, found := strings.Cut(rest, opening)
		if found && strings.HasSuffix(before, "$") {
			parts = append(parts, part{text: strings.TrimSuffix(before, "$") + opening})
			rest = after
			continue
		}
		if before != "" {
			checkLookalike(before, path, problems)
			parts = append(parts, part{text: before})
		}
		if !found {
			break
		}
		number++
		source, rest2, closed := cutClosing(after)
		if !closed {
			*problems = append(*problems, pipeline.Problem{Path: path, Expression: number, Message: unclosed(after)})
			return &Template{broken: true}
		}
		expression := s.compileAt(source, path, number, problems)
		broken = broken || expression == nil
		parts = append(parts, part{expr: expression})
		rest = rest2
	}
	if broken {
		return &Template{broken: true}
	}
	if len(parts) == 1 && parts[0].expr != nil {
		return &Template{whole: parts[0].expr}
	}
	return &Template{parts: parts}
}

// lookalike matches text in other template languages that looks like an expression; bare
// matches an expression without brackets. Neither is ever meant literally. To produce one, use
// an expression: ${{ "{{ steps.a }}" }}.
var (
	lookalike  = regexp.MustCompile(`(^|[^{$])((\$\{|\{\{)\s*(inputs|steps|item|index)\b[^{}]*\}\}?)`)
	apostrophe = regexp.MustCompile(`'\w+'\w`) // 'it's'
	bare       = regexp.MustCompile(`^\s*(inputs|steps)\.(\w+)(\.\w+|\[\d+\])*\s*$`)
)

func checkLookalike(text string, path []string, problems *problems) {
	if found := lookalike.FindStringSubmatch(text); found != nil {
		problems.add(path, "%s is not an expression; write ${{ %s }}", found[2], strings.Trim(found[2], "${} "))
	}
}

func (s *scope) checkBare(text string, path []string, problems *problems) {
	found := bare.FindStringSubmatch(text)
	if found != nil && (slices.Contains(s.steps, found[2]) || slices.Contains(s.inputs, found[2])) {
		problems.add(path, "is a literal string; for the value write ${{ %s }}", strings.TrimSpace(text))
	}
}

// cutClosing finds the end of an expression, outside of quotes and objects.
func cutClosing(text string) (source, rest string, closed bool) {
	quote, open := byte(0), 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0 && c == '\\' && quote != '`':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'' || c == '`':
			quote = c
		case c == '{':
			open++
		case c == '}' && open > 0:
			open--
		case strings.HasPrefix(text[i:], closing):
			return text[:i], text[i+len(closing):], true
		}
	}
	return "", "", false
}

// unclosed explains why an expression does not end. Usually an apostrophe has closed a quote,
// and the next quote opens another.
func unclosed(text string) string {
	if strings.Contains(text, closing) && apostrophe.MatchString(text) {
		return `the quotes around a string with an apostrophe don't match; use double quotes, such as "it's"`
	}
	return "an expression that starts with ${{ must end with }}; quote a string that contains # or :"
}

func (s *scope) compileAt(source string, path []string, number int, problems *problems) *Expression {
	trimmed := strings.TrimLeft(source, space)
	lead := len(source) - len(trimmed)
	trimmed = strings.TrimRight(trimmed, space)
	if trimmed == "" {
		*problems = append(*problems, pipeline.Problem{Path: path, Expression: number, Message: "the expression is empty"})
		return nil
	}
	expression, problem := s.compile(trimmed)
	if problem != nil {
		problem.Path, problem.Expression = path, number
		problem.Offset += lead
		*problems = append(*problems, *problem)
	}
	return expression
}

// compileCondition compiles a lone expression, with or without ${{ }}.
func (s *scope) compileCondition(text string, path []string, problems *problems) *Expression {
	trimmed := strings.Trim(text, space)
	if inner, ok := strings.CutPrefix(trimmed, opening); ok && strings.HasSuffix(inner, closing) {
		return s.compileAt(strings.TrimSuffix(inner, closing), path, 1, problems)
	}
	expression, problem := s.compile(trimmed)
	if problem != nil && strings.Contains(trimmed, opening) {
		problem.Message += "; remove ${{ }}, or put the whole expression inside"
	}
	if problem != nil {
		problem.Path = path
		problem.Offset += len(text) - len(strings.TrimLeft(text, space))
		*problems = append(*problems, *problem)
	}
	return expression
}

// References returns all references in the template.
func (t *Template) References() []Reference {
	var refs []Reference
	t.each(func(e *Expression) { refs = append(refs, e.refs...) })
	return refs
}

func (t *Template) each(do func(*Expression)) {
	if t == nil {
		return
	}
	if t.whole != nil {
		do(t.whole)
	}
	for _, p := range t.parts {
		if p.expr != nil {
			do(p.expr)
		}
	}
	for _, member := range t.list {
		member.each(do)
	}
	for _, name := range slices.Sorted(maps.Keys(t.object)) {
		t.object[name].each(do)
	}
}

// Fields returns the sorted names in an object whose values are set by expressions.
func (t *Template) Fields() []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(t.object)) {
		if len(t.object[name].References()) > 0 {
			names = append(names, name)
		}
	}
	return names
}

// Source returns the expression that produces the value at a path, or the value that contains
// it, as written in the definition; "" for a literal value.
func (t *Template) Source(path []string) string {
	for t != nil {
		if t.whole != nil {
			return opening + " " + t.whole.Source + " " + closing
		}
		if len(path) == 0 {
			return ""
		}
		next := t.object[path[0]]
		if i, err := strconv.Atoi(path[0]); err == nil && i < len(t.list) {
			next = t.list[i]
		}
		t, path = next, path[1:]
	}
	return ""
}

// Eval evaluates the template.
func (t *Template) Eval(values map[string]any) (any, error) {
	return t.eval(values, func(Reference) bool { return true })
}

// Preview evaluates the template as far as possible before the run, with an [Unknown] wherever
// it refers to something unknown.
func (t *Template) Preview(values map[string]any, known func(Reference) bool) (any, error) {
	return t.eval(values, known)
}

func (t *Template) eval(values map[string]any, known func(Reference) bool) (any, error) {
	switch {
	case t == nil:
		return nil, nil
	case t.broken:
		return Unknown{Kind: "any"}, nil
	case t.whole != nil:
		return t.whole.preview(values, known)
	case t.parts != nil:
		return t.text(values, known)
	case t.list != nil:
		list := make([]any, len(t.list))
		for i, member := range t.list {
			value, err := member.eval(values, known)
			if err != nil {
				return nil, err
			}
			list[i] = value
		}
		return list, nil
	case t.object != nil:
		object := make(map[string]any, len(t.object))
		for _, name := range slices.Sorted(maps.Keys(t.object)) {
			value, err := t.object[name].eval(values, known)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			object[name] = value
		}
		return object, nil
	default:
		return t.constant, nil
	}
}

func (e *Expression) preview(values map[string]any, known func(Reference) bool) (any, error) {
	for _, ref := range e.refs {
		if !known(ref) {
			return Unknown{Kind: kindName(e.Kind())}, nil
		}
	}
	return e.Eval(values)
}

func (t *Template) text(values map[string]any, known func(Reference) bool) (any, error) {
	var text strings.Builder
	for _, p := range t.parts {
		if p.expr == nil {
			text.WriteString(p.text)
			continue
		}
		value, err := p.expr.preview(values, known)
		if err != nil {
			return nil, err
		}
		switch value := value.(type) {
		case Unknown:
			return Unknown{Kind: "string"}, nil
		case string:
			text.WriteString(value)
		case nil:
			return nil, fmt.Errorf("%s: is null, which can't be part of a string; provide a default with ??%s", p.expr.Source, itemFields(p.expr, values))
		default:
			encoded, err := written(value)
			if err != nil {
				return nil, err
			}
			text.WriteString(encoded)
		}
		if text.Len() > maxValueBytes {
			return nil, fmt.Errorf("%s: the string has more than %d bytes", p.expr.Source, maxValueBytes)
		}
	}
	return text.String(), nil
}

// itemFields lists an item's fields, if an expression used an unknown one.
func itemFields(e *Expression, values map[string]any) string {
	object, ok := values[RootItem].(map[string]any)
	if !ok || !slices.ContainsFunc(e.refs, func(ref Reference) bool { return ref.Root == RootItem }) {
		return ""
	}
	return "; item has " + strings.Join(slices.Sorted(maps.Keys(object)), ", ")
}

// written encodes a value as JSON for people and models, without HTML escaping.
func written(value any) (string, error) {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return strings.TrimSuffix(text.String(), "\n"), err
}
