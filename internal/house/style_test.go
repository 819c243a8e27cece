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

// inspection has the syntax of one package and the violations in it.
type inspection struct {
	dir       string
	files     *token.FileSet
	syntax    []*ast.File
	functions map[string]bool // declared by the package itself
	found     []string
}

func (p *inspection) add(file *ast.File) {
	p.syntax = append(p.syntax, file)
	for _, decl := range file.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil {
			p.functions[f.Name.Name] = true
		}
	}
}

func (p *inspection) inspect() {
	p.inspectPackage()
	// Packages for tests may use the environment. They are not part of the program.
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

func (p *inspection) inspectPackage() {
	if name := path.Base(p.dir); slices.Contains([]string{"util", "utils", "common", "helper", "helpers", "misc"}, name) {
		p.found = append(p.found, fmt.Sprintf("%s: the name %s does not say what the package does", p.dir, name))
	}
	if !slices.ContainsFunc(p.syntax, func(file *ast.File) bool { return file.Doc != nil }) {
		p.found = append(p.found, p.dir+": no package comment")
	}
}

// inspectStart finds code that runs before main: init functions and calls in package variables.
func (p *inspection) inspectStart(decl ast.Decl, imports map[string]string) {
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		if decl.Recv == nil && decl.Name.Name == "init" {
			p.report(decl, "func init: it runs at every start")
		}
	case *ast.GenDecl:
		if decl.Tok != token.VAR {
			return
		}
		ast.Inspect(decl, func(node ast.Node) bool {
			call, isCall := node.(*ast.CallExpr)
			if isCall {
				if name := p.called(call, imports); name != "" && !slices.Contains(cheap(), name) {
					p.report(call, name+" at package level: it runs at every start, sync.OnceValue makes it wait")
				}
			}
			// A function literal does not run at the start.
			_, isLiteral := node.(*ast.FuncLit)
			return !isLiteral
		})
	}
}

// cheap lists the functions that may initialize a package variable.
func cheap() []string {
	return []string{"errors.New", "fmt.Errorf", "sync.OnceFunc", "sync.OnceValue", "sync.OnceValues"}
}

// called returns the name of the called function, empty for a builtin, a method or a conversion to a type of this package. A
// conversion to a type of another package counts as a call.
func (p *inspection) called(call *ast.CallExpr, imports map[string]string) string {
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

// inspectSurroundings finds uses of the environment, which only main may use. Other code gets it as arguments, so that tests can
// run in parallel.
func (p *inspection) inspectSurroundings(file *ast.File, imports map[string]string) {
	ours := []string{
		"os.Getenv", "os.LookupEnv", "os.Environ", "os.ExpandEnv", "os.Setenv", "os.Unsetenv",
		"os.Stdin", "os.Stdout", "os.Stderr", "os.Args", "os.Exit",
		"fmt.Print", "fmt.Printf", "fmt.Println", "os/signal.Notify", "os/signal.NotifyContext",
	}
	ast.Inspect(file, func(node ast.Node) bool {
		if selector, ok := node.(*ast.SelectorExpr); ok {
			if name := selected(selector, imports); slices.Contains(ours, name) {
				p.report(selector, name+" outside cmd/: take it from the caller")
			}
		}
		return true
	})
}

// inspectComment requires a comment for every exported name. Methods of well-known interfaces need none, and a group of constants
// or variables may share a comment.
func (p *inspection) inspectComment(decl ast.Decl) {
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

func (p *inspection) wantComment(name *ast.Ident, comments ...*ast.CommentGroup) {
	missing := !slices.ContainsFunc(comments, func(c *ast.CommentGroup) bool { return c != nil })
	if name.IsExported() && missing {
		p.report(name, name.Name+" is exported without a comment")
	}
}

func (p *inspection) report(node ast.Node, text string) {
	at := p.files.Position(node.Pos())
	p.found = append(p.found, fmt.Sprintf("%s:%d: %s", at.Filename, at.Line, text))
}

// receiver returns the name of the receiver type, without pointer and type parameters.
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

// selected returns PATH.NAME for a name of an imported package, empty for other selectors.
func selected(selector *ast.SelectorExpr, imports map[string]string) string {
	if x, ok := selector.X.(*ast.Ident); ok && imports[x.Name] != "" {
		return imports[x.Name] + "." + selector.Sel.Name
	}
	return ""
}

// importsOf returns the import paths of a file by the names of the packages.
func importsOf(file *ast.File) map[string]string {
	imports := map[string]string{}
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the parser refuses it
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

// usualName returns the usual package name of an import path: without a version at the end and without "go-".
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
