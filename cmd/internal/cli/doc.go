// Package cli is the command line of wavespeed-temporal, with everything that it
// reads and writes given to it, so that tests run it as it is. Its commands are in the packages
// below it.
package cli
