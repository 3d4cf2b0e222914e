// Package setup has the commands about the program itself: what it needs in Temporal, its settings,
// its health and its version.
package setup
