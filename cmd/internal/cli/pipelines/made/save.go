package made

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/exit"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/runs"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/save"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/screen"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/download"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// itemStem names an output's file after its step, its item's index and key, and its position if
// a generation has several outputs: shots-0007-mug-ivory.
func itemStem(step string, item pipeline.ItemResult, outputs, i int) string {
	parts := []string{step}
	if item.Key != "" {
		parts = append(parts, fmt.Sprintf("%04d", item.Index))
	}
	if item.Key != strconv.Itoa(item.Index) {
		parts = append(parts, item.Key)
	}
	if outputs > 1 {
		parts = append(parts, strconv.Itoa(i))
	}
	return download.Stem(parts...)
}

// saveResults saves all outputs of the steps.
func saveResults(ctx context.Context, s *save.Saver, steps []pipeline.StepResults) {
	var items []download.Item
	eachResult(steps, func(step string, item pipeline.ItemResult) {
		last := item.Last()
		items = append(items, save.Named(last.Outputs, last.PredictionID(), stemOf(step, item))...)
	})
	s.Save(ctx, items)
	saveOmitted(ctx, s, steps)
}

// saveOmitted saves outputs that were too large for a history. It saves them one at a time,
// because each may need much memory.
func saveOmitted(ctx context.Context, s *save.Saver, steps []pipeline.StepResults) {
	eachResult(steps, func(step string, item pipeline.ItemResult) {
		if last := item.Last(); last.Omitted && len(last.Outputs) == 0 {
			s.SaveStatus(ctx, last, stemOf(step, item))
		}
	})
}

func stemOf(step string, item pipeline.ItemResult) func(outputs, i int) string {
	return func(outputs, i int) string { return itemStem(step, item, outputs, i) }
}

func eachResult(steps []pipeline.StepResults, do func(step string, item pipeline.ItemResult)) {
	for _, step := range steps {
		for _, item := range step.Items {
			if item.Last().State == generation.StateCompleted {
				do(step.ID, item)
			}
		}
	}
}

// SaveRun saves a run's outputs: those that the pipeline declares, or the outputs of all steps
// if it declares none.
func SaveRun(ctx context.Context, s *session.Session, run client.WorkflowRun, result pipeline.Result, o save.Flags) error {
	saver, err := save.New(s, o, Again(run.GetID(), run.GetRunID(), o))
	if err != nil {
		return err
	}
	steps, err := runs.Results(ctx, s, run.GetID(), runs.Filter{RunID: run.GetRunID()})
	if err != nil {
		fmt.Fprintf(s.Err, "warning: the run's items can't be read, so files are named after the outputs: %v\n", err)
		saver.Save(ctx, outputItems(result.Outputs, nil))
		return saver.End(ctx)
	}
	used, declared := usedSteps(ctx, s, run)
	relevant := slices.DeleteFunc(slices.Clone(steps), func(step pipeline.StepResults) bool { return declared && !slices.Contains(used, step.ID) })
	if !declared || result.Omitted {
		saveResults(ctx, saver, relevant)
	} else {
		saver.Save(ctx, outputItems(result.Outputs, steps))
		saveOmitted(ctx, saver, relevant)
	}
	return saver.End(ctx)
}

// SaveMade saves the paid outputs of a run that ended without a result. The run's own error
// determines the exit code, so errors in saving are only printed.
func SaveMade(ctx context.Context, s *session.Session, run client.WorkflowRun, o save.Flags) {
	again := Again(run.GetID(), run.GetRunID(), o)
	steps, err := runs.Results(ctx, s, run.GetID(), runs.Filter{RunID: run.GetRunID()})
	if err != nil {
		fmt.Fprintf(s.Err, "The run's outputs can't be read: %v\nSave them with: %s\n", err, again)
		return
	}
	saver, err := save.New(s, o, again)
	if err == nil {
		saveResults(ctx, saver, steps)
		err = saver.End(ctx)
	}
	var coded *exit.Error
	if errors.As(err, &coded) && coded.Err != nil {
		fmt.Fprintln(s.Err, coded.Err)
	}
}

// Again is the command that saves what a run has made, once more.
func Again(id, runID string, o save.Flags) string {
	return fmt.Sprintf("wavespeed-temporal pipeline results %s --run-id %s --output %s", id, runID, screen.Quote(o.Output))
}

// usedSteps returns the steps that a run's outputs refer to, and whether its pipeline declares
// outputs.
func usedSteps(ctx context.Context, s *session.Session, run client.WorkflowRun) (ids []string, declared bool) {
	in, err := runs.Input(ctx, s, run.GetID(), run.GetRunID())
	if err != nil {
		return nil, false
	}
	compiled, err := plan.Compile(in.Pipeline)
	if err != nil {
		return nil, false
	}
	for _, output := range compiled.Outputs {
		for _, ref := range output.Value.References() {
			if ref.Root == plan.RootSteps {
				ids = append(ids, ref.Name)
			}
		}
	}
	return ids, len(compiled.Outputs) > 0
}
