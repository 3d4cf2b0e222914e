package runwire

// Names that only our own versions use among themselves.
const (
	// ItemsName is the child workflow that a run starts for a part of the items of a large
	// for_each.
	ItemsName = "wavespeed.Items"

	// CheckName is the activity that checks a run before it spends anything: a [Request] in, a
	// [Report] out.
	CheckName = "wavespeed.Check"

	// RecallName is the activity that reads the results of an earlier run: a [RecallInput] in,
	// a [Page] out.
	RecallName = "wavespeed.Recall"

	// ProgressSignal is sent by children to their run, and StopSignal by a run to its children.
	ProgressSignal = "wavespeed.progress"
	StopSignal     = "wavespeed.stop"

	// PauseSignal is sent by a run to its children when it is paused or resumed.
	PauseSignal = "wavespeed.pause"
)
