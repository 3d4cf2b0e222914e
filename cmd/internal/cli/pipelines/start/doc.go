// Package start starts runs of pipelines: new ones, again, and by a schedule.
package start
