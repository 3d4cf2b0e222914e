package reference_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
)

// source is the code of a package.
type source struct {
	t       *testing.T
	structs map[string]*ast.StructType
	docs    map[string]string   // of types and constants
	strings map[string]string   // values of constants
	values  map[string][]string // of the constants of a type, in their order
	groups  map[string][]string // names of the constants in one declaration, by the first
}

func read(t *testing.T, dir string) *source {
	t.Helper()
	s := &source{t: t, structs: map[string]*ast.StructType{}, docs: map[string]string{}, strings: map[string]string{}, values: map[string][]string{}, groups: map[string][]string{}}
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		require.NoError(t, err)
		for _, decl := range file.Decls {
			if decl, ok := decl.(*ast.GenDecl); ok {
				s.declare(decl)
			}
		}
	}
	return s
}

func (s *source) declare(decl *ast.GenDecl) {
	var group []string
	kind := ""
	for _, spec := range decl.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			s.docs[spec.Name.Name] = decl.Doc.Text()
			if fields, ok := spec.Type.(*ast.StructType); ok {
				s.structs[spec.Name.Name] = fields
			}
		case *ast.ValueSpec:
			literal, ok := first(spec.Values).(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				continue
			}
			value, err := strconv.Unquote(literal.Value)
			require.NoError(s.t, err)
			name := spec.Names[0].Name
			if named, ok := spec.Type.(*ast.Ident); ok {
				kind = named.Name
			}
			s.strings[name], s.docs[name] = value, spec.Doc.Text()
			s.values[kind] = append(s.values[kind], value)
			group = append(group, name)
		}
	}
	if len(group) > 0 {
		s.groups[group[0]] = group
	}
}

func first(values []ast.Expr) ast.Expr {
	if len(values) == 0 {
		return nil
	}
	return values[0]
}

// field is one of a struct as JSON has it.
type field struct {
	name     string
	goType   string
	doc      string
	required bool
}

// fields are those of a struct, with the documentation of the struct that documents it.
func (s *source) fields(wire, documented string) (fields []field) {
	s.t.Helper()
	docs := make(map[string]string)
	for _, f := range s.structs[documented].Fields.List {
		for _, name := range f.Names {
			docs[name.Name] = f.Doc.Text()
		}
	}
	named := s.jsonNames(wire)
	for _, f := range s.structs[wire].Fields.List {
		if len(f.Names) == 0 { // embedded
			fields = append(fields, s.fields(typeName(f.Type), typeName(f.Type))...)
			continue
		}
		if f.Tag == nil {
			continue
		}
		tag, err := strconv.Unquote(f.Tag.Value)
		require.NoError(s.t, err)
		name, options, _ := strings.Cut(tagValue(tag), ",")
		doc := docs[f.Names[0].Name]
		fields = append(fields, field{
			name: name, goType: typeName(f.Type), doc: named(s.words(f.Names[0].Name, doc)), required: options == "",
		})
	}
	return fields
}

// jsonNames replaces the Go names of a struct's fields, inside a sentence, and what only Go
// has.
func (s *source) jsonNames(of string) func(string) string {
	replaced := []string{" nil ", " absent "}
	for _, f := range s.structs[of].Fields.List {
		if len(f.Names) == 0 || f.Tag == nil {
			continue
		}
		tag, err := strconv.Unquote(f.Tag.Value)
		require.NoError(s.t, err)
		name, _, _ := strings.Cut(tagValue(tag), ",")
		for _, end := range []string{" ", ".", ",", ";"} {
			replaced = append(replaced, " "+f.Names[0].Name+end, " "+name+end)
		}
	}
	// The first word of a sentence stays: it may be any word with a capital.
	replacer := strings.NewReplacer(replaced...)
	return func(text string) string {
		var sentences []string
		for sentence := range strings.SplitSeq(text, ". ") {
			sentences = append(sentences, replacer.Replace(sentence))
		}
		return strings.Join(sentences, ". ")
	}
}

func tagValue(tag string) string {
	value, _ := strconv.Unquote(strings.TrimPrefix(tag, "json:"))
	return value
}

// typeName is a type as it is written.
func typeName(of ast.Expr) string {
	switch of := of.(type) {
	case *ast.Ident:
		return of.Name
	case *ast.SelectorExpr:
		return typeName(of.X) + "." + of.Sel.Name
	case *ast.StarExpr:
		return "*" + typeName(of.X)
	case *ast.ArrayType:
		return "[]" + typeName(of.Elt)
	case *ast.MapType:
		return "map[" + typeName(of.Key) + "]" + typeName(of.Value)
	case *ast.IndexExpr:
		return typeName(of.X) + "[" + typeName(of.Index) + "]"
	default:
		return "any"
	}
}

var link = regexp.MustCompile(`\[([A-Za-z.]+)\]`)

// words turns a comment's first paragraph into a description: one line, with values for
// constants, that begins with what the field is and not with its Go name.
func (s *source) words(goName, doc string) string {
	doc, _, _ = strings.Cut(doc, "\n\n")
	text := strings.Join(strings.Fields(doc), " ")
	text = link.ReplaceAllStringFunc(text, func(found string) string {
		name := strings.Trim(found, "[]")
		if value, ok := s.strings[name]; ok {
			return strconv.Quote(value)
		}
		return name
	})
	for _, verb := range []string{" is ", " are ", " holds "} {
		if rest, ok := strings.CutPrefix(text, goName+verb); ok {
			return capital(rest)
		}
	}
	if rest, ok := strings.CutPrefix(text, goName+" "); ok {
		return capital(rest)
	}
	if rest, ok := strings.CutPrefix(text, goName+": "); ok {
		return capital(rest)
	}
	return text
}

func capital(text string) string {
	runes := []rune(text)
	if len(runes) > 0 {
		runes[0] = unicode.ToUpper(runes[0])
	}
	return string(runes)
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return slices.Clone(text)
}
