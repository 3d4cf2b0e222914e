// Package pipelines has the commands of pipelines. Those that only look are here; the others are in
// packages of their own.
package pipelines
