package wire

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/input"
)

// Fingerprint identifies what would be paid for: requests with the same model, account and
// input have the same fingerprint, however the input is written.
func Fingerprint(request generation.Request) (string, error) {
	request = WithDefaults(request)
	encoded, err := input.Encode(request.Input)
	if err != nil {
		return "", err
	}
	decoder := json.NewDecoder(bytes.NewReader(encoded))
	decoder.UseNumber()
	var input any
	if err := decoder.Decode(&input); err != nil {
		return "", err
	}
	// Maps are encoded with their keys sorted.
	canonical, err := json.Marshal([]any{request.Model, request.Account, input})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(sameNumbers(canonical))
	return hex.EncodeToString(sum[:12]), nil
}

// sameNumbers normalizes each number in a JSON text.
func sameNumbers(text []byte) []byte {
	var same bytes.Buffer
	for i, end := 0, 0; i < len(text); i = end {
		end = i + 1
		switch c := text[i]; {
		case c == '"':
			for ; text[end] != '"'; end++ {
				if text[end] == '\\' {
					end++
				}
			}
			end++
			same.Write(text[i:end])
		case c == '-' || c >= '0' && c <= '9':
			for end < len(text) && strings.IndexByte("0123456789.eE+-", text[end]) >= 0 {
				end++
			}
			same.WriteString(sameNumber(string(text[i:end])))
		default:
			same.WriteByte(c)
		}
	}
	return same.Bytes()
}

// maxZeros is the power of ten up to which a number is written out.
const maxZeros = 30

// sameNumber removes insignificant zeros from a number. It keeps all other digits.
func sameNumber(text string) string {
	unsigned, minus := strings.CutPrefix(text, "-")
	mantissa, exponent, _ := strings.Cut(strings.ToLower(unsigned), "e")
	power, err := strconv.Atoi(cmp.Or(exponent, "0"))
	if err != nil {
		return text // a power of ten that no number has
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	all := strings.TrimLeft(whole+fraction, "0")
	digits := strings.TrimRight(all, "0")
	power += len(all) - len(digits) - len(fraction)
	switch {
	case digits == "":
		return "0"
	case power < -maxZeros || power > maxZeros:
		digits += "e" + strconv.Itoa(power)
	case power < 0:
		digits = strings.Repeat("0", max(1-power-len(digits), 0)) + digits
		digits = digits[:len(digits)+power] + "." + digits[len(digits)+power:]
	default:
		digits += strings.Repeat("0", power)
	}
	if minus {
		digits = "-" + digits
	}
	return digits
}
