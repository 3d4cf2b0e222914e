// Package cli is the command line of wavespeed-temporal. Callers pass in its arguments,
// environment and streams, so tests can run the real commands. Its commands are in the packages
// below it.
package cli
