package pipeline

import (
	"fmt"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/strict"
)

// Problem is a problem in a pipeline or in a run's inputs.
type Problem struct {
	// Path is the location: steps, clip, input, images, 0.
	Path []string `json:"path,omitempty"`

	// Expression is the number of the expression in the text at Path, counting from 1; 0 for
	// the whole text. Offset is the position in it, in characters.
	Expression int `json:"expression,omitempty"`
	Offset     int `json:"offset,omitempty"`

	// File, Line and Column are its position, counting from 1, if known.
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`

	// Message says what is wrong and what to do about it.
	Message string `json:"message"`
}

// String formats the problem on one line: film.yaml:12:9: steps.clip.input.image: there is no
// step …
func (p Problem) String() string {
	var text strings.Builder
	if p.File != "" {
		fmt.Fprintf(&text, "%s:%d:%d: ", p.File, p.Line, p.Column)
	}
	if len(p.Path) > 0 {
		text.WriteString(strict.PathText(p.Path) + ": ")
	}
	return text.String() + p.Message
}

// Problems is the error of an invalid pipeline: all its problems together.
type Problems []Problem

// Error has a line for each problem.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.String()
	}
	return strings.Join(lines, "\n")
}
