package wavespeed

import "errors"

// What the tests of this package see beside its door.
var (
	ErrInvalid    = errInvalid
	ValidateModel = validateModel
	FailureOf     = failureOf

	ParsePrediction = parsePrediction
)

const MaxPrice = maxPrice

// Report is what an error's answer said.
func Report(err error) *report {
	said := new(report)
	errors.As(err, &said)
	return said
}
