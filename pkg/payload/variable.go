package payload

import (
	"regexp"
	"strings"
	"sync"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// Variable is the shell variable of an image.
type Variable struct {
	Name      string // ETCD_IMAGE
	Value     string // pull spec
	Component string
	Alias     string // the name of the alias; empty for the component's own variable
}

var (
	safeValueForm = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:\[[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\])?[A-Za-z0-9@:./_+-]+$`)
	})
	plainNameForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9._-]+$`) })
)

// SafeValue reports whether a value is safe between double quotes in every shell: one or more letters, digits and @:./_+-, after
// an optional IPv6 address in brackets.
func SafeValue(value string) bool { return safeValueForm().MatchString(value) }

// VariableName returns the variable of a component: upper case, with underscores for hyphens and dots, and _IMAGE at the end,
// so that no component becomes PATH. Other characters in the name are fault.Integrity.
func VariableName(component string) (string, error) {
	if !plainNameForm().MatchString(component) {
		return "", fault.Errorf(fault.Integrity,
			"the component %q cannot be a variable: its name has characters other than letters, digits and ._-", component)
	}
	name := strings.NewReplacer("-", "_", ".", "_").Replace(strings.ToUpper(component)) + "_IMAGE"
	if name[0] >= '0' && name[0] <= '9' {
		name = "_" + name
	}
	return name, nil
}

// reservedVariables lists the variables that describe the release itself.
func reservedVariables() []string {
	return []string{"RELEASE_IMAGE", "RELEASE_VERSION", "RELEASE_DIGEST"}
}

// Variables returns the variables of the components in their order, then those of aliases by name unless withAliases is
// false. A value that is not safe in a shell, and two components with the same variable, are fault.Integrity.
func (r *Release) Variables(withAliases bool) ([]Variable, error) {
	taken := map[string]string{}
	for _, name := range reservedVariables() {
		taken[name] = "the release itself"
	}
	var variables []Variable
	for _, c := range r.Components {
		name, err := VariableName(c.Name)
		if err != nil {
			return nil, err
		}
		if !SafeValue(c.Image) {
			return nil, fault.Errorf(fault.Integrity,
				"the pull spec of the component %q has characters that are not safe in a shell: %q", c.Name, c.Image)
		}
		if other, ok := taken[name]; ok {
			return nil, fault.Errorf(fault.Integrity, "the component %q and %s would both be the variable %s", c.Name, other, name)
		}
		taken[name] = "the component \"" + c.Name + "\""
		variables = append(variables, Variable{Name: name, Value: c.Image, Component: c.Name})
	}
	if !withAliases {
		return variables, nil
	}
	for _, alias := range Aliases() {
		c, ok := r.target(alias)
		if _, own := taken[alias.Variable]; !ok || own {
			continue
		}
		variables = append(variables, Variable{Name: alias.Variable, Value: c.Image, Component: c.Name, Alias: alias.Name()})
	}
	return variables, nil
}
