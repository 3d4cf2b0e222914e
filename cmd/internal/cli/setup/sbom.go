package setup

import (
	"encoding/json"
	"io"
	"runtime/debug"
)

// component is a component in a CycloneDX bill of materials.
type component struct {
	Type    string `json:"type"`
	Name    string `json:"name"`
	Version string `json:"version"`
	PURL    string `json:"purl"`
}

// writeSBOM writes the modules that the Go linker recorded in the program, as CycloneDX 1.5
// (https://cyclonedx.org/docs/1.5/json/).
func writeSBOM(out io.Writer, info *debug.BuildInfo) error {
	components := []component{{"library", "std", info.GoVersion, "pkg:golang/std@" + info.GoVersion}}
	for _, dependency := range info.Deps {
		if dependency.Replace != nil {
			dependency = dependency.Replace
		}
		components = append(components, module("library", dependency))
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(map[string]any{
		"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
		"metadata":   map[string]any{"component": module("application", &info.Main)},
		"components": components,
	})
}

func module(kind string, m *debug.Module) component {
	return component{kind, m.Path, m.Version, "pkg:golang/" + m.Path + "@" + m.Version}
}
