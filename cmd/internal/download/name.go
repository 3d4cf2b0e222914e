package download

import (
	"fmt"
	"mime"
	"net/url"
	"path"
	"strings"
)

// maxPart is how many bytes of one part a name keeps, so that a name of four parts is valid
// on every file system.
const maxPart = 60

// Stem joins parts to a file name without its extension, which every file system takes:
// ASCII letters, digits, - and _. Other characters become -, and long parts are cut, so
// parts that may then be equal need a number beside them. Empty parts are left out.
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

// names gives each file of a download a name of its own, also where case makes no
// difference.
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

// urlExtension is the extension of the file that a URL names; "" if it has none.
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

// extensions are those of types of media.
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
