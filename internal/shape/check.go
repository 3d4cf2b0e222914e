package shape

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Finding is a problem with a value. The only text it repeats is a file's path, because others
// may be prompts.
type Finding struct {
	// Path is the location in the value.
	Path []string

	// Message says what the value must be, and what it is.
	Message string

	// Got is what was found: null, empty, list, object, path, text or other.
	Got Got

	// Types are the allowed types.
	Types []string

	// Local is the path of a file; "" for other values.
	Local string

	// Media is set if a URL is required.
	Media bool
}

// Got describes the wrong value.
type Got string

// Values of Got.
const (
	Null   Got = "null"
	Empty  Got = "empty"
	List   Got = "list"
	Object Got = "object"
	Path   Got = "path"
	Text   Got = "text"
	Other  Got = "other"
)

// Check returns all problems with a value, in the order of paths.
func (s *Shape) Check(value any) []Finding {
	var findings []Finding
	s.check(value, nil, &findings)
	return findings
}

func (s *Shape) check(value any, path []string, findings *[]Finding) {
	if s == nil {
		return
	}
	found := s.wrong(value)
	if found != nil {
		found.Path = path
		*findings = append(*findings, *found)
		return
	}
	switch value := value.(type) {
	case []any:
		for i, member := range value {
			s.Items.check(member, at(path, strconv.Itoa(i)), findings)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			if text, is := value[name].(string); is && strings.TrimSpace(text) == "" && slices.Contains(s.Required, name) && s.Fields[name].media() == "" {
				*findings = append(*findings, Finding{Path: at(path, name), Message: "must not be empty", Got: Empty})
				continue
			}
			s.Fields[name].check(value[name], at(path, name), findings)
		}
	}
}

func (s *Shape) media() Media {
	if s == nil {
		return ""
	}
	return s.Media
}

func at(path []string, segment string) []string { return append(slices.Clone(path), segment) }

// wrong returns a problem with the value itself, or nil.
func (s *Shape) wrong(value any) *Finding {
	if value == nil && slices.Contains(s.Types, "null") {
		return nil
	}
	if s.Media != "" {
		if found := s.wrongAddress(value); found != nil {
			return found
		}
	}
	if !s.admits(value) {
		text, got := describe(value)
		return &Finding{Message: fmt.Sprintf("must be %s; got %s", s.kinds(), text), Got: got, Types: s.Types}
	}
	return s.outOfBounds(value)
}

// wrongAddress leaves non-string values of allowed types to the type check.
func (s *Shape) wrongAddress(value any) *Finding {
	text, is := value.(string)
	switch trimmed := strings.TrimSpace(text); {
	case s.Media == Maybe && !(is && isLocalName(trimmed)), is && isAddress(text):
		return nil
	case is && trimmed == "":
		return &Finding{Message: "must be a URL; got an empty string", Got: Empty, Media: true}
	case is && spaced.MatchString(trimmed):
		return &Finding{Message: "must be a URL; got one with spaces, which must be written as %20", Got: Text, Media: true}
	case is && isLocal(trimmed):
		name := shorten(trimmed)
		return &Finding{Message: "must be a URL; got " + name, Got: Path, Local: name, Media: true}
	case is:
		return &Finding{Message: "must be a URL; got another string", Got: Text, Media: true}
	case s.admits(value) && len(s.Types) > 0:
		return nil
	}
	found, got := describe(value)
	if got == Object {
		found = "an object without a URL in its field url"
	}
	return &Finding{Message: "must be a URL; got " + found, Got: got, Media: true}
}

// maxLocal is how many characters of a path are shown.
const maxLocal = 80

func shorten(path string) string {
	if runes := []rune(path); len(runes) > maxLocal {
		return "…" + string(runes[len(runes)-maxLocal:])
	}
	return path
}

func (s *Shape) admits(value any) bool {
	return len(s.Types) == 0 || slices.ContainsFunc(s.Types, func(kind string) bool { return is(value, kind) })
}

func is(value any, kind string) bool {
	number, numeric := float(value)
	switch kind {
	case "number":
		return numeric
	case "integer":
		return numeric && number == math.Trunc(number)
	case "null":
		return value == nil
	}
	switch value.(type) {
	case string:
		return kind == "string"
	case bool:
		return kind == "boolean"
	case []any:
		return kind == "array"
	case map[string]any:
		return kind == "object"
	default:
		return !slices.Contains([]string{"string", "boolean", "array", "object"}, kind) && !numeric && value != nil
	}
}

var kinds = map[string]string{
	"string": "a string", "integer": "an integer", "number": "a number", "boolean": "true or false", "array": "a list", "object": "an object",
}

// kinds returns the allowed types, in words.
func (s *Shape) kinds() string {
	words := make([]string, len(s.Types))
	for i, kind := range s.Types {
		words[i] = cmp.Or(kinds[kind], kind)
	}
	return strings.Join(words, " or ")
}

// float converts any number for comparison.
func float(value any) (float64, bool) {
	v := reflect.ValueOf(value)
	switch {
	case value == nil:
		return 0, false
	case v.CanInt():
		return float64(v.Int()), true
	case v.CanUint():
		return float64(v.Uint()), true
	case v.CanFloat():
		return v.Float(), true
	}
	if text, is := value.(fmt.Stringer); is && v.Kind() == reflect.String { // json.Number
		number, err := strconv.ParseFloat(text.String(), 64)
		return number, err == nil
	}
	return 0, false
}

// describe describes a value without repeating it.
func describe(value any) (string, Got) {
	if _, numeric := float(value); numeric {
		return "a number", Other
	}
	switch value := value.(type) {
	case nil:
		return "null", Null
	case string:
		if strings.TrimSpace(value) == "" {
			return "an empty string", Empty
		}
		return "a string", Text
	case bool:
		return strconv.FormatBool(value), Other
	case []any:
		if len(value) == 0 {
			return "an empty list", Empty
		}
		return "a list", List
	case map[string]any:
		return "an object", Object
	default:
		return "something else", Other
	}
}

func (s *Shape) outOfBounds(value any) *Finding {
	number, numeric := float(value)
	list, isList := value.([]any)
	switch {
	case numeric && s.Minimum != nil && number < *s.Minimum:
		return &Finding{Message: fmt.Sprintf("must be at least %v; got %v", *s.Minimum, number), Got: Other}
	case numeric && s.Maximum != nil && number > *s.Maximum:
		return &Finding{Message: fmt.Sprintf("must be at most %v; got %v", *s.Maximum, number), Got: Other}
	case isList && s.MinItems != nil && len(list) < *s.MinItems:
		found, got := describe(value)
		if got == List {
			found = fmt.Sprintf("%d", len(list))
		}
		return &Finding{Message: fmt.Sprintf("must have at least %s; got %s", items(*s.MinItems), found), Got: got}
	case isList && s.MaxItems != nil && len(list) > *s.MaxItems:
		return &Finding{Message: fmt.Sprintf("must have at most %s; got %d", items(*s.MaxItems), len(list)), Got: List}
	case len(s.Enum) > 0 && !slices.ContainsFunc(s.Enum, func(one any) bool { return equal(one, value) }):
		return &Finding{Message: "must be one of " + listed(s.Enum), Got: Other}
	default:
		return nil
	}
}

func items(n int) string {
	if n == 1 {
		return "1 item"
	}
	return fmt.Sprintf("%d items", n)
}

func equal(one, other any) bool {
	a, numeric := float(one)
	b, also := float(other)
	if numeric && also {
		return a == b
	}
	return reflect.DeepEqual(one, other)
}

func listed(values []any) string {
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = fmt.Sprint(value)
	}
	return strings.Join(texts, ", ")
}
