package house_test

import (
	"fmt"
	"go/ast"
	"go/types"
	"strings"
)

// commands is the package of the command line.
const commands = "pkg/plugin"

// inspectFlags finds code that asks whether a flag was given. A command line becomes a request once, and a run must not depend on
// how the user wrote it. error.go is exempt, because it formats errors of parsing.
func (p *inspection) inspectFlags(file *ast.File) {
	if strings.HasSuffix(p.files.Position(file.Pos()).Filename, "/error.go") {
		return
	}
	ast.Inspect(file, func(node ast.Node) bool {
		if selector, ok := node.(*ast.SelectorExpr); ok && selector.Sel.Name == "Changed" {
			p.report(selector, "Changed: a request has what its run needs, so a flag that may be absent has a type that says so")
		}
		return true
	})
}

// inspectFactory finds assignments to fields of a factory, which would change what other commands read.
func (p *inspection) inspectFactory(file *ast.File) {
	for _, decl := range file.Decls {
		function, ok := decl.(*ast.FuncDecl)
		if !ok || function.Body == nil || function.Name.Name == "newFactory" {
			continue
		}
		names := factoryNames(function)
		written := func(target ast.Expr) {
			if selector, ok := target.(*ast.SelectorExpr); ok && names[root(selector)] {
				p.report(target, fmt.Sprintf("%s is written: commands read the factory, newFactory alone fills it", types.ExprString(target)))
			}
		}
		ast.Inspect(function.Body, func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.AssignStmt:
				for _, target := range node.Lhs {
					written(target)
				}
			case *ast.IncDecStmt:
				written(node.X)
			}
			return true
		})
	}
}

// factoryNames returns the variables of a function that are factories: receiver, parameters and results of newFactory.
func factoryNames(function *ast.FuncDecl) map[string]bool {
	names := map[string]bool{}
	ast.Inspect(function, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.Field:
			if types.ExprString(node.Type) == "*factory" {
				for _, name := range node.Names {
					names[name.Name] = true
				}
			}
		case *ast.AssignStmt:
			if call, ok := node.Rhs[0].(*ast.CallExpr); ok && types.ExprString(call.Fun) == "newFactory" {
				names[types.ExprString(node.Lhs[0])] = true
			}
		}
		return true
	})
	return names
}

// root returns the variable at the beginning of a selector such as f.flags.strict, empty if there is none.
func root(selector *ast.SelectorExpr) string {
	switch x := selector.X.(type) {
	case *ast.Ident:
		return x.Name
	case *ast.SelectorExpr:
		return root(x)
	}
	return ""
}
