package config

import (
	"maps"
	"slices"
	"strings"
)

// warnOfTypos names variables that look like ours and are not.
func (l *loader) warnOfTypos() {
	var known []string
	for _, value := range l.config.Values {
		known = append(known, value.Name, value.Name+fileSuffix)
	}
	for _, name := range slices.Sorted(maps.Keys(l.env)) {
		if isOurs(name) && l.env[name] != "" && !slices.Contains(known, name) {
			l.warn(name, "is set, but is no setting; did you mean %s?", nearest(name, known))
		}
	}
}

// isOurs tells by how the name begins. Kubernetes describes a service named webhook in
// variables as WEBHOOK_PORT and WEBHOOK_SERVICE_HOST.
func isOurs(name string) bool {
	return strings.HasPrefix(name, "WAVESPEED_") ||
		strings.HasPrefix(name, "WEBHOOK_") && !strings.HasPrefix(name, "WEBHOOK_PORT") && !strings.HasPrefix(name, "WEBHOOK_SERVICE_")
}

// nearest is the name that takes the fewest changes of a letter.
func nearest(name string, names []string) string {
	return slices.MinFunc(names, func(a, b string) int { return distance(name, a) - distance(name, b) })
}

// distance is the number of letters to insert, delete or replace.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
