package wavespeed

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// longestWait limits a Retry-After to the longest time.Duration, 292 years.
const longestWait = time.Duration(math.MaxInt64)

// retryAfter returns the longest wait that a response requests; 0 if none is readable. A date
// is relative to the response's own Date, if present, because the same clock wrote both.
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

// waitOf parses seconds or a date, or several of them on one line, as joined by a proxy.
func waitOf(value string, now time.Time) time.Duration {
	var longest time.Duration
	for parts := strings.Split(value, ","); len(parts) > 0; {
		wait, ok := seconds(parts[0])
		used := 1
		if !ok {
			used = min(2, len(parts)) // a date contains a comma
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

// seconds parses digits, perhaps with a fraction.
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
