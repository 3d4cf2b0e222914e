package wire

// Names of pipeline runs that clients in other languages use too.
const (
	// RunStatusQuery is the query that returns a run's status.
	RunStatusQuery = "wavespeed.pipeline"

	// RunResultsQuery is the query that returns a page of a run's results, starting at a
	// cursor.
	RunResultsQuery = "wavespeed.results"

	// RunBudgetUpdate is the update that sets a run's budget, in USD: a number in, a status
	// out.
	RunBudgetUpdate = "wavespeed.budget"

	// RunPauseUpdate is the update that pauses a run, and RunResumeUpdate lets it continue:
	// nothing in, a status out.
	RunPauseUpdate  = "wavespeed.pause"
	RunResumeUpdate = "wavespeed.resume"
)

// Search attributes of a run, if enabled.
const (
	AttributePipeline = "WavespeedPipeline" // Keyword: the pipeline's name
	AttributeModels   = "WavespeedModels"   // KeywordList: the models of its steps
	AttributeState    = "WavespeedState"    // Keyword: a state
	AttributeCost     = "WavespeedCost"     // Double: its cost so far, in USD
)
