package values

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/nearest"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/text"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// Given holds the inputs from a command line.
type Given struct {
	// Values are the inputs by name. A file to be uploaded has a placeholder address.
	Values map[string]any

	// Uploads are paths of files to upload, by input name.
	Uploads map[string]string
}

const notUploaded = "https://not.uploaded.invalid/"

// Inputs reads name=value pairs by the types that the pipeline declares, and uploads
// nothing yet.
func Inputs(d pipeline.Definition, pairs []string) (Given, pipeline.Problems) {
	g := Given{Values: make(map[string]any), Uploads: make(map[string]string)}
	var problems pipeline.Problems
	for _, pair := range pairs {
		name, text, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			problems = append(problems, pipeline.Problem{Message: fmt.Sprintf("%q does not have the form name=value", pair)})
			continue
		}
		problems = append(problems, inputProblems(name, g.read(d, name, text))...)
	}
	return g, problems
}

// inputProblems turns an input's error into problems, one per line.
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

func (g Given) read(d pipeline.Definition, name, text string) error {
	input, declared := d.Inputs.Get(name)
	if !declared {
		return fmt.Errorf("the pipeline has no such input%s", nearest.Hint(name, plan.Names(d.Inputs)))
	}
	if _, twice := g.Values[name]; twice {
		return errors.New("is given more than once")
	}
	if !utf8.ValidString(text) {
		return errNotUTF8
	}
	path, isFile := strings.CutPrefix(text, "@")
	var err error
	switch input.Type {
	case plan.TypeFile:
		g.Values[name] = text
		if isFile {
			g.Values[name], g.Uploads[name] = notUploaded+filepath.Base(path), path
			_, err = os.Stat(path)
		}
	case plan.TypeString, "":
		g.Values[name], err = readText(text)
	default:
		g.Values[name], err = readTyped(input.Type, text)
	}
	return err
}

// readText returns the text, or the contents of an @FILE.
func readText(given string) (string, error) {
	path, isFile := strings.CutPrefix(given, "@")
	if !isFile || strings.HasPrefix(path, "@") {
		return strings.TrimPrefix(given, "@"), nil
	}
	content, err := readData(path)
	return strings.TrimSuffix(string(content), "\n"), err
}

// UploadInputs sends the files to the provider, and puts their addresses in place.
func UploadInputs(ctx context.Context, s *session.Session, d pipeline.Definition, g Given) error {
	for name, path := range g.Uploads {
		address, err := upload(ctx, s, d.Account, path)
		if err != nil {
			return fmt.Errorf("inputs.%s: %w", name, err)
		}
		g.Values[name] = address
	}
	return nil
}

// maxDataBytes limits an input file: Temporal accepts 2 MiB for a run's argument.
const maxDataBytes = 1_800_000

func readData(path string) ([]byte, error) { return text.ReadFile(path, maxDataBytes) }
