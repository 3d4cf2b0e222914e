package made

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/save"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/download"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/jsonvalue"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// outputItems returns the files and texts in a run's outputs. Outputs of generations are named
// after their step and item; all others after the pipeline's output.
func outputItems(outputs map[string]any, steps []pipeline.StepResults) []download.Item {
	w := outputWalk{sources: make(map[string]download.Item), seen: make(map[string]bool)}
	eachResult(steps, func(step string, item pipeline.ItemResult) {
		last := item.Last()
		for _, made := range save.Named(last.Outputs, last.PredictionID(), stemOf(step, item)) {
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
	sources map[string]download.Item // outputs of generations
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

// take adds a value that is a file or a generation's output, once.
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

// sameOutput returns equal keys for the same file, text or object.
func sameOutput(output generation.Output) string {
	if address := output.URL(); address != "" {
		return address
	}
	return string(encoded(jsonvalue.OrNil(output)))
}
