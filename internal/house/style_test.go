package house_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// pack is one package while it is looked at.
type pack struct {
	dir       string
	files     *token.FileSet
	syntax    []*ast.File
	functions map[string]bool // declared by the package itself
	found     []string
}

func (p *pack) add(file *ast.File) {
	p.syntax = append(p.syntax, file)
	for _, decl := range file.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil {
			p.functions[f.Name.Name] = true
		}
	}
}

func (p *pack) inspect() {
	p.inspectPackage()
	// A package for tests may know where it runs; TestStartUp keeps those out of the program.
	free := strings.HasPrefix(p.dir, "cmd/") || slices.ContainsFunc(p.syntax, importsTesting)
	for _, file := range p.syntax {
		imports := importsOf(file)
		for _, decl := range file.Decls {
			p.inspectStart(decl, imports)
			p.inspectComment(decl)
		}
		if !free {
			p.inspectSurroundings(file, imports)
		}
		if p.dir == commands {
			p.inspectFlags(file)
			p.inspectFactory(file)
		}
	}
}

func (p *pack) inspectPackage() {
	if name := path.Base(p.dir); slices.Contains([]string{"util", "utils", "common", "helper", "helpers", "misc"}, name) {
		p.found = append(p.found, fmt.Sprintf("%s: a package called %s says nothing of what it holds", p.dir, name))
	}
	if !slices.ContainsFunc(p.syntax, func(file *ast.File) bool { return file.Doc != nil }) {
		p.found = append(p.found, p.dir+": no package comment")
	}
}

// inspectStart looks for what runs before main: init functions and calls that fill package variables.
func (p *pack) inspectStart(decl ast.Decl, imports map[string]string) {
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		if decl.Recv == nil && decl.Name.Name == "init" {
			p.offence(decl, "func init: it runs at every start")
		}
	case *ast.GenDecl:
		if decl.Tok != token.VAR {
			return
		}
		ast.Inspect(decl, func(node ast.Node) bool {
			call, isCall := node.(*ast.CallExpr)
			if isCall {
				if name := p.called(call, imports); name != "" && !slices.Contains(cheap(), name) {
					p.offence(call, name+" at package level: it runs at every start, sync.OnceValue makes it wait")
				}
			}
			// What is in a function literal waits until somebody calls it.
			_, isLiteral := node.(*ast.FuncLit)
			return !isLiteral
		})
	}
}

// cheap are the functions that may fill a package variable: they only allocate, or wait.
func cheap() []string {
	return []string{"errors.New", "fmt.Errorf", "sync.OnceFunc", "sync.OnceValue", "sync.OnceValues"}
}

// called names the function that a call runs: "" for a builtin, a method or a conversion to a type
// of this package. A conversion to another package's type is taken for a call.
func (p *pack) called(call *ast.CallExpr, imports map[string]string) string {
	switch fun := call.Fun.(type) {
	case *ast.FuncLit:
		return "a function literal"
	case *ast.Ident:
		if p.functions[fun.Name] {
			return fun.Name
		}
	case *ast.SelectorExpr:
		return selected(fun, imports)
	case *ast.IndexExpr: // a generic function with its type
		return p.called(&ast.CallExpr{Fun: fun.X}, imports)
	}
	return ""
}

// inspectSurroundings looks for what only main may touch; all else takes it as an argument, so that
// tests can run side by side and give their own.
func (p *pack) inspectSurroundings(file *ast.File, imports map[string]string) {
	ours := []string{
		"os.Getenv", "os.LookupEnv", "os.Environ", "os.ExpandEnv", "os.Setenv", "os.Unsetenv",
		"os.Stdin", "os.Stdout", "os.Stderr", "os.Args", "os.Exit",
		"fmt.Print", "fmt.Printf", "fmt.Println", "os/signal.Notify", "os/signal.NotifyContext",
	}
	ast.Inspect(file, func(node ast.Node) bool {
		if selector, ok := node.(*ast.SelectorExpr); ok {
			if name := selected(selector, imports); slices.Contains(ours, name) {
				p.offence(selector, name+" outside cmd/: take it from the caller")
			}
		}
		return true
	})
}

// inspectComment wants a sentence with every exported name. The methods of well-known interfaces
// speak for themselves, and a group of constants or variables may share its comment.
func (p *pack) inspectComment(decl ast.Decl) {
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		known := []string{"Error", "String", "Unwrap", "Is", "Read", "Write", "Close", "Len", "Less", "Swap"}
		if decl.Recv != nil && (!ast.IsExported(receiver(decl)) || slices.Contains(known, decl.Name.Name)) {
			return
		}
		p.wantComment(decl.Name, decl.Doc)
	case *ast.GenDecl:
		for _, spec := range decl.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				p.wantComment(spec.Name, decl.Doc, spec.Doc, spec.Comment)
			case *ast.ValueSpec:
				p.wantComment(spec.Names[0], decl.Doc, spec.Doc, spec.Comment)
			}
		}
	}
}

func (p *pack) wantComment(name *ast.Ident, comments ...*ast.CommentGroup) {
	silent := !slices.ContainsFunc(comments, func(c *ast.CommentGroup) bool { return c != nil })
	if name.IsExported() && silent {
		p.offence(name, name.Name+" is exported without a comment")
	}
}

func (p *pack) offence(node ast.Node, text string) {
	at := p.files.Position(node.Pos())
	p.found = append(p.found, fmt.Sprintf("%s:%d: %s", at.Filename, at.Line, text))
}

// receiver gives the name of the type that a method is on, without pointer and type parameters.
func receiver(method *ast.FuncDecl) string {
	kind := method.Recv.List[0].Type
	for {
		switch t := kind.(type) {
		case *ast.StarExpr:
			kind = t.X
		case *ast.IndexExpr:
			kind = t.X
		case *ast.IndexListExpr:
			kind = t.X
		case *ast.Ident:
			return t.Name
		default:
			return ""
		}
	}
}

// selected gives what a selector takes from an imported package, as path.Name; "" for other selectors.
func selected(selector *ast.SelectorExpr, imports map[string]string) string {
	if x, ok := selector.X.(*ast.Ident); ok && imports[x.Name] != "" {
		return imports[x.Name] + "." + selector.Sel.Name
	}
	return ""
}

// importsOf gives the paths of a file's imports by the names that the file uses.
func importsOf(file *ast.File) map[string]string {
	imports := map[string]string{}
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the parser has refused it
		}
		name := usualName(imported)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		imports[name] = imported
	}
	return imports
}

func importsTesting(file *ast.File) bool {
	return importsOf(file)["testing"] == "testing"
}

// usualName is the name of the package at a path, by the customs: no version at the end, no "go-".
func usualName(imported string) string {
	name := path.Base(imported)
	if number, ok := strings.CutPrefix(name, "v"); ok && strings.Trim(number, "0123456789") == "" {
		name = path.Base(path.Dir(imported))
	}
	name, _, _ = strings.Cut(strings.TrimPrefix(name, "go-"), ".")
	return name
}

func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
