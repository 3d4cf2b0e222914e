// Package limits keeps submits within what an account may run at once and start per minute, for
// all workers, workflows and runs of a Temporal namespace.
//
// Give a worker the limits of its account, in numbers, by its [Tier], or to be learned:
//
//	worker.Options{APIKey: key, Limits: limits.Limits{Running: 300, ImagesPerMinute: 500, VideosPerMinute: 500}}
//
// From then on a submit waits in its workflow until the account has a slot for it, and holds the
// slot until its prediction has ended. Nothing is refused by the provider, nothing is retried, and
// no slot is idle while something waits. Users' code does not change. A workflow named
// "wavespeed-limits/" and the account's name, the keeper, hands out the slots. [Show] asks it what
// is used and what waits; [Set] changes the limits while everything runs.
//
// Runs take turns, so a few items don't wait behind a thousand. Temporal's priority says who comes
// first, and its fairness key which runs take turns as one, with its weight.
package limits

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Limits are what an account may do. Its zero value sets no limit.
type Limits struct {
	// Running is how many predictions may run at once. Defaults to 0: any number.
	Running int

	// PerMinute is how many predictions may be started within any 60 seconds, and
	// ImagesPerMinute and VideosPerMinute how many of models that make those. Defaults to 0: any
	// number.
	PerMinute, ImagesPerMinute, VideosPerMinute int

	// Paused starts nothing, whatever the other limits. Running predictions continue, and their
	// results are collected. Defaults to false.
	Paused bool

	// Auto learns how many may run, unless Running says so: it starts with 2, raises that by a
	// quarter each time the provider has accepted all, and stays at what was accepted once it
	// refuses. Limits per minute are learned from refusals. Defaults to false.
	Auto bool
}

// tiers are the limits of WaveSpeedAI's account levels, as of October 2026. The provider changes
// them: https://wavespeed.ai/docs/account-levels.
var tiers = map[string]Limits{
	"bronze": {Running: 2, ImagesPerMinute: 2, VideosPerMinute: 2},
	"silver": {Running: 300, ImagesPerMinute: 500, VideosPerMinute: 500},
	"gold":   {Running: 3000, ImagesPerMinute: 3000, VideosPerMinute: 3000},
	"ultra":  {Running: 10000, ImagesPerMinute: 5000, VideosPerMinute: 5000},
}

// Tier returns the limits of an account level: "bronze", "silver", "gold" or "ultra". For any
// other name it fails with an error that lists these.
func Tier(name string) (Limits, error) {
	limits, err := tier(name)
	if err != nil {
		return Limits{}, fmt.Errorf("limits: %w", err)
	}
	return limits, nil
}

func tier(name string) (Limits, error) {
	limits, known := tiers[strings.ToLower(name)]
	if !known {
		return Limits{}, fmt.Errorf("%q is not one of the tiers %s", name, strings.Join(slices.Sorted(maps.Keys(tiers)), ", "))
	}
	return limits, nil
}

// Parse reads limits from text: a tier's name, "auto", "off" (no limits), or a list such as
// "running=2, per-minute=10, images=5, videos=2" or "per-minute=10, auto". "running=0" is a
// pause. The other numbers are at least 1.
func Parse(text string) (Limits, error) {
	limits, err := parse(strings.ToLower(strings.TrimSpace(text)))
	if err != nil {
		return Limits{}, fmt.Errorf("limits: %w", err)
	}
	return limits, nil
}

func parse(text string) (limits Limits, err error) {
	switch {
	case text == "" || text == "off":
		return Limits{}, nil
	case !strings.ContainsAny(text, "=,") && text != "auto":
		if limits, err = tier(text); err != nil {
			err = fmt.Errorf("%w, and not auto, off or a list such as running=2, images=5", err)
		}
		return limits, err
	}
	given := make(map[string]bool)
	for part := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if err := limits.take(name, value); err != nil {
			return Limits{}, err
		}
		if given[name] {
			return Limits{}, fmt.Errorf("%s is given twice", name)
		}
		given[name] = true
	}
	return limits, nil
}

// take sets one limit of a list.
func (l *Limits) take(name, value string) error {
	fields := map[string]*int{
		"running": &l.Running, "per-minute": &l.PerMinute, "images": &l.ImagesPerMinute, "videos": &l.VideosPerMinute,
	}
	field := fields[name]
	switch {
	case name == "auto" && value == "":
		l.Auto = true
		return nil
	case name == "auto":
		return fmt.Errorf("auto: is %q; it takes no value", value)
	case field == nil:
		return fmt.Errorf("%q is not one of running, per-minute, images, videos and auto", name)
	}
	n, err := strconv.Atoi(value)
	switch {
	case err != nil || n < 0:
		return fmt.Errorf("%s: %q is not a whole number of at least 0", name, value)
	case n == 0 && name != "running":
		return fmt.Errorf("%s: must be at least 1; leave it out for no limit, and pause with running=0", name)
	}
	*field = n
	l.Paused = l.Paused || n == 0
	return nil
}

// String returns the limits as [Parse] reads them.
func (l Limits) String() string {
	var parts []string
	add := func(name string, n int) {
		if n > 0 {
			parts = append(parts, name+"="+strconv.Itoa(n))
		}
	}
	if l.Paused {
		parts = append(parts, "running=0")
	} else {
		add("running", l.Running)
	}
	add("per-minute", l.PerMinute)
	add("images", l.ImagesPerMinute)
	add("videos", l.VideosPerMinute)
	if l.Auto {
		parts = append(parts, "auto")
	}
	if len(parts) == 0 {
		return "off"
	}
	return strings.Join(parts, ", ")
}

// Validate names the first limit that is negative.
func (l Limits) Validate() error {
	for _, limit := range []struct {
		name string
		n    int
	}{{"Running", l.Running}, {"PerMinute", l.PerMinute}, {"ImagesPerMinute", l.ImagesPerMinute}, {"VideosPerMinute", l.VideosPerMinute}} {
		if limit.n < 0 {
			return fmt.Errorf("%s: is %d, and must be 0 or more", limit.name, limit.n)
		}
	}
	return nil
}

// IsZero reports whether there is no limit.
func (l Limits) IsZero() bool { return l == Limits{} }

// ErrNoKeeper is the error of [Show], [Set] and [Reset] if no limits are kept for the account: no
// worker is given any, or nothing was submitted since.
var ErrNoKeeper = errors.New("limits: no limits are kept for this account; give its workers limits, and start a generation")
