// Package made lists and saves what runs of pipelines have made.
package made
