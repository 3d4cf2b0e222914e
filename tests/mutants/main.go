// Command mutants shows that a test covers each check of a Go file: it removes the checks one
// at a time, and the package's tests must fail each time.
//
//	go run ./tests/mutants webhook/verify.go wavespeed/signature.go@webhook
//
// Behind an @ stands another package whose tests prove the file.
//
// A check is the condition of an if, and each operand of its && and ||, unless its line
// says with //mutants:equal why nothing depends on it. Files are not changed: the mutant
// is laid over them with go test's -overlay.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/tests/figures"
)

func main() {
	document := flag.String("write", "", `a document in which to update the part "mutants"`)
	flag.Parse()
	if err := run(flag.Args(), *document); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

func run(files []string, document string) error {
	table := "| file | checks taken out | that no test missed |\n| --- | --- | --- |\n"
	survived := 0
	for _, named := range files {
		file, tests, apart := strings.Cut(named, "@")
		if !apart {
			tests = filepath.ToSlash(filepath.Dir(file))
		}
		checks, n, err := try(file, "./"+tests)
		if err != nil {
			return err
		}
		survived += n
		table += fmt.Sprintf("| %s | %d | %d |\n", file, checks, n)
	}
	fmt.Print(table)
	if document != "" {
		if err := figures.Write(document, "mutants", table); err != nil {
			return err
		}
	}
	if survived > 0 {
		return fmt.Errorf("%d checks are proven by no test", survived)
	}
	return nil
}

// check is an expression that a mutant makes constant.
type check struct {
	from, to int
	line     int
	constant string
}

// try says how many checks the file has, and how many of their mutants survived.
func try(file, tests string) (n, survived int, err error) {
	source, err := os.ReadFile(file)
	if err != nil {
		return 0, 0, err
	}
	checks, err := find(file, source)
	if err != nil {
		return 0, 0, err
	}
	for _, c := range checks {
		expression := string(source[c.from:c.to])
		// The expression stays, so that the mutant compiles whatever it uses.
		mutant := string(source[:c.from]) + constant(c.constant, expression) + string(source[c.to:])
		failed, err := testsFail(file, mutant, tests)
		if err != nil {
			return 0, 0, fmt.Errorf("%s:%d: %w", file, c.line, err)
		}
		if !failed {
			survived++
			fmt.Fprintf(os.Stderr, "%s:%d: survived: %s, taken for %s\n", file, c.line, strings.Join(strings.Fields(expression), " "), c.constant)
		}
	}
	return len(checks), survived, nil
}

func constant(value, expression string) string {
	if value == "true" {
		return "(true || (" + expression + "))"
	}
	return "(false && (" + expression + "))"
}

// find lists the checks of a file.
func find(file string, source []byte) ([]check, error) {
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, file, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	lines := strings.Split(string(source), "\n")
	var checks []check
	add := func(e ast.Expr, constant string) {
		from := files.Position(e.Pos())
		if strings.Contains(lines[from.Line-1], "//mutants:equal ") {
			return
		}
		checks = append(checks, check{from.Offset, files.Position(e.End()).Offset, from.Line, constant})
	}
	var operands func(e ast.Expr)
	operands = func(e ast.Expr) {
		binary, ok := e.(*ast.BinaryExpr)
		if !ok || binary.Op != token.LAND && binary.Op != token.LOR {
			return
		}
		neutral := "true"
		if binary.Op == token.LOR {
			neutral = "false"
		}
		for _, operand := range []ast.Expr{binary.X, binary.Y} {
			if inner, ok := operand.(*ast.BinaryExpr); !ok || inner.Op != binary.Op {
				add(operand, neutral)
			}
			operands(operand)
		}
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		if statement, ok := n.(*ast.IfStmt); ok {
			add(statement.Cond, "false")
			operands(statement.Cond)
		}
		return true
	})
	return checks, nil
}

// testsFail runs the tests of a package on the mutant.
func testsFail(file, mutant, tests string) (bool, error) {
	dir, err := os.MkdirTemp("", "mutant-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	path, err := filepath.Abs(file)
	if err != nil {
		return false, err
	}
	replacement, overlay := filepath.Join(dir, "mutant.go"), filepath.Join(dir, "overlay.json")
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{path: replacement}})
	if err != nil {
		return false, err
	}
	if err := errors.Join(os.WriteFile(replacement, []byte(mutant), 0o600), os.WriteFile(overlay, replace, 0o600)); err != nil {
		return false, err
	}
	output, err := exec.Command("go", "test", "-overlay", overlay, "-count=1", "-failfast", "-vet=off", "-timeout=2m", tests).CombinedOutput()
	if strings.Contains(string(output), "[build failed]") {
		return false, fmt.Errorf("the mutant does not compile: %s", output)
	}
	return err != nil, nil
}
