package wire

// Names that only our own versions use among themselves.
const (
	// SubmitName is the activity that sends the one POST that costs money:
	// a [SubmitInput] in, a [Submitted] out.
	SubmitName = "wavespeed.Submit"

	// FindName is the activity that looks for the prediction of a submit whose
	// answer was lost: a [FindInput] in, a [Found] out.
	FindName = "wavespeed.Find"

	// AwaitName is the activity that polls one prediction to its end:
	// an [AwaitInput] in, an [Outcome] out.
	AwaitName = "wavespeed.Await"

	// KnownQuery is the query by which a search learns whose predictions are: an account's
	// name in, [KnownPredictions] out.
	KnownQuery = "wavespeed.known"
)

const signalPrefix = "wavespeed.finished/"

// SignalName is the signal on which the generation with this key listens.
func SignalName(key string) string { return signalPrefix + key }
