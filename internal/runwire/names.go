package runwire

// Names that only our own versions use among themselves.
const (
	// ItemsName is the workflow that a run starts as its child for a part of the items of a
	// large for_each.
	ItemsName = "wavespeed.Items"

	// CheckName is the activity that checks a run before anything is paid: a [Request] in, a
	// [Report] out.
	CheckName = "wavespeed.Check"

	// RecallName is the activity that reads what an earlier run has made: a [RecallInput]
	// in, a [Page] out.
	RecallName = "wavespeed.Recall"

	// ProgressSignal is sent by children to their run, and StopSignal to children.
	ProgressSignal = "wavespeed.progress"
	StopSignal     = "wavespeed.stop"
)
