package webhook

import (
	"encoding/json"
	"strconv"
)

// hasSeed tells whether a prediction's input repeats a seed, by exact key.
func hasSeed(input json.RawMessage, seed int64) bool {
	var fields map[string]json.RawMessage
	if json.Unmarshal(input, &fields) != nil {
		return false
	}
	got, err := strconv.ParseFloat(string(fields["seed"]), 64)
	return err == nil && got == float64(seed)
}
