package plan

import (
	"fmt"

	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// problems is what is found wrong with a definition, one by one.
type problems pipeline.Problems

func (p *problems) add(path []string, format string, args ...any) {
	*p = append(*p, pipeline.Problem{Path: path, Message: fmt.Sprintf(format, args...)})
}

func join(path []string, segments ...string) []string {
	return append(append([]string(nil), path...), segments...)
}
