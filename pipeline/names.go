package pipeline

// WorkflowName is the registered workflow that runs a pipeline: a [Request] in, a [Result] out.
const WorkflowName = "wavespeed.Pipeline"
