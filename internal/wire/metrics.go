package wire

// Metrics that workflows and activities report through the Temporal client's metrics handler,
// with the SDK's own tags in addition to ours. No tag contains an id.
const (
	// MetricStarted counts started generations.
	MetricStarted = "wavespeed_generations_started"

	// MetricEnded counts ended generations, with the tags [TagOutcome] and, for completed ones,
	// [TagVia], which is "poll" if a poll had to end them.
	MetricEnded = "wavespeed_generations_ended"

	// MetricSubmits counts sent submits, with the tag [TagAnswer].
	MetricSubmits = "wavespeed_submits"

	// MetricUnknown counts unknown submits that were resolved, with the tag [TagConclusion].
	MetricUnknown = "wavespeed_unknown_submits"

	// MetricSpend counts the provider's charges for accepted submits, in millionths of a
	// dollar, with the tag [TagModel]. It requires that prices are requested.
	MetricSpend = "wavespeed_spend_microdollars"

	// MetricResume measures the time from the sending of a webhook, in the provider's whole
	// seconds, until the workflow continues.
	MetricResume = "wavespeed_resume_latency"
)

// Tags of the metrics.
const (
	// TagOutcome is "completed", "canceled", or an error's type without "wavespeed.".
	TagOutcome = "outcome"

	// TagVia is a [Via].
	TagVia = "via"

	// TagAnswer is "accepted", "unknown", or the type of a rejection without "wavespeed.".
	TagAnswer = "answer"

	// TagConclusion is a [Conclusion].
	TagConclusion = "verdict"

	// TagModel is a model id.
	TagModel = "model"
)
