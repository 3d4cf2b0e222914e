// Package plaintext neutralizes text that other people wrote before it reaches a terminal.
// Outputs of models, names and errors may hold escape codes that move the cursor, rewrite
// what is shown, or reverse its direction.
package plaintext

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// String returns text with every control character other than newline and tab, and every
// character that changes the direction of text, written as \u001b. Inside JSON that means
// the same as before. Invalid UTF-8 becomes U+FFFD; the pair CR LF becomes a newline.
func String(text string) string {
	if harmless(text) {
		return text
	}
	var plain strings.Builder
	appendPlain(&plain, strings.ReplaceAll(text, "\r\n", "\n"))
	return plain.String()
}

// Line is String in one line: each run of white space is one space.
func Line(text string) string { return String(strings.Join(strings.Fields(text), " ")) }

// Clip shortens a text to so many bytes.
func Clip(text string, bytes int) string {
	if len(text) <= bytes {
		return text
	}
	return strings.ToValidUTF8(text[:bytes-len("…")], "") + "…"
}

// harmless is the fast path: ASCII without control characters.
func harmless(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' && c != '\n' && c != '\t' || c >= 0x7f {
			return false
		}
	}
	return true
}

func appendPlain(plain *strings.Builder, text string) {
	for _, r := range text { // an invalid byte ranges as U+FFFD
		if dangerous(r) {
			fmt.Fprintf(plain, `\u%04x`, r)
			continue
		}
		plain.WriteRune(r)
	}
}

// Control reports whether a character changes how others are shown: C0, C1, DEL, or a change of
// text direction.
func Control(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }

func dangerous(r rune) bool {
	switch {
	case r == '\n' || r == '\t':
		return false
	default:
		return Control(r) || r == 0x2028 || r == 0x2029 || r == 0xfeff
	}
}

// Writer writes plain text to another writer. It is safe for concurrent use.
type Writer struct {
	mu      sync.Mutex
	out     io.Writer
	pending string // the first bytes of a character, or a CR that may belong to a CR LF
}

// NewWriter returns a writer that neutralizes what is written to out, as [String] does.
func NewWriter(out io.Writer) *Writer { return &Writer{out: out} }

// Unwrap returns the underlying writer, for a program's own escape codes.
func (w *Writer) Unwrap() io.Writer { return w.out }

// Write writes all of text, except that it keeps an incomplete character at its end for the
// next call.
func (w *Writer) Write(text []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	whole := w.pending + string(text)
	end := complete(whole)
	w.pending = whole[end:]
	if _, err := io.WriteString(w.out, String(whole[:end])); err != nil {
		return 0, err
	}
	return len(text), nil
}

// Flush writes what is left of an incomplete character.
func (w *Writer) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	rest := w.pending
	w.pending = ""
	_, err := io.WriteString(w.out, String(rest))
	return err
}

// complete is where the last complete character of text ends.
func complete(text string) int {
	if strings.HasSuffix(text, "\r") {
		return len(text) - 1
	}
	for n := 1; n < utf8.UTFMax && n <= len(text); n++ {
		start := len(text) - n
		if utf8.RuneStart(text[start]) {
			if !utf8.FullRuneInString(text[start:]) {
				return start
			}
			break
		}
	}
	return len(text)
}
