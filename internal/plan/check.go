package plan

import (
	"cmp"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/modelid"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/nearest"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

const (
	maxSteps       = 200
	maxPredictions = 100
)

var (
	idPattern   = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,59}$`)
	namePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)
)

func checkHead(d pipeline.Definition, problems *problems) {
	if d.Name != "" && !namePattern.MatchString(d.Name) {
		problems.add([]string{"name"}, "%q is not a valid name; use at most 100 letters, digits, dots, dashes and underscores", d.Name)
	}
	if d.Budget != nil {
		if d.Budget.USD <= 0 {
			problems.add([]string{"budget", "usd"}, "must be more than 0 US dollars")
		}
		checkOneOf(d.Budget.OnExceeded, []string{"", OnExceededWait, OnExceededFail}, []string{"budget", "on_exceeded"}, problems)
	}
	switch n := len(d.Steps); {
	case n == 0:
		problems.add([]string{"steps"}, "is empty; add a step with a model")
	case n > maxSteps:
		problems.add([]string{"steps"}, "has %d steps, more than %d; use for_each to repeat a step", n, maxSteps)
	}
	for _, input := range d.Inputs {
		checkInput(input.Name, input.Value, []string{"inputs", input.Name}, problems)
	}
	for _, output := range d.Outputs {
		checkID(output.Name, []string{"outputs", output.Name}, problems)
	}
}

func checkInput(name string, input pipeline.Input, path []string, problems *problems) {
	checkID(name, path, problems)
	if _, known := inputTypes[input.Type]; !known {
		problems.add(join(path, "type"), "%q is not one of string, integer, number, boolean, array, object and file", input.Type)
		return
	}
	if input.Default != nil && !admits(input.Type, input.Default) {
		problems.add(join(path, "default"), "is %s; must be %s", article(typeName(input.Default)), article(cmp.Or(input.Type, TypeString)))
	}
	for i, value := range input.Enum {
		if !admits(input.Type, value) {
			problems.add(join(path, "enum", itoa(i)), "is %s; must be %s", article(typeName(value)), article(cmp.Or(input.Type, TypeString)))
		}
	}
	if input.Default != nil && len(input.Enum) > 0 && !contains(input.Enum, input.Default) {
		problems.add(join(path, "default"), "is not one of the enum values")
	}
}

func checkID(id string, path []string, problems *problems) {
	if !idPattern.MatchString(id) {
		problems.add(path, "%q is not a valid name; use a letter or underscore followed by at most 59 letters, digits and underscores", id)
	}
}

func checkStep(d pipeline.Definition, id string, step pipeline.Step, path []string, problems *problems) {
	checkID(id, path, problems)
	ids := Names(d.Steps)
	for i, need := range step.Needs {
		if !slices.Contains(ids, need) {
			problems.add(join(path, "needs", itoa(i)), "there is no step %q%s", need, nearest.Hint(need, ids))
		}
	}
	if step.Approve != nil {
		checkApproval(step, ids, path, problems)
		return
	}
	if step.Model == "" {
		problems.add(path, "needs a model or approve")
		return
	}
	checkModel(step.Model, join(path, "model"), problems)
	checkDuration(step.Timeout, time.Second, join(path, "timeout"), problems)
	checkOneOf(generation.UnknownPolicy(step.OnUnknown), []generation.UnknownPolicy{"", generation.FailUnknown, generation.ResubmitUnknown, generation.AskUnknown},
		join(path, "on_unknown"), problems)
	checkOneOf(generation.CreditsPolicy(step.OnInsufficientCredits), []generation.CreditsPolicy{"", generation.FailWithoutCredits, generation.WaitForCredits},
		join(path, "on_insufficient_credits"), problems)
	if step.Retry != nil {
		if n := step.Retry.Predictions; n < 1 || n > maxPredictions {
			problems.add(join(path, "retry", "predictions"), "%d is not between 1 and %d", n, maxPredictions)
		}
		checkDuration(step.Retry.Wait, time.Millisecond, join(path, "retry", "wait"), problems)
	}
	for i, fallback := range step.Fallback {
		checkFallback(fallback, join(path, "fallback", itoa(i)), problems)
	}
	if step.ForEach != nil {
		if step.ForEach.Items == nil {
			problems.add(join(path, "for_each", "items"), "is required: a list, or an expression that returns one")
		}
		if step.ForEach.MaxParallel < 0 {
			problems.add(join(path, "for_each", "max_parallel"), "%d is negative", step.ForEach.MaxParallel)
		}
		if step.ForEach.Tolerate.Items < 0 {
			problems.add(join(path, "for_each", "tolerate"), "%d is negative", step.ForEach.Tolerate.Items)
		}
	}
}

func checkModel(model string, path []string, problems *problems) {
	if strings.Contains(model, opening) {
		problems.add(path, "must be a literal model id, so that the input can be checked; use if, or one step per model")
		return
	}
	if err := modelid.Validate(model); err != nil {
		problems.add(path, "%v", err)
	}
}

func checkFallback(fallback pipeline.Fallback, path []string, problems *problems) {
	checkModel(fallback.Model, join(path, "model"), problems)
	kinds := ErrorKinds()
	for i, kind := range fallback.On {
		if !slices.Contains(kinds, kind) {
			problems.add(join(path, "on", itoa(i)), "%q is not a kind of error%s It is one of %s",
				kind, orPeriod(nearest.Hint(kind, kinds)), strings.Join(kinds, ", "))
		}
	}
}

func orPeriod(hint string) string {
	if hint == "" {
		return "."
	}
	return hint
}

// ErrorKinds are the kinds of error with which a step can fail: the types of package generation
// without "wavespeed.".
func ErrorKinds() []string {
	var kinds []string
	for _, errorType := range wire.ErrorTypes() {
		kinds = append(kinds, strings.TrimPrefix(string(errorType), "wavespeed."))
	}
	return kinds
}

func checkApproval(step pipeline.Step, ids []string, path []string, problems *problems) {
	for _, field := range []struct {
		name string
		set  bool
	}{
		{"model", step.Model != ""}, {"input", step.Input != nil}, {"for_each", step.ForEach != nil}, {"account", step.Account != ""},
		{"timeout", step.Timeout != 0}, {"retry", step.Retry != nil}, {"fallback", step.Fallback != nil}, {"on_unknown", step.OnUnknown != ""},
		{"on_insufficient_credits", step.OnInsufficientCredits != ""},
	} {
		if field.set {
			problems.add(join(path, field.name), "can't be combined with approve, which generates nothing")
		}
	}
	a, at := step.Approve, join(path, "approve")
	switch {
	case a.Needed < 0:
		problems.add(join(at, "needed"), "%d is negative", a.Needed)
	case len(a.Approvers) > 0 && a.Needed > len(a.Approvers):
		problems.add(join(at, "needed"), "%d is more than the %d approvers", a.Needed, len(a.Approvers))
	}
	for i, name := range a.Approvers {
		if name == "" || slices.Index(a.Approvers, name) < i {
			problems.add(join(at, "approvers", itoa(i)), "%q is empty, or is listed twice", name)
		}
	}
	if a.Regenerate != nil {
		for i, id := range *a.Regenerate {
			if !slices.Contains(ids, id) {
				problems.add(join(at, "regenerate", itoa(i)), "there is no step %q%s", id, nearest.Hint(id, ids))
			}
		}
	}
	checkDuration(a.Timeout, time.Second, join(at, "timeout"), problems)
	checkOneOf(a.OnTimeout, []string{"", generation.VerdictApprove, generation.VerdictReject}, join(at, "on_timeout"), problems)
}

func checkDuration(d pipeline.Duration, least time.Duration, path []string, problems *problems) {
	if d != 0 && time.Duration(d) < least {
		problems.add(path, "%v is less than %v", time.Duration(d), least)
	}
}

func checkOneOf[T ~string](value T, allowed []T, path []string, problems *problems) {
	if slices.Contains(allowed, value) {
		return
	}
	names := make([]string, 0, len(allowed))
	for _, name := range allowed {
		if name != "" {
			names = append(names, string(name))
		}
	}
	problems.add(path, "%q is not one of %s", value, strings.Join(names, ", "))
}

func checkBool(expression *Expression, path []string, problems *problems) {
	if expression == nil {
		return
	}
	if kind := expression.Kind(); kind != reflect.Bool && kind != reflect.Interface {
		problems.add(path, "returns %s; must return true or false", article(kindName(kind)))
	}
}

func (s *scope) checkList(template *Template, path []string, problems *problems) {
	switch {
	case template == nil || template.list != nil || template.broken:
	case template.whole != nil:
		if kind := template.whole.Kind(); kind != reflect.Slice && kind != reflect.Interface {
			problems.add(path, "returns %s; must return a list", article(kindName(kind)))
		}
		if step, is := strings.CutSuffix(template.whole.Source, ".output"); is && s.oneOutput(strings.TrimPrefix(step, "steps.")) {
			problems.add(path, "returns one output; must return a list: use %s.outputs", step)
		}
	case template.constant == nil && template.object == nil && template.parts == nil:
	default:
		problems.add(path, "must be a list, or an expression that returns one")
	}
}

func arrows(ids []string) string { return strings.Join(ids, " → ") }

func itoa(i int) string { return strconv.Itoa(i) }

func article(word string) string {
	if strings.ContainsAny(word[:1], "aeio") {
		return "an " + word
	}
	return "a " + word
}
