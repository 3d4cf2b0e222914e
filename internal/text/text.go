// Package text reads files that people write. It rejects text that isn't UTF-8, with its
// position, instead of replacing bytes with U+FFFD. A file means the same whatever line endings
// an editor or git gave it.
package text

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"unicode/utf8"
)

// Error says why a text was rejected, and where.
type Error struct {
	// Name is the file's name, as given.
	Name string

	// Line and Column count from 1, the column in characters. Both are 0 if the text is
	// rejected as a whole.
	Line, Column int

	// Message says what is wrong and what to do.
	Message string
}

// Error is one line, such as "rows.csv:2:2: …".
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Name + ": " + e.Message
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.Name, e.Line, e.Column, e.Message)
}

// ReadFile reads a file of at most limit bytes. It fails with an [*Error], or an error of the
// file system.
func ReadFile(name string, limit int64) ([]byte, error) {
	file, err := os.Open(name) // #nosec G304 -- the user names the file
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return Read(name, file, limit)
}

// Read is ReadFile for an open file; name appears in errors.
func Read(name string, from io.Reader, limit int64) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(from, limit+1))
	switch {
	case err != nil:
		return nil, err
	case int64(len(content)) > limit:
		return nil, &Error{Name: name, Message: fmt.Sprintf("has more than %d bytes; split it", limit)}
	}
	return Clean(name, content)
}

const (
	byteOrderMark = "\xef\xbb\xbf"
	saveAsUTF8    = "save the file as UTF-8"
)

// Clean returns the content as UTF-8 with line feeds only and without a byte order mark. It
// fails with an [*Error] for other encodings.
func Clean(name string, content []byte) ([]byte, error) {
	if bytes.HasPrefix(content, []byte("\xff\xfe")) || bytes.HasPrefix(content, []byte("\xfe\xff")) {
		return nil, &Error{Name: name, Message: "is UTF-16; " + saveAsUTF8}
	}
	content = bytes.TrimPrefix(content, []byte(byteOrderMark))
	if bytes.IndexByte(content, '\r') >= 0 {
		content = bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n"))
		content = bytes.ReplaceAll(content, []byte("\r"), []byte("\n"))
	}
	for at := 0; at < len(content); {
		r, size := utf8.DecodeRune(content[at:])
		switch {
		case r == utf8.RuneError && size == 1:
			return nil, wrong(name, content, at, "byte 0x%02x is not UTF-8; %s", content[at], saveAsUTF8)
		case r == 0:
			return nil, wrong(name, content, at, "a zero byte: the file is UTF-16 or not text; %s", saveAsUTF8)
		}
		at += size
	}
	return content, nil
}

func wrong(name string, content []byte, at int, format string, args ...any) error {
	line, column := Place(content, at)
	return &Error{Name: name, Line: line, Column: column, Message: fmt.Sprintf(format, args...)}
}

// Place returns the line and column of a byte, both counting from 1, the column in characters.
func Place(content []byte, at int) (line, column int) {
	before := content[:min(max(at, 0), len(content))]
	begin := bytes.LastIndexByte(before, '\n') + 1
	return bytes.Count(before, []byte("\n")) + 1, utf8.RuneCount(before[begin:]) + 1
}
