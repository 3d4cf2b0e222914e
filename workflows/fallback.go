package workflows

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/record"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// Alternative is a request to fall back to.
type Alternative struct {
	// Request is the request to run instead. Its Key defaults to the first request's plus the
	// alternative's number, such as "clip/2".
	Request generation.Request

	// On lists the types of errors after which it is tried. Defaults to those after which
	// another model may help, and nothing remains to be billed:
	// [generation.ErrorTypePredictionFailed], [generation.ErrorTypeModelNotFound] and
	// [generation.ErrorTypeRateLimited].
	On []generation.ErrorType
}

// Fallback runs the request. If it fails, it tries the next alternative whose On includes the
// error, and so on. It returns the last error. A request with an earlier result or a running
// prediction goes first: see [WithEarlier].
func Fallback(ctx workflow.Context, request generation.Request, alternatives ...Alternative) (generation.Result, error) {
	request = wire.WithDefaults(request)
	requests := []generation.Request{request}
	for i, alternative := range alternatives {
		next := alternative.Request
		if next.Key == "" {
			next.Key = fmt.Sprintf("%s/%d", request.Key, i+2)
		}
		requests = append(requests, next)
	}
	if i := slices.IndexFunc(requests, func(r generation.Request) bool { return hasEarlier(ctx, r, record.HasResult) }); i >= 0 {
		return Generate(ctx, requests[i])
	}
	// A running one was started because the ones before it had failed.
	first := max(slices.IndexFunc(requests, func(r generation.Request) bool { return hasEarlier(ctx, r, record.WorthKeeping) }), 0)
	result, err := Generate(ctx, requests[first])
	for i, alternative := range alternatives[first:] {
		if err == nil || ctx.Err() != nil {
			break
		}
		if alternative.takesOver(err) {
			result, err = Generate(ctx, requests[first+i+1])
		}
	}
	return result, err
}

func (a Alternative) takesOver(err error) bool {
	on := a.On
	if len(on) == 0 {
		on = []generation.ErrorType{generation.ErrorTypePredictionFailed, generation.ErrorTypeModelNotFound, generation.ErrorTypeRateLimited}
	}
	return slices.Contains(on, generation.ErrorTypeOf(err))
}
