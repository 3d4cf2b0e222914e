package file_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/schema"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline/file"
)

// at is a part of the schema.
func at(t *testing.T, path ...string) map[string]any {
	t.Helper()
	var part map[string]any
	require.NoError(t, json.Unmarshal(file.Schema(), &part))
	for _, name := range path {
		inner, ok := part[name].(map[string]any)
		require.True(t, ok, "%v: there is no %s", path, name)
		part = inner
	}
	return part
}

// fields are the names under which a type is written.
func fields(of any) []string {
	var names []string
	for field := range reflect.TypeOf(of).Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// TestSchemaHasTheFields: of two lists of the same thing, one is forgotten.
func TestSchemaHasTheFields(t *testing.T) {
	t.Parallel()
	step := []string{"$defs", "step", "properties"}
	within := func(more ...string) []string { return append(slices.Clone(step), more...) }
	for name, c := range map[string]struct {
		of   any
		path []string
	}{
		"pipeline": {pipeline.Definition{}, []string{"properties"}},
		"input":    {pipeline.Input{}, []string{"$defs", "input", "then", "properties"}},
		"budget":   {pipeline.Budget{}, []string{"properties", "budget", "then", "properties"}},
		"step":     {pipeline.Step{}, step},
		"for_each": {pipeline.ForEach{}, within("for_each", "then", "properties")},
		"retry":    {pipeline.Retry{}, within("retry", "then", "properties")},
		"fallback": {pipeline.Fallback{}, within("fallback", "items", "then", "properties")},
		"approve":  {pipeline.Approve{}, within("approve", "properties")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			properties := at(t, c.path...)
			delete(properties, "$schema") // for editors, and no part of a pipeline
			require.Equal(t, fields(c.of), slices.Sorted(maps.Keys(properties)))
			require.Equal(t, false, at(t, c.path[:len(c.path)-1]...)["additionalProperties"], "a field that is misspelt is refused")
		})
	}
}

func TestSchemaHasTheValues(t *testing.T) {
	t.Parallel()
	step := []string{"$defs", "step", "properties"}
	within := func(more ...string) []string { return append(slices.Clone(step), more...) }
	for name, c := range map[string]struct {
		path []string
		want []string
	}{
		"kinds of error": {within("fallback", "items", "then", "properties", "on", "items"), plan.ErrorKinds()},
		"types of inputs": {[]string{"$defs", "type"}, []string{
			plan.TypeString, plan.TypeInteger, plan.TypeNumber, plan.TypeBoolean,
			plan.TypeArray, plan.TypeObject, plan.TypeFile,
		}},
		"on_exceeded": {[]string{"properties", "budget", "then", "properties", "on_exceeded"}, []string{plan.OnExceededWait, plan.OnExceededFail}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, value := range at(t, c.path...)["enum"].([]any) {
				got = append(got, value.(string))
			}
			require.ElementsMatch(t, c.want, got)
		})
	}
}

// TestSchemaAgreesOnForms: what the schema lets pass must be read as well.
func TestSchemaAgreesOnForms(t *testing.T) {
	t.Parallel()
	duration := regexp.MustCompile(at(t, "$defs", "duration")["pattern"].(string))
	for _, text := range []string{"90s", "1.5h", "1h30m", "100ms", "5", "s", "", "soon", "1 h", "1d"} {
		_, err := time.ParseDuration(text)
		require.Equal(t, err == nil, duration.MatchString(text), text)
	}
	share := regexp.MustCompile(at(t, "$defs", "step", "properties", "for_each", "then", "properties", "tolerate", "then")["pattern"].(string))
	for _, text := range []string{"5%", "0%", "100%", "2.5%", "99.99%", "101%", "5", "%", "x%", "-1%", "5 %"} {
		encoded, err := json.Marshal(text)
		require.NoError(t, err)
		require.Equal(t, json.Unmarshal(encoded, new(pipeline.Tolerance)) == nil, share.MatchString(text), text)
	}
}

func TestSchemaIsOne(t *testing.T) {
	t.Parallel()
	_, err := schema.Compile(file.Schema())
	require.NoError(t, err)
	require.Equal(t, "https://json-schema.org/draft/2020-12/schema", at(t)["$schema"])
}
