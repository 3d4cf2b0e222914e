package tests

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
)

// quoted is a block of a document that names the file it is from.
var quoted = regexp.MustCompile("(?s)<!-- (\\S+) -->\n```[a-z]*\n(.*?)```")

// TestDocumentsQuoteCodeThatRuns: what the documents show is in files that are
// compiled and tested.
func TestDocumentsQuoteCodeThatRuns(t *testing.T) {
	t.Parallel()
	blocks := 0
	for _, document := range documents(t) {
		text, err := os.ReadFile(document)
		require.NoError(t, err)
		for _, block := range quoted.FindAllStringSubmatch(string(text), -1) {
			source, err := os.ReadFile(filepath.Join(stack.Root(), block[1]))
			require.NoError(t, err, "%s quotes %s", filepath.Base(document), block[1])
			require.Contains(t, string(source), strings.TrimSpace(block[2]), "%s quotes %s as it is not", filepath.Base(document), block[1])
			blocks++
		}
	}
	require.Positive(t, blocks)
}

// link is a relative link of a document.
var link = regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)

func TestDocumentsLinkToWhatIsThere(t *testing.T) {
	t.Parallel()
	documents, err := filepath.Glob(filepath.Join(stack.Root(), "*.md"))
	require.NoError(t, err)
	more, err := filepath.Glob(filepath.Join(stack.Root(), "docs", "*.md"))
	require.NoError(t, err)
	for _, document := range append(documents, more...) {
		text, err := os.ReadFile(document)
		require.NoError(t, err)
		for _, match := range link.FindAllStringSubmatch(string(text), -1) {
			_, err := os.Stat(filepath.Join(filepath.Dir(document), match[1]))
			require.NoError(t, err, "in %s", filepath.Base(document))
		}
	}
}

// testName is a test that a document names.
var testName = regexp.MustCompile("`(Test[A-Za-z]+)`")

// TestTheFailureContractNamesTestsThatAreThere: each row names an existing test.
func TestTheFailureContractNamesTestsThatAreThere(t *testing.T) {
	t.Parallel()
	code := testCode(t)
	contract, err := os.ReadFile(filepath.Join(stack.Root(), "docs", "failures.md"))
	require.NoError(t, err)
	for line := range strings.Lines(string(contract)) {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| failure") || strings.HasPrefix(line, "| ---") {
			continue
		}
		names := testName.FindAllStringSubmatch(line, -1)
		require.NotEmpty(t, names, "no test is named in: %s", line)
		for _, name := range names {
			require.Contains(t, code, "func "+name[1]+"(t *testing.T)", "in docs/failures.md")
		}
	}
}

// testCode is all tests of this project.
func testCode(t *testing.T) string {
	t.Helper()
	var code strings.Builder
	require.NoError(t, filepath.WalkDir(stack.Root(), func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		code.Write(text)
		return err
	}))
	return code.String()
}
