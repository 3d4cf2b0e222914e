package strict_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/strict"
)

type inner struct {
	Number int `json:"number"`
}

type embedded struct {
	Deep string `json:"deep"`
}

type whole struct {
	embedded
	Text    string            `json:"text,omitempty"`
	Pointer *inner            `json:"pointer"`
	List    []inner           `json:"list"`
	Map     map[string]inner  `json:"map"`
	Any     map[string]any    `json:"any"`
	Raw     json.RawMessage   `json:"raw"`
	Time    time.Time         `json:"time"`
	Yes     bool              `json:"yes"`
	Bytes   []byte            `json:"bytes"`
	Hidden  string            `json:"-"`
	Names   map[string]string `json:"names"`
	Plain   int
}

func TestDecode(t *testing.T) {
	t.Parallel()
	var got whole
	require.NoError(t, strict.Decode([]byte(` {"deep":"d","text":"t","pointer":{"number":1},"list":[{"number":2},{}],"map":{"a":{"number":3}},
		"any":{"n":9007199254740993,"l":[1.50]},"raw":{"b": 1},"time":"2026-01-02T03:04:05Z","yes":true,"bytes":"AQI=","names":{"x":"y"},"Plain":4} `), &got))
	require.Equal(t, whole{
		embedded: embedded{"d"}, Text: "t", Pointer: &inner{1}, List: []inner{{2}, {}}, Map: map[string]inner{"a": {3}},
		Any: map[string]any{"n": json.Number("9007199254740993"), "l": []any{json.Number("1.50")}}, Raw: json.RawMessage(`{"b": 1}`),
		Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Yes: true, Bytes: []byte{1, 2}, Names: map[string]string{"x": "y"}, Plain: 4,
	}, got)
	require.NoError(t, strict.Decode([]byte(`{"pointer":null,"list":null,"map":null,"text":null,"time":null}`), &got))
	require.Nil(t, got.Pointer)
	require.Nil(t, got.List)
	require.Nil(t, got.Map)
	require.Equal(t, "t", got.Text, "as encoding/json has it")
}

// TestShortForms: a number and a list can't be mistaken for a name.
func TestShortForms(t *testing.T) {
	t.Parallel()
	type named struct {
		Name string `json:"name" strict:"short"`
	}
	type listed struct {
		List []int `json:"list" strict:"short"`
	}
	type both struct {
		Named  *named `json:"named"`
		Listed listed `json:"listed"`
	}
	for text, want := range map[string]both{
		`{"named":"x","listed":[1]}`:                   {&named{"x"}, listed{[]int{1}}},
		`{"named":{"name":"x"},"listed":{"list":[1]}}`: {&named{"x"}, listed{[]int{1}}},
		`{"named":null,"listed":null}`:                 {},
	} {
		var got both
		require.NoError(t, strict.Decode([]byte(text), &got))
		require.Equal(t, want, got)
	}
	for text, want := range map[string]string{
		`{"named":5}`:      "named: must be an object, and is a number",
		`{"listed":"x"}`:   "listed: must be a list, and is a string",
		`{"listed":["x"]}`: "listed.0: must be a whole number, and is a string",
	} {
		require.EqualError(t, strict.Decode([]byte(text), new(both)), want)
	}
}

func TestWhatIsWrong(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"txet":1}`:                  "txet: is not known; did you mean text?",
		`{"TEXT":1}`:                  "TEXT: is not known; known fields: Plain, any, bytes,",
		`{"Hidden":1}`:                "Hidden: is not known",
		`{"pointer":{"nunber":1}}`:    "pointer.nunber: is not known; did you mean number?",
		`{"list":[{},{"x":1}]}`:       "list.1.x: is not known; known fields: number",
		`{"map":{"k":{"x":1}}}`:       "map.k.x: is not known",
		`{"text":"a","text":"b"}`:     "text: is listed twice",
		`{"names":{"a":"x","a":"y"}}`: "names.a: is listed twice",
		`{"text":5}`:                  "text: must be a string, and is a number",
		`{"yes":"secret"}`:            "yes: must be true or false, and is a string",
		`{"list":{}}`:                 "list: must be a list, and is an object",
		`{"list":[1]}`:                "list.0: must be an object, and is a number",
		`{"pointer":{"number":1.5}}`:  "pointer.number: must be a whole number, and is another one",
		`{"time":5}`:                  "time: ",
		`{"a\nb":5}`:                  `"a\nb": is not known`,
		`[]`:                          "must be an object, and is a list",
		`null {}`:                     "is not valid JSON",
		`{"text":"secret"`:            "is not valid JSON",
		``:                            "is not valid JSON",
		`{"` + strings.Repeat("x", 1<<20) + `":1}`: strings.Repeat("x", 57) + "…: is not known",
	} {
		err := strict.Decode([]byte(text), new(whole))
		require.ErrorContains(t, err, want)
		require.Less(t, len(err.Error()), 300)
		require.NotContains(t, err.Error(), "secret", "a value may be a prompt")
	}
}
