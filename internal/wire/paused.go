package wire

import (
	"iter"
	"strconv"
	"strings"
)

// A paused run says so by the names of its memos, because the activities that it has started can
// read those at no cost, and no codec hides them. Pauses are numbered from 1.
const (
	pausedPrefix  = "wavespeed.paused/"
	resumedPrefix = "wavespeed.resumed/"
)

// PausedMemo is the memo of a run that was paused for the nth time.
func PausedMemo(n int) string { return pausedPrefix + strconv.Itoa(n) }

// ResumedMemo is the memo of a run that was resumed after the nth pause.
func ResumedMemo(n int) string { return resumedPrefix + strconv.Itoa(n) }

// IsPaused reports whether a run with these memos is paused.
func IsPaused(names iter.Seq[string]) bool {
	paused, resumed := latest(names)
	return paused > resumed
}

// PauseMemos are the memos to change of a run that has these, if it is paused or isn't; nil for
// none.
func PauseMemos(names iter.Seq[string], pause bool) map[string]any {
	paused, resumed := latest(names)
	switch {
	case pause == (paused > resumed):
		return nil
	case !pause:
		return map[string]any{ResumedMemo(paused): true}
	case resumed == 0:
		return map[string]any{PausedMemo(1): true}
	default:
		return map[string]any{PausedMemo(resumed + 1): true, PausedMemo(paused): nil, ResumedMemo(resumed): nil}
	}
}

// latest are the numbers of the latest pause, and of the latest one that has ended.
func latest(names iter.Seq[string]) (paused, resumed int) {
	for name := range names {
		paused = max(paused, number(name, pausedPrefix))
		resumed = max(resumed, number(name, resumedPrefix))
	}
	return paused, resumed
}

// number is what follows the prefix; 0 if nothing does.
func number(name, prefix string) int {
	after, found := strings.CutPrefix(name, prefix)
	if n, err := strconv.Atoi(after); found && err == nil {
		return n
	}
	return 0
}
