package plan

import (
	"fmt"
	"slices"
	"strings"
)

// Text draws the plan as text: each step below those that it needs, with a summary.
func (p *Plan) Text() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s\n", p.Definition.Name)
	for level, steps := range p.levels() {
		for _, step := range steps {
			fmt.Fprintf(&text, "%s%s  %s\n", strings.Repeat("  ", level+1), step.ID, step.summary())
		}
	}
	return text.String()
}

// levels groups the steps by how many others must come before them.
func (p *Plan) levels() [][]*PlannedStep {
	depth := make(map[string]int)
	var of func(id string) int
	of = func(id string) int {
		if known, ok := depth[id]; ok {
			return known
		}
		d := 0
		for _, need := range p.Step(id).Needs {
			d = max(d, of(need)+1)
		}
		depth[id] = d
		return d
	}
	var levels [][]*PlannedStep
	for _, step := range p.Steps {
		d := of(step.ID)
		for len(levels) <= d {
			levels = append(levels, nil)
		}
		levels[d] = append(levels[d], step)
	}
	return levels
}

func (s *PlannedStep) summary() string {
	var parts []string
	switch s.Kind() {
	case KindApprove:
		parts = append(parts, "approval")
	case KindForEach:
		parts = append(parts, "for each item: "+s.Model)
	default:
		parts = append(parts, s.Model)
	}
	for _, fallback := range s.Fallback {
		parts = append(parts, "or "+fallback.Model)
	}
	if s.If != "" {
		parts = append(parts, "if "+strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(s.If, opening), closing)))
	}
	if len(s.Needs) > 0 {
		parts = append(parts, "← "+strings.Join(s.Needs, ", "))
	}
	return strings.Join(parts, "  ")
}

// Mermaid draws the plan as a flowchart (https://mermaid.js.org/syntax/flowchart.html).
func (p *Plan) Mermaid() string {
	var text strings.Builder
	text.WriteString("flowchart TD\n")
	for _, step := range p.Steps {
		label := mermaidText(step.ID)
		if step.Model != "" {
			label += "<br/>" + mermaidText(step.Model)
		}
		open, end := "[", "]"
		switch step.Kind() {
		case KindApprove:
			open, end = "{{", "}}"
		case KindForEach:
			open, end = "[[", "]]"
		}
		fmt.Fprintf(&text, "    %s%s\"%s\"%s\n", node(step.ID), open, label, end)
	}
	for _, step := range p.Steps {
		for _, need := range step.Needs {
			arrow := "-->"
			if slices.Contains(step.Watches, need) || step.If != "" {
				arrow = "-.->"
			}
			fmt.Fprintf(&text, "    %s %s %s\n", node(need), arrow, node(step.ID))
		}
		for _, id := range step.Regenerates {
			fmt.Fprintf(&text, "    %s -. regenerate .-> %s\n", node(step.ID), node(id))
		}
	}
	return text.String()
}

// node returns an id that is not a Mermaid keyword, such as "end".
func node(id string) string { return "s_" + id }

func mermaidText(text string) string {
	return strings.NewReplacer(`"`, "&quot;", "<", "&lt;", ">", "&gt;").Replace(text)
}
