package generate

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/failing"
)

// TestProgressShowsAFailureOnceAMinute if output is not a terminal.
func TestProgressShowsAFailureOnceAMinute(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := newProgress(&out, time.Now())
	for attempt := range int32(10) {
		p.show("submitting", failing.Activity{Message: "connection refused", Attempt: attempt + 2})
	}
	require.Equal(t, "    0s  attempt 2: connection refused\n    0s  submitting\n", out.String())
	p.failed = p.failed.Add(-time.Minute)
	p.show("submitting", failing.Activity{Message: "connection refused", Attempt: 12})
	require.Equal(t, 2, strings.Count(out.String(), "refused"))
	require.Equal(t, 1, strings.Count(out.String(), "submitting"))
}
