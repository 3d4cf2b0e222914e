// Package house measures the shape of the project: what each package exports, how long
// functions and files are, and which package imports which. Its test holds these figures
// within bounds that are the figures reached, so that growth takes a decision.
package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// module begins the import paths of this project.
const module = "github.com/wavespeed-temporal/wavespeed-temporal/"

// room is a package, without its tests.
type room struct {
	dir       string // below the root
	exported  []string
	functions map[string]int // lines, by name
	files     map[string]int // lines, by name
	imports   []string       // dirs of packages of this project
}

// survey reads all packages of the root module.
func survey(root string) (map[string]*room, error) {
	rooms := make(map[string]*room)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			if path != root && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") || isModule(path)) {
				return fs.SkipDir
			}
			return nil
		case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		dir, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		if rooms[dir] == nil {
			rooms[dir] = &room{dir: dir, functions: make(map[string]int), files: make(map[string]int)}
		}
		return rooms[dir].read(path)
	})
	return rooms, err
}

// isModule tells whether the directory is a module of its own.
func isModule(dir string) bool {
	found, _ := filepath.Glob(filepath.Join(dir, "go.mod"))
	return len(found) > 0
}

func (r *room) read(path string) error {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	r.files[filepath.Base(path)] = set.Position(file.FileEnd).Line
	for _, spec := range file.Imports {
		target, _ := strconv.Unquote(spec.Path.Value)
		if dir, ours := strings.CutPrefix(target, module); ours && !slices.Contains(r.imports, dir) {
			r.imports = append(r.imports, dir)
		}
	}
	for _, decl := range file.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			name := receiver(decl) + decl.Name.Name
			r.functions[name] = set.Position(decl.End()).Line - set.Position(decl.Pos()).Line + 1
			if ast.IsExported(decl.Name.Name) && (decl.Recv == nil || ast.IsExported(name)) {
				r.exported = append(r.exported, name)
			}
		case *ast.GenDecl:
			r.exported = append(r.exported, declared(decl)...)
		}
	}
	return nil
}

// receiver is the type of a method with a dot; "" of a function.
func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return ""
	}
	of := f.Recv.List[0].Type
	for {
		switch typed := of.(type) {
		case *ast.StarExpr:
			of = typed.X
		case *ast.IndexExpr:
			of = typed.X
		case *ast.IndexListExpr:
			of = typed.X
		case *ast.Ident:
			return typed.Name + "."
		default:
			return "?."
		}
	}
}

// declared are the exported types, constants and variables of a declaration, and the methods
// of interfaces.
func declared(decl *ast.GenDecl) (names []string) {
	add := func(name string) {
		if ast.IsExported(name) {
			names = append(names, name)
		}
	}
	for _, spec := range decl.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			add(spec.Name.Name)
			methods, isInterface := spec.Type.(*ast.InterfaceType)
			if !isInterface || !ast.IsExported(spec.Name.Name) {
				continue
			}
			for _, method := range methods.Methods.List {
				for _, name := range method.Names {
					add(spec.Name.Name + "." + name.Name)
				}
			}
		case *ast.ValueSpec:
			for _, name := range spec.Names {
				add(name.Name)
			}
		}
	}
	return names
}

// arrows are the imports between rooms of the top level, as "from to".
func arrows(rooms map[string]*room) []string {
	all := make(map[string]bool)
	for _, r := range rooms {
		from := top(r.dir)
		for _, target := range r.imports {
			if to := top(target); to != from {
				all[from+" → "+to] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// top is the room of the top level that a package belongs to. Each package under internal and
// cmd/internal is one of its own, and so are the reader of files, which stands on what
// pipelines are made of, the handler of webhooks, which stands on the receiver, the kits for tests, and the packages under a kit's internal.
func top(dir string) string {
	if below, ok := strings.CutPrefix(dir, "cmd/internal/"); ok {
		name, _, _ := strings.Cut(below, "/")
		return "cmd/internal/" + name
	}
	first, rest, _ := strings.Cut(dir, "/")
	second, below, _ := strings.Cut(rest, "/")
	if strings.HasSuffix(second, "test") && strings.HasPrefix(below, "internal/") {
		return dir
	}
	if first == "internal" || dir == "pipeline/file" || dir == "webhook/signaler" || strings.HasSuffix(second, "test") {
		return first + "/" + second
	}
	return first
}
