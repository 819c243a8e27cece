package printers

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// shell is a format in which variables are set.
type shell struct {
	name       string
	line       string // %[1]s is the name, %[2]s the value
	noComments bool   // the format has no comments
}

func shells() []shell {
	return []shell{
		{name: "sh", line: `export %[1]s="%[2]s"`},
		{name: "fish", line: `set -gx %[1]s "%[2]s"`},
		{name: "powershell", line: `$env:%[1]s = "%[2]s"`},
		{name: "dotenv", line: `%[1]s=%[2]s`},
		{name: "make", line: `export %[1]s := %[2]s`},
		{name: "github", line: `%[1]s=%[2]s`, noComments: true},
		{name: "json"},
	}
}

// EnvironmentFormats returns the names of the formats of Environment.
func EnvironmentFormats() []string {
	var names []string
	for _, s := range shells() {
		names = append(names, s.name)
	}
	return names
}

// HasComments reports whether a format has comments.
func HasComments(format string) bool {
	return slices.ContainsFunc(shells(), func(s shell) bool { return s.name == format && s.line != "" && !s.noComments })
}

// Environment formats variables: first the comments, if the format has comments, then one variable per line. Values must be safe
// between double quotes (payload.SafeValue); this is not checked again. An unknown format is fault.Usage.
func Environment(format string, comments []string, variables []v1alpha1.Variable) ([]byte, error) {
	if format == "json" {
		return flatMap(variables)
	}
	for _, s := range shells() {
		if s.name == format {
			return s.write(comments, variables), nil
		}
	}
	return nil, fault.Errorf(fault.Usage, "--format %q: want one of %s", format, strings.Join(EnvironmentFormats(), ", "))
}

func (s shell) write(comments []string, variables []v1alpha1.Variable) []byte {
	var b strings.Builder
	if !s.noComments {
		for _, comment := range comments {
			comment = "# " + SafeLine(comment)
			if strings.HasSuffix(comment, `\`) {
				comment += " ." // in make, a backslash would continue the comment
			}
			b.WriteString(comment + "\n")
		}
	}
	for _, v := range variables {
		fmt.Fprintf(&b, s.line+"\n", v.Name, v.Value)
	}
	return []byte(b.String())
}

func flatMap(variables []v1alpha1.Variable) ([]byte, error) {
	flat := map[string]string{}
	for _, v := range variables {
		flat[v.Name] = v.Value
	}
	raw, err := json.MarshalIndent(flat, "", "    ")
	if err != nil {
		return nil, fmt.Errorf("encoding the variables: %w", err)
	}
	return append(raw, '\n'), nil
}
