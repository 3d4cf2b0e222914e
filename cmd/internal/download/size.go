package download

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

var units = []struct {
	name  string
	bytes int64
}{
	{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10},
	{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"B", 1},
}

// ParseSize parses a size such as 4GiB, 500MB or 1000 (bytes). It must be a whole number above
// 0.
func ParseSize(text string) (int64, error) {
	digits, factor := text, int64(1)
	for _, unit := range units {
		if len(text) > len(unit.name) && strings.EqualFold(text[len(text)-len(unit.name):], unit.name) {
			digits, factor = strings.TrimSpace(text[:len(text)-len(unit.name)]), unit.bytes
			break
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n <= 0 || n > (math.MaxInt64-1)/factor {
		return 0, fmt.Errorf("%q is not a size such as 4GiB or 500MB", text)
	}
	return n * factor, nil
}

// FormatSize formats a size in the largest unit in which it is a whole number.
func FormatSize(bytes int64) string {
	for _, unit := range units {
		if bytes >= unit.bytes && bytes%unit.bytes == 0 {
			return fmt.Sprintf("%d %s", bytes/unit.bytes, unit.name)
		}
	}
	return "0 B"
}
