// Package figures writes measured values into the documents that quote them, between the lines
// <!-- NAME: COMMAND --> and <!-- end of NAME -->.
package figures

import (
	"fmt"
	"os"
	"regexp"
	"strings"
)

// Write replaces the part of the document that has the name.
func Write(document, name, markdown string) error {
	text, err := os.ReadFile(document)
	if err != nil {
		return err
	}
	part := regexp.MustCompile(`(?s)(<!-- ` + regexp.QuoteMeta(name) + `: [^\n]* -->\n).*(<!-- end of ` + regexp.QuoteMeta(name) + ` -->)`)
	if !part.Match(text) {
		return fmt.Errorf("%s has no place for %s", document, name)
	}
	written := part.ReplaceAllStringFunc(string(text), func(old string) string {
		marks := part.FindStringSubmatch(old)
		return marks[1] + strings.TrimSpace(markdown) + "\n" + marks[2]
	})
	return os.WriteFile(document, []byte(written), 0o644) // #nosec G306 -- a document of the repository
}
