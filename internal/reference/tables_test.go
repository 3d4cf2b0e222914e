package reference_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/reference"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/schema"
)

const document = "../../docs/reference.md"

var (
	// generated is a table of the document, with its name.
	generated = regexp.MustCompile(`(?s)(<!-- generated: ([a-z-]+) -->\n).*?(<!-- end -->)`)

	// example is an argument that the document shows, with its workflow.
	example = regexp.MustCompile("(?s)<!-- request: (generate|pipeline) -->\n```json\n(.*?)```")

	// jsonBlock finds every block, so that none is left out.
	jsonBlock = regexp.MustCompile("(?m)^```json$")
)

func TestReferenceIsUpToDate(t *testing.T) {
	t.Parallel()
	s := newSchemas(t)
	tables := map[string]string{
		"generate-request":  table(s.generation, "", "requestJSON", "Request"),
		"generate-result":   table(s.generation, "", "Result", "Result"),
		"generate-attempt":  table(s.generation, "", "Attempt", "Attempt"),
		"pipeline-request":  table(s.pipeline, "", "Request", "Request"),
		"pipeline-result":   table(s.pipeline, "", "Result", "Result"),
		"pipeline-step":     table(s.pipeline, "", "StepStatus", "StepStatus"),
		"generation-errors": errorTable(s.generation),
	}
	text := string(readFile(t, document))
	used := 0
	text = generated.ReplaceAllStringFunc(text, func(block string) string {
		parts := generated.FindStringSubmatch(block)
		require.Contains(t, tables, parts[2])
		used++
		return parts[1] + tables[parts[2]] + parts[3]
	})
	require.Len(t, tables, used, "each table is in the document")
	upToDate(t, document, []byte(text))
}

// TestExamples of the reference and of README are valid, and taken by a worker.
func TestExamples(t *testing.T) {
	t.Parallel()
	text := string(readFile(t, document)) + string(readFile(t, "../../README.md"))
	examples := example.FindAllStringSubmatch(text, -1)
	require.Len(t, examples, len(jsonBlock.FindAllString(text, -1)))
	for _, example := range examples {
		workflow, argument := example[1], example[2]
		text := map[string][]byte{"generate": reference.Generate(), "pipeline": reference.Pipeline()}[workflow]
		compiled, err := schema.Compile(text)
		require.NoError(t, err)
		require.Empty(t, findings(t, compiled, argument))
		require.NoError(t, take(workflow, argument))
	}
}

// table shows the fields of a struct, and those of the structs in it that have no table.
func table(of *source, prefix, wire, documented string) string {
	var rows strings.Builder
	if prefix == "" {
		rows.WriteString("| field | type | description |\n| --- | --- | --- |\n")
	}
	for _, f := range of.fields(wire, documented) {
		if f.name == "requires" {
			continue // of interest to our own programs only
		}
		kind, nested := jsonType(f.goType)
		doc := f.doc
		if f.required && f.doc != "" && strings.HasSuffix(wire, "JSON") || f.name == "run_id" || f.goType == "Definition" {
			doc += " Required."
		}
		fmt.Fprintf(&rows, "| `%s%s` | %s | %s |\n", prefix, f.name, kind, strings.ReplaceAll(doc, "|", `\|`))
		if nested != "" {
			rows.WriteString(table(of, prefix+f.name+".", nested, strings.TrimSuffix(capital(nested), "JSON")))
		}
	}
	return rows.String()
}

// jsonType is a Go type in the words of JSON, and the struct whose fields follow.
func jsonType(goType string) (kind, nested string) {
	goType = strings.TrimPrefix(goType, "*")
	if item, ok := strings.CutPrefix(goType, "[]"); ok {
		kind, _ := jsonType(item)
		return "list of " + plural(kind), ""
	}
	switch goType {
	case "timingJSON", "Resume":
		return "object", goType
	case "int", "int64":
		return "integer", ""
	case "bool":
		return "boolean", ""
	case "USD", "generation.USD":
		return "number, USD", ""
	case "duration":
		return "duration", ""
	case "time.Duration":
		return "integer, nanoseconds", ""
	case "time.Time":
		return "string, RFC 3339", ""
	case "Output", "generation.Output":
		return "string or object", ""
	case "string", "UnknownPolicy", "CreditsPolicy", "Via", "State":
		return "string", ""
	default:
		return "object", ""
	}
}

func plural(kind string) string {
	if kind == "string or object" {
		return "strings or objects"
	}
	return kind + "s"
}

// errorTable lists the types of errors in which a generation ends.
func errorTable(of *source) string {
	var rows strings.Builder
	rows.WriteString("| type | meaning |\n| --- | --- |\n")
	for _, name := range of.groups["ErrorTypeInvalidInput"] {
		fmt.Fprintf(&rows, "| `%s` | %s |\n", of.strings[name], of.words(name, of.docs[name]))
	}
	return rows.String()
}
