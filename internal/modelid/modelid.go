// Package modelid knows what a model id of WaveSpeedAI looks like, for the request
// that names one and for the client that pastes it into a URL.
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

// reserved begin paths of the API that are not models: a submit to "predictions"
// would be a call of another kind.
var reserved = []string{
	"account", "balance", "billings", "media", "model", "models", "predictions", "upload", "user", "webhook",
}

// Validate tells whether id can be a model's: segments of letters, digits, dots,
// dashes and underscores, joined by slashes, as "wavespeed-ai/wan-2.1/i2v-480p".
// It does not tell whether the model exists.
func Validate(id string) error {
	if id == "" {
		return errors.New("is empty; name one, as wavespeed-ai/flux-dev")
	}
	if len(id) > maxBytes {
		return fmt.Errorf("has %d bytes, more than %d", len(id), maxBytes)
	}
	segments := strings.Split(id, "/")
	for _, segment := range segments {
		switch {
		case strings.Trim(segment, ".") == "":
			return fmt.Errorf("%q has a part that is empty or only dots", id)
		case !segmentPattern.MatchString(segment):
			return fmt.Errorf("%q may hold letters, digits, '.', '-', '_' and '/' only; parameters belong in the input", id)
		}
	}
	if slices.Contains(reserved, segments[0]) {
		return fmt.Errorf("%q begins with %q, which is not a model but another part of the API", id, segments[0])
	}
	return nil
}
