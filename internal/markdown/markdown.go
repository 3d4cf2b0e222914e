// Package markdown formats a workflow's details for the Temporal UI: escaped text in table
// cells, links to outputs, amounts, and questions to people. The UI shows no images.
package markdown

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plaintext"
)

const (
	maxMessage = 300
	maxLinks   = 4
	maxShown   = 20
)

// Links formats outputs, or the first of them, as links. Keys, if any, replace the file names,
// which are often the same.
func Links(outputs []generation.Output, keys []string) string {
	var cells []string
	for i, output := range outputs {
		if i == maxLinks {
			cells = append(cells, fmt.Sprintf("and %d more", len(outputs)-i))
			break
		}
		key := ""
		if i < len(keys) {
			key = keys[i]
		}
		cells = append(cells, link(i, key, output))
	}
	if len(cells) == 0 {
		return "–"
	}
	return strings.Join(cells, " ")
}

// maxName is the maximum length of a link's text.
const maxName = 40

// link shows a key, or a file's name. It doesn't link a URL that Markdown could misread.
func link(i int, key string, output generation.Output) string {
	url := output.URL()
	if url == "" && key != "" {
		return Escape(plaintext.Clip(key, maxName))
	}
	if url == "" {
		return fmt.Sprintf("output %d", i)
	}
	if strings.ContainsFunc(url, func(r rune) bool { return r <= ' ' || strings.ContainsRune("()<>|`\"\\", r) }) {
		return fmt.Sprintf("output %d (query `%s`)", i, generation.StatusQuery)
	}
	name, _, _ := strings.Cut(path.Base(url), "?")
	switch {
	case key != "":
		name = plaintext.Clip(key, maxName)
	case name == "" || len(name) > maxName:
		name = fmt.Sprintf("output %d", i)
	}
	return fmt.Sprintf("[%s](%s)", Escape(name), url)
}

// USD formats an amount in Markdown, where two plain dollar signs would start a formula.
func USD(usd generation.USD) string { return Escape(usd.String()) }

// Escape makes a text safe for a table cell, and escapes markup.
func Escape(text string) string {
	var escaped strings.Builder
	for _, r := range text {
		switch {
		case slices.Contains([]rune("\\`*_[]<>|#~!$"), r):
			escaped.WriteRune('\\')
			escaped.WriteRune(r)
		case plaintext.Control(r):
			escaped.WriteRune(' ')
		default:
			escaped.WriteRune(r)
		}
	}
	return escaped.String()
}
