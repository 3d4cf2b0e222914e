package plan

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/jsonvalue"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/nearest"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// maxNodes and maxSource limit an expression, because the parser recurses for each bracket. The
// library limits the lists that an expression can create. maxExpressions limits a pipeline,
// because its workflow has one second to compile it.
const (
	maxNodes       = 1000
	maxSource      = 10_000
	maxExpressions = 5000
)

// Expression is a compiled expression. It always returns the same result for the same values:
// it can't read the time, and doesn't depend on the order of a map.
type Expression struct {
	Source  string
	tree    ast.Node // as written
	program *vm.Program
	refs    []Reference
}

// Reference is a value that an expression uses: inputs.Name, Field of steps.Name, or Field of
// the item; "" is the whole.
type Reference struct {
	Root  string
	Name  string
	Field string
}

// Roots of references.
const (
	RootInputs = "inputs"
	RootSteps  = "steps"
	RootItem   = "item"
	RootIndex  = "index"
)

// unsteady are builtins that are nondeterministic (the time, and the order of a map, which have
// sorted replacements), or that let a short expression create a text of any length.
var unsteady = []string{"now", "date", "timezone", "duration", "keys", "values", "toPairs", "reduce", "repeat"}

var steady = func() []expr.Option {
	options := []expr.Option{expr.MaxNodes(maxNodes)}
	for _, name := range unsteady {
		options = append(options, expr.DisableBuiltin(name))
	}
	return append(options,
		expr.Function("keys", onMap(func(m map[string]any) any {
			return convert(slices.Sorted(maps.Keys(m)), func(name string) any { return name })
		}), new(func(map[string]any) []any)),
		expr.Function("values", onMap(func(m map[string]any) any {
			return convert(slices.Sorted(maps.Keys(m)), func(name string) any { return m[name] })
		}), new(func(map[string]any) []any)),
		expr.Function("toPairs", onMap(func(m map[string]any) any {
			return convert(slices.Sorted(maps.Keys(m)), func(name string) any { return []any{name, m[name]} })
		}), new(func(map[string]any) []any)),
	)
}()

func onMap(f func(map[string]any) any) func(...any) (any, error) {
	return func(args ...any) (any, error) {
		m, ok := args[0].(map[string]any)
		if !ok {
			return nil, fmt.Errorf("is not an object")
		}
		return f(m), nil
	}
}

func convert(names []string, f func(string) any) []any {
	values := make([]any, len(names))
	for i, name := range names {
		values[i] = f(name)
	}
	return values
}

// compile parses an expression in a scope. The problem has an offset and a message.
func (s *scope) compile(source string) (*Expression, *pipeline.Problem) {
	if len(source) > maxSource {
		return nil, &pipeline.Problem{Message: fmt.Sprintf("the expression has %d bytes, more than %d", len(source), maxSource)}
	}
	if *s.compiled++; *s.compiled > maxExpressions {
		return nil, &pipeline.Problem{Message: fmt.Sprintf("the pipeline has more than %d expressions; give long lists as inputs", maxExpressions)}
	}
	tree, err := parser.Parse(source)
	if err != nil {
		return nil, problemOf(err)
	}
	found := &finder{scope: s, known: make(map[ast.Node]bool), items: make(map[ast.Node]int)}
	ast.Walk(&tree.Node, found)
	if found.problem = found.check(); found.problem != nil {
		return nil, found.problem
	}
	program, err := expr.Compile(source, append(steady[:len(steady):len(steady)], expr.Env(s.types))...)
	if err != nil {
		return nil, problemOf(err)
	}
	return &Expression{Source: source, tree: tree.Node, program: program, refs: found.refs}, nil
}

func problemOf(err error) *pipeline.Problem {
	var at *file.Error
	if !errors.As(err, &at) {
		return &pipeline.Problem{Message: err.Error()}
	}
	message := at.Message
	switch name, unknown := strings.CutPrefix(message, "unknown name "); {
	case !unknown:
	case name == RootItem || name == RootIndex:
		message = name + " is only available in the input and the key of a step with for_each"
	default:
		message += nearest.Hint(name, []string{RootInputs, RootSteps, RootItem, RootIndex})
	}
	if strings.Contains(message, `Operator("=")`) {
		message += "; use == to compare"
	}
	if strings.Contains(message, `unexpected token Operator(":")`) && strings.Contains(at.Snippet, "#") {
		message += "; put an object for each # in parentheses: map(list, ({\"name\": #}))"
	}
	return &pipeline.Problem{Offset: at.From, Message: message}
}

// References returns all values that the expression uses.
func (e *Expression) References() []Reference { return e.refs }

// Eval evaluates the expression.
func (e *Expression) Eval(values map[string]any) (any, error) {
	value, err := expr.Run(e.program, values)
	if err != nil {
		return nil, fmt.Errorf("%s: %s", e.Source, e.reason(err))
	}
	switch v := value.(type) {
	case float64:
		if math.IsInf(v, 0) || math.IsNaN(v) {
			return nil, fmt.Errorf("%s: returns %v, which is not a JSON number", e.Source, v)
		}
		return v, nil
	case nil, string, int, bool:
		return v, nil
	}
	if room := maxValueBytes; !fits(value, &room) {
		return nil, fmt.Errorf("%s: returns more than %d bytes", e.Source, maxValueBytes)
	}
	if value, err = jsonvalue.Of(value); err != nil {
		return nil, fmt.Errorf("%s: does not return a JSON value", e.Source)
	}
	return value, nil
}

// maxValueBytes limits the result of an expression, because a list may hold a long text many
// times.
const maxValueBytes = 64 << 20

// fits subtracts the value's size from the remaining room.
func fits(value any, room *int) bool {
	switch value := value.(type) {
	case string:
		*room -= len(value)
	case []any:
		return !slices.ContainsFunc(value, func(member any) bool { return !fits(member, room) })
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			*room -= len(name)
			if !fits(value[name], room) {
				return false
			}
		}
	}
	*room -= 8
	return *room >= 0
}

// harmless matches the library's messages that mention only types, places and parts of the
// expression. Others quote values, which may be prompts.
var harmless = func() *regexp.Regexp {
	const kind = `(string|bool|int|float64|<nil>|map\[string\]interface \{\}|\[\]interface \{\})`
	return regexp.MustCompile(`^(memory budget exceeded|runtime error: .*|reflect.*|interface conversion: .*|is not an object` +
		`|index out of range: .*|cannot fetch (?P<name>\S+) from ` + kind + `|operator "in" not defined on ` + kind +
		`|invalid argument for \w+ \(type ` + kind + `\)|invalid operation: (- )?` + kind +
		`|invalid operation: ` + kind + ` \S+ ` + kind + `|invalid operation: \w+\(` + kind + `\))$`)
}()

var toPeople = strings.NewReplacer("map[string]interface {}", "object", "[]interface {}", "array", "<nil>", "null", "float64", "number")

// reason explains why an expression failed.
func (e *Expression) reason(err error) string {
	var at *file.Error
	if !errors.As(err, &at) {
		return err.Error()
	}
	if strings.HasPrefix(at.Message, "invalid operation: int(") || strings.Contains(at.Message, "strconv.") {
		return "got a text that is not a number"
	}
	found := harmless.FindStringSubmatch(at.Message)
	if found == nil || !strings.Contains(e.Source, found[harmless.SubexpIndex("name")]) {
		return "cannot be evaluated with these values"
	}
	return toPeople.Replace(at.Message)
}

// Kind is the type of the expression's result; reflect.Interface if it is unknown before the
// run.
func (e *Expression) Kind() reflect.Kind {
	t := e.program.Node().Type()
	if t == nil {
		return reflect.Interface
	}
	return t.Kind()
}

// finder collects the references of an expression, and its errors.
type finder struct {
	scope   *scope
	refs    []Reference
	roots   []*ast.IdentifierNode
	items   map[ast.Node]int  // places of references to the item
	known   map[ast.Node]bool // roots that are followed by a name
	problem *pipeline.Problem
}

// Visit is called for inner nodes before outer ones.
func (f *finder) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		switch n.Value {
		case RootSteps, RootInputs:
			f.roots = append(f.roots, n)
		case RootItem, RootIndex:
			f.items[n] = len(f.refs)
			f.refs = append(f.refs, Reference{Root: n.Value})
		case "$env":
			f.fail(n, "$env is not available; use inputs and steps")
		}
	case *ast.MemberNode:
		f.member(n)
	case *ast.BuiltinNode:
		if n.Name == "reduce" { // the library can't disable it
			f.fail(n, "unknown name reduce")
		}
	}
}

func (f *finder) member(n *ast.MemberNode) {
	property, ok := n.Property.(*ast.StringNode)
	if !ok {
		f.index(n)
		return
	}
	switch base := n.Node.(type) {
	case *ast.IdentifierNode:
		if base.Value == RootSteps || base.Value == RootInputs {
			f.known[base] = true
			f.name(base, property)
		}
		if i, isItem := f.items[base]; isItem && base.Value == RootItem {
			f.refs[i].Field = property.Value
		}
	case *ast.MemberNode:
		if step := stepOf(base); step != "" {
			f.refs = append(f.refs, Reference{Root: RootSteps, Name: step, Field: property.Value})
			f.field(step, property)
		}
	}
}

// stepOf returns the name in steps.name; "" for anything else.
func stepOf(n *ast.MemberNode) string {
	root, isRoot := n.Node.(*ast.IdentifierNode)
	name, named := n.Property.(*ast.StringNode)
	if !isRoot || !named || root.Value != RootSteps {
		return ""
	}
	return name.Value
}

func (f *finder) field(step string, name *ast.StringNode) {
	fields := f.scope.fields(step)
	if fields == nil || fields[name.Value] != nil {
		return
	}
	why := ""
	if fields[FieldComment] != nil && slices.Contains([]string{FieldOutput, FieldOutputs, FieldChoice}, name.Value) {
		why = " because it has no choices"
	}
	f.fail(name, "steps.%s has no %s%s; it has %s", step, name.Value, why, strings.Join(slices.Sorted(maps.Keys(fields)), ", "))
}

// index rejects steps.name.output[0], which would index a string.
func (f *finder) index(n *ast.MemberNode) {
	base, isMember := n.Node.(*ast.MemberNode)
	_, isNumber := n.Property.(*ast.IntegerNode)
	if !isMember || !isNumber {
		return
	}
	field, named := base.Property.(*ast.StringNode)
	inner, isMember := base.Node.(*ast.MemberNode)
	if !isMember || !named || field.Value != FieldOutput {
		return
	}
	if step := stepOf(inner); step != "" && f.scope.oneOutput(step) {
		f.fail(n, "steps.%s.output is one output, the first; use steps.%s.outputs", step, step)
	}
}

func (f *finder) name(root *ast.IdentifierNode, name *ast.StringNode) {
	names, what := f.scope.inputs, "input"
	if root.Value == RootSteps {
		names, what = f.scope.steps, "step"
	}
	f.refs = append(f.refs, Reference{Root: root.Value, Name: name.Value})
	if !slices.Contains(names, name.Value) {
		f.fail(name, "there is no %s %q%s", what, name.Value, nearest.Hint(name.Value, names))
	}
}

func (f *finder) fail(n ast.Node, format string, args ...any) {
	if f.problem == nil {
		f.problem = &pipeline.Problem{Offset: n.Location().From, Message: fmt.Sprintf(format, args...)}
	}
}

func (f *finder) check() *pipeline.Problem {
	for _, root := range f.roots {
		if !f.known[root] {
			f.fail(root, "%s must be followed by a name, such as %s.still", root.Value, root.Value)
		}
	}
	return f.problem
}
