// Package slots shows and changes the limits within which submits wait for a slot of an account.
package slots
