package settings

import (
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strings"
)

// Field describes a field to those who don't read Go.
type Field struct {
	Name string
	Doc  string // its documentation, in one line
	Bool bool   // true and false are its values
}

// Fields describes the fields of a struct, whose documentation is in the source.
func Fields(of reflect.Type, source []byte) []Field {
	docs := fieldDocs(source, of.Name())
	var all []Field
	for field := range of.Fields() {
		all = append(all, Field{Name: snake(field.Name), Doc: plainDoc(field.Name, docs[field.Name]), Bool: field.Type.Kind() == reflect.Bool})
	}
	return all
}

// plainDoc rewrites a field's comment for readers who don't see Go.
func plainDoc(field, doc string) string {
	doc = strings.TrimPrefix(doc, field+" ")
	for _, verb := range []string{"is ", "are "} {
		doc = strings.TrimPrefix(doc, verb)
	}
	return strings.NewReplacer("[", "", "]", "").Replace(doc)
}

// fieldDocs reads the comments of a struct's fields.
func fieldDocs(source []byte, name string) map[string]string {
	file, err := parser.ParseFile(token.NewFileSet(), "", source, parser.ParseComments)
	if err != nil {
		panic(err) // it has been compiled
	}
	docs := map[string]string{}
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.TypeSpec)
		if !ok || spec.Name.Name != name {
			return true
		}
		for _, field := range spec.Type.(*ast.StructType).Fields.List {
			for _, ident := range field.Names {
				docs[ident.Name] = strings.Join(strings.Fields(field.Doc.Text()), " ")
			}
		}
		return false
	})
	return docs
}
