package receiver_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/receiver"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
)

// Each body is signed by the provider: nothing but its form is wrong.
func TestBodiesThatAreNoPrediction(t *testing.T) {
	t.Parallel()
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for name, body := range map[string]string{
		"empty": "", "blank": "  \n", "null": "null", "array": "[]", "text": `"x"`, "number": "0", "true": "true", "object": "{}",
		"cut":               `{"id":"p1","status":"completed"`,
		"another after it":  `{"id":"p1","status":"completed"}{}`,
		"byte order mark":   "\ufeff" + `{"id":"p1","status":"completed"}`,
		"no UTF-8":          "\xff\xfe",
		"too deep":          `{"id":"p1","status":"completed","input":` + deep(10_001) + `}`,
		"too deep alone":    deep(10_001),
		"no id":             `{"status":"completed"}`,
		"empty id":          `{"id":"","status":"completed"}`,
		"number as id":      `{"id":7,"status":"completed"}`,
		"long id":           `{"id":"` + strings.Repeat("x", 257) + `","status":"completed"}`,
		"no status":         `{"id":"p1"}`,
		"number as status":  `{"id":"p1","status":2}`,
		"id in other case":  `{"ID":"p1","status":"completed"}`,
		"status folded":     `{"id":"p1","ſtatuſ":"completed"}`,
		"provider envelope": `{"code":200,"message":"ok","data":{"id":"p1","status":"completed"}}`,
	} {
		r := newReceiver(t, webhook.Options{})
		r.requireAnswer(t, r.post(secret, r.address, []byte(body)), 400, receiver.BadBody, name)
		require.Empty(t, r.signaled(), name)
	}
}

func TestBodiesOfEveryShape(t *testing.T) {
	t.Parallel()
	urls := `"` + strings.Repeat(`https://cdn.example/0123456789.png","`, 10_000) + `x"`
	data := `"data:image/png;base64,` + strings.Repeat("A", 1_000_000) + `"`
	for name, test := range map[string]struct {
		fields string
		want   wire.Outcome
	}{
		"nothing else":         {``, wire.Outcome{}},
		"no outputs":           {`,"outputs":[]`, wire.Outcome{}},
		"null outputs":         {`,"outputs":null`, wire.Outcome{}},
		"an object":            {`,"outputs":[{"url":"https://x"}]`, wire.Outcome{Produced: generation.Produced{Outputs: outputs(`{"url":"https://x"}`)}}},
		"nested":               {`,"outputs":[[["x"]]]`, wire.Outcome{Produced: generation.Produced{Outputs: outputs(`[["x"]]`)}}},
		"ten thousand":         {`,"outputs":[` + urls + `]`, wire.Outcome{Produced: generation.Produced{Omitted: true}}},
		"a file itself":        {`,"outputs":[` + data + `]`, wire.Outcome{Produced: generation.Produced{Omitted: true}}},
		"a file among links":   {`,"outputs":["https://x",` + data + `]`, wire.Outcome{Produced: generation.Produced{Omitted: true}}},
		"input is left":        {`,"input":{"image":` + data + `}`, wire.Outcome{}},
		"deep input":           {`,"input":` + strings.Repeat("[", 9_990) + strings.Repeat("]", 9_990), wire.Outcome{}},
		"duplicates: the last": {`,"id":"x","id":"p1","error":"a","error":"b"`, wire.Outcome{Failure: generation.ErrorTypePredictionFailed, Error: "completed: " + "b"}},
		"keys in other case":   {`,"Outputs":["x"],"ERROR":"x","Id":"x"`, wire.Outcome{}},
		"long error":           {`,"error":"` + strings.Repeat("é", 100_000) + `"`, wire.Outcome{Failure: generation.ErrorTypePredictionFailed, Error: "completed: " + strings.Repeat("é", 510) + "…"}},
		"many flags":           {`,"has_nsfw_contents":[` + strings.Repeat("true,", 40_000) + `true]`, wire.Outcome{Produced: generation.Produced{NSFW: flags(1000)}}},
		"nul in a text":        {`,"error":"a\u0000b"`, wire.Outcome{Failure: generation.ErrorTypePredictionFailed, Error: "completed: " + "ab"}},
		"unknown fields":       {`,"urls":{"get":"https://evil.example"},"later":[1]`, wire.Outcome{}},
	} {
		r := newReceiver(t, webhook.Options{MaxBodyBytes: 2 << 20})
		got := r.post(secret, r.address, []byte(`{"id":"p1","status":"completed"`+test.fields+`}`))
		r.requireAnswer(t, got, 200, receiver.Signaled, name)
		test.want.PredictionID, test.want.Status = "p1", "completed"
		signal := r.signaled()[0].signal
		require.Equal(t, test.want, signal.Outcome, name)
	}
}

func outputs(texts ...string) (outputs []generation.Output) {
	for _, text := range texts {
		outputs = append(outputs, generation.Output(text))
	}
	return outputs
}

func flags(n int) []bool {
	flags := make([]bool, n)
	for i := range flags {
		flags[i] = true
	}
	return flags
}

func TestStatuses(t *testing.T) {
	t.Parallel()
	for status, reason := range map[string]string{
		"completed": receiver.Signaled, "failed": receiver.Signaled, "cancelled": receiver.Signaled, "timeout": receiver.Signaled, "deleted": receiver.Signaled,
		"created": receiver.NotEnded, "processing": receiver.NotEnded, "Completed": receiver.NotEnded, "canceled": receiver.NotEnded, "completed ": receiver.NotEnded,
	} {
		r := newReceiver(t, webhook.Options{})
		r.requireAnswer(t, r.post(secret, r.address, []byte(`{"id":"p1","status":"`+status+`"}`)), 200, reason, status)
		require.Equal(t, reason == receiver.Signaled, len(r.signaled()) == 1, status)
	}
}

// Whatever the provider sends, an event of a history stays small.
func TestSignalsAreSmall(t *testing.T) {
	t.Parallel()
	for name, fields := range map[string]string{
		"outputs just small enough": `,"outputs":["` + strings.Repeat("x", 64<<10-2) + `"]`,
		"escaped by JSON":           `,"outputs":["https://x/?` + strings.Repeat("&", 64<<10-20) + `"]`,
		"line separators":           `,"outputs":["` + strings.Repeat("\u2028", 20<<10) + `"]`,
		"all else": `,"id":"` + strings.Repeat("<", 256) + `","error":"` + strings.Repeat("<", 1<<15) + `","has_nsfw_contents":[` + strings.Repeat("false,", 1<<14) + `false],"code":-9223372036854775808,
			"timings":{"inference":9223372036854775807},"outputs":[` + strings.Repeat("1,", 32<<10) + `1]`,
		"of blanks": `,"outputs":[[` + strings.Repeat(" ", 1<<19) + `]]`,
	} {
		r := newReceiver(t, webhook.Options{})
		body := `{"id":"p1","status":"completed"` + fields + `}`
		require.True(t, json.Valid([]byte(body)), name)
		r.requireAnswer(t, r.post(secret, r.address, []byte(body)), 200, receiver.Signaled, name)
		require.Less(t, encodedSize(t, r.signaled()[0].signal), 128<<10, name)
	}
}

// What is left out of a large body, beside its input and its outputs, is polled: a result
// without its flags would pass a gate.
func TestLargeBodiesAreWholeOrHints(t *testing.T) {
	t.Parallel()
	pad := `"input":"` + strings.Repeat("x", 300<<10) + `"`
	many := strings.Repeat("true,", 100_000) + "true"
	for name, test := range map[string]struct {
		fields string
		want   string
		signal wire.Outcome
	}{
		"whole":          {`"has_nsfw_contents":[true],"outputs":["x"],"error":"e"`, receiver.Signaled, wire.Outcome{Produced: generation.Produced{NSFW: flags(1), Outputs: outputs(`"x"`)}, Failure: generation.ErrorTypePredictionFailed, Error: "completed: " + "e"}},
		"many outputs":   {`"outputs":["` + strings.Repeat(`x","`, 100_000) + `"]`, receiver.Signaled, wire.Outcome{Produced: generation.Produced{Omitted: true}}},
		"many flags":     {`"has_nsfw_contents":[` + many + `]`, receiver.Hinted, wire.Outcome{}},
		"escaped":        {`"error":"a\\\"b,:]}","outputs":["\\"]`, receiver.Signaled, wire.Outcome{Failure: generation.ErrorTypePredictionFailed, Error: "completed: " + `a\"b,:]}`, Produced: generation.Produced{Outputs: outputs(`"\\"`)}}},
		"two inputs":     {`"inputs":{"seed":1}`, receiver.Signaled, wire.Outcome{}},
		"broken outputs": {`"outputs":[tru]`, receiver.BadBody, wire.Outcome{}},
		"ends early":     {`"outputs":[]}`, receiver.BadBody, wire.Outcome{}},
		"another object": {`"error":""},{"a":1`, receiver.BadBody, wire.Outcome{}},
		"two colons":     {`"error":1:2`, receiver.BadBody, wire.Outcome{}},
		"two objects":    {`"error":""}{"a":1`, receiver.BadBody, wire.Outcome{}},
		"too deep":       {`"a":` + strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001), receiver.BadBody, wire.Outcome{}},
		"never closed":   {`"a":[`, receiver.BadBody, wire.Outcome{}},
		"nothing more":   {`"":""`, receiver.Signaled, wire.Outcome{}},
		"wrong brackets": {`"a":1]`, receiver.BadBody, wire.Outcome{}},
	} {
		r := newReceiver(t, webhook.Options{})
		r.post(secret, r.address, []byte(` {"id":"p1",`+pad+`,"status":"completed",`+test.fields+`}`))
		require.Equal(t, map[string]int{test.want: 1}, r.reasons(), name)
		if test.want == receiver.BadBody {
			continue
		}
		test.signal.PredictionID = "p1"
		if test.want == receiver.Signaled {
			test.signal.Status = "completed"
		}
		require.Equal(t, test.signal, r.signaled()[0].signal.Outcome, name)
	}
	for name, body := range map[string]string{"array": "[" + pad + "]", "text": pad[8:],
		"colon after it":  `{"id":"p1","status":"completed",` + pad + "}:",
		"begins as array": `["id":"p1","status":"completed",` + pad + "}", "blank": strings.Repeat(" ", 300<<10)} {
		r := newReceiver(t, webhook.Options{})
		r.requireAnswer(t, r.post(secret, r.address, []byte(body)), 400, receiver.BadBody, name)
	}
}
