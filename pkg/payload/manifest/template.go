package manifest

import (
	"errors"
	"fmt"
	"text/template"
	"text/template/parse"
)

const maxFormat = 256 // bytes of a format string

// boundedFunctions replaces the template functions that make strings of any length: together they may make budget
// bytes.
func boundedFunctions(budget *int) template.FuncMap {
	bounded := func(make func(args ...any) string) func(args ...any) (string, error) {
		return func(args ...any) (string, error) {
			made := make(args...)
			if *budget -= len(made); *budget < 0 {
				return "", errors.New("the template produces too long strings")
			}
			return made, nil
		}
	}
	return template.FuncMap{
		"print":    bounded(fmt.Sprint),
		"println":  bounded(fmt.Sprintln),
		"html":     bounded(template.HTMLEscaper),
		"js":       bounded(template.JSEscaper),
		"urlquery": bounded(template.URLQueryEscaper),
		"printf": func(format string, args ...any) (string, error) {
			if len(format) > maxFormat {
				return "", fmt.Errorf("a format has more than %d bytes", maxFormat)
			}
			return bounded(func(args ...any) string { return fmt.Sprintf(format, args...) })(args...)
		},
	}
}

// checkTemplate refuses what can make a short template run for long: templates within templates, and loops over
// anything but a field, or within a loop.
func checkTemplate(t *template.Template) error {
	if len(t.Templates()) > 1 {
		return errors.New("it defines templates of its own")
	}
	if t.Tree == nil || t.Root == nil {
		return nil
	}
	return checkList(t.Root, false)
}

func checkList(list *parse.ListNode, inLoop bool) error {
	if list == nil {
		return nil
	}
	for _, node := range list.Nodes {
		if err := checkNode(node, inLoop); err != nil {
			return err
		}
	}
	return nil
}

func checkNode(node parse.Node, inLoop bool) error {
	switch node := node.(type) {
	case *parse.TemplateNode:
		return errors.New("it calls templates")
	case *parse.IfNode:
		return errors.Join(checkList(node.List, inLoop), checkList(node.ElseList, inLoop))
	case *parse.WithNode:
		return errors.Join(checkList(node.List, inLoop), checkList(node.ElseList, inLoop))
	case *parse.RangeNode:
		if inLoop || !isField(node.Pipe) {
			return errors.New("it loops over more than a field")
		}
		return errors.Join(checkList(node.List, true), checkList(node.ElseList, inLoop))
	}
	return nil
}

// isField says whether a pipeline is one field and nothing else.
func isField(pipe *parse.PipeNode) bool {
	if len(pipe.Cmds) != 1 || len(pipe.Cmds[0].Args) != 1 {
		return false
	}
	_, ok := pipe.Cmds[0].Args[0].(*parse.FieldNode)
	return ok
}
