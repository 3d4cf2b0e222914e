package generation

// Names on the wire. They are contracts: a worker must understand what clients, handlers and
// histories of other versions have written.
const (
	// WorkflowName is the registered workflow that runs one generation:
	// a [Request] in, a [Result] out.
	WorkflowName = "wavespeed.Generate"

	// DecideUpdate is the update with which people decide on an approval: a [Decision] in, an
	// [ApprovalStatus] out.
	DecideUpdate = "wavespeed.decide"

	// ResolveUpdate is the update with which a person ends the search for an unknown submit: a
	// [Resolution] in, the generation's [Status] out.
	ResolveUpdate = "wavespeed.resolve"

	// ApprovalsQuery is the query that returns an [ApprovalStatus] for each approval of the
	// workflow.
	ApprovalsQuery = "wavespeed.approvals"

	// StatusQuery is the query that returns a [Status] for every generation of the workflow, in
	// the order in which they started.
	StatusQuery = "wavespeed.status"
)

// DefaultAccount is the default account of a request.
const DefaultAccount = "default"
