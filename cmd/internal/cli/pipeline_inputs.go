package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/config"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/jsonvalue"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/nearest"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/text"
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
		problems = append(problems, inputProblems(name, g.read(d, name, text))...)
	}
	return g, problems
}

// inputProblems are those of one input, a line each.
func inputProblems(name string, err error) pipeline.Problems {
	var several pipeline.Problems
	if err == nil {
		return nil
	}
	if !errors.As(err, &several) {
		several = pipeline.Problems{{Message: err.Error()}}
	}
	for i, problem := range several {
		several[i] = pipeline.Problem{Path: []string{"inputs", name}, Message: problem.String()}
	}
	return several
}

func (g given) read(d pipeline.Definition, name, text string) error {
	input, declared := d.Inputs.Get(name)
	if !declared {
		return fmt.Errorf("the pipeline has no such input%s", nearest.Hint(name, d.Inputs.Names()))
	}
	if _, twice := g.values[name]; twice {
		return errors.New("is given twice")
	}
	if !utf8.ValidString(text) {
		return errNotUTF8
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
func readText(given string) (string, error) {
	path, isFile := strings.CutPrefix(given, "@")
	if !isFile || strings.HasPrefix(path, "@") {
		return strings.TrimPrefix(given, "@"), nil
	}
	content, err := readData(path)
	return strings.TrimSuffix(string(content), "\n"), err
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

func readData(path string) ([]byte, error) { return text.ReadFile(path, maxDataBytes) }

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
		if value, err = jsonvalue.Of(value); err != nil {
			return nil, fmt.Errorf("%s.%s: %w", target, name, err)
		}
		if changes[target] == nil {
			changes[target] = make(map[string]any)
		}
		changes[target][name] = value
	}
	return changes, nil
}
