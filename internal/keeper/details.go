package keeper

import (
	"fmt"
	"strings"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/markdown"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/quota"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// maxRows is how many runs the details show.
const maxRows = 50

// details shows the account in the Temporal UI.
func details(account string, state *wire.KeeperState, now time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "**Account %s**: %s\n", markdown.Escape(account), Summary(state, now))
	if len(state.Holders) == 0 {
		return b.String()
	}
	b.WriteString("\n| Run | Running | Waiting | Slots |\n| --- | ---: | ---: | ---: |\n")
	for i, h := range state.Holders {
		if i == maxRows {
			fmt.Fprintf(&b, "\n%d more runs\n", len(state.Holders)-maxRows)
			break
		}
		fmt.Fprintf(&b, "| %s | %d | %d | %s |\n", markdown.Escape(h.Report.WorkflowID), h.Running(now), h.Waiting(now), count(h.Lease.Slots))
	}
	return b.String()
}

func count(slots int) string {
	if slots == quota.NoLimit {
		return "any"
	}
	return fmt.Sprint(slots)
}

// Summary says in a line what is used of which limits.
func Summary(state *wire.KeeperState, now time.Time) string {
	var parts []string
	for _, p := range []quota.Pool{quota.Running, quota.Starts, quota.Images, quota.Videos} {
		limit, limited := state.Limit(p)
		used, unit := state.InUse(p, now), names[p]
		switch {
		case limited:
			parts = append(parts, fmt.Sprintf("%d of %d %s", used, limit, unit))
		case p == quota.Running:
			parts = append(parts, fmt.Sprintf("%d %s", used, unit))
		}
	}
	parts = append(parts, fmt.Sprintf("%d waiting", state.InLine(now)))
	if n := state.Foreign; n > 0 {
		parts = append(parts, fmt.Sprintf("%d of others", n))
	}
	return strings.Join(parts, ", ")
}

var names = map[quota.Pool]string{
	quota.Running: "running", quota.Starts: "started in the last minute",
	quota.Images: "images started in the last minute", quota.Videos: "videos started in the last minute",
}
