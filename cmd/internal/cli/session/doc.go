// Package session is what commands share: the streams, the settings, and a connection to Temporal.
package session
