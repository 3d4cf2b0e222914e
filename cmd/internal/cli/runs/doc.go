// Package runs asks Temporal, and workflows themselves, about generations and runs of pipelines.
package runs
