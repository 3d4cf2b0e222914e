package screen

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plaintext"
)

// Rows writes a table row, and an extra row for each further value of its last column.
func Rows(table io.Writer, columns, last []string) {
	fmt.Fprintf(table, "%s\t%s\n", strings.Join(columns, "\t"), Dash(strings.Join(last[:min(len(last), 1)], "")))
	for _, more := range last[min(len(last), 1):] {
		fmt.Fprintf(table, "%s%s\n", strings.Repeat("\t", len(columns)), more)
	}
}

// maxCell is the maximum length of a table cell in bytes.
const maxCell = 200

// Outputs are outputs for a table: URLs whole, texts in one line.
func Outputs(outputs []generation.Output, omitted bool) []string {
	if omitted && len(outputs) == 0 {
		return []string{"too large to show"}
	}
	cells := make([]string, len(outputs))
	for i, output := range outputs {
		if cells[i] = Cell(output.URL()); cells[i] == "" {
			cells[i] = Cell(plaintext.Clip(output.String(), maxCell))
		}
	}
	return cells
}

// NewTable is a table whose cells end with tabs.
func NewTable(out io.Writer) *tabwriter.Writer { return tabwriter.NewWriter(out, 0, 0, 2, ' ', 0) }

// Time is a time as people here read it, to the second.
func Time(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05") }
