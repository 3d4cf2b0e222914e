package wire_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

func fingerprint(t *testing.T, request generation.Request) string {
	t.Helper()
	got, err := wire.Fingerprint(request)
	require.NoError(t, err)
	require.Len(t, got, 24)
	return got
}

func raw(input string) generation.Request {
	return generation.Request{Model: "a/b", Input: json.RawMessage(input)}
}

// TestSameFingerprint: requests that are the same to the provider are paid for once, however
// they are written.
func TestSameFingerprint(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ one, other generation.Request }{
		"order of fields": {raw(`{"a":1,"b":{"c":2,"d":[3]}}`), raw(`{"b":{"d":[3],"c":2},"a":1}`)},
		"spaces":          {raw(`{"a":1}`), raw("{ \"a\" :\n1 }")},
		"escapes":         {raw(`{"a":"é<"}`), raw(`{"a":"\u00e9\u003c"}`)},
		"whole number":    {raw(`{"a":5}`), raw(`{"a":5.0}`)},
		"exponent":        {raw(`{"a":1500}`), raw(`{"a":1.5e3}`)},
		"small":           {raw(`{"a":0.015}`), raw(`{"a":15E-3}`)},
		"zeros":           {raw(`{"a":-2.5}`), raw(`{"a":-2.500}`)},
		"nothing":         {raw(`{"a":0}`), raw(`{"a":-0.0e7}`)},
		"huge":            {raw(`{"a":1e400}`), raw(`{"a":0.1e401}`)},
		"numbers inside":  {raw(`{"a":[{"b":1.0}]}`), raw(`{"a":[{"b":1}]}`)},
		"a map":           {raw(`{"prompt":"x","seed":7}`), generation.Request{Model: "a/b", Input: map[string]any{"seed": 7.0, "prompt": "x"}}},
		"a struct": {raw(`{"seed":7}`), generation.Request{Model: "a/b", Input: struct {
			Seed int `json:"seed"`
		}{7}}},
		"no input":          {raw(`{}`), generation.Request{Model: "a/b"}},
		"default account":   {raw(`{}`), generation.Request{Model: "a/b", Account: generation.DefaultAccount}},
		"what is not asked": {raw(`{}`), generation.Request{Model: "a/b", Key: "k", Timeout: 1, MaxPredictions: 5, Adopt: "p", OnUnknown: "resubmit", TaskQueue: "q"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, fingerprint(t, c.one), fingerprint(t, c.other))
		})
	}
}

func TestOtherFingerprints(t *testing.T) {
	t.Parallel()
	seen := make(map[string]string)
	for name, request := range map[string]generation.Request{
		"one":                       raw(`{"a":1}`),
		"model":                     {Model: "a/c", Input: json.RawMessage(`{"a":1}`)},
		"account":                   {Model: "a/b", Account: "team", Input: json.RawMessage(`{"a":1}`)},
		"value":                     raw(`{"a":2}`),
		"field":                     raw(`{"b":1}`),
		"another field":             raw(`{"a":1,"b":null}`),
		"a text is not a number":    raw(`{"a":"1"}`),
		"a boolean is not a number": raw(`{"a":true}`),
		"sign":                      raw(`{"a":-1}`),
		"power of ten":              raw(`{"a":10}`),
		"fraction":                  raw(`{"a":1.5}`),
		"a list":                    raw(`{"a":[1,2]}`),
		"the other way round":       raw(`{"a":[2,1]}`),
		"many digits":               raw(`{"a":12345678901234567890}`),
		"the last one counts":       raw(`{"a":12345678901234567891}`),
		"a large power":             raw(`{"a":1e400}`),
		"a larger one":              raw(`{"a":1e401}`),
		"capital letters":           raw(`{"A":1}`),
		"digits of a text":          raw(`{"a":"x 1"}`),
		"are letters":               raw(`{"a":"x 1.0"}`),
		"after a quote":             raw(`{"a":"\"1"}`),
		"in a text as well":         raw(`{"a":"\"1.0"}`),
		"after a backslash":         raw(`{"a":"\\","b":1}`),
	} {
		got := fingerprint(t, request)
		require.Empty(t, seen[got], "%s is as %s", name, seen[got])
		seen[got] = name
	}
}

// TestFingerprintsStay: they are kept in histories and by later runs.
func TestFingerprintsStay(t *testing.T) {
	t.Parallel()
	require.Equal(t, "53341ebdfc8f528a4fbd36fb", fingerprint(t, generation.Request{Model: "wavespeed-ai/flux-dev", Input: map[string]any{"prompt": "a lighthouse", "num_images": 2, "strength": 0.5}}))
}

func TestInputsWithoutAFingerprint(t *testing.T) {
	t.Parallel()
	for _, input := range []any{json.RawMessage(`[1]`), json.RawMessage(`{"prompt":"my secret prompt"`), map[string]any{"secret": make(chan int)}, "secret"} {
		_, err := wire.Fingerprint(generation.Request{Model: "a/b", Input: input})
		require.ErrorContains(t, err, "input: ")
		require.NotContains(t, err.Error(), "secret")
	}
}
