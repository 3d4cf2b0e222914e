package preflight

import (
	"context"
	"fmt"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/shape"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// Input checks the model and the input of a single generation like those of a pipeline's step.
// It returns the input to submit, with some values replaced by what was clearly meant, such as
// an object's url. An error means that the models can't be read, so nothing was checked.
func Input(ctx context.Context, account Account, id string, input map[string]any) (map[string]any, pipeline.Problems, error) {
	ctx, cancel := context.WithTimeout(ctx, modelsTimeout)
	defer cancel()
	model, err := ask(ctx, func(ctx context.Context) (*Model, error) { return account.Catalogue.Model(ctx, id) })
	if err != nil {
		return input, nil, err
	}
	if model == nil {
		return input, pipeline.Problems{noModel([]string{"model"}, id, account.Catalogue.IDs())}, nil
	}
	fitted := model.fit(input)
	var found findings
	found.check(0, account.Provider.Switches(), model, fitted, []string{"input"}, upload)
	problems := make(pipeline.Problems, len(found))
	for i, f := range found {
		problems[i] = pipeline.Problem{Path: f.path, Message: f.message}
	}
	return fitted, problems, nil
}

func noModel(path []string, id string, ids []string) pipeline.Problem {
	return pipeline.Problem{Path: path, Message: fmt.Sprintf("WaveSpeedAI has no model %q%s", id, modelHint(id, ids))}
}

// upload says how to upload a file into a field on the command line.
func upload(found shape.Finding) string {
	if found.Got != shape.Path || len(found.Path) == 0 {
		return ""
	}
	if len(found.Path) > 1 {
		return ". Lists and objects take only URLs: put the file where WaveSpeed can read it"
	}
	return ". Upload it with " + found.Path[0] + "=@" + found.Local
}

// declareFile says how to pass a file to a pipeline.
func declareFile(found shape.Finding) string {
	if found.Got != shape.Path {
		return ""
	}
	return ". To upload it, declare an input of type file, refer to that, and run with NAME=@" + found.Local
}
