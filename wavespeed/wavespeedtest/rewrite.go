package wavespeedtest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"path"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/reply"
)

// Rewrite is a way in which inputs are changed before they are stored.
type Rewrite string

// The ways in which inputs are rewritten.
const (
	RewriteDefaults Rewrite = "defaults" // missing fields have their defaults
	RewriteSeeds    Rewrite = "seeds"    // a missing seed, or -1, is a drawn one
	RewriteTexts    Rewrite = "texts"    // texts are trimmed
	RewriteMedia    Rewrite = "media"    // media are URLs of the provider
	RewriteNumbers  Rewrite = "numbers"  // numbers that came as texts are numbers
)

// RewriteAll is all of them.
var RewriteAll = []Rewrite{RewriteDefaults, RewriteSeeds, RewriteTexts, RewriteMedia, RewriteNumbers}

// known returns the input without unknown fields, byte for byte if it has none.
func (s schema) known(raw json.RawMessage) json.RawMessage {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return raw
	}
	before := len(fields)
	maps.DeleteFunc(fields, func(name string, _ json.RawMessage) bool { return !s.knows(name) })
	if len(fields) == before {
		return raw
	}
	return reply.Encode(fields)
}

// rewritten returns the input as the provider stores it. Luck draws the seed.
func (s schema) rewritten(raw json.RawMessage, ways []Rewrite, luck float64) json.RawMessage {
	var fields map[string]json.RawMessage
	if len(ways) == 0 || json.Unmarshal(raw, &fields) != nil {
		return raw
	}
	for _, way := range ways {
		switch way {
		case RewriteDefaults:
			s.fill(fields)
		case RewriteSeeds:
			s.draw(fields, luck)
		case RewriteTexts:
			each(fields, strings.TrimSpace)
		case RewriteMedia:
			each(fields, rehosted)
		case RewriteNumbers:
			s.number(fields)
		}
	}
	return reply.Encode(fields)
}

func (s schema) fill(fields map[string]json.RawMessage) {
	for name, p := range s.Properties {
		if _, given := fields[name]; !given && p.Default != nil {
			fields[name] = reply.Encode(p.Default)
		}
	}
}

const largestSeed = 1<<31 - 1

func (s schema) draw(fields map[string]json.RawMessage, luck float64) {
	if s.Properties["seed"].Type != "integer" {
		return
	}
	if given, ok := fields["seed"]; !ok || string(given) == "-1" || string(given) == "null" {
		fields["seed"] = reply.Encode(int64(luck * largestSeed))
	}
}

func (s schema) number(fields map[string]json.RawMessage) {
	for name, raw := range fields {
		var text string
		if !s.Properties[name].numeric() || json.Unmarshal(raw, &text) != nil {
			continue
		}
		var number json.Number
		if json.Unmarshal([]byte(text), &number) == nil {
			fields[name] = json.RawMessage(number)
		}
	}
}

// each changes every string, including those in lists and objects.
func each(fields map[string]json.RawMessage, change func(string) string) {
	for name, raw := range fields {
		if !strings.Contains(string(raw), `"`) {
			continue // keeps numbers as they were written
		}
		var value any
		if json.Unmarshal(raw, &value) == nil {
			fields[name] = reply.Encode(walk(value, change))
		}
	}
}

func walk(value any, change func(string) string) any {
	switch value := value.(type) {
	case string:
		return change(value)
	case []any:
		for i, one := range value {
			value[i] = walk(one, change)
		}
	case map[string]any:
		for key, one := range value {
			value[key] = walk(one, change)
		}
	}
	return value
}

// rehosted returns the URL of the provider's copy of a file. The URL doesn't exist; nobody
// reads it.
func rehosted(text string) string {
	extension := ""
	switch {
	case strings.HasPrefix(text, "http://"), strings.HasPrefix(text, "https://"):
		plain, _, _ := strings.Cut(text, "?")
		extension = path.Ext(plain)
	case strings.HasPrefix(text, "data:"):
		kind, _, _ := strings.Cut(strings.TrimPrefix(text, "data:"), ";")
		extension = "." + path.Base(kind)
	default:
		return text
	}
	sum := sha256.Sum256([]byte(text))
	name := hex.EncodeToString(sum[:16])
	return "https://d1q70pf5vjeyhc.cloudfront.net/media/" + name[:8] + "/images/" + name + extension
}
