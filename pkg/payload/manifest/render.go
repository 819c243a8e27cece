package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"text/template"
	"text/template/parse"

	"github.com/release-x/oc-release-x/pkg/payload"
)

const (
	maxTemplate = 4 << 20  // bytes of a template
	maxRendered = 16 << 20 // bytes of its output
)

// Render is the data for the templates in the operator's directory (cluster-version-operator, pkg/payload/render.go).
type Render struct {
	ReleaseImage   string            // .ReleaseImage
	ClusterProfile string            // .ClusterProfile
	Images         map[string]string // .Images: pull specs by component; a missing component renders as <no value>

	Done bool // the manifests are already rendered, as in an extracted payload
}

// Rendered reports whether the manifests of the operator's directory are already rendered: none of their templates uses a
// field of Render. Braces that are left belong to alerts and the like.
func Rendered(files []payload.File) bool {
	uses := regexp.MustCompile(`\{\{[^}]*\.(ReleaseImage|ClusterProfile|Images)\b`)
	for _, file := range files {
		if uses.Match(file.Data) {
			return false
		}
	}
	return true
}

// Execute renders one manifest. It refuses templates that could run for long.
func (r Render) Execute(text []byte) ([]byte, error) {
	if r.Done || !bytes.Contains(text, []byte("{{")) {
		return text, nil
	}
	if len(text) > maxTemplate {
		return nil, fmt.Errorf("the template has %d bytes, more than %d", len(text), maxTemplate)
	}
	budget := maxRendered
	parsed, err := template.New("manifest").Funcs(boundedFunctions(&budget)).Parse(string(text))
	if err != nil {
		return nil, err
	}
	if err := checkTemplate(parsed); err != nil {
		return nil, err
	}
	out := limitedBuffer{left: maxRendered}
	if err := parsed.Execute(&out, r); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// limitedBuffer is a buffer that takes at most left more bytes.
type limitedBuffer struct {
	bytes.Buffer
	left int
}

func (l *limitedBuffer) Write(p []byte) (int, error) {
	if l.left -= len(p); l.left < 0 {
		return 0, fmt.Errorf("it renders to more than %d bytes", maxRendered)
	}
	return l.Buffer.Write(p)
}

const maxFormat = 256 // bytes of a format string

// boundedFunctions replaces the template functions that return strings of any length: together they may return budget bytes.
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

// checkTemplate refuses what makes a short template run for long: templates within templates, loops over anything but a
// field, and nested loops.
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

// isField reports whether a pipeline is a single field.
func isField(pipe *parse.PipeNode) bool {
	if len(pipe.Cmds) != 1 || len(pipe.Cmds[0].Args) != 1 {
		return false
	}
	_, ok := pipe.Cmds[0].Args[0].(*parse.FieldNode)
	return ok
}
