package generation

// Names on the wire. They are contracts: a worker of one version must understand
// what a client, a handler or a history of another has written.
const (
	// WorkflowName is the registered workflow that runs one generation:
	// a [Request] in, a [Result] out.
	WorkflowName = "wavespeed.Generate"

	// DecideUpdate is the update by which people decide on what a workflow asks them: a
	// [Decision] in, an [ApprovalStatus] out.
	DecideUpdate = "wavespeed.decide"

	// ResolveUpdate is the update by which a person ends the search for a submit whose
	// answer was lost: a [Resolution] in, the generation's [Status] out.
	ResolveUpdate = "wavespeed.resolve"

	// ApprovalsQuery is the query that answers an [ApprovalStatus] for everything that the
	// workflow has asked people.
	ApprovalsQuery = "wavespeed.approvals"

	// StatusQuery is the query that answers a [Status] for every generation of
	// the workflow, in the order in which they were started.
	StatusQuery = "wavespeed.status"
)

const (
	// DefaultAccount is the account of a request that names none.
	DefaultAccount = "default"

	// DefaultKey is the key of a request that names none.
	DefaultKey = "generation"
)
