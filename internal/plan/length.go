package plan

import (
	"math"
	"slices"

	"github.com/expr-lang/expr/ast"
)

// Length is the number of items in a list, as far as it is known before a run.
type Length struct {
	// Least is the minimum number of items.
	Least int

	// Most is the maximum number of items; Endless if unbounded.
	Most int
}

// Endless is the Most of an unbounded list.
const Endless = math.MaxInt

// Exactly is the length of a known list.
func Exactly(n int) Length { return Length{n, n} }

// Bounded reports whether the list has a maximum length.
func (l Length) Bounded() bool { return l.Most != Endless }

func (l Length) or(other Length) Length {
	return Length{min(l.Least, other.Least), max(l.Most, other.Most)}
}

func (l Length) plus(other Length) Length {
	sum := Length{l.Least + other.Least, Endless}
	if l.Bounded() && other.Bounded() {
		sum.Most = l.Most + other.Most
	}
	return sum
}

func (l Length) upTo(n int) Length { return Length{min(l.Least, n), min(l.Most, n)} }

// some is the length of a part of the list.
func (l Length) some() Length { return Length{0, l.Most} }

// Length is the length of the list that the template returns. The function provides the lengths
// of the lists it refers to: inputs, and the outputs and items of steps.
func (t *Template) Length(of func(Reference) Length) Length {
	switch {
	case t == nil || t.whole == nil && t.list == nil:
		return Length{0, Endless}
	case t.list != nil:
		return Exactly(len(t.list))
	default:
		return lengthOf(t.whole.tree, of)
	}
}

// lengthOf follows functions that keep or shorten a list. For anything else the length is
// unknown.
func lengthOf(node ast.Node, of func(Reference) Length) Length {
	switch n := node.(type) {
	case *ast.ArrayNode:
		return Exactly(len(n.Nodes))
	case *ast.ChainNode:
		return lengthOf(n.Node, of)
	case *ast.ConditionalNode:
		return lengthOf(n.Exp1, of).or(lengthOf(n.Exp2, of))
	case *ast.BinaryNode:
		return binaryLength(n, of)
	case *ast.SliceNode:
		return sliceLength(n, of)
	case *ast.MemberNode:
		if ref, ok := listed(n); ok {
			return of(ref)
		}
	case *ast.BuiltinNode:
		return builtinLength(n.Name, n.Arguments, of)
	case *ast.CallNode:
		if callee, named := n.Callee.(*ast.IdentifierNode); named {
			return builtinLength(callee.Value, n.Arguments, of)
		}
	}
	return Length{0, Endless}
}

// listed returns the reference in inputs.name and steps.name.field.
func listed(n *ast.MemberNode) (Reference, bool) {
	property, named := n.Property.(*ast.StringNode)
	if !named {
		return Reference{}, false
	}
	switch base := n.Node.(type) {
	case *ast.IdentifierNode:
		return Reference{Root: base.Value, Name: property.Value}, base.Value == RootInputs
	case *ast.MemberNode:
		step := stepOf(base)
		return Reference{Root: RootSteps, Name: step, Field: property.Value}, step != ""
	default:
		return Reference{}, false
	}
}

func binaryLength(n *ast.BinaryNode, of func(Reference) Length) Length {
	from, isFrom := n.Left.(*ast.IntegerNode)
	to, isTo := n.Right.(*ast.IntegerNode)
	switch {
	case n.Operator == "??":
		return lengthOf(n.Left, of).or(lengthOf(n.Right, of))
	case n.Operator == ".." && isFrom && isTo:
		return Exactly(max(to.Value-from.Value+1, 0))
	default:
		return Length{0, Endless}
	}
}

func sliceLength(n *ast.SliceNode, of func(Reference) Length) Length {
	length := lengthOf(n.Node, of).some()
	from, isFrom := n.From.(*ast.IntegerNode)
	to, isTo := n.To.(*ast.IntegerNode)
	switch {
	case isTo && isFrom && from.Value >= 0 && to.Value >= from.Value:
		return length.upTo(to.Value - from.Value)
	case isTo && to.Value >= 0:
		return length.upTo(to.Value)
	default:
		return length
	}
}

func builtinLength(name string, arguments []ast.Node, of func(Reference) Length) Length {
	if len(arguments) == 0 {
		return Length{0, Endless}
	}
	first := lengthOf(arguments[0], of)
	switch name {
	case "map", "sort", "sortBy", "reverse":
		return first
	case "filter":
		return first.some()
	case "uniq":
		return Length{min(first.Least, 1), first.Most}
	case "take":
		if n, constant := arguments[len(arguments)-1].(*ast.IntegerNode); constant {
			return first.upTo(max(n.Value, 0))
		}
		return first.some()
	case "concat":
		for _, other := range arguments[1:] {
			first = first.plus(lengthOf(other, of))
		}
		return first
	case "flatten":
		return flatLength(arguments[0], of)
	default:
		return Length{0, Endless}
	}
}

// flatLength is the length of concatenated lists.
func flatLength(node ast.Node, of func(Reference) Length) Length {
	array, is := node.(*ast.ArrayNode)
	if !is {
		return Length{0, Endless}
	}
	var sum Length
	for _, member := range array.Nodes {
		sum = sum.plus(lengthOf(member, of))
	}
	return sum
}

// ItemsOf returns the step whose items make up the list, each at most once; "" if there is no
// such step, or it is unknown.
func (t *Template) ItemsOf() string {
	if t == nil || t.whole == nil {
		return ""
	}
	return itemsOf(t.whole.tree)
}

func itemsOf(node ast.Node) string {
	switch n := node.(type) {
	case *ast.ChainNode:
		return itemsOf(n.Node)
	case *ast.SliceNode:
		return itemsOf(n.Node)
	case *ast.MemberNode:
		if ref, ok := listed(n); ok && ref.Field == FieldItems {
			return ref.Name
		}
	case *ast.BuiltinNode:
		if len(n.Arguments) > 0 && slices.Contains([]string{"filter", "sort", "sortBy", "reverse", "uniq", "take"}, n.Name) {
			return itemsOf(n.Arguments[0])
		}
	}
	return ""
}
