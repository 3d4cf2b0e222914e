package download

import (
	"fmt"
	"mime"
	"net/url"
	"path"
	"strings"
)

// maxPart is the maximum length of one part in bytes, so that a name of four parts is valid on
// every file system.
const maxPart = 60

// Stem joins parts to a file name without extension that is valid on every file system: ASCII
// letters, digits, - and _. It replaces other characters with - and cuts long parts, so parts
// that may become equal need a number. It skips empty parts.
func Stem(parts ...string) string {
	var kept []string
	for _, part := range parts {
		if part = safe(part); part != "" {
			kept = append(kept, part)
		}
	}
	stem := strings.Join(kept, "-")
	switch {
	case stem == "":
		return "output"
	case reservedOnWindows(stem):
		return stem + "_"
	default:
		return stem
	}
}

func safe(text string) string {
	var name strings.Builder
	for _, r := range text {
		ok := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_'
		switch {
		case ok:
			name.WriteRune(r)
		case !strings.HasSuffix(name.String(), "-"):
			name.WriteByte('-')
		}
		if name.Len() >= maxPart {
			break
		}
	}
	return strings.Trim(name.String(), "-")
}

func reservedOnWindows(stem string) bool {
	stem = strings.ToLower(stem)
	switch stem {
	case "con", "prn", "aux", "nul":
		return true
	}
	return len(stem) == 4 && (strings.HasPrefix(stem, "com") || strings.HasPrefix(stem, "lpt")) && stem[3] >= '0' && stem[3] <= '9'
}

// names assigns unique names to the files of a download, ignoring case.
type names map[string]bool

func (n names) unique(stem string) string {
	name := stem
	for i := 2; n.taken(name); i++ {
		name = fmt.Sprintf("%s-%d", stem, i)
	}
	n[strings.ToLower(name)] = true
	return name
}

func (n names) taken(stem string) bool { return n[strings.ToLower(stem)] }

// urlExtension returns the extension of the file in a URL; "" if it has none.
func urlExtension(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	extension := path.Ext(u.Path)
	if len(extension) < 2 || len(extension) > 8 || safe(extension) != extension[1:] {
		return ""
	}
	return extension
}

// extensions maps media types to file extensions.
var extensions = map[string]string{
	"application/json": ".json", "audio/aac": ".aac", "audio/flac": ".flac", "audio/mp4": ".m4a", "audio/mpeg": ".mp3", "audio/ogg": ".ogg",
	"audio/wav": ".wav", "audio/wave": ".wav", "audio/x-wav": ".wav", "image/avif": ".avif", "image/gif": ".gif", "image/jpeg": ".jpg",
	"image/png": ".png", "image/svg+xml": ".svg", "image/webp": ".webp", "model/gltf+json": ".gltf", "model/gltf-binary": ".glb",
	"text/plain": ".txt", "video/mp4": ".mp4", "video/quicktime": ".mov", "video/webm": ".webm", "application/zip": ".zip",
}

func typeExtension(contentType string) string {
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return ""
	}
	return extensions[kind]
}
