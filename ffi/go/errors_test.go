package miyao

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strings"
	"testing"
)

// The kinds in the table of docs/errors.md: number to name and meaning.
func table(t *testing.T) map[string][2]string {
	text, err := os.ReadFile("../../docs/errors.md")
	done(t, err)
	found := map[string][2]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| (\\d+) \\| `(\\w+)` \\| (.*?) \\|").FindAllStringSubmatch(string(text), -1) {
		found[row[1]] = [2]string{row[2], row[3]}
	}
	return found
}

func TestKindsAreThoseOfTheTable(t *testing.T) {
	table := table(t)
	if len(table) < 24 {
		t.Fatal(table)
	}
	file, err := parser.ParseFile(token.NewFileSet(), "errors.go", nil, parser.ParseComments)
	done(t, err)
	seen := 0
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok || fmt.Sprint(spec.Type) != "Kind" {
			return true
		}
		seen++
		number := spec.Values[0].(*ast.BasicLit).Value
		name, meaning := strings.TrimPrefix(spec.Names[0].Name, "Err"), strings.TrimSpace(spec.Comment.Text())
		want := table[number]
		want[1] = strings.TrimSuffix(want[1], "; see [`Rejected`].")
		if !strings.EqualFold(name, want[0]) || !strings.HasPrefix(meaning, want[1]) {
			t.Errorf("%s %s %q, and the table says %q", number, name, meaning, want)
		}
		return true
	})
	if seen != len(table) {
		t.Fatal(seen, "kinds here and", len(table), "in the table")
	}
	for number, row := range table {
		var kind Kind
		_, err := fmt.Sscan(number, &kind)
		done(t, err)
		if kind.String() != row[0] {
			t.Errorf("%d is %s in the library and %s in the table", uint32(kind), kind, row[0])
		}
	}
	if Kind(77).String() != "Kind(77)" {
		t.Error(Kind(77))
	}
}

func TestAnErrorIsItsKindAndSaysWhatToDo(t *testing.T) {
	_, err := ParseKeyRef("")
	var told *Error
	var kind Kind
	if !errors.As(err, &told) || !errors.As(err, &kind) || kind != ErrInvalid || told.Message == "" || errors.Is(err, ErrRejected) {
		t.Fatalf("%#v", err)
	}
	_, err = KeyFile("").make()
	if errors.Is(err, errors.ErrUnsupported) || !errors.Is(ErrUnsupported, errors.ErrUnsupported) || !errors.Is(&Error{Kind: ErrUnsupported}, errors.ErrUnsupported) {
		t.Fatal("what is unsupported is so for everybody")
	}
	if !errors.Is(ErrClosed, ErrInvalid) || !strings.Contains(ErrRejected.Error(), "rejected") {
		t.Fatal(ErrClosed)
	}
}
