package config

import (
	"maps"
	"slices"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/nearest"
)

// warnOfTypos warns about variables that resemble ours.
func (l *loader) warnOfTypos() {
	var known []string
	for _, value := range l.config.Values {
		known = append(known, value.Name, value.Name+fileSuffix)
	}
	for _, name := range slices.Sorted(maps.Keys(l.env)) {
		if isOurs(name) && l.env[name] != "" && !slices.Contains(known, name) {
			l.warn(name, "is set, but is not a setting; did you mean %s?", nearest.Name(name, known))
		}
	}
}

// isOurs decides by the prefix. For a service named webhook, Kubernetes sets WEBHOOK_PORT and
// WEBHOOK_SERVICE_HOST.
func isOurs(name string) bool {
	return strings.HasPrefix(name, "WAVESPEED_") ||
		strings.HasPrefix(name, "WEBHOOK_") && !strings.HasPrefix(name, "WEBHOOK_PORT") && !strings.HasPrefix(name, "WEBHOOK_SERVICE_")
}
