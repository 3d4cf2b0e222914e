// Package check looks at a pipeline file and what a run would be given, before anything is started.
package check
