package manifest

import "strings"

// Header is what a listing needs of an object.
type Header struct {
	APIVersion string
	Kind       string
	Namespace  string
	Name       string

	// Annotated is false for an object without annotations, or with one that is no string: the operator includes
	// neither.
	Annotated bool

	// Annotations are those that decide about inclusion; all others are left out.
	Annotations map[string]string
}

// Group is the part of APIVersion before the slash, empty for the core group.
func (h Header) Group() string {
	if group, _, ok := strings.Cut(h.APIVersion, "/"); ok {
		return group
	}
	return ""
}

// Version is the part of APIVersion after the slash.
func (h Header) Version() string {
	if _, version, ok := strings.Cut(h.APIVersion, "/"); ok {
		return version
	}
	return h.APIVersion
}

// problem says what the operator misses in an object, "" when it is complete.
func (h Header) problem() string {
	switch {
	case h.Kind == "" && h.Name == "":
		return "required fields kind and name are missing"
	case h.Kind == "":
		return "required field kind is missing"
	case h.Name == "" && strings.HasSuffix(h.Kind, "List"):
		return "required field name is missing: the operator takes no lists"
	case h.Name == "":
		return "required field name is missing"
	}
	return ""
}
