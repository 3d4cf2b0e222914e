package record

import (
	"fmt"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/quota"
)

// WaitsForSlot reports whether the generation's submit waits for a slot of its account.
func WaitsForSlot(s generation.Status) bool {
	return s.State == generation.StateSubmitting && strings.HasPrefix(Reason(s), quota.Waits)
}

// Waiting says what the first of the generations waits for, that waits for a slot of its
// account, and how many more do; "" if none does.
func Waiting(statuses []generation.Status) string {
	text, more := "", 0
	for _, s := range statuses {
		switch {
		case !WaitsForSlot(s):
		case text == "":
			text = s.Key + " " + Reason(s)
		default:
			more++
		}
	}
	if more > 0 {
		text += fmt.Sprintf("; %d more wait", more)
	}
	return text
}
