package wire

import (
	"fmt"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/quota"
)

// KeeperInput is the argument of the workflow [KeeperName].
type KeeperInput struct {
	Account string `json:"account"`

	// TaskQueue has workers with the activities; "" for the workflow's own.
	TaskQueue string `json:"task_queue,omitempty"`

	// State is what the run before knew; nil if there was none.
	State *KeeperState `json:"state,omitempty"`
}

// Limits are what workers are given for an account, or what a person has set: the fields of
// limits.Limits.
type Limits struct {
	Running         int  `json:"running,omitempty"`
	PerMinute       int  `json:"per_minute,omitempty"`
	ImagesPerMinute int  `json:"images_per_minute,omitempty"`
	VideosPerMinute int  `json:"videos_per_minute,omitempty"`
	Paused          bool `json:"paused,omitempty"`
	Auto            bool `json:"auto,omitempty"`
}

// Validate names the first limit that is negative. Nil has none.
func (l *Limits) Validate() error {
	if l == nil {
		return nil
	}
	for _, limit := range []struct {
		name string
		n    int
	}{{"running", l.Running}, {"per_minute", l.PerMinute}, {"images_per_minute", l.ImagesPerMinute}, {"videos_per_minute", l.VideosPerMinute}} {
		if limit.n < 0 {
			return fmt.Errorf("%s: is %d, and must be 0 or more", limit.name, limit.n)
		}
	}
	return nil
}

// Quota returns the limits by pool.
func (l Limits) Quota() quota.Limits {
	q := make(quota.Limits)
	set := func(pool quota.Pool, n int) {
		if n > 0 {
			q[pool] = n
		}
	}
	set(quota.Running, l.Running)
	set(quota.Starts, l.PerMinute)
	set(quota.Images, l.ImagesPerMinute)
	set(quota.Videos, l.VideosPerMinute)
	if l.Paused {
		q[quota.Running] = 0
	}
	return q
}

// Run is a workflow run.
type Run struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
}

// ReconcileInput is the argument of the activity [ReconcileName].
type ReconcileInput struct {
	Account string `json:"account"`

	// Runs are those that have not been heard of for a while, and Orphans the predictions that
	// nobody awaits.
	Runs    []Run    `json:"runs,omitempty"`
	Orphans []string `json:"orphans,omitempty"`

	// Recover asks for what the keeper before this one knew.
	Recover bool `json:"recover,omitempty"`

	// Settle does without what can't be read of that.
	Settle bool `json:"settle,omitempty"`
}

// Reconciled is the result of the activity [ReconcileName].
type Reconciled struct {
	// Configured are the limits that the worker has; nil for none.
	Configured *Limits `json:"configured,omitempty"`

	// Started is when the worker was.
	Started time.Time `json:"started,omitzero"`

	// Graves are the runs that have ended, and Ended the orphans that have.
	Graves []quota.Grave `json:"graves,omitempty"`
	Ended  []string      `json:"ended,omitempty"`

	// Running is how many predictions of the account run at the provider; nil if that can't be
	// read.
	Running *int `json:"running,omitempty"`

	// State is what the keeper before this one knew; nil if that isn't known.
	State *KeeperState `json:"state,omitempty"`
}

// Refusal is the first detail of a leased submit's [generation.ErrorTypeRateLimited].
type Refusal struct {
	// Refused is always set.
	Refused bool `json:"refused"`

	Pool  quota.Pool    `json:"pool,omitempty"`
	After time.Duration `json:"after,omitempty"`
}

// Names of the keeper's query and update.
const (
	// LimitsQuery returns a [KeeperState].
	LimitsQuery = "wavespeed.limits"

	// SetLimitsUpdate takes [Limits], or nothing to return to those of the workers.
	SetLimitsUpdate = "wavespeed.setLimits"
)
