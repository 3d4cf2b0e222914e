package screen

import (
	"fmt"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plaintext"
)

// Plural counts things: 1 run, 2 runs.
func Plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// Cell formats a text for a table.
func Cell(text string) string { return plaintext.Line(text) }

// Dash stands for a text that is empty.
func Dash(text string) string {
	if text == "" {
		return "–"
	}
	return text
}

// Number is a number, and "" for 0.
func Number(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

// Dollars is an amount, and "" for none.
func Dollars(usd *generation.USD) string {
	if usd == nil {
		return ""
	}
	return usd.String()
}

// If is the text if so, and "" otherwise.
func If(is bool, text string) string {
	if is {
		return text
	}
	return ""
}

// Quote is a text as a shell takes it.
func Quote(text string) string {
	if text != "" && !strings.ContainsFunc(text, isShellRune) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

func isShellRune(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-/:@", r))
}
