package pipeline

// Names on the wire, which never change once released.
const (
	// WorkflowName is the registered workflow that runs a pipeline: a [Request] in, a
	// [Result] out.
	WorkflowName = "wavespeed.Pipeline"

	// StatusQuery is the query that answers a run's [Status].
	StatusQuery = "wavespeed.pipeline"

	// ResultsQuery is the query that answers a [Page] of what a run has made, from a
	// [Cursor] on.
	ResultsQuery = "wavespeed.results"

	// BudgetUpdate is the update that sets a run's budget, in USD: a number in, a [Status]
	// out.
	BudgetUpdate = "wavespeed.budget"
)

// Search attributes of a run, where it is asked to have any.
const (
	AttributePipeline = "WavespeedPipeline" // Keyword: the pipeline's name
	AttributeModels   = "WavespeedModels"   // KeywordList: the models of its steps
	AttributeState    = "WavespeedState"    // Keyword: a RunState
	AttributeCost     = "WavespeedCost"     // Double: what it has cost so far, in USD
)
