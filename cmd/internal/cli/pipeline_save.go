package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/download"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/jsonvalue"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// itemStem names an output's file by its step, by its item's index and key, and by its
// position where a generation gave several: shots-0007-mug-ivory.
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

// saveResults saves all that steps have made.
func (s *saver) saveResults(ctx context.Context, steps []pipeline.StepResults) {
	var items []download.Item
	eachResult(steps, func(step string, item pipeline.ItemResult) {
		last := item.Last()
		items = append(items, named(last.Outputs, last.PredictionID(), stemOf(step, item))...)
	})
	s.save(ctx, items)
	s.saveOmitted(ctx, steps)
}

// saveOmitted saves what steps have made that was too large for a history: one after the
// other, because each may fill much memory.
func (s *saver) saveOmitted(ctx context.Context, steps []pipeline.StepResults) {
	eachResult(steps, func(step string, item pipeline.ItemResult) {
		if last := item.Last(); last.Omitted && len(last.Outputs) == 0 {
			s.saveStatus(ctx, last, stemOf(step, item))
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

// saveRun saves what a run gives: all that it has made if its pipeline declares no outputs,
// and what its outputs hold otherwise.
func (p *program) saveRun(ctx context.Context, s session, run client.WorkflowRun, result pipeline.Result, o saving) error {
	saver, err := p.newSaver(s.config, o, againResults(run.GetID(), run.GetRunID(), o))
	if err != nil {
		return err
	}
	steps, err := s.results(ctx, run.GetID(), resultsOptions{runID: run.GetRunID()})
	if err != nil {
		fmt.Fprintf(p.Err, "warning: what the run made can't be read item by item, so files are named by output: %v\n", err)
		saver.save(ctx, outputItems(result.Outputs, nil))
		return saver.end(ctx)
	}
	used, declared := s.usedSteps(ctx, run)
	relevant := slices.DeleteFunc(slices.Clone(steps), func(step pipeline.StepResults) bool { return declared && !slices.Contains(used, step.ID) })
	if !declared || result.Omitted {
		saver.saveResults(ctx, relevant)
	} else {
		saver.save(ctx, outputItems(result.Outputs, steps))
		saver.saveOmitted(ctx, relevant)
	}
	return saver.end(ctx)
}

// saveMade saves what a run made that ended without a result: it is paid for. The run's own
// error is what counts, so one of saving is only reported.
func (p *program) saveMade(ctx context.Context, s session, run client.WorkflowRun, o saving) {
	again := againResults(run.GetID(), run.GetRunID(), o)
	steps, err := s.results(ctx, run.GetID(), resultsOptions{runID: run.GetRunID()})
	if err != nil {
		fmt.Fprintf(p.Err, "What the run made can't be read: %v\nSave it with: %s\n", err, again)
		return
	}
	saver, err := p.newSaver(s.config, o, again)
	if err == nil {
		saver.saveResults(ctx, steps)
		err = saver.end(ctx)
	}
	var coded *codedError
	if errors.As(err, &coded) && coded.err != nil {
		fmt.Fprintln(p.Err, coded.err)
	}
}

func againResults(id, runID string, o saving) string {
	return fmt.Sprintf("wavespeed-temporal pipeline results %s --run-id %s --output %s", id, runID, shellQuote(o.output))
}

// usedSteps are the steps that a run's outputs refer to, and whether its pipeline declares
// outputs at all.
func (s session) usedSteps(ctx context.Context, run client.WorkflowRun) (ids []string, declared bool) {
	in, err := s.input(ctx, run.GetID(), run.GetRunID())
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

// outputItems are the files and texts in a run's outputs. What a generation has made is
// named after that; the rest after the output.
func outputItems(outputs map[string]any, steps []pipeline.StepResults) []download.Item {
	w := outputWalk{sources: make(map[string]download.Item), seen: make(map[string]bool)}
	eachResult(steps, func(step string, item pipeline.ItemResult) {
		last := item.Last()
		for _, made := range named(last.Outputs, last.PredictionID(), stemOf(step, item)) {
			if key := sameOutput(made.Output); w.sources[key].Stem == "" {
				w.sources[key] = made
			}
		}
	})
	for _, name := range slices.Sorted(maps.Keys(outputs)) {
		if text, isText := outputs[name].(string); isText && !w.take(name, text) && text != "" {
			w.items = append(w.items, download.Item{Stem: download.Stem(name), Output: encoded(text)})
			continue
		}
		w.visit(name, outputs[name])
	}
	return w.items
}

type outputWalk struct {
	sources map[string]download.Item // what generations have made
	seen    map[string]bool
	items   []download.Item
}

func (w *outputWalk) visit(label string, value any) {
	if value == nil || w.take(label, value) {
		return
	}
	switch value := value.(type) {
	case []any:
		for i, member := range value {
			w.visit(fmt.Sprintf("%s-%04d", label, i), member)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			w.visit(label+"-"+name, value[name])
		}
	}
}

// take takes a value that is a file, or that a generation has made; each once.
func (w *outputWalk) take(label string, value any) bool {
	output := encoded(value)
	key := sameOutput(output)
	made, known := w.sources[key]
	switch {
	case !known && output.URL() == "":
		return false
	case !known:
		made = download.Item{Stem: download.Stem(label), Output: output}
	}
	if !w.seen[key] {
		w.seen[key] = true
		w.items = append(w.items, made)
	}
	return true
}

func encoded(value any) generation.Output {
	output, err := json.Marshal(value)
	if err != nil {
		return nil
	}
	return output
}

// sameOutput is equal for outputs that are the same file, text or object.
func sameOutput(output generation.Output) string {
	if address := output.URL(); address != "" {
		return address
	}
	return string(encoded(jsonvalue.OrNil(output)))
}
