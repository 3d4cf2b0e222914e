package exit

import (
	"errors"
	"fmt"

	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// Exit codes.
const (
	OK          = 0
	Failure     = 1 // Temporal, the network or this program failed
	Usage       = 2 // invalid arguments or configuration
	Failed      = 3 // the generation or the pipeline failed
	Undecided   = 4 // its deadline passed, or its submit is unknown
	Canceled    = 5 // the workflow was canceled or terminated
	Unsaved     = 6 // there is a result, but some outputs could not be saved
	Interrupted = 130
)

// Codes is what help texts say of them.
const Codes = `Exit codes: 0 done, 1 Temporal or the network failed, 2 usage or configuration,
3 the generation or the pipeline failed, 4 its deadline passed or its submit is unknown,
5 it was canceled or terminated, 6 it completed but some outputs could not be saved,
130 interrupted.`

// Error is an error with its exit code; without Err, all has been said.
type Error struct {
	Code int
	Err  error
}

func (e *Error) Error() string { return fmt.Sprint(e.Err) }

// With gives an error its exit code, unless it has one.
func With(code int, err error) error {
	if err == nil {
		return nil
	}
	var coded *Error
	if errors.As(err, &coded) {
		return coded
	}
	return &Error{code, err}
}

// Of is the code for an error in which a workflow ended.
func Of(err error) int {
	var canceled *temporal.CanceledError
	var terminated *temporal.TerminatedError
	var application *temporal.ApplicationError
	switch {
	case errors.As(err, &canceled), errors.As(err, &terminated):
		return Canceled
	case !errors.As(err, &application):
		return Failure
	case generation.ErrorTypeOf(application) == generation.ErrorTypeDeadlineExceeded, generation.ErrorTypeOf(application) == generation.ErrorTypeSubmitUnknown:
		return Undecided
	default:
		return Failed
	}
}
