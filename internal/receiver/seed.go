package receiver

import (
	"encoding/json"
	"strconv"
)

// hasSeed reports whether a prediction's input repeats a seed under an exact key.
func hasSeed(input json.RawMessage, seed int64) bool {
	var fields map[string]json.RawMessage
	if json.Unmarshal(input, &fields) != nil {
		return false
	}
	got, err := strconv.ParseFloat(string(fields["seed"]), 64)
	return err == nil && got == float64(seed)
}
