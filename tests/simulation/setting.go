package simulation

import (
	"context"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/limits"
)

// drawSettings has a person pause the account or lower its limits for a while, in some seeds.
func (w *world) drawSettings(d dice) {
	if !d.chance(0.3) {
		return
	}
	set := limits.Limits{Paused: true}
	if running := w.limits[generation.DefaultAccount].Running; running > 1 && d.chance(0.5) {
		set = limits.Limits{Running: running - 1}
	}
	wait := d.between(time.Second, 10*time.Minute)
	w.After(w.begins+d.between(0, 3*time.Minute), func() {
		go func() {
			if w.insist("set", func(ctx context.Context) error { return limits.Set(ctx, w.operator.client, "", set) }) && !w.overDuring(wait) {
				w.insist("reset", func(ctx context.Context) error { return limits.Reset(ctx, w.operator.client, "") })
			}
		}()
	})
}

// insist is tried until the keeper has heard it.
func (w *world) insist(what string, do func(context.Context) error) bool {
	for {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		err := do(ctx)
		cancel()
		step := &call{key: "limits " + what, take: func(c *call) {
			if err == nil {
				w.Note("the limits are %s", what)
				w.counts["limits changed by a person"]++
			}
			w.answer(c, nil)
		}}
		if w.enter(context.Background(), step) != nil {
			return false
		}
		if err == nil {
			return true
		}
		if w.overDuring(5 * time.Second) {
			return false
		}
	}
}
