package shape

import (
	"encoding/base64"
	"maps"
	"regexp"
	"slices"
	"strings"
)

var (
	// mediaNames matches names of fields that hold URLs; looserNames matches fields that may
	// hold something else.
	mediaNames  = regexp.MustCompile(`(?i)^(\w+_)?(image|video|audio|url)s?(_(url|uri)s?)?(_?\d+)?$`)
	looserNames = regexp.MustCompile(`(?i)^(\w+_)?(mask|picture|photo|media|file|frame|path)s?(_(url|uri)s?)?(_?\d+)?$`)

	mentionsURL = regexp.MustCompile(`\b(URL|url|Url)s?\b`)
	formats     = []string{"uri", "url", "iri", "uri-reference"}
)

// media reports whether a field with this name holds a file's URL.
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

// minBase64 is the minimum length of a string that may be a base64 file.
const minBase64 = 256

// isAddress reports whether a string is a URL that the provider can read, or a file itself.
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

// isLocalName reports whether a string without spaces looks like a local path.
func isLocalName(text string) bool { return isLocal(text) && !strings.ContainsAny(text, " \t\n") }

// isLocal reports whether a string that should be a URL looks like a local path.
func isLocal(text string) bool {
	return !address.MatchString(text) && !strings.Contains(text, "\n") && (local.MatchString(text) || ending.MatchString(text)) || strings.HasPrefix(strings.ToLower(text), "file:")
}

// Fit replaces a value with what was clearly meant: for a URL, an object's url, without
// surrounding spaces. Other values stay unchanged.
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
