package cli

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/config"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/nearest"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// given is what a command line gives a pipeline.
type given struct {
	// values are by input. In the place of a file that is to be uploaded stands an address
	// that will not do.
	values map[string]any

	// uploads are files by input.
	uploads map[string]string
}

const notUploaded = "https://not.uploaded.invalid/"

// readInputs reads name=value pairs by the types that the pipeline declares, and uploads
// nothing yet.
func readInputs(d pipeline.Definition, pairs []string) (given, pipeline.Problems) {
	g := given{values: make(map[string]any), uploads: make(map[string]string)}
	var problems pipeline.Problems
	for _, pair := range pairs {
		name, text, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			problems = append(problems, pipeline.Problem{Message: fmt.Sprintf("%q is not of the form name=value", pair)})
			continue
		}
		if err := g.read(d, name, text); err != nil {
			problems = append(problems, pipeline.Problem{Path: []string{"inputs", name}, Message: err.Error()})
		}
	}
	return g, problems
}

func (g given) read(d pipeline.Definition, name, text string) error {
	input, declared := d.Inputs.Get(name)
	if !declared {
		return fmt.Errorf("the pipeline has no such input%s", nearest.Hint(name, d.Inputs.Names()))
	}
	if _, twice := g.values[name]; twice {
		return errors.New("is given twice")
	}
	path, isFile := strings.CutPrefix(text, "@")
	var err error
	switch input.Type {
	case pipeline.TypeFile:
		g.values[name] = text
		if isFile {
			g.values[name], g.uploads[name] = notUploaded+filepath.Base(path), path
			_, err = os.Stat(path)
		}
	case pipeline.TypeString, "":
		g.values[name], err = readText(text)
	default:
		g.values[name], err = readTyped(input.Type, text)
	}
	return err
}

// readText is a text, or that of a file.
func readText(text string) (string, error) {
	path, isFile := strings.CutPrefix(text, "@")
	if !isFile || strings.HasPrefix(path, "@") {
		return strings.TrimPrefix(text, "@"), nil
	}
	content, err := readData(path)
	if err == nil && !utf8.Valid(content) {
		err = fmt.Errorf("%s is no text in UTF-8", path)
	}
	return strings.TrimSuffix(string(content), "\n"), err
}

// typedForms say how a value is written on a command line.
var typedForms = map[pipeline.InputType]string{
	pipeline.TypeBoolean: "true or false",
	pipeline.TypeInteger: "a whole number",
	pipeline.TypeNumber:  "a number",
	pipeline.TypeArray:   `a list, as ["a", "b"], or a file, as @rows.csv`,
	pipeline.TypeObject:  `an object, as {"a": 1}, or a file, as @data.yaml`,
}

func readTyped(kind pipeline.InputType, text string) (any, error) {
	if path, isFile := strings.CutPrefix(text, "@"); isFile {
		return readValue(path)
	}
	value, err := pipeline.Decode([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("must be %s", typedForms[kind])
	}
	return value, nil
}

// upload sends the files to the provider, and puts their addresses in place.
func (p *program) uploadInputs(ctx context.Context, c config.Config, d pipeline.Definition, g given) error {
	for name, path := range g.uploads {
		address, err := p.upload(ctx, c, d.Account, path)
		if err != nil {
			return fmt.Errorf("inputs.%s: %w", name, err)
		}
		g.values[name] = address
	}
	return nil
}

// maxDataBytes bounds a file of inputs: Temporal takes 2 MiB for a run's argument.
const maxDataBytes = 1_800_000

func readData(path string) ([]byte, error) {
	f, err := os.Open(path) // #nosec G304 -- whoever runs the program names it
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxDataBytes+1))
	if err == nil && len(content) > maxDataBytes {
		err = fmt.Errorf("%s has more than %d bytes; give several runs a part each", path, maxDataBytes)
	}
	return content, err
}

// readValue reads a CSV file as a list of objects by its first line, and JSON or YAML as
// they are.
func readValue(path string) (any, error) {
	kind := strings.ToLower(filepath.Ext(path))
	if !slices.Contains([]string{".csv", ".json", ".yaml", ".yml"}, kind) {
		return nil, fmt.Errorf("%s is none of .csv, .json and .yaml", path)
	}
	content, err := readData(path)
	if err != nil {
		return nil, err
	}
	if !utf8.Valid(content) {
		return nil, fmt.Errorf("%s is no text in UTF-8; save it as such", path)
	}
	if kind == ".csv" {
		return readCSV(path, content)
	}
	encoded, err := yaml.YAMLToJSON(content)
	if err != nil {
		return nil, fmt.Errorf("%s: is not right: %w", path, err)
	}
	return pipeline.Decode(encoded)
}

func readCSV(path string, content []byte) (any, error) {
	reader := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(content, []byte("\ufeff"))))
	reader.FieldsPerRecord = -1
	records, err := reader.ReadAll()
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", path, err)
	case len(records) == 0:
		return nil, fmt.Errorf("%s: has no first line with the names of its columns", path)
	case len(records) == 1:
		return nil, fmt.Errorf("%s: has a header and no rows, so there is nothing to make", path)
	}
	names := records[0]
	for i, name := range names {
		names[i] = strings.TrimSpace(name)
		if slices.Contains(names[:i], names[i]) {
			return nil, fmt.Errorf("%s: two columns are named %q", path, names[i])
		}
	}
	rows := make([]any, 0, len(records)-1)
	for i, record := range records[1:] {
		if len(record) != len(names) {
			return nil, fmt.Errorf("%s: row %d has %d fields, and the first line %d", path, i+1, len(record), len(names))
		}
		row := make(map[string]any, len(record))
		for i, name := range names {
			row[name] = record[i]
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// readFields reads step.field=value pairs, or field=value ones for a step that is known.
// A value @FILE uploads the file.
func (p *program) readFields(ctx context.Context, s session, account, step string, pairs []string) (map[string]map[string]any, error) {
	form := "field=value"
	if step == "" {
		form = "step.field=value"
	}
	changes := make(map[string]map[string]any)
	for _, pair := range pairs {
		name, text, ok := strings.Cut(pair, "=")
		target := step
		if ok && step == "" {
			target, name, ok = strings.Cut(name, ".")
		}
		if !ok || name == "" || target == "" {
			return nil, fmt.Errorf("%q is not of the form %s", pair, form)
		}
		value, err := p.value(ctx, s.config, account, text)
		if err != nil {
			return nil, fmt.Errorf("%s.%s: %w", target, name, err)
		}
		if value, err = pipeline.Normal(value); err != nil {
			return nil, fmt.Errorf("%s.%s: %w", target, name, err)
		}
		if changes[target] == nil {
			changes[target] = make(map[string]any)
		}
		changes[target][name] = value
	}
	return changes, nil
}
