// Package decide sends people's decisions to runs of pipelines: approvals, and larger budgets.
package decide
