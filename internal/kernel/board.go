// Package kernel is what our own workflows may ask of the generations of their run, beyond what
// package workflows offers to everybody.
package kernel

import (
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// Board holds all generations of one workflow run. Package workflows has it.
type Board interface {
	// AnswerDecisions makes the workflow answer decisions before its first approval is open, so
	// early decisions are rejected with a reason.
	AnswerDecisions(ctx workflow.Context) error

	// AwaitRoom waits for a workflow task that can add so many bytes to the history. Call it
	// before passing large data to an activity or a child. It costs nothing for small data.
	AwaitRoom(ctx workflow.Context, bytes int) error

	// Know gives the run the generations of other runs. A search for an unknown submit then
	// doesn't mistake their predictions for its own.
	Know(statuses ...generation.Status)

	// ShowDetails makes render write the workflow's current details, instead of the table of
	// generations. It is called immediately, and whenever a generation or an approval changes.
	// It gets the run's current generations, which it must not change.
	ShowDetails(ctx workflow.Context, render func([]*generation.Status) string)

	// UpdateDetails writes the details again, after something else has changed. It adds no
	// event to the history.
	UpdateDetails(ctx workflow.Context)

	// Pause makes submits wait until [Board.Resume], except those that a worker is sending at
	// this moment. Everything else continues.
	Pause(ctx workflow.Context)

	// Resume lets submits continue, and those that wait for a top-up check now.
	Resume(ctx workflow.Context)

	// Paused reports whether submits wait.
	Paused() bool

	// AwaitResume waits while the run is paused. It costs nothing if it isn't.
	AwaitResume(ctx workflow.Context) error

	// Unpaid are the accounts whose top-up submits wait for.
	Unpaid() []string

	// OnUnpaid has a function called when that changes. It must not block.
	OnUnpaid(changed func(ctx workflow.Context))

	// Line returns the gate for items that may have to wait for a slot of their account's limits;
	// nil if they need none. It is open while few submits of the run wait, and whoever keeps the
	// limits is told how many follow.
	Line(ctx workflow.Context, account, model string) Gate

	// StatusOf returns the generation with this key; false if none was started.
	StatusOf(key string) (generation.Status, bool)
}

type boardKey struct{}

// WithBoard gives a workflow run its board.
func WithBoard(ctx workflow.Context, board Board) workflow.Context {
	return workflow.WithValue(ctx, boardKey{}, board)
}

// BoardOf returns the run's board. A worker without the interceptor is misconfigured: like the
// SDK, it fails the workflow task, and the run continues once a worker is configured correctly.
func BoardOf(ctx workflow.Context) Board {
	board, ok := ctx.Value(boardKey{}).(Board)
	if !ok {
		panic("this worker lacks the plugin for generations: add worker.NewPlugin(…) to its Plugins. In a test environment, use workflowstest.NewProvider")
	}
	return board
}
