package cli

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/config"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/nearest"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// pipelineInputs reads name=value pairs by the types that the pipeline declares.
func (p *program) pipelineInputs(ctx context.Context, c config.Config, d pipeline.Definition, pairs []string) (map[string]any, error) {
	values := make(map[string]any, len(pairs))
	var problems []error
	for _, pair := range pairs {
		name, text, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			problems = append(problems, fmt.Errorf("%q is not of the form name=value", pair))
			continue
		}
		input, declared := d.Inputs.Get(name)
		if !declared {
			problems = append(problems, fmt.Errorf("inputs.%s: the pipeline has no such input%s", name, nearest.Hint(name, d.Inputs.Names())))
			continue
		}
		value, err := p.pipelineInput(ctx, c, d, input.Type, text)
		if err != nil {
			problems = append(problems, fmt.Errorf("inputs.%s: %w", name, err))
			continue
		}
		values[name] = value
	}
	return values, errors.Join(problems...)
}

func (p *program) pipelineInput(ctx context.Context, c config.Config, d pipeline.Definition, kind pipeline.InputType, text string) (any, error) {
	path, isFile := strings.CutPrefix(text, "@")
	switch kind {
	case pipeline.TypeFile:
		if isFile {
			return p.upload(ctx, c, d.Account, path)
		}
		return text, nil
	case pipeline.TypeString, "":
		if isFile {
			content, err := readData(path)
			return strings.TrimSuffix(string(content), "\n"), err
		}
		return text, nil
	}
	if isFile {
		return readValue(path)
	}
	value, err := pipeline.Decode([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("is not %s in JSON; a file is given as @FILE", kind)
	}
	return value, nil
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

// readValue reads a CSV file as a list of objects by its first line, and any other as YAML
// or JSON.
func readValue(path string) (any, error) {
	content, err := readData(path)
	if err != nil {
		return nil, err
	}
	if strings.EqualFold(filepath.Ext(path), ".csv") {
		return readCSV(path, content)
	}
	encoded, err := yaml.YAMLToJSON(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return pipeline.Decode(encoded)
}

func readCSV(path string, content []byte) (any, error) {
	records, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(content, []byte("\ufeff")))).ReadAll()
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", path, err)
	case len(records) == 0:
		return nil, fmt.Errorf("%s: has no first line with the names of its columns", path)
	}
	rows := make([]any, 0, len(records)-1)
	for _, record := range records[1:] {
		row := make(map[string]any, len(record))
		for i, name := range records[0] {
			row[strings.TrimSpace(name)] = record[i]
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// fields reads step.field=value pairs, or field=value ones for a step that is known.
func fields(step string, pairs []string) (map[string]map[string]any, error) {
	changes := make(map[string]map[string]any)
	for _, pair := range pairs {
		name, text, ok := strings.Cut(pair, "=")
		target := step
		if ok && step == "" {
			target, name, ok = strings.Cut(name, ".")
		}
		if !ok || name == "" || target == "" {
			return nil, fmt.Errorf("%q is not of the form %s", pair, map[bool]string{true: "step.field=value", false: "field=value"}[step == ""])
		}
		if changes[target] == nil {
			changes[target] = make(map[string]any)
		}
		var value any = text
		if decoded, err := pipeline.Decode([]byte(text)); err == nil && json.Valid([]byte(text)) {
			value = decoded
		}
		changes[target][name] = value
	}
	return changes, nil
}
