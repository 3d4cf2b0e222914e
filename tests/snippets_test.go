package tests

import (
	"go/ast"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
)

var (
	goBlock    = regexp.MustCompile("(?m)^```go$")
	quotedCode = regexp.MustCompile("(?m)^<!-- \\S+\\.go -->\n```go$")
)

// TestGoInDocumentsIsQuoted: every block of Go names the file that it is from, which
// TestDocumentsQuoteCodeThatRuns compares, and which compiles.
func TestGoInDocumentsIsQuoted(t *testing.T) {
	t.Parallel()
	for _, document := range documents(t) {
		text, err := os.ReadFile(document)
		require.NoError(t, err)
		require.Len(t, quotedCode.FindAll(text, -1), len(goBlock.FindAll(text, -1)), "in %s", filepath.Base(document))
	}
}

// documents are README and docs/.
func documents(t *testing.T) []string {
	t.Helper()
	documents, err := filepath.Glob(filepath.Join(stack.Root(), "docs", "*.md"))
	require.NoError(t, err)
	return append(documents, filepath.Join(stack.Root(), "README.md"))
}

// TestGoInPackageDocumentsCompiles: the Go code of a package's documentation is in its
// examples, line by line, but for what "…" leaves out.
func TestGoInPackageDocumentsCompiles(t *testing.T) {
	t.Parallel()
	docs, err := filepath.Glob(filepath.Join(stack.Root(), "*", "doc.go"))
	require.NoError(t, err)
	more, err := filepath.Glob(filepath.Join(stack.Root(), "*", "*", "doc.go"))
	require.NoError(t, err)
	snippets := 0
	for _, path := range append(docs, more...) {
		examples := code(t, filepath.Dir(path))
		for _, snippet := range goSnippets(t, path) {
			for part := range strings.SplitSeq(snippet, "…\n") {
				assert.Contains(t, examples, "\n"+lines(part), "%s shows code that no example of the package has", path)
			}
			snippets++
		}
	}
	require.Greater(t, snippets, 8)
}

// goSnippets are the code blocks of a package's documentation that are Go.
func goSnippets(t *testing.T, path string) (snippets []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.PackageClauseOnly)
	require.NoError(t, err)
	for _, block := range new(comment.Parser).Parse(file.Doc.Text()).Content {
		if block, ok := block.(*comment.Code); ok && isGo(block.Text) {
			snippets = append(snippets, block.Text)
		}
	}
	return snippets
}

// isGo tells Go from tables and commands.
func isGo(text string) bool {
	text = strings.ReplaceAll(text, "…\n", "\n")
	for _, source := range []string{"package p\n" + text, "package p\nfunc _() {\n" + text + "\n}"} {
		file, err := parser.ParseFile(token.NewFileSet(), "", source, 0)
		if err == nil && len(file.Decls) > 0 && !isWords(file) {
			return true
		}
	}
	return false
}

// isWords tells a function without any call or assignment, as of a line of prose.
func isWords(file *ast.File) bool {
	words := true
	ast.Inspect(file, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.CallExpr, *ast.AssignStmt, *ast.GenDecl:
			words = false
		}
		return words
	})
	return words
}

// code is what a package's files, other than doc.go, have, as [lines].
func code(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	below, err := filepath.Glob(filepath.Join(dir, "*", "*_test.go"))
	require.NoError(t, err)
	files = append(files, below...)
	var all strings.Builder
	for _, path := range files {
		if filepath.Base(path) == "doc.go" {
			continue
		}
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		all.WriteString("\n" + lines(string(text)))
	}
	return all.String()
}

// lines are those that are not blank, without indentation and comments behind them.
func lines(text string) string {
	var kept strings.Builder
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, " // ")
		if line = strings.TrimSpace(line); line != "" {
			kept.WriteString(line + "\n")
		}
	}
	return kept.String()
}
