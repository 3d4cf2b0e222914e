package wire

// Names that only our own versions use among themselves.
const (
	// SubmitName is the activity that sends the billable POST: a [SubmitInput] in, a
	// [Submitted] out.
	SubmitName = "wavespeed.Submit"

	// FindName is the activity that looks for the prediction of a submit whose response was
	// lost: a [FindInput] in, a [Found] out.
	FindName = "wavespeed.Find"

	// AwaitName is the activity that polls a prediction until it ends: an [AwaitInput] in, an
	// [Outcome] out.
	AwaitName = "wavespeed.Await"

	// KnownQuery is the query with which a search learns whose predictions are whose: an
	// account's name in, [KnownPredictions] out.
	KnownQuery = "wavespeed.known"

	// KeeperName is the workflow that keeps an account's limits: a [KeeperInput] in.
	KeeperName = "wavespeed.Limits"

	// ReportSignal is what runs send to the keeper: a quota.Report.
	ReportSignal = "wavespeed.report"

	// ConfiguredSignal is with which each worker tells the keeper its limits, once: a [Reconciled]
	// that has Configured and Started.
	ConfiguredSignal = "wavespeed.configured"

	// ReconcileName is the activity that compares what the keeper knows with the provider and
	// with Temporal: a [ReconcileInput] in, a [Reconciled] out.
	ReconcileName = "wavespeed.Reconcile"
)

// KeeperID is the id of the workflow that keeps an account's limits.
func KeeperID(account string) string { return "wavespeed-limits/" + account }

// LeaseSignal is what the keeper of an account sends to runs: a quota.Lease.
func LeaseSignal(account string) string { return "wavespeed.lease/" + account }

const signalPrefix = "wavespeed.finished/"

// SignalName returns the signal that the generation with this key listens for.
func SignalName(key string) string { return signalPrefix + key }
