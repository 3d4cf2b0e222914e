package wavespeed

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// longestWait bounds a Retry-After: what a time.Duration can hold, 292 years.
const longestWait = time.Duration(math.MaxInt64)

// retryAfter is the longest wait that an answer asks for; 0 if it asks for none
// that can be read. A date counts from the answer's own Date, if there is one: one
// clock wrote both.
func retryAfter(header http.Header, now time.Time) time.Duration {
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		now = date
	}
	var longest time.Duration
	for _, value := range header.Values("Retry-After") {
		longest = max(longest, waitOf(value, now))
	}
	return longest
}

// waitOf reads seconds or a date, or several of them in one line, as a proxy joins
// them.
func waitOf(value string, now time.Time) time.Duration {
	var longest time.Duration
	for parts := strings.Split(value, ","); len(parts) > 0; {
		wait, ok := seconds(parts[0])
		used := 1
		if !ok {
			used = min(2, len(parts)) // a date holds a comma
			date, err := http.ParseTime(strings.TrimSpace(strings.Join(parts[:used], ",")))
			if err != nil {
				return 0
			}
			wait = date.Sub(now)
		}
		longest = max(longest, wait)
		parts = parts[used:]
	}
	return longest
}

// seconds reads digits, perhaps with a fraction.
func seconds(text string) (time.Duration, bool) {
	text = strings.TrimSpace(text)
	if text == "" || strings.Trim(text, "0123456789.") != "" {
		return 0, false
	}
	number, err := strconv.ParseFloat(text, 64)
	switch {
	case number >= longestWait.Seconds(): // infinite, with an error, beyond 1e308
		return longestWait, true
	case err != nil:
		return 0, false
	default:
		return time.Duration(number * float64(time.Second)), true
	}
}
