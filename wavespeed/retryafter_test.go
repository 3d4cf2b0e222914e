package wavespeed_test

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	const (
		noon      = "Thu, 26 Nov 2026 12:00:00 GMT"
		half      = "Thu, 26 Nov 2026 12:00:30 GMT"
		yearsLong = time.Duration(math.MaxInt64)
	)
	for name, test := range map[string]struct {
		date   string
		values []string
		want   time.Duration
	}{
		"none":                     {noon, nil, 0},
		"blank":                    {noon, []string{"  "}, 0},
		"seconds":                  {noon, []string{"8"}, 8 * time.Second},
		"blanks around":            {noon, []string{"  8  "}, 8 * time.Second},
		"zero":                     {noon, []string{"0"}, 0},
		"fraction":                 {noon, []string{"8.5"}, 8500 * time.Millisecond},
		"fraction of nothing":      {noon, []string{"8.0"}, 8 * time.Second},
		"twice":                    {noon, []string{"8, 8"}, 8 * time.Second},
		"twice, in two lines":      {noon, []string{"8", "8"}, 8 * time.Second},
		"two waits":                {noon, []string{"8, 30"}, 30 * time.Second},
		"a day":                    {noon, []string{"86400"}, 24 * time.Hour},
		"ten years":                {noon, []string{"315360000"}, 87600 * time.Hour},
		"beyond 32 bits":           {noon, []string{"4294967296"}, 4294967296 * time.Second},
		"beyond a Duration":        {noon, []string{"9223372037"}, yearsLong},
		"beyond 64 bits":           {noon, []string{"18446744073709551616"}, yearsLong},
		"beyond a float":           {noon, []string{strings.Repeat("9", 400)}, yearsLong},
		"date":                     {noon, []string{half}, 30 * time.Second},
		"dates":                    {noon, []string{noon + ", " + half}, 30 * time.Second},
		"date and seconds":         {noon, []string{half + ", 8"}, 30 * time.Second},
		"date in the old forms":    {noon, []string{"Thursday, 26-Nov-26 12:00:30 GMT", "Thu Nov 26 12:00:20 2026"}, 30 * time.Second},
		"date of the past":         {half, []string{noon}, 0},
		"date beyond a Duration":   {noon, []string{"Thu, 26 Nov 2926 12:00:00 GMT"}, yearsLong},
		"by the answer's clock":    {"Fri, 26 Nov 2027 12:00:00 GMT", []string{"Fri, 26 Nov 2027 12:00:30 GMT"}, 30 * time.Second},
		"negative":                 {noon, []string{"-8"}, 0},
		"signed":                   {noon, []string{"+8"}, 0},
		"exponent":                 {noon, []string{"8e3"}, 0},
		"hexadecimal":              {noon, []string{"0x8"}, 0},
		"two dots":                 {noon, []string{"8.5.1"}, 0},
		"dot":                      {noon, []string{"."}, 0},
		"word":                     {noon, []string{"soon"}, 0},
		"infinite":                 {noon, []string{"Inf"}, 0},
		"with a unit":              {noon, []string{"8s"}, 0},
		"list with a gap":          {noon, []string{"8,,8"}, 0},
		"garbage beside a number":  {noon, []string{"soon", "8"}, 8 * time.Second},
		"half a date":              {noon, []string{"Thu"}, 0},
		"not the provider's clock": {"yesterday", []string{"8"}, 8 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header()["Date"] = []string{test.date}
				w.Header()["Retry-After"] = test.values
				say(http.StatusTooManyRequests, `{"code":429,"message":"slow down"}`)(w, r)
			})
			_, err := client(t, p.URL).Submit(context.Background(), flux)
			require.Equal(t, test.want, failure(t, err).RetryAfter)
		})
	}
}

func TestRetryAfterADateCountsFromNowWithoutADateOfTheAnswer(t *testing.T) {
	t.Parallel()
	p := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Date"] = nil
		w.Header().Set("Retry-After", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
		say(http.StatusServiceUnavailable, "")(w, r)
	})
	_, err := client(t, p.URL).Balance(context.Background())
	require.InDelta(t, time.Hour.Seconds(), failure(t, err).RetryAfter.Seconds(), 60, fmt.Sprint(err))
}
