// Package query reads what lists and reports are asked for.
package query

import (
	"net/http"
	"strconv"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/reply"
)

// Pages is what both kinds of lists require.
type Pages struct {
	Page     int `json:"page"`
	PageSize int `json:"page_size"`
}

// Valid checks the numbers, or answers 400.
func (q Pages) Valid(w http.ResponseWriter) bool {
	switch {
	case q.Page < 1:
		reply.Problem(w, http.StatusBadRequest, "field %q must be greater than or equal to 1", "page")
	case q.PageSize < 1 || q.PageSize > 100:
		reply.Problem(w, http.StatusBadRequest, "field %q must be between 1 and 100", "page_size")
	default:
		return true
	}
	return false
}

// Range reads two times, or answers 400. The docs say milliseconds since 1970 as a
// text; the provider's own command sends RFC 3339.
func Range(w http.ResponseWriter, start, end string) (from, until time.Time, ok bool) {
	if from, ok = readTime(start); !ok {
		reply.Problem(w, http.StatusBadRequest, "field %q must be a time", "start_time")
		return from, until, false
	}
	if until, ok = readTime(end); !ok {
		reply.Problem(w, http.StatusBadRequest, "field %q must be a time", "end_time")
	}
	return from, until, ok
}

func readTime(text string) (time.Time, bool) {
	if text == "" {
		return time.Time{}, true
	}
	if milliseconds, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.UnixMilli(milliseconds), true
	}
	at, err := time.Parse(time.RFC3339, text)
	return at, err == nil
}
