package wire

import "errors"

// Why a delivery was not signaled.
var (
	// ErrNoWorkflow: the workflow has ended or never existed. No retry can help.
	ErrNoWorkflow = errors.New("webhook: no such workflow is running")

	// ErrKept: the workflow is closed, and the delivery has been persisted for its next run.
	ErrKept = errors.New("webhook: the delivery is kept for the workflow's next run")

	// ErrRefused: the workflow will never accept this signal, for example because it has had
	// too many. No retry can help; polling ends the generation.
	ErrRefused = errors.New("webhook: the workflow cannot take the signal")
)
