package schema_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/jsonvalue"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/schema"
)

func compile(t *testing.T, text string) *schema.Schema {
	t.Helper()
	s, err := schema.Compile([]byte(text))
	require.NoError(t, err)
	return s
}

// check checks a JSON text.
func check(t *testing.T, s *schema.Schema, text string) []schema.Finding {
	t.Helper()
	value, err := jsonvalue.Decode([]byte(text))
	require.NoError(t, err)
	return s.Check(value)
}

func TestWords(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		schema, value string
		want          []schema.Finding
	}{
		"right":       {`{"type":"object"}`, `{}`, nil},
		"type":        {`{"type":"integer"}`, `"secret"`, []schema.Finding{{OfType: []string{"integer"}, Message: "is of type string, and must be integer"}}},
		"types":       {`{"type":["integer","boolean"]}`, `"secret"`, []schema.Finding{{OfType: []string{"boolean", "integer"}, Message: "is of type string, and must be boolean or integer"}}},
		"enum":        {`{"enum":["a",1,null]}`, `"secret"`, []schema.Finding{{Message: "must be one of a, 1, null"}}},
		"const":       {`{"const":"a"}`, `"secret"`, []schema.Finding{{Message: "must be a"}}},
		"minimum":     {`{"minimum":1.5}`, `1`, []schema.Finding{{Message: "must be at least 1.5"}}},
		"maximum":     {`{"maximum":4}`, `5`, []schema.Finding{{Message: "must be at most 4"}}},
		"more than":   {`{"exclusiveMinimum":0}`, `0`, []schema.Finding{{Message: "must be more than 0"}}},
		"less than":   {`{"exclusiveMaximum":5}`, `5`, []schema.Finding{{Message: "must be less than 5"}}},
		"multiple":    {`{"multipleOf":8}`, `9`, []schema.Finding{{Message: "must be a multiple of 8"}}},
		"short":       {`{"minLength":10}`, `"secret"`, []schema.Finding{{Message: "has 6 characters, and must have at least 10"}}},
		"long":        {`{"maxLength":5}`, `"secret"`, []schema.Finding{{Message: "has 6 characters, and must have at most 5"}}},
		"few items":   {`{"minItems":2}`, `["secret"]`, []schema.Finding{{Message: "has 1 items, and must have at least 2"}}},
		"many items":  {`{"maxItems":0}`, `["secret"]`, []schema.Finding{{Message: "has 1 items, and must have at most 0"}}},
		"few fields":  {`{"minProperties":1}`, `{}`, []schema.Finding{{OfMembers: true, Message: "has 0 fields, and must have at least 1"}}},
		"many fields": {`{"maxProperties":0}`, `{"a":"secret"}`, []schema.Finding{{OfMembers: true, Message: "has 1 fields, and must have at most 0"}}},
		"missing":     {`{"required":["a","b"]}`, `{}`, []schema.Finding{{OfMembers: true, Message: "lacks a and b"}}},
		"pattern":     {`{"pattern":"^[0-9]+$"}`, `"secret"`, []schema.Finding{{Message: "must match ^[0-9]+$"}}},
		"examples":    {`{"properties":{"a":{"$ref":"#/$defs/d"}},"$defs":{"d":{"pattern":"^[0-9]+s$","examples":["90s","5s"]}}}`, `{"a":"secret"}`, []schema.Finding{{Path: []string{"a"}, Message: "must have a form such as 90s, 5s"}}},
		"unknown":     {`{"properties":{"prompt":{},"size":{}},"additionalProperties":false}`, `{"promt":"secret"}`, []schema.Finding{{Path: []string{"promt"}, Message: "is not known; did you mean prompt?"}}},
		"names":       {`{"propertyNames":{"pattern":"^[a-z]+$"}}`, `{"A":"secret"}`, []schema.Finding{{Path: []string{"A"}, OfName: true, Message: "is a name that is not allowed here"}}},
		"inside":      {`{"items":{"properties":{"a":{"type":"string"}}}}`, `[{},{"a":5}]`, []schema.Finding{{Path: []string{"1", "a"}, OfType: []string{"string"}, Message: "is of type number, and must be string"}}},
		"if":          {`{"if":{"type":"object"},"then":{"required":["a"]},"else":{"minimum":1}}`, `0`, []schema.Finding{{Message: "must be at least 1"}}},
		"not":         {`{"not":{"type":"string"}}`, `"secret"`, []schema.Finding{{Message: "is what the schema excludes"}}},
		"twice":       {`{"allOf":[{"maximum":4},{"maximum":4}]}`, `5`, []schema.Finding{{Message: "must be at most 4"}}},
		"in order": {`{"properties":{"b":{"type":"string"},"a":{"type":"string"}}}`, `{"b":1,"a":1}`, []schema.Finding{
			{Path: []string{"a"}, OfType: []string{"string"}, Message: "is of type number, and must be string"},
			{Path: []string{"b"}, OfType: []string{"string"}, Message: "is of type number, and must be string"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := check(t, compile(t, c.schema), c.value)
			for i := range got {
				if len(got[i].Path) == 0 {
					got[i].Path = nil
				}
				require.NotContains(t, got[i].Message, "secret", "values may be prompts")
			}
			require.Equal(t, c.want, got)
		})
	}
}

func TestSchemasThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"no JSON": `{`, "no schema": `5`, "wrong type": `{"type":"text"}`, "wrong pattern": `{"pattern":"["}`,
		"elsewhere": `{"$ref":"https://example.test/schema.json"}`, "a file": `{"$ref":"file:///etc/passwd"}`,
	} {
		_, err := schema.Compile([]byte(text))
		require.Error(t, err, name)
	}
}

func TestProperties(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"a", "b"}, compile(t, `{"properties":{"b":{},"a":{}}}`).Properties())
	require.Empty(t, compile(t, `{"type":"object"}`).Properties())
}

// TestSchemasThatReferToThemselves are not trap for who looks for a part of one.
func TestSchemasThatReferToThemselves(t *testing.T) {
	t.Parallel()
	s := compile(t, `{"$ref":"#/$defs/node","$defs":{"node":{"properties":{"inner":{"$ref":"#/$defs/node"}},"additionalProperties":false}}}`)
	got := check(t, s, `{"inner":{"inner":{"iner":1}}}`)
	require.Len(t, got, 1)
	require.Equal(t, "is not known; did you mean inner?", got[0].Message)
}
