package pipeline

// Names on the wire, which never change once released.
const (
	// WorkflowName is the registered workflow that runs a pipeline: a [Request] in, a
	// [Result] out.
	WorkflowName = "wavespeed.Pipeline"

	// ItemsName is the workflow that a run starts as its child for a part of the items of a
	// large for_each.
	ItemsName = "wavespeed.Items"

	// CheckName is the activity that checks a run before anything is paid: a [Request] in, a
	// [Report] out.
	CheckName = "wavespeed.Check"

	// RecallName is the activity that reads what an earlier run has made: a [RecallInput]
	// in, a [Page] out.
	RecallName = "wavespeed.Recall"

	// StatusQuery is the query that answers a run's [Status].
	StatusQuery = "wavespeed.pipeline"

	// ResultsQuery is the query that answers a [Page] of what a run has made, from a
	// [Cursor] on.
	ResultsQuery = "wavespeed.results"

	// BudgetUpdate is the update that sets a run's budget, in USD: a number in, a [Status]
	// out.
	BudgetUpdate = "wavespeed.budget"

	// ProgressSignal is sent by children to their run, and StopSignal to children.
	ProgressSignal = "wavespeed.progress"
	StopSignal     = "wavespeed.stop"
)

// Search attributes of a run, where it is asked to have any.
const (
	AttributePipeline = "WavespeedPipeline" // Keyword: the pipeline's name
	AttributeModels   = "WavespeedModels"   // KeywordList: the models of its steps
	AttributeState    = "WavespeedState"    // Keyword: a RunState
	AttributeCost     = "WavespeedCost"     // Double: what it has cost so far, in USD
)
