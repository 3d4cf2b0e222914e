// Package screen writes for people at a terminal: cells of tables, counts, text that is redrawn.
package screen
