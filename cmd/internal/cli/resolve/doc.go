// Package resolve shows submits whose answers were lost, and takes a person's decision on them.
package resolve
