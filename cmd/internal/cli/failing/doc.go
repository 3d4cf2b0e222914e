// Package failing finds activities that fail and are repeated, and so why a workflow waits.
package failing
