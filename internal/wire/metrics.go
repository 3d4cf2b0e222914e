package wire

// Metrics that workflows and activities report through the metrics handler of the
// Temporal client, with the SDK's own tags beside ours. No tag holds an id.
const (
	// MetricStarted counts generations that were started.
	MetricStarted = "wavespeed_generations_started"

	// MetricEnded counts generations that have ended, with the tags [TagOutcome] and,
	// for completed ones, [TagVia]: those that a poll had to end are "poll".
	MetricEnded = "wavespeed_generations_ended"

	// MetricSubmits counts submits that were sent, with the tag [TagAnswer].
	MetricSubmits = "wavespeed_submits"

	// MetricUnknown counts unknown submits of which something became known, with the
	// tag [TagVerdict].
	MetricUnknown = "wavespeed_unknown_submits"

	// MetricSpend counts what the provider charged for accepted submits, in millionths
	// of a dollar, with the tag [TagModel]; only where prices are asked for.
	MetricSpend = "wavespeed_spend_microdollars"

	// MetricResume times from the sending of a webhook, in the provider's whole seconds,
	// to the workflow that has gone on.
	MetricResume = "wavespeed_resume_latency"
)

// Tags of the metrics.
const (
	// TagOutcome is "completed", "canceled", or an error's type without "wavespeed.".
	TagOutcome = "outcome"

	// TagVia is a [Via].
	TagVia = "via"

	// TagAnswer is "accepted", "unknown", or the type of a refusal without "wavespeed.".
	TagAnswer = "answer"

	// TagVerdict is a [Verdict].
	TagVerdict = "verdict"

	// TagModel is a model's id.
	TagModel = "model"
)
