// Package setup contains the commands about the program itself: its requirements in Temporal,
// its settings, its health and its version.
package setup
