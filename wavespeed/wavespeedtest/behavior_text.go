package wavespeedtest

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/reply"
)

// Setting is a field of [Behavior] for programs in other languages.
type Setting struct {
	Name string `json:"name"` // such as list_inputs
	Doc  string `json:"doc"`  // the field's documentation, in one line
	Bool bool   `json:"-"`    // true and false are its values
}

//go:embed behavior.go
var behaviorSource []byte

// Behaviors lists the fields of [Behavior] by their names outside Go, with their documentation.
var Behaviors = func() []Setting {
	docs := fieldDocs(behaviorSource, "Behavior")
	var all []Setting
	for field := range reflect.TypeFor[Behavior]().Fields() {
		all = append(all, Setting{Name: snake(field.Name), Doc: plainDoc(field.Name, docs[field.Name]), Bool: field.Type.Kind() == reflect.Bool})
	}
	return all
}()

// plainDoc rewrites a field's comment for readers who don't see Go.
func plainDoc(field, doc string) string {
	doc = strings.TrimPrefix(doc, field+" ")
	for _, verb := range []string{"is ", "are "} {
		doc = strings.TrimPrefix(doc, verb)
	}
	return strings.NewReplacer("[", "", "]", "").Replace(doc)
}

// fieldDocs reads the comments of a struct's fields.
func fieldDocs(source []byte, name string) map[string]string {
	file, err := parser.ParseFile(token.NewFileSet(), "", source, parser.ParseComments)
	if err != nil {
		panic(err) // it has been compiled
	}
	docs := map[string]string{}
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.TypeSpec)
		if !ok || spec.Name.Name != name {
			return true
		}
		for _, field := range spec.Type.(*ast.StructType).Fields.List {
			for _, ident := range field.Names {
				docs[ident.Name] = strings.Join(strings.Fields(field.Doc.Text()), " ")
			}
		}
		return false
	})
	return docs
}

// snake converts a Go name such as DeliveryID to delivery_id.
func snake(name string) string {
	var out strings.Builder
	before := ' '
	for _, r := range name {
		if unicode.IsUpper(r) && unicode.IsLower(before) {
			out.WriteByte('_')
		}
		out.WriteRune(unicode.ToLower(r))
		before = r
	}
	return out.String()
}

// field returns the field with this name outside Go; invalid if there is none.
func (b *Behavior) field(name string) reflect.Value {
	return reflect.ValueOf(b).Elem().FieldByNameFunc(func(field string) bool { return snake(field) == name })
}

// Set changes one field by its name outside Go, from a flag's text: durations such as 90s,
// comma-separated lists, comma-separated key=value maps, anything else in JSON.
func (b *Behavior) Set(name, text string) error {
	field := b.field(name)
	if !field.IsValid() {
		return fmt.Errorf("behavior %q is not known", name)
	}
	encoded := []byte(text)
	switch field.Kind() {
	case reflect.String:
		encoded = reply.Encode(text)
	case reflect.Slice:
		encoded = reply.Encode(commas(text))
	case reflect.Map:
		var err error
		if encoded, err = pairs(text, field.Type().Elem().Kind() == reflect.String); err != nil {
			return fmt.Errorf("behavior %s: %w", name, err)
		}
	}
	if field.Type() == reflect.TypeFor[time.Duration]() {
		encoded = reply.Encode(text)
	}
	return b.setJSON(name, encoded)
}

func commas(text string) []string {
	return slices.DeleteFunc(strings.Split(text, ","), func(part string) bool { return part == "" })
}

func pairs(text string, quote bool) ([]byte, error) {
	members := map[string]json.RawMessage{}
	for _, pair := range commas(text) {
		key, value, found := strings.Cut(pair, "=")
		if !found || key == "" || value == "" {
			return nil, fmt.Errorf("%q is not key=value", pair)
		}
		members[key] = json.RawMessage(value)
		if quote {
			members[key] = reply.Encode(value)
		}
	}
	encoded, err := json.Marshal(members)
	if err != nil {
		return nil, errors.New("a value is not a number")
	}
	return encoded, nil
}

func (b *Behavior) setJSON(name string, value json.RawMessage) error {
	field := b.field(name)
	if !field.IsValid() {
		return fmt.Errorf("behavior %q is not known", name)
	}
	if field.Type() == reflect.TypeFor[time.Duration]() {
		var text string
		if err := json.Unmarshal(value, &text); err != nil {
			return fmt.Errorf("behavior %s: %s is not a duration such as \"90s\"", name, value)
		}
		d, err := time.ParseDuration(text)
		if err != nil {
			return fmt.Errorf("behavior %s: %q is not a duration such as 90s", name, text)
		}
		field.SetInt(int64(d))
		return nil
	}
	fresh := reflect.New(field.Type()) // a map or list is replaced, not merged
	if err := json.Unmarshal(value, fresh.Interface()); err != nil {
		return fmt.Errorf("behavior %s: %s is not a %s", name, value, field.Type())
	}
	field.Set(fresh.Elem())
	return nil
}

// UnmarshalJSON changes the fields that are given, by their names outside Go.
func (b *Behavior) UnmarshalJSON(data []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil || members == nil {
		return errors.New("a behavior is a JSON object")
	}
	for name, value := range members {
		if err := b.setJSON(name, value); err != nil {
			return err
		}
	}
	return nil
}

// MarshalJSON writes every field by its name outside Go, durations as texts.
func (b Behavior) MarshalJSON() ([]byte, error) {
	members := map[string]any{}
	for field, value := range reflect.ValueOf(b).Fields() {
		member := value.Interface()
		if d, ok := member.(time.Duration); ok {
			member = d.String()
		}
		members[snake(field.Name)] = member
	}
	return json.Marshal(members)
}

// Behavior returns how the server behaves now, including defaults.
func (s *Server) Behavior() Behavior { return *s.behavior.Load() }

// Behave changes how the server behaves from now on. Decisions already made for a prediction
// stay, such as its created_at and its stored input.
func (s *Server) Behave(change func(*Behavior)) error {
	s.behaving.Lock()
	defer s.behaving.Unlock()
	changed := s.Behavior()
	change(&changed)
	changed = changed.withDefaults()
	if err := changed.validate(); err != nil {
		return fmt.Errorf("wavespeedtest: %w", err)
	}
	s.behavior.Store(&changed)
	s.visit()
	return nil
}
