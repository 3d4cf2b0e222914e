package shape

import (
	"encoding/base64"
	"maps"
	"regexp"
	"slices"
	"strings"
)

var (
	// mediaNames are names of fields that hold addresses; looserNames may hold others.
	mediaNames  = regexp.MustCompile(`(?i)^(\w+_)?(image|video|audio|url)s?(_(url|uri)s?)?(_?\d+)?$`)
	looserNames = regexp.MustCompile(`(?i)^(\w+_)?(mask|picture|photo|media|file|frame|path)s?(_(url|uri)s?)?(_?\d+)?$`)

	mentionsURL = regexp.MustCompile(`\b(URL|url|Url)s?\b`)
	formats     = []string{"uri", "url", "iri", "uri-reference"}
)

// media tells whether a field of this name is for the address of a file.
func (s schema) media(name string, types []string) Media {
	marked := slices.Contains(formats, s.Format) || strings.Contains(strings.ToLower(s.Component), "upload")
	switch {
	case len(s.Enum) > 0, len(types) > 0 && !slices.Contains(types, "string"), len(types) == 0 && !marked:
		return ""
	case marked, mediaNames.MatchString(name):
		return URL
	case looserNames.MatchString(name) && mentionsURL.MatchString(s.Description) && name != "path":
		return URL
	case looserNames.MatchString(name), mentionsURL.MatchString(s.Description):
		return Maybe
	default:
		return ""
	}
}

var (
	address = regexp.MustCompile(`^(?i)(https?://[^\s/?#]\S*|data:[^\s,]*,\S+|[a-z][a-z0-9+.-]*://\S+)$`)
	spaced  = regexp.MustCompile(`^(?i)https?://[^\s/?#]\S* `)
	local   = regexp.MustCompile(`^(?i)(\.{0,2}[/\\]|~[/\\]|[a-z]:[/\\]|file:)`)
	ending  = regexp.MustCompile(`(?i)\.(png|jpe?g|jfif|webp|gif|bmp|tiff?|heic|avif|svg|mp4|m4v|mov|webm|mkv|avi|mp3|wav|ogg|flac|m4a|aac|opus|glb|obj|pdf|zip|safetensors|txt|csv|json)$`)
)

// minBase64 is from how many characters on a text may be a file itself.
const minBase64 = 256

// isAddress tells whether a text names a file that the provider can read, or is one.
func isAddress(text string) bool {
	if address.MatchString(text) {
		return !strings.HasPrefix(strings.ToLower(text), "file:")
	}
	if len(text) < minBase64 {
		return false
	}
	_, err := base64.StdEncoding.DecodeString(text)
	return err == nil
}

// isLocalName tells whether a text without blanks looks like the path of a local file.
func isLocalName(text string) bool { return isLocal(text) && !strings.ContainsAny(text, " \t\n") }

// isLocal tells whether a text that should be an address looks like the path of a local file.
func isLocal(text string) bool {
	return !address.MatchString(text) && !strings.Contains(text, "\n") && (local.MatchString(text) || ending.MatchString(text)) || strings.HasPrefix(strings.ToLower(text), "file:")
}

// Fit puts what was clearly meant in the place of a value: where an address is wanted, an
// object's url, without blanks around it. Other values stay as they are.
func (s *Shape) Fit(value any) any {
	if s == nil {
		return value
	}
	if s.Media != "" {
		return s.fitAddress(value)
	}
	switch value := value.(type) {
	case []any:
		if s.Items == nil {
			return value
		}
		fitted := make([]any, len(value))
		for i, member := range value {
			fitted[i] = s.Items.Fit(member)
		}
		return fitted
	case map[string]any:
		if len(s.Fields) == 0 {
			return value
		}
		fitted := make(map[string]any, len(value))
		for _, name := range slices.Sorted(maps.Keys(value)) {
			fitted[name] = s.Fields[name].Fit(value[name])
		}
		return fitted
	default:
		return value
	}
}

func (s *Shape) fitAddress(value any) any {
	meant := value
	if object, is := value.(map[string]any); is && !slices.Contains(s.Types, "object") {
		meant = object["url"]
	}
	text, is := meant.(string)
	if trimmed := strings.TrimSpace(text); is && isAddress(trimmed) {
		return trimmed
	}
	return value
}
