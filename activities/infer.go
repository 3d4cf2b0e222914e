package activities

import (
	"slices"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// infer concludes from the charges of a key that only this namespace uses. Every other
// submit is known to have another prediction, or none; so what is left over is this one's.
// Submits of one workflow that ask for the same may share what is left over in any order.
func (s *search) infer(possible []sighting) (id string, ok bool) {
	if !s.sameKey() {
		return "", false
	}
	var left []string
	for _, x := range possible {
		if !x.charged || !s.account.keys.has(x.key) {
			return "", false
		}
		left = append(left, x.id)
	}
	twins := append([]generation.Twin{{Nonce: s.in.Nonce}}, s.in.Twins...)
	if len(left) != len(twins) {
		return "", false
	}
	// Each of the twins that are left takes the one at its own place, so that searches at
	// the same time take different ones.
	var waiting []string
	for _, twin := range twins {
		if twin.PredictionID == "" {
			waiting = append(waiting, twin.Nonce)
		}
		left = slices.DeleteFunc(left, func(id string) bool { return id == twin.PredictionID })
	}
	slices.Sort(waiting)
	i := slices.Index(waiting, s.in.Nonce)
	if len(left) != len(waiting) || i < 0 {
		return "", false
	}
	return left[i], true
}
