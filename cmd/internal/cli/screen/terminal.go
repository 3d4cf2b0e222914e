package screen

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plaintext"
)

// IsTerminal reports whether a stream is a terminal, where lines can be rewritten.
func IsTerminal(w io.Writer) bool {
	file, ok := Raw(w).(*os.File)
	return ok && term.IsTerminal(int(file.Fd())) // #nosec G115 -- a file's number is small
}

// Raw unwraps a writer that neutralizes escape codes.
func Raw(w io.Writer) io.Writer {
	if plain, ok := w.(*plaintext.Writer); ok {
		return plain.Unwrap()
	}
	return w
}

// Area is a part of a terminal whose text is replaced as a whole.
type Area struct {
	out   io.Writer
	Lines int
}

// NewArea is an area below what has been printed.
func NewArea(out io.Writer) *Area { return &Area{out: out} }

// Redraw replaces the previous text. It cuts off lines that don't fit on the screen, because
// they could not be overwritten.
func (a *Area) Redraw(text string) {
	width, height := Size(a.out)
	lines := Fit(strings.Split(strings.TrimRight(plaintext.String(text), "\n"), "\n"), width, height-1)
	a.Erase()
	fmt.Fprintln(a.out, strings.Join(lines, "\n"))
	a.Lines = len(lines)
}

// Size returns a terminal's size.
func Size(out io.Writer) (width, height int) {
	width, height = 80, 24
	if file, ok := Raw(out).(*os.File); ok {
		if w, h, err := term.GetSize(int(file.Fd())); err == nil && w > 0 && h > 1 { // #nosec G115 -- a file's number is small
			width, height = w, h
		}
	}
	return width, height
}

// Erase takes the text away.
func (a *Area) Erase() {
	if a.Lines > 0 {
		fmt.Fprintf(Raw(a.out), "\033[%dA\033[J", a.Lines)
	}
}

// Fit cuts lines to the size of a screen.
func Fit(lines []string, width, height int) []string {
	if len(lines) > height {
		lines = append(lines[:height-1:height-1], fmt.Sprintf("… and %d more lines", len(lines)-height+1))
	}
	cut := make([]string, len(lines))
	for i, line := range lines {
		cut[i] = line
		if runes := []rune(line); len(runes) > width {
			cut[i] = string(runes[:width-1]) + "…"
		}
	}
	return cut
}
