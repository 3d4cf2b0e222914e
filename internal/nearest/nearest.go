// Package nearest suggests a known name for an unknown one.
package nearest

import "slices"

// Name returns the name with the smallest edit distance; "" if there are no names.
func Name(name string, names []string) string {
	if len(names) == 0 {
		return ""
	}
	return slices.MinFunc(names, func(a, b string) int { return distance(name, a) - distance(name, b) })
}

// Hint suggests the nearest name, such as "; did you mean still?". It is "" if no name is near.
func Hint(name string, names []string) string {
	guess := Name(name, names)
	if guess == "" || distance(name, guess) > max(len(name)/2, 1) {
		return ""
	}
	return "; did you mean " + guess + "?"
}

// distance is the number of letters to insert, delete or replace.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
