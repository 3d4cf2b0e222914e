package preflight

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/nearest"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/shape"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// scope is what expressions see, as far as it is known.
type scope struct {
	values map[string]any
	item   bool // the item is known
}

// scopes are those of all items, or the only one of a step without for_each. Unknown says
// that the items are not known beforehand: one then stands for all.
func (c *checker) scopes(step *pipeline.PlannedStep, path []string) (scopes []scope, unknown, ok bool) {
	values := map[string]any{pipeline.RootInputs: c.inputs, pipeline.RootSteps: map[string]any{}}
	if step.Items == nil {
		return []scope{{values: values}}, false, true
	}
	at := append(slices.Clone(path), "for_each", "items")
	value, err := step.Items.Preview(values, c.known(scope{}))
	if err != nil {
		c.add(at, "%v", err)
		return nil, false, false
	}
	if _, unknown := value.(pipeline.Unknown); unknown {
		return []scope{{values: values}}, true, true
	}
	items, isList := value.([]any)
	if !isList {
		c.add(at, "must give a list")
		return nil, false, false
	}
	if len(items) > pipeline.MaxItems {
		c.add(at, "gives %d items, and a step has at most %d; give each run a part of the list", len(items), pipeline.MaxItems)
		return nil, false, false
	}
	for i, item := range items {
		scopes = append(scopes, scope{values: pipeline.WithItem(values, i, item), item: !hasUnknown(item)})
	}
	c.checkKeys(step, items, scopes, append(slices.Clone(path), "for_each", "key"))
	return scopes, false, true
}

// checkKeys looks at the items' names, if all of them are known.
func (c *checker) checkKeys(step *pipeline.PlannedStep, items []any, scopes []scope, path []string) {
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
	values := map[string]any{pipeline.RootInputs: c.inputs, pipeline.RootSteps: map[string]any{}}
	if _, err := step.ItemKeys(items, values); err != nil {
		c.add(path, "%v", err)
	}
}

// known tells which references have a value in the scope.
func (c *checker) known(s scope) func(pipeline.Reference) bool {
	return func(ref pipeline.Reference) bool {
		switch ref.Root {
		case pipeline.RootInputs:
			_, given := c.inputs[ref.Name]
			return given
		case pipeline.RootItem, pipeline.RootIndex:
			return s.item
		default:
			return false
		}
	}
}

// inputsOf evaluates and checks the input of each item, and returns them.
func (c *checker) inputsOf(step *pipeline.PlannedStep, n int, model *Model, scopes []scope, path []string) []any {
	inputs := make([]any, 0, len(scopes))
	var found findings
	for i, s := range scopes {
		input, err := step.Inputs[n].Preview(s.values, c.known(s))
		if err != nil {
			found.add(i, path, err.Error())
			continue
		}
		fitted := model.fit(pipeline.Changed(input.(map[string]any), c.changes[step.ID]))
		found.check(i, model, fitted, path, declareFile)
		inputs = append(inputs, fitted)
	}
	for _, f := range found {
		c.add(f.path, "%s", f.text(step.Items != nil))
	}
	return inputs
}

// findings are what is wrong with inputs; the same with many items is one of them.
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

// maxNamed is how many items are named.
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

// switches are fields of the API itself that have no place in a durable generation.
var switches = map[string]string{
	"enable_sync_mode":     "a generation waits without holding a connection; leave it out",
	"enable_base64_output": "the provider delivers no base64 to a webhook; leave it out and take the output's URL",
}

// check looks at one item's input; cure says what to do about a local file.
func (f *findings) check(item int, model *Model, input map[string]any, path []string, cure func(shape.Finding) string) {
	for _, name := range slices.Sorted(maps.Keys(input)) {
		if why, no := switches[name]; no && input[name] == true {
			f.add(item, append(slices.Clone(path), name), why)
		}
	}
	if model.Checked() == nil {
		return
	}
	u := &unknowns{}
	value := model.fit(u.replace(input, nil).(map[string]any))
	known := model.fields()
	for _, name := range slices.Sorted(maps.Keys(input)) {
		if len(known) > 0 && !slices.Contains(known, name) && switches[name] == "" {
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
