package miyao

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// undocumented are the exported names of a file that have no words, or words that begin with another name. A value may do with what stands beside it or
// above its group.
func undocumented(file *ast.File) (seen int, bad []string) {
	said := func(name *ast.Ident, begins bool, words ...*ast.CommentGroup) {
		if !name.IsExported() {
			return
		}
		seen++
		for _, group := range words {
			if text := group.Text(); text != "" && (!begins || strings.HasPrefix(text, name.Name+" ")) {
				return
			}
		}
		bad = append(bad, name.Name)
	}
	for _, declaration := range file.Decls {
		switch d := declaration.(type) {
		case *ast.FuncDecl:
			// What interfaces of Go's ask of every error says nothing new.
			if ofExported(d) && d.Name.Name != "Error" && d.Name.Name != "Unwrap" {
				said(d.Name, d.Name.Name != "Is" && d.Name.Name != "String", d.Doc)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					said(s.Name, true, d.Doc, s.Doc)
				case *ast.ValueSpec:
					for _, name := range s.Names {
						said(name, false, d.Doc, s.Doc, s.Comment)
					}
				}
			}
		}
	}
	return seen, bad
}

func ofExported(method *ast.FuncDecl) bool {
	if method.Recv == nil {
		return true
	}
	kind := method.Recv.List[0].Type
	if star, ok := kind.(*ast.StarExpr); ok {
		kind = star.X
	}
	name, ok := kind.(*ast.Ident)
	return ok && name.IsExported()
}

func TestEveryExportedNameIsDocumented(t *testing.T) {
	all := 0
	for _, path := range need[[]string](t)(filepath.Glob("*.go")) {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		seen, bad := undocumented(need[*ast.File](t)(parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)))
		for _, name := range bad {
			t.Error(path, name, "has no words that begin with it")
		}
		all += seen
	}
	if all < 300 {
		t.Fatal(all)
	}
	control := "package p\nfunc Bare() {}\n// Other is it.\nfunc Named() {}\ntype T int\n" +
		"const (\n\tA = 1 // said\n\tB = 2\n)\n// Good is.\nfunc Good() {}\nfunc (t) X() {}\n"
	_, bad := undocumented(need[*ast.File](t)(parser.ParseFile(token.NewFileSet(), "control.go", control, parser.ParseComments)))
	if strings.Join(bad, " ") != "Bare Named T B" {
		t.Fatal(bad)
	}
}
