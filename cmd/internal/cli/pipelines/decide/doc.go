// Package decide sends people's decisions to runs of pipelines: approvals, larger
// budgets, and pauses.
package decide
