// Package modelid validates model ids of WaveSpeedAI, for requests that name one and for the
// client that puts it into a URL.
package modelid

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

const maxBytes = 200

var segmentPattern = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)

// reserved are first segments of API paths that are not models: a submit to "predictions" would
// be a different call.
var reserved = []string{
	"account", "balance", "billings", "media", "model", "models", "predictions", "upload", "user", "webhook",
}

// Validate checks whether id can be a model id: segments of letters, digits, dots, dashes and
// underscores, joined by slashes, such as "wavespeed-ai/wan-2.1/i2v-480p". It does not check
// whether the model exists.
func Validate(id string) error {
	if id == "" {
		return errors.New("is empty; set a model, such as wavespeed-ai/flux-dev")
	}
	if len(id) > maxBytes {
		return fmt.Errorf("has %d bytes, more than %d", len(id), maxBytes)
	}
	segments := strings.Split(id, "/")
	for _, segment := range segments {
		switch {
		case strings.Trim(segment, ".") == "":
			return fmt.Errorf("%q has an empty segment, or one of only dots", id)
		case !segmentPattern.MatchString(segment):
			return fmt.Errorf("%q may hold letters, digits, '.', '-', '_' and '/' only; parameters belong in the input", id)
		}
	}
	if slices.Contains(reserved, segments[0]) {
		return fmt.Errorf("%q starts with %q, which is another part of the API, not a model", id, segments[0])
	}
	return nil
}
