// Package follow shows runs of pipelines, until they end if that is asked for.
package follow
