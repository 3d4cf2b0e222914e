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

	// Paused starts nothing, whatever the other limits. What runs goes on, and its results are
	// received. Defaults to false.
	Paused bool

	// Auto learns how many may run, unless Running says so: it starts with 2, doubles that while
	// the provider accepts all, and stays at what was accepted once it refuses. Defaults to
	// false.
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

// Tier returns the limits of an account level: "bronze", "silver", "gold" or "ultra". It fails
// for any other name, and names those that there are.
func Tier(name string) (Limits, error) {
	limits, known := tiers[strings.ToLower(name)]
	if !known {
		return Limits{}, fmt.Errorf("limits: %q is no tier; there are %s", name, strings.Join(slices.Sorted(maps.Keys(tiers)), ", "))
	}
	return limits, nil
}

// Parse reads limits from text: a tier's name, "auto", "off", or a list such as
// "running=2, per-minute=10, images=5, videos=2". 0 running is a pause.
func Parse(text string) (Limits, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "" || text == "off":
		return Limits{}, nil
	case !strings.Contains(text, "=") && !strings.Contains(text, ",") && text != "auto":
		return Tier(text)
	}
	var limits Limits
	for part := range strings.SplitSeq(text, ",") {
		if err := limits.parse(strings.TrimSpace(part)); err != nil {
			return Limits{}, err
		}
	}
	return limits, nil
}

func (l *Limits) parse(part string) error {
	if part == "auto" {
		l.Auto = true
		return nil
	}
	name, value, _ := strings.Cut(part, "=")
	n, err := strconv.Atoi(strings.TrimSpace(value))
	if err != nil || n < 0 {
		return fmt.Errorf("limits: %q: must be a name and a number of 0 or more, such as running=2", part)
	}
	switch strings.TrimSpace(name) {
	case "running":
		l.Running, l.Paused = n, n == 0
	case "per-minute":
		l.PerMinute = n
	case "images":
		l.ImagesPerMinute = n
	case "videos":
		l.VideosPerMinute = n
	default:
		return fmt.Errorf("limits: %q: is no limit; there are running, per-minute, images and videos", name)
	}
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

// ErrNoKeeper is the error of [Show] and [Set] if nobody keeps the account's limits: no worker
// has any for it, or nothing was submitted since.
var ErrNoKeeper = errors.New("limits: nobody keeps the limits of this account: give its workers limits, and start a generation")
