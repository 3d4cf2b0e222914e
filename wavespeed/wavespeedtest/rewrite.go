package wavespeedtest

import (
	"encoding/json"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/inputs"
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

// rewritten returns the input as the provider stores it. Luck draws the seed.
func rewritten(s inputs.Schema, raw json.RawMessage, ways []Rewrite, luck float64) json.RawMessage {
	var fields inputs.Fields
	if len(ways) == 0 || json.Unmarshal(raw, &fields) != nil {
		return raw
	}
	for _, way := range ways {
		switch way {
		case RewriteDefaults:
			s.Fill(fields)
		case RewriteSeeds:
			s.Draw(fields, luck)
		case RewriteTexts:
			fields.Each(strings.TrimSpace)
		case RewriteMedia:
			fields.Each(inputs.Rehosted)
		case RewriteNumbers:
			s.Numbers(fields)
		}
	}
	return reply.Encode(fields)
}
