package values

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// readCSV reads rows as objects, with field names from the first line. All values are strings.
func readCSV(path string, content []byte) (any, error) {
	reader := csv.NewReader(bytes.NewReader(content))
	reader.FieldsPerRecord = -1
	records, err := reader.ReadAll()
	var syntax *csv.ParseError
	switch {
	case errors.As(err, &syntax):
		return nil, fmt.Errorf(`%s:%d:%d: a stray quote; write a field that contains quotes as "like ""this"""`, path, syntax.Line, syntax.Column)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", path, err)
	case len(records) == 0:
		return nil, fmt.Errorf("%s: is missing a header line with the column names", path)
	case len(records) == 1:
		return nil, fmt.Errorf("%s: has a header but no rows", path)
	}
	names := records[0]
	for i, name := range names {
		names[i] = strings.TrimSpace(name)
		if slices.Contains(names[:i], names[i]) {
			return nil, fmt.Errorf("%s: two columns are named %q", path, names[i])
		}
	}
	rows := make([]any, 0, len(records)-1)
	for i, record := range records[1:] {
		if len(record) != len(names) {
			return nil, fmt.Errorf("%s: row %d has %d fields, but the header has %d", path, i+1, len(record), len(names))
		}
		row := make(map[string]any, len(record))
		for i, name := range names {
			row[name] = record[i]
		}
		rows = append(rows, row)
	}
	return rows, nil
}
