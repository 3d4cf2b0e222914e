// Package save downloads outputs into a directory, and tells what could not be saved.
package save
