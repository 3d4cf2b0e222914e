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

// Template is a value with expressions in it: a text, a list, an object or a constant.
// A text that is one expression keeps the type of what that gives; in a longer text
// values are written out. "$${{" stands for "${{" itself.
type Template struct {
	constant any
	broken   bool // it could not be compiled
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

// Unknown stands for a value that is not known before the run.
type Unknown struct {
	// Kind is its type if that is known: string, integer, number, boolean, array or object;
	// any otherwise.
	Kind string
}

const (
	opening = "${{"
	closing = "}}"
	space   = " \t\r\n"
)

// compileTemplate reads a value. All problems are added, with their paths.
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

// lookalike are forms of other languages that look like an expression, and bare is an
// expression without the brackets. Neither is ever meant as it stands; what is can be
// given by an expression: ${{ "{{ steps.a }}" }}.
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
		problems.add(path, "is the text itself; for its value write ${{ %s }}", strings.TrimSpace(text))
	}
}

// cutClosing finds the end of an expression, which is neither inside of quotes nor the
// end of objects.
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

// unclosed says why an expression does not end: mostly an apostrophe has closed a quote, and
// the next quote opens another.
func unclosed(text string) string {
	if strings.Contains(text, closing) && apostrophe.MatchString(text) {
		return `the quotes around a text with an apostrophe don't match; write it in double quotes, such as "it's"`
	}
	return "an expression that begins with ${{ must end with }}; a text with # or : in it belongs in quotes"
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

// compileCondition reads an expression that stands alone, with or without ${{ }}.
func (s *scope) compileCondition(text string, path []string, problems *problems) *Expression {
	trimmed := strings.Trim(text, space)
	if inner, ok := strings.CutPrefix(trimmed, opening); ok && strings.HasSuffix(inner, closing) {
		return s.compileAt(strings.TrimSuffix(inner, closing), path, 1, problems)
	}
	expression, problem := s.compile(trimmed)
	if problem != nil && strings.Contains(trimmed, opening) {
		problem.Message += "; leave ${{ }} away, or put all of it inside of one"
	}
	if problem != nil {
		problem.Path = path
		problem.Offset += len(text) - len(strings.TrimLeft(text, space))
		*problems = append(*problems, *problem)
	}
	return expression
}

// References are all that the template looks at.
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

// Fields are the names in an object whose values expressions decide, sorted.
func (t *Template) Fields() []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(t.object)) {
		if len(t.object[name].References()) > 0 {
			names = append(names, name)
		}
	}
	return names
}

// Source is the expression that gives the value at a path, or what the value is part of, as
// it is in the definition; "" for a value that stands there itself.
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

// Eval gives the template's value.
func (t *Template) Eval(values map[string]any) (any, error) {
	return t.eval(values, func(Reference) bool { return true })
}

// Preview gives the template's value as far as it is known beforehand, with an [Unknown]
// in each place that refers to something that is not.
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
			return nil, fmt.Errorf("%s: gives null, which has no place in a text; give another value with ??%s", p.expr.Source, itemFields(p.expr, values))
		default:
			encoded, err := written(value)
			if err != nil {
				return nil, err
			}
			text.WriteString(encoded)
		}
		if text.Len() > maxValueBytes {
			return nil, fmt.Errorf("%s: the text has more than %d bytes", p.expr.Source, maxValueBytes)
		}
	}
	return text.String(), nil
}

// itemFields says what an item has, where an expression looked for something that it has not.
func itemFields(e *Expression, values map[string]any) string {
	object, ok := values[RootItem].(map[string]any)
	if !ok || !slices.ContainsFunc(e.refs, func(ref Reference) bool { return ref.Root == RootItem }) {
		return ""
	}
	return "; item has " + strings.Join(slices.Sorted(maps.Keys(object)), ", ")
}

// written is a value as JSON for people and models, not for web pages.
func written(value any) (string, error) {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return strings.TrimSuffix(text.String(), "\n"), err
}
