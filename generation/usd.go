package generation

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plaintext"
)

// USD is an exact amount of US dollars, counted in billionths of a dollar, so that sums of
// prices such as $0.0243 are exact. The largest is about 9.2 billion dollars.
//
//	limit := generation.Dollars(2.50)
//
// In JSON it is a plain number of dollars, such as 2.5, parsed as a decimal. Digits below a
// billionth are rounded, half away from zero. An amount that is not a number, or too large, is
// an error.
type USD int64

const (
	dollar USD = 1_000_000_000
	maxUSD USD = math.MaxInt64

	// usdDigits is the number of decimal places.
	usdDigits = 9
	// maxUSDDigits is the number of digits of the largest amount.
	maxUSDDigits = 19
)

// Dollars returns the amount nearest to a number, for constants in programs; 0 for NaN.
func Dollars(number float64) USD {
	usd, err := ParseUSD(strconv.FormatFloat(number, 'g', -1, 64))
	switch {
	case err == nil || math.IsNaN(number):
		return usd
	case number > 0:
		return maxUSD
	default:
		return -maxUSD
	}
}

// ParseUSD parses a number of dollars, such as "0.0243" or "1e-3".
func ParseUSD(text string) (USD, error) {
	wrong := fmt.Errorf("%s is not an amount of US dollars such as 2.50", quoted(text))
	unsigned, minus := strings.CutPrefix(text, "-")
	mantissa, exponent, scientific := strings.Cut(strings.ToLower(unsigned), "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	if digits == "" || !onlyDigits(digits) {
		return 0, wrong
	}
	power := 0
	if scientific {
		// For a power out of range, Atoi returns the nearest integer in range.
		var err error
		if power, err = strconv.Atoi(exponent); errors.Is(err, strconv.ErrSyntax) {
			return 0, wrong
		}
		power = max(min(power, math.MaxInt32), math.MinInt32)
	}
	digits = strings.TrimLeft(digits, "0")
	places := len(digits) - len(fraction) + power + usdDigits // of the count of billionths
	count, ok := billionths(digits, places)
	switch {
	case !ok:
		return 0, fmt.Errorf("%s US dollars exceed the maximum (%s)", quoted(text), maxUSD)
	case minus:
		return -count, nil
	default:
		return count, nil
	}
}

// billionths returns the number with that many places that starts with the digits, and false if
// it is too large.
func billionths(digits string, places int) (USD, bool) {
	switch {
	case digits == "" || places < 0:
		return 0, true
	case places > maxUSDDigits:
		return 0, false
	}
	up := places < len(digits) && digits[places] >= '5'
	if places < len(digits) {
		digits = digits[:places]
	}
	count, err := strconv.ParseUint("0"+digits+strings.Repeat("0", places-len(digits)), 10, 64)
	if up {
		count++
	}
	if err != nil || count > uint64(maxUSD) {
		return 0, false
	}
	return USD(count), true // #nosec G115 -- compared above
}

func onlyDigits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}

// quoted quotes an arbitrary text for an error.
func quoted(text string) string {
	const most = 40
	text = plaintext.Clip(text, most)
	if strings.HasPrefix(text, `"`) {
		return text // a JSON string
	}
	return strconv.Quote(text)
}

// String formats the amount for people: "$2.50", "$0.0243". It shows all digits, and at least
// two decimal places.
func (u USD) String() string {
	text := u.decimal()
	if point := strings.IndexByte(text, '.'); point < 0 {
		text += ".00"
	} else if point == len(text)-2 {
		text += "0"
	}
	if unsigned, minus := strings.CutPrefix(text, "-"); minus {
		return "-$" + unsigned
	}
	return "$" + text
}

// decimal returns the shortest number.
func (u USD) decimal() string {
	count, sign := uint64(u), "" // #nosec G115 -- the sign is handled next
	if u < 0 {
		count, sign = -count, "-"
	}
	text := sign + strconv.FormatUint(count/uint64(dollar), 10)
	if rest := count % uint64(dollar); rest > 0 {
		text += "." + strings.TrimRight(fmt.Sprintf("%0*d", usdDigits, rest), "0")
	}
	return text
}

// MarshalJSON writes a plain number of dollars.
func (u USD) MarshalJSON() ([]byte, error) { return []byte(u.decimal()), nil }

// UnmarshalJSON reads a number of dollars.
func (u *USD) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	parsed, err := ParseUSD(string(data))
	if err != nil {
		return err
	}
	*u = parsed
	return nil
}

// Float64 returns the nearest number of dollars, for metrics and search attributes. Don't
// calculate with it.
func (u USD) Float64() float64 {
	value, _ := strconv.ParseFloat(u.decimal(), 64)
	return value
}
