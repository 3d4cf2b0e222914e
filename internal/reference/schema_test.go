package reference_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline/file"
)

// object is a JSON object that keeps its order.
type object = pipeline.Named[any]

func entry(name string, value any) pipeline.Entry[any] {
	return pipeline.Entry[any]{Name: name, Value: value}
}

// bounds are what types don't tell. TestSchemasAgreeWithTheCode compares them with it.
var bounds = map[string]object{
	"key":             {entry("maxLength", 200)},
	"max_predictions": {entry("minimum", 1), entry("maximum", 100)},
	"budget":          {entry("exclusiveMinimum", 0)},
	"requires":        {entry("minimum", 1)},
}

const durationPattern = `^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$`

// schemas writes the schemas of the requests.
type schemas struct{ generation, pipeline *source }

func (s schemas) generate() []byte {
	return s.document(s.generation, "generate", "A request to the workflow wavespeed.Generate", s.generation.fields("requestJSON", "Request"), nil)
}

func (s schemas) run() []byte {
	fields := append(s.pipeline.fields("Request", "Request"), field{name: "requires", goType: "int"})
	return s.document(s.pipeline, "pipeline", "A request to the workflow wavespeed.Pipeline", fields, object{entry("pipeline", json.RawMessage(file.Schema()))})
}

func (s schemas) document(of *source, name, title string, fields []field, defs object) []byte {
	defs = append(object{entry("duration", object{
		entry("type", "string"), entry("pattern", durationPattern), entry("examples", []string{"90s", "15m", "6h", "1h30m"}),
	})}, defs...)
	head := object{
		entry("$schema", "https://json-schema.org/draft/2020-12/schema"),
		entry("$id", "https://github.com/wavespeed-temporal/wavespeed-temporal/raw/main/internal/reference/"+name+".json"),
		entry("title", title),
	}
	encoded, err := json.Marshal(append(append(head, s.object(of, fields)...), entry("$defs", defs)))
	require.NoError(of.t, err)
	var text bytes.Buffer
	require.NoError(of.t, json.Indent(&text, encoded, "", "  "))
	return append(text.Bytes(), '\n')
}

func (s schemas) object(of *source, fields []field) object {
	var properties object
	var required []string
	for _, f := range fields {
		if f.name == "requires" {
			f.doc = "The format that this request needs. A worker that only knows older ones leaves it to a newer worker. Defaults to 1."
		}
		properties = append(properties, entry(f.name, s.property(of, f)))
		if f.required {
			required = append(required, f.name)
		}
	}
	schema := object{entry("type", "object")}
	if len(required) > 0 {
		schema = append(schema, entry("required", required))
	}
	return append(schema, entry("additionalProperties", false), entry("properties", properties))
}

func (s schemas) property(of *source, f field) object {
	schema := append(s.typed(of, f), bounds[f.name]...)
	if f.doc == "" {
		return schema
	}
	return append(schema, entry("description", f.doc))
}

func (s schemas) typed(of *source, f field) object {
	typed := func(name string) object { return object{entry("type", name)} }
	goType := strings.TrimPrefix(f.goType, "*")
	switch goType {
	case "string":
		return typed("string")
	case "int":
		return typed("integer")
	case "bool":
		return typed("boolean")
	case "duration":
		return object{entry("$ref", "#/$defs/duration")}
	case "generation.USD":
		return typed("number")
	case "json.RawMessage", "map[string]any":
		return typed("object")
	case "map[string]map[string]any":
		return append(typed("object"), entry("additionalProperties", typed("object")))
	case "Definition":
		return object{entry("$ref", "#/$defs/pipeline")}
	case "timingJSON":
		return s.object(of, of.fields("timingJSON", "Timing"))
	}
	if values := of.values[goType]; len(values) > 0 {
		return object{entry("enum", values)}
	}
	require.Contains(of.t, of.structs, goType, "field %s", f.name)
	return s.object(of, of.fields(goType, goType))
}

func newSchemas(t *testing.T) schemas {
	t.Helper()
	return schemas{generation: read(t, "../../generation"), pipeline: read(t, "../../pipeline")}
}
