package file

import (
	"encoding/json"
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"
)

// This file, not the parser, decides what plain scalars mean. It follows the core schema of
// YAML 1.2. It rejects numbers that YAML 1.1 parsers would read differently.
var (
	decimal   = regexp.MustCompile(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`)
	radix     = regexp.MustCompile(`^0(o[0-7]+|x[0-9a-fA-F]+)$`)
	zeros     = regexp.MustCompile(`^[-+]?0[0-9]`)
	grouped   = regexp.MustCompile(`^[-+]?[0-9]+(_[0-9]+)+(\.[0-9_]*)?$`)
	binary    = regexp.MustCompile(`^[-+]?0b[01]+$|^[-+]0[ox][0-9a-fA-F]+$`)
	notFinite = regexp.MustCompile(`^[-+]?\.(inf|Inf|INF)$|^\.(nan|NaN|NAN)$`)
)

// plain returns the value of an unquoted scalar: null, a boolean, a [json.Number] with all of
// its digits, or a string.
func plain(word string) (any, error) {
	switch word {
	case "", "~", "null", "Null", "NULL":
		return nil, nil
	case "true", "True", "TRUE":
		return true, nil
	case "false", "False", "FALSE":
		return false, nil
	}
	switch {
	case notFinite.MatchString(word):
		return nil, fmt.Errorf("%s is not a JSON value", word)
	case radix.MatchString(word):
		whole, _ := new(big.Int).SetString(word, 0)
		return json.Number(whole.String()), nil
	case binary.MatchString(word):
		whole, _ := new(big.Int).SetString(word, 0)
		return nil, ambiguous(word, whole.String())
	case grouped.MatchString(word):
		return nil, ambiguous(word, strings.ReplaceAll(word, "_", ""))
	case decimal.MatchString(word) && zeros.MatchString(word):
		return nil, ambiguous(word, number(word))
	case decimal.MatchString(word):
		return finite(number(word))
	default:
		return word, nil
	}
}

func ambiguous(word, number string) error {
	return fmt.Errorf(`%s is ambiguous because YAML parsers read it differently; write %s, or "%s" for a string`, word, number, word)
}

// number formats a decimal as JSON does.
func number(word string) string {
	sign, digits := "", strings.TrimPrefix(word, "+")
	if rest, negative := strings.CutPrefix(digits, "-"); negative {
		sign, digits = "-", rest
	}
	end := strings.IndexAny(digits, ".eE")
	if end < 0 {
		end = len(digits)
	}
	whole, rest := strings.TrimLeft(digits[:end], "0"), digits[end:]
	if whole == "" {
		whole = "0"
	}
	if fraction, point := strings.CutPrefix(rest, "."); point && (fraction == "" || fraction[0] == 'e' || fraction[0] == 'E') {
		rest = ".0" + fraction
	}
	return sign + whole + rest
}

func finite(number string) (any, error) {
	if _, err := strconv.ParseFloat(number, 64); err != nil {
		return nil, fmt.Errorf("is too large for a number")
	}
	return json.Number(number), nil
}
