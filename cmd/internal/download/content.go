package download

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// content is an output that needs no download.
type content struct {
	bytes     []byte
	extension string
}

// inline returns the content of an output that is not a file's URL: base64 media, text, or
// JSON.
func inline(output generation.Output) content {
	text := output.Text()
	if text == "" && string(output) != `""` {
		return content{append(slices.Clone([]byte(output)), '\n'), ".json"}
	}
	if bytes, extension, ok := media(text); ok {
		return content{bytes, extension}
	}
	return content{[]byte(text), ".txt"}
}

// minBase64 is the minimum length of a text that may be a base64 file.
const minBase64 = 64

// media decodes a data URL, or plain base64 if it contains media.
func media(text string) (bytes []byte, extension string, ok bool) {
	rest, isURL := strings.CutPrefix(text, "data:")
	if isURL {
		kind, encoded, found := strings.Cut(rest, ",")
		if !found || !strings.HasSuffix(kind, ";base64") {
			return nil, "", false
		}
		decoded, err := base64.StdEncoding.DecodeString(encoded)
		return decoded, typeExtension(strings.TrimSuffix(kind, ";base64")), err == nil
	}
	if len(text) < minBase64 {
		return nil, "", false
	}
	decoded, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, "", false
	}
	extension = typeExtension(http.DetectContentType(decoded))
	return decoded, extension, extension != "" && extension != ".txt"
}

// expand returns the files whose URLs a JSON output contains, because they disappear after 7
// days.
func expand(item Item) (all []Item) {
	var value any
	if item.Output.URL() != "" || item.Output.Text() != "" || json.Unmarshal(item.Output, &value) != nil {
		return nil
	}
	walk("", value, func(place, text string) {
		encoded, err := json.Marshal(text)
		if output := generation.Output(encoded); err == nil && output.URL() != "" {
			all = append(all, Item{Stem: Stem(item.Stem, place), From: item.From, Output: output})
		}
	})
	return all
}

func walk(place string, value any, visit func(place, text string)) {
	switch value := value.(type) {
	case string:
		visit(place, value)
	case []any:
		for i, member := range value {
			walk(fmt.Sprintf("%s-%d", place, i), member, visit)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			walk(place+"-"+name, value[name], visit)
		}
	}
}
