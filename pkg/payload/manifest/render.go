package manifest

import (
	"bytes"
	"fmt"
	"regexp"
	"text/template"

	"github.com/release-x/oc-release-x/pkg/payload"
)

const (
	maxTemplate = 4 << 20  // bytes of a template
	maxRendered = 16 << 20 // bytes of what it renders to
)

// Render is what the templates of the operator's folder see (cluster-version-operator, pkg/payload/render.go).
type Render struct {
	ReleaseImage   string            // .ReleaseImage
	ClusterProfile string            // .ClusterProfile
	Images         map[string]string // .Images: pull specs by component; one that is missing renders as <no value>

	Done bool // the manifests are rendered already, as those of an extracted payload may be
}

// Rendered says whether manifests of the operator's folder were rendered before: none of their templates asks for
// anything that Render gives. What braces there still are belongs to alerts and the like.
func Rendered(files []payload.File) bool {
	asks := regexp.MustCompile(`\{\{[^}]*\.(ReleaseImage|ClusterProfile|Images)\b`)
	for _, file := range files {
		if asks.Match(file.Data) {
			return false
		}
	}
	return true
}

// Execute renders one manifest. Templates are programs: those that could run without an end are refused.
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
	out := limited{left: maxRendered}
	if err := parsed.Execute(&out, r); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// limited is a buffer that takes no more than its limit.
type limited struct {
	bytes.Buffer
	left int
}

func (l *limited) Write(p []byte) (int, error) {
	if l.left -= len(p); l.left < 0 {
		return 0, fmt.Errorf("it renders to more than %d bytes", maxRendered)
	}
	return l.Buffer.Write(p)
}
