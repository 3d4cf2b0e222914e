// Package values reads what people give on a command line: typed values, rows, texts and files.
package values
