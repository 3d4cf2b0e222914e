package shape_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/jsonvalue"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/shape"
)

// model is a schema with every kind of field.
const model = `{"type":"object","required":["prompt","image"],"properties":{
	"prompt":{"type":"string"},
	"image":{"type":"string","x-ui-component":"uploader","description":"URL of the first frame"},
	"last_image":{"type":["string","null"]},
	"images":{"type":"array","items":{"type":"string"},"minItems":1,"maxItems":2},
	"source":{"type":"string","format":"uri"},
	"mask":{"type":"string"},
	"reference":{"type":"string","description":"A URL, or the name of a preset."},
	"loras":{"type":"array","items":{"type":"object","properties":{"path":{"type":"string"},"scale":{"type":"number"}}}},
	"audio":{"type":"boolean"},
	"num_images":{"type":"integer","minimum":1,"maximum":4},
	"duration":{"type":"integer","enum":[5,10]},
	"options":{"type":"object","properties":{"video_url":{"type":"string"}}}}}`

// checked is what is wrong with a field's value after it was fitted, by lines.
func checked(t *testing.T, s *shape.Shape, name, value string) (fitted any, problems string) {
	t.Helper()
	decoded, err := jsonvalue.Decode([]byte(value))
	require.NoError(t, err)
	input := s.Fit(map[string]any{name: decoded}).(map[string]any)
	var lines []string
	for _, found := range s.Check(input) {
		lines = append(lines, strings.Join(found.Path, ".")+" "+found.Message)
	}
	return input[name], strings.Join(lines, "\n")
}

func TestValues(t *testing.T) {
	t.Parallel()
	const cat = "https://x.test/cat.png"
	quoted := `"` + cat + `"`
	naked := `"` + strings.Repeat("iVBORw0KGgo+", 30) + `"`
	for _, c := range []struct{ name, value, want string }{
		{"image", quoted, ""},
		{"image", `"http://127.0.0.1:1/a"`, ""},
		{"image", `"HTTPS://X.TEST/A"`, ""},
		{"image", `"asset://1234"`, ""},
		{"image", `"data:image/png;base64,AAAA"`, ""},
		{"image", naked, ""},
		{"image", `""`, "image must be a URL; got an empty string"},
		{"image", `" \n"`, "image must be a URL; got an empty string"},
		{"image", `null`, "image must be a URL; got null"},
		{"image", `5`, "image must be a URL; got a number"},
		{"image", `true`, "image must be a URL; got true"},
		{"image", `{}`, "image must be a URL; got an object without a URL in its field url"},
		{"image", `{"url":null}`, "image must be a URL; got an object without a URL in its field url"},
		{"image", `{"url":["a"]}`, "image must be a URL; got an object without a URL in its field url"},
		{"image", `[` + quoted + `]`, "image must be a URL; got a list"},
		{"image", `[]`, "image must be a URL; got an empty list"},
		{"image", `[[` + quoted + `]]`, "image must be a URL; got a list"},
		{"image", `"a secret prompt"`, "image must be a URL; got another string"},
		{"image", `"https://x.test/a https://x.test/b"`, "image must be a URL; got one with spaces, which must be written as %20"},
		{"image", `"https://x.test/my cat.png"`, "image must be a URL; got one with spaces, which must be written as %20"},
		{"reference", `"draw girl.png"`, ""},
		{"reference", `"/imagine a cat"`, ""},
		{"reference", `"girl.png"`, "reference must be a URL; got girl.png"},
		{"image", `"https://"`, "image must be a URL; got another string"},
		{"image", `"girl.png"`, "image must be a URL; got girl.png"},
		{"image", `"./cat.png"`, "image must be a URL; got ./cat.png"},
		{"image", `"my cat.jpeg"`, "image must be a URL; got my cat.jpeg"},
		{"image", `"/home/me/cat"`, "image must be a URL; got /home/me/cat"},
		{"image", `"C:\\cats\\a.png"`, `image must be a URL; got C:\cats\a.png`},
		{"image", `"file:///cat.png"`, "image must be a URL; got file:///cat.png"},
		{"last_image", `null`, ""},
		{"last_image", `"girl.png"`, "last_image must be a URL; got girl.png"},
		{"images", `[` + quoted + `]`, ""},
		{"images", `[]`, "images must have at least 1 item; got an empty list"},
		{"images", `[` + quoted + `,` + quoted + `,` + quoted + `]`, "images must have at most 2 items; got 3"},
		{"images", `[null,"girl.png"]`, "images.0 must be a URL; got null\nimages.1 must be a URL; got girl.png"},
		{"images", `[[` + quoted + `]]`, "images.0 must be a URL; got a list"},
		{"images", quoted, "images must be a list; got a string"},
		{"source", `"girl.png"`, "source must be a URL; got girl.png"},
		{"mask", `"girl.png"`, "mask must be a URL; got girl.png"},
		{"mask", `"auto"`, ""},
		{"mask", `""`, ""},
		{"mask", `5`, "mask must be a string; got a number"},
		{"reference", `"preset-5"`, ""},
		{"reference", `"~/me.png"`, "reference must be a URL; got ~/me.png"},
		{"loras", `[{"path":"owner/name","scale":1}]`, ""},
		{"loras", `[{"path":"./mine.safetensors"}]`, "loras.0.path must be a URL; got ./mine.safetensors"},
		{"options", `{"video_url":"a.mp4"}`, "options.video_url must be a URL; got a.mp4"},
		{"audio", `true`, ""},
		{"prompt", `"girl.png"`, ""},
		{"prompt", `""`, "prompt must not be empty"},
		{"prompt", `["a"]`, "prompt must be a string; got a list"},
		{"prompt", `null`, "prompt must be a string; got null"},
		{"num_images", `2`, ""},
		{"num_images", `2.0`, ""},
		{"num_images", `2.5`, "num_images must be an integer; got a number"},
		{"num_images", `"2"`, "num_images must be an integer; got a string"},
		{"num_images", `5`, "num_images must be at most 4; got 5"},
		{"num_images", `0`, "num_images must be at least 1; got 0"},
		{"duration", `10`, ""},
		{"duration", `7`, "duration must be one of 5, 10"},
		{"unknown", `null`, ""},
	} {
		_, problems := checked(t, shape.Of([]byte(model)), c.name, c.value)
		require.Equal(t, c.want, problems, "%s: %s", c.name, c.value)
	}
}

// TestWhatIsClearlyMeant is put in the place of a value.
func TestWhatIsClearlyMeant(t *testing.T) {
	t.Parallel()
	const cat = "https://x.test/cat.png"
	s := shape.Of([]byte(model))
	for _, c := range []struct {
		name, value string
		want        any
	}{
		{"image", `"  https://x.test/cat.png\n"`, cat},
		{"image", `{"url":"https://x.test/cat.png","width":5}`, cat},
		{"image", `{"url":" https://x.test/cat.png "}`, cat},
		{"images", `[{"url":"https://x.test/cat.png"}]`, []any{cat}},
		{"mask", `{"url":"https://x.test/cat.png"}`, cat},
		{"options", `{"video_url":" https://x.test/cat.png "}`, map[string]any{"video_url": cat}},
		{"prompt", `"  https://x.test/cat.png "`, "  https://x.test/cat.png "},
	} {
		got, problems := checked(t, s, c.name, c.value)
		require.Empty(t, problems, "%s: %s", c.name, c.value)
		require.Equal(t, c.want, got)
	}
	value := map[string]any{"image": map[string]any{"url": cat}}
	s.Fit(value)
	require.Equal(t, map[string]any{"url": cat}, value["image"], "what is given stays as it is")
}

// TestOnly is what goes into a history.
func TestOnly(t *testing.T) {
	t.Parallel()
	only := shape.Of([]byte(model)).Only([]string{"prompt"})
	encoded, err := json.Marshal(only)
	require.NoError(t, err)
	require.Less(t, len(encoded), 900)
	var read shape.Shape
	require.NoError(t, json.Unmarshal(encoded, &read))
	require.Equal(t, only, &read)
	require.NotContains(t, read.Fields, "num_images")
	_, problems := checked(t, &read, "images", `["girl.png"]`)
	require.Equal(t, "images.0 must be a URL; got girl.png", problems)
	_, problems = checked(t, &read, "prompt", `""`)
	require.Equal(t, "prompt must not be empty", problems)
}

func TestSchemasThatSayNothing(t *testing.T) {
	t.Parallel()
	for _, text := range []string{``, `5`, `{}`, `{"properties":5}`, `{"properties":{"image":5,"prompt":{"minimum":"x"}}}`} {
		_, problems := checked(t, shape.Of([]byte(text)), "image", `{"a":[null]}`)
		require.Empty(t, problems, text)
	}
}
