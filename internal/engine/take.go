package engine

import (
	"errors"
	"reflect"
	"slices"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/record"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/shape"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/strict"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// take returns a request's input as its model accepts it, or why it must not be submitted. The
// input of an earlier submit stays unchanged, because it is paid for and found again by its
// input.
func (m maker) take(name string, model int, request generation.Request, changes map[string]any, earlier []generation.Status) (any, error) {
	s := m.shapes[request.Model]
	if s == nil {
		return request.Input, nil
	}
	fitted := s.Fit(request.Input).(map[string]any)
	wrong := s.Check(fitted)
	if len(wrong) == 0 && reflect.DeepEqual(fitted, request.Input) || wasSubmitted(request, earlier) {
		return request.Input, nil
	}
	if len(wrong) == 0 {
		return fitted, nil
	}
	first := wrong[0]
	source := ""
	if _, changed := changes[first.Path[0]]; !changed {
		source = m.step.Inputs[model].Source(first.Path)
	}
	return nil, invalid(name, strict.PathText(append([]string{"input"}, first.Path...)), errors.New(whatToDo(first, source)))
}

// wasSubmitted reports whether an earlier run has, or may have, a result of the request.
func wasSubmitted(request generation.Request, earlier []generation.Status) bool {
	fingerprint, err := wire.Fingerprint(request)
	return err == nil && slices.ContainsFunc(earlier, func(status generation.Status) bool {
		return status.Fingerprint == fingerprint && record.WorthKeeping(status)
	})
}

// whatToDo explains what is wrong with a value, where it comes from, and how to fix it.
func whatToDo(wrong shape.Finding, source string) string {
	text := strings.TrimSpace(wrong.Message)
	if source != "" {
		text += " from " + source
	}
	switch wrong.Got {
	case shape.Null, shape.Empty:
		return text + ". Give another value, as with a ? b : c, or skip the step with if"
	case shape.List:
		if wrong.Media {
			return text + ". Take one of its items, as with [0]"
		}
	case shape.Object:
		if wrong.Media {
			return text + ". Name the field that holds the URL"
		}
	case shape.Path:
		return text + ". A local file must be uploaded: declare an input of type file, and run with NAME=@" + wrong.Local
	case shape.Text:
		switch {
		case slices.Contains(wrong.Types, "integer"):
			return text + ". Convert it with int()"
		case slices.Contains(wrong.Types, "number"):
			return text + ". Convert it with float()"
		}
	case shape.Other:
	}
	return text
}

// shapesOf returns the shapes of a step's models.
func (r *run) shapesOf(s *step) map[string]*shape.Shape {
	shapes := make(map[string]*shape.Shape)
	for _, model := range s.Models() {
		if known := r.shapes[model]; known != nil {
			shapes[model] = known
		}
	}
	return shapes
}
