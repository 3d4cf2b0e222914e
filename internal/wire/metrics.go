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

	// MetricLimit is what runs of this namespace may use of an account's limit, and MetricLimitUsed
	// what they use, with the tags [TagAccount] and [TagLimit]; -1 is no limit. The worker that
	// carries out the keeper's latest step reports them, so with several workers those hold
	// whose [MetricLimitUpdated] is the latest.
	MetricLimit     = "wavespeed_limit"
	MetricLimitUsed = "wavespeed_limit_used"

	// MetricLimitWaiting is how many submits wait for a slot, and MetricLimitOthers how many
	// predictions run at the account that no run here awaits, with the tag [TagAccount].
	MetricLimitWaiting = "wavespeed_limit_waiting"
	MetricLimitOthers  = "wavespeed_limit_others"

	// MetricLimitUpdated is when these metrics were reported, in seconds since 1970, with the
	// tag [TagAccount].
	MetricLimitUpdated = "wavespeed_limit_updated_seconds"

	// MetricLimitRefused counts submits that the provider refused for the account's limits, and
	// MetricLimitUngated those that were made while the keeper was away, with the tag
	// [TagAccount]. Runs count these themselves, so that they are counted meanwhile.
	MetricLimitRefused = "wavespeed_limit_refused"
	MetricLimitUngated = "wavespeed_limit_ungated"
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

	// TagAccount is an account's name.
	TagAccount = "account"

	// TagLimit is a limit as people set it: "running", "per-minute", "images" or "videos".
	TagLimit = "limit"
)
