package provider

import "time"

// Traits are how the account behaves, for the whole of a simulation.
type Traits struct {
	Skew time.Duration // of its clock

	ListLag   time.Duration // the most by which the list lags
	ChargeLag time.Duration // the same of the charges

	Inputs   Inputs // how listed inputs look
	Echo     bool   // webhooks and results repeat the input as the list does
	Alias    string // what is added to the name that a model is listed under; "" for nothing
	Times    Times  // how created_at is told
	Keyless  bool   // charges don't name the API key
	Charges  Access // to the charges
	Pages    Pages
	Cap      int  // what a capped page holds
	Total    bool // pages tell their total
	More     bool // pages tell whether there is another
	Schema   bool // the catalogue tells that models take a seed
	DropSeed bool // the model drops the seed that it is given
}

// Inputs is how the provider shows what was submitted.
type Inputs string

// What happens to inputs.
const (
	InputsEqual     Inputs = "equal"     // nothing
	InputsOmitted   Inputs = "omitted"   // they are not listed
	InputsDropped   Inputs = "dropped"   // unknown keys are dropped
	InputsDefaults  Inputs = "defaults"  // defaults are filled in
	InputsDrawn     Inputs = "drawn"     // a seed of -1, or none, becomes the drawn one
	InputsHosted    Inputs = "hosted"    // media are re-hosted
	InputsTrimmed   Inputs = "trimmed"   // texts are trimmed
	InputsConverted Inputs = "converted" // "4" becomes 4
	InputsRewritten Inputs = "rewritten" // all of it at once
)

// AllInputs are all ways.
var AllInputs = []Inputs{InputsEqual, InputsOmitted, InputsDropped, InputsDefaults, InputsDrawn, InputsHosted, InputsTrimmed, InputsConverted, InputsRewritten}

// Times is how the provider tells when a prediction was accepted.
type Times string

// How times look.
const (
	TimesExact   Times = "exact"
	TimesSeconds Times = "seconds" // cut to the second
	TimesMissing Times = "missing"
)

// Access is whether something can be read.
type Access string

// How charges can be read.
const (
	Readable  Access = "readable"
	Forbidden Access = "forbidden" // the key may not
	Missing   Access = "missing"   // there is no such endpoint
)

// Pages is how pages are oddly cut.
type Pages string

// How pages look.
const (
	PagesPlain    Pages = "plain"
	PagesCapped   Pages = "capped"   // hold fewer than were asked for
	PagesShort    Pages = "short"    // one is left out of each, as one that may not be seen
	PagesNull     Pages = "null"     // now and then empty although there is more
	PagesSwapped  Pages = "swapped"  // neighbours change places
	PagesReversed Pages = "reversed" // oldest first
)

// AllPages are all ways.
var AllPages = []Pages{PagesPlain, PagesCapped, PagesShort, PagesNull, PagesSwapped, PagesReversed}
