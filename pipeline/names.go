package pipeline

// Names on the wire, which never change once released.
const (
	// WorkflowName is the registered workflow that runs a pipeline: a [Request] in, a
	// [Result] out.
	WorkflowName = "wavespeed.Pipeline"

	// StatusQuery is the query that returns a run's [Status].
	StatusQuery = "wavespeed.pipeline"

	// ResultsQuery is the query that returns a [Page] of a run's results, starting at a
	// [Cursor].
	ResultsQuery = "wavespeed.results"

	// BudgetUpdate is the update that sets a run's budget, in USD: a number in, a [Status]
	// out.
	BudgetUpdate = "wavespeed.budget"
)

// Search attributes of a run, if enabled.
const (
	AttributePipeline = "WavespeedPipeline" // Keyword: the pipeline's name
	AttributeModels   = "WavespeedModels"   // KeywordList: the models of its steps
	AttributeState    = "WavespeedState"    // Keyword: a State
	AttributeCost     = "WavespeedCost"     // Double: its cost so far, in USD
)
