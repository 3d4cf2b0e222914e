package strict

import "strings"

// PathText writes a path as steps.clip.input.images[0].
func PathText(path []string) string {
	var text strings.Builder
	for i, segment := range path {
		switch {
		case segment != "" && strings.Trim(segment, "0123456789") == "":
			text.WriteString("[" + segment + "]")
		case i == 0:
			text.WriteString(segment)
		default:
			text.WriteString("." + segment)
		}
	}
	return text.String()
}
