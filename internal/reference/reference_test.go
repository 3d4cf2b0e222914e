package reference_test

import (
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/jsonvalue"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/reference"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/schema"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/strict"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

var write = flag.Bool("write", false, "write the schemas and the tables of docs/reference.md")

// upToDate compares a file with what it should be, or writes it.
func upToDate(t *testing.T, path string, want []byte) {
	t.Helper()
	if *write {
		require.NoError(t, os.WriteFile(path, want, 0o600))
		return
	}
	require.Equal(t, string(want), string(readFile(t, path)), "%s is not up to date; run: make reference", path)
}

func TestSchemasAreUpToDate(t *testing.T) {
	t.Parallel()
	s := newSchemas(t)
	upToDate(t, "generate.json", s.generate())
	upToDate(t, "pipeline.json", s.run())
}

// TestSchemasAgreeWithTheCode: what a worker takes is valid, and what it rejects by its form
// is not.
func TestSchemasAgreeWithTheCode(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		schema []byte
		valid  []string
		wrong  []string
	}{
		"generate": {reference.Generate(), []string{
			`{"model":"a/b"}`,
			`{"model":"a/b","input":{"prompt":"x","n":[1,{}]},"key":"still","account":"team","timeout":"15m","adopt":"p1","max_predictions":100,"on_unknown":"ask","on_insufficient_credits":"wait","task_queue":"q","requires":1}`,
			`{"model":"a/b","timing":{"submit":"1m","settle":"90s","grace":"1.5h","poll":"100ms","resubmit":"1m30s","top_up":"1h"}}`,
		}, []string{
			`{}`, `[]`, `{"model":1}`, `{"model":"a/b","prompt":"x"}`, `{"model":"a/b","input":"x"}`, `{"model":"a/b","timeout":90}`,
			`{"model":"a/b","timeout":"soon"}`, `{"model":"a/b","max_predictions":101}`, `{"model":"a/b","max_predictions":1.5}`,
			`{"model":"a/b","on_unknown":"retry"}`, `{"model":"a/b","on_insufficient_credits":"pay"}`, `{"model":"a/b","timing":{"pol":"1s"}}`,
		}},
		"pipeline": {reference.Pipeline(), []string{
			`{"pipeline":{"steps":{"a":{"model":"a/b"}}}}`,
			`{"pipeline":{"$schema":"x","name":"film","budget":5,"steps":{"a":{"model":"a/b","retry":2,"fallback":["c/d"]}}},"inputs":{"a":1},"budget":2.5,"search_attributes":true,"requires":1}`,
			`{"pipeline":{"steps":{"a":{"model":"a/b"}}},"resume":{"run_id":"r","workflow_id":"w","from":"a","input":{"a":{"prompt":null}},"drop_changes":true,"resubmit_unknown":true}}`,
		}, []string{
			`{}`, `{"pipeline":"film.yaml"}`, `{"pipeline":{"steps":{"a":{"modle":"a/b"}}}}`, `{"pipeline":{"steps":{"a":{"model":"a/b"}}},"budgt":1}`,
			`{"pipeline":{"steps":{"a":{"model":"a/b"}}},"budget":"5"}`, `{"pipeline":{"steps":{"a":{"model":"a/b"}}},"resume":"r"}`,
			`{"pipeline":{"steps":{"a":{"model":"a/b"}}},"resume":{"run_id":"r","frm":"a"}}`,
		}},
	} {
		compiled, err := schema.Compile(c.schema)
		require.NoError(t, err, name)
		for _, text := range c.valid {
			require.Empty(t, findings(t, compiled, text), text)
			require.NoError(t, take(name, text), text)
		}
		for _, text := range c.wrong {
			require.NotEmpty(t, findings(t, compiled, text), text)
			require.Error(t, take(name, text), text)
		}
	}
}

func findings(t *testing.T, compiled *schema.Schema, text string) []schema.Finding {
	t.Helper()
	value, err := jsonvalue.Decode([]byte(text))
	require.NoError(t, err)
	return compiled.Check(value)
}

// take is what a worker does with an argument.
func take(workflow, text string) error {
	if workflow == "generate" {
		var request generation.Request
		if err := strict.Decode([]byte(text), &request); err != nil {
			return err
		}
		return request.Validate()
	}
	var run pipeline.Request
	if err := strict.Decode(json.RawMessage(text), &run); err != nil {
		return err
	}
	_, err := plan.Compile(run.Pipeline)
	return err
}
