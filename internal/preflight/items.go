package preflight

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/nearest"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/shape"
)

// scope is the values that expressions see, as far as they are known.
type scope struct {
	values map[string]any
	item   bool     // the item is known
	fields []string // the item's known fields, if it is partly known
}

// list is the list of a step's for_each.
type list struct {
	items  []any       // nil if unknown
	length plan.Length // how many there are
	known  bool

	// like are the items of an earlier step, as far as they are known, from which an unknown
	// list takes its members.
	like []any
}

// itemFields are the fields of an earlier step's item that are known before it runs.
var itemFields = []string{"item", "key"}

// list evaluates the list of a step with for_each, once.
func (c *checker) list(step *plan.PlannedStep) (list, error) {
	found, seen := c.lists[step.ID]
	if !seen {
		c.lists[step.ID] = looked{list: list{length: plan.Length{Most: plan.Endless}}} // there may be a cycle
		found.list, found.err = c.findItems(step)
		c.lists[step.ID] = found
	}
	return found.list, found.err
}

// looked is an evaluated list.
type looked struct {
	list list
	err  error
}

func (c *checker) findItems(step *plan.PlannedStep) (list, error) {
	value, err := step.Items.Preview(c.values(), c.known(scope{}))
	if err != nil {
		return list{}, err
	}
	if _, unknown := value.(plan.Unknown); unknown {
		found := list{length: step.Items.Length(c.lengthOf)}
		if of := c.plan.Step(step.Items.ItemsOf()); of != nil && of.Items != nil {
			found.like = c.itemsLike(of)
		}
		return found, nil
	}
	items, isList := value.([]any)
	if !isList {
		return list{}, errors.New("must return a list")
	}
	return list{items: items, known: true, length: plan.Exactly(len(items))}, nil
}

// itemsLike returns a step's items as later steps see them, as far as they are known.
func (c *checker) itemsLike(step *plan.PlannedStep) []any {
	of, err := c.list(step)
	if err != nil || !of.known || hasUnknown(of.items) {
		return nil
	}
	keys, err := step.ItemKeys(of.items, c.values())
	if err != nil {
		return nil
	}
	like := make([]any, len(of.items))
	for i, item := range of.items {
		like[i] = map[string]any{"item": item, "key": keys[i]}
	}
	return like
}

// lengthOf returns the length of a list that an expression refers to.
func (c *checker) lengthOf(ref plan.Reference) plan.Length {
	endless := plan.Length{Most: plan.Endless}
	if ref.Root == plan.RootInputs {
		if items, known := c.inputs[ref.Name].([]any); known {
			return plan.Exactly(len(items))
		}
		return endless
	}
	step := c.plan.Step(ref.Name)
	switch {
	case step == nil || ref.Field != plan.FieldOutputs && ref.Field != plan.FieldItems:
		return endless
	case step.Approve != nil:
		return plan.Exactly(1)
	case step.Items == nil:
		return plan.Length{Least: 1, Most: c.mostOutputs(step)}
	}
	found, err := c.list(step)
	switch {
	case err != nil:
		return endless
	case c.runs(step) != always:
		return plan.Length{Most: found.length.Most}
	default:
		return found.length
	}
}

// countFields are fields that set a model's number of outputs.
var countFields = []string{"num_images", "num_outputs", "number_of_images", "n"}

// mostOutputs returns the number of outputs that a generation requests; Endless if the model
// decides.
func (c *checker) mostOutputs(step *plan.PlannedStep) int {
	most := 1
	for _, template := range step.Inputs {
		value, err := template.Preview(c.values(), c.known(scope{}))
		if err != nil {
			return plan.Endless
		}
		input := plan.Changed(value.(map[string]any), c.changes[step.ID])
		i := slices.IndexFunc(countFields, func(name string) bool { return input[name] != nil })
		if i < 0 {
			return plan.Endless
		}
		count, known := input[countFields[i]].(int)
		if !known {
			return plan.Endless
		}
		most = max(most, count)
	}
	return most
}

func (c *checker) values() map[string]any {
	return map[string]any{plan.RootInputs: c.inputs, plan.RootSteps: map[string]any{}}
}

// scopes returns the scopes of all items, or the only scope of a step without for_each. If the
// items are unknown, one scope represents all.
func (c *checker) scopes(step *plan.PlannedStep, path []string) (scopes []scope, found list, ok bool) {
	one := []scope{{values: c.values()}}
	if step.Items == nil {
		return one, list{length: plan.Exactly(1)}, true
	}
	at := append(slices.Clone(path), "for_each", "items")
	found, err := c.list(step)
	switch {
	case err != nil:
		c.add(at, "%v", err)
		return nil, found, false
	case found.length.Least > plan.MaxItems:
		c.add(at, "gives %d items, and a step has at most %d; give each run a part of the list", found.length.Least, plan.MaxItems)
		return nil, found, false
	case !found.known:
		return one, found, true
	}
	for i, item := range found.items {
		scopes = append(scopes, scope{values: plan.WithItem(c.values(), i, item), item: !hasUnknown(item)})
	}
	c.checkKeys(step, found.items, scopes, append(slices.Clone(path), "for_each", "key"))
	return scopes, found, true
}

// likely returns the inputs to price if the items are unknown: those of the earlier step's
// items, each of which may be used.
func (c *checker) likely(step *plan.PlannedStep, n int, model *Model, found list) []any {
	var inputs []any
	for i, item := range found.like {
		s := scope{values: plan.WithItem(c.values(), i, item), fields: itemFields}
		input, err := step.Inputs[n].Preview(s.values, c.known(s))
		if err != nil {
			return nil
		}
		inputs = append(inputs, model.fit(plan.Changed(input.(map[string]any), c.changes[step.ID])))
	}
	return inputs
}

// checkKeys checks the items' keys, if all of them are known.
func (c *checker) checkKeys(step *plan.PlannedStep, items []any, scopes []scope, path []string) {
	if step.Key == nil {
		return
	}
	for _, s := range scopes {
		for _, ref := range step.Key.References() {
			if !c.known(s)(ref) {
				return
			}
		}
	}
	if _, err := step.ItemKeys(items, c.values()); err != nil {
		c.add(path, "%v", err)
	}
}

// known reports which references have a value in the scope.
func (c *checker) known(s scope) func(plan.Reference) bool {
	return func(ref plan.Reference) bool {
		switch ref.Root {
		case plan.RootInputs:
			_, given := c.inputs[ref.Name]
			return given
		case plan.RootItem:
			return s.item || slices.Contains(s.fields, ref.Field)
		case plan.RootIndex:
			return s.item
		default:
			return false
		}
	}
}

// inputsOf evaluates and checks the input of each item, and returns them.
func (c *checker) inputsOf(step *plan.PlannedStep, n int, model *Model, scopes []scope, path []string) []any {
	inputs := make([]any, 0, len(scopes))
	var found findings
	for i, s := range scopes {
		input, err := step.Inputs[n].Preview(s.values, c.known(s))
		if err != nil {
			found.add(i, path, err.Error())
			continue
		}
		fitted := model.fit(plan.Changed(input.(map[string]any), c.changes[step.ID]))
		found.check(i, c.accounts[c.accountOf(step)].Provider.Switches(), model, fitted, path, declareFile)
		inputs = append(inputs, fitted)
	}
	for _, f := range found {
		c.add(f.path, "%s", f.text(step.Items != nil))
	}
	return inputs
}

// findings collects problems with inputs, merging those that many items share.
type findings []finding

type finding struct {
	path    []string
	message string
	items   []int
}

func (f *findings) add(item int, path []string, message string) {
	i := slices.IndexFunc(*f, func(other finding) bool { return other.message == message && slices.Equal(other.path, path) })
	if i < 0 {
		*f = append(*f, finding{path: path, message: message, items: []int{item}})
		return
	}
	(*f)[i].items = append((*f)[i].items, item)
}

// maxNamed is how many items a message lists.
const maxNamed = 5

func (f finding) text(ofItems bool) string {
	if !ofItems {
		return f.message
	}
	named := f.items[:min(len(f.items), maxNamed)]
	numbers := strings.Trim(strings.ReplaceAll(fmt.Sprint(named), " ", ", "), "[]")
	switch more := len(f.items) - len(named); {
	case more > 0:
		return fmt.Sprintf("items %s and %d more: %s", numbers, more, f.message)
	case len(named) > 1:
		return fmt.Sprintf("items %s: %s", numbers, f.message)
	default:
		return fmt.Sprintf("item %s: %s", numbers, f.message)
	}
}

// check looks at one item's input; cure says what to do about a local file.
func (f *findings) check(item int, switches []provider.Switch, model *Model, input map[string]any, path []string, cure func(shape.Finding) string) {
	for _, s := range switches {
		if input[s.Name] == true {
			f.add(item, append(slices.Clone(path), s.Name), s.Why)
		}
	}
	if model.Checked() == nil {
		return
	}
	u := &unknowns{}
	value := model.fit(u.replace(input, nil).(map[string]any))
	known := model.fields()
	isSwitch := func(name string) bool {
		return slices.ContainsFunc(switches, func(s provider.Switch) bool { return s.Name == name })
	}
	for _, name := range slices.Sorted(maps.Keys(input)) {
		if len(known) > 0 && !slices.Contains(known, name) && !isSwitch(name) {
			// The provider drops it in silence, and bills what it makes without.
			f.add(item, append(slices.Clone(path), name), model.ID+" has no such field"+nearest.Hint(name, known))
		}
	}
	media := slices.DeleteFunc(model.shape.Check(value), func(wrong shape.Finding) bool { return !wrong.Media || !u.believes(wrong.Path, false) })
	for _, wrong := range media {
		f.add(item, append(slices.Clone(path), wrong.Path...), fmt.Sprintf("%s (%s)%s", wrong.Message, model.ID, cure(wrong)))
	}
	for _, wrong := range model.Checked().Check(value) {
		told := slices.ContainsFunc(media, func(m shape.Finding) bool { return slices.Equal(m.Path, wrong.Path) })
		if told || len(wrong.Path) == 1 && !slices.Contains(known, wrong.Path[0]) || !u.believes(wrong.Path, wrong.OfType != nil) {
			continue
		}
		f.add(item, append(slices.Clone(path), wrong.Path...), fmt.Sprintf("%s (%s)", wrong.Message, model.ID))
	}
}
