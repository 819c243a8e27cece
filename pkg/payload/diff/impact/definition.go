package impact

import (
	"fmt"
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/internal/shellword"
)

// definitionVersion is a version of the API that a CustomResourceDefinition defines.
type definitionVersion struct {
	name            string
	served, storage bool
	schema          any
}

// versionsOf returns the versions of a CustomResourceDefinition by name.
func versionsOf(definition any) map[string]definitionVersion {
	versions := map[string]definitionVersion{}
	for _, v := range listOf(at(definition, "spec", "versions")) {
		name := textOf(at(v, "name"))
		versions[name] = definitionVersion{
			name: name, served: isTrue(at(v, "served")), storage: isTrue(at(v, "storage")), schema: at(v, "schema", "openAPIV3Schema"),
		}
	}
	return versions
}

// compareDefinitions finds versions and fields of an API that are removed, and fields that accept fewer values.
func (f *finder) compareDefinitions(c change, old, new any) {
	if c.old == nil || c.new == nil {
		return
	}
	before, after := versionsOf(old), versionsOf(new)
	for _, name := range namesOf(before, after) {
		was, had := before[name]
		is, has := after[name]
		switch {
		case !had:
		case was.served && !is.served:
			f.add(Blocker, APIVersion, c.new, fmt.Sprintf("version %s is no longer served", name)).Remedy = showRequests(new, name)
		case !has:
			f.add(Warning, APIVersion, c.new, fmt.Sprintf("version %s is removed; the update fails while status.storedVersions has it", name)).Remedy = shellword.Join("oc", "get", "crd", c.new.Name, "-o", "jsonpath={.status.storedVersions}")
		case was.served:
			f.compareFields(c, name, was.schema, is.schema)
		}
	}
	if was, is := storageOf(before), storageOf(after); was != is {
		f.add(Warning, StorageVersion, c.new, fmt.Sprintf("objects are stored as %s instead of %s", is, was))
	}
}

// compareFields finds fields that are removed or accept fewer values. Only controllers write the status.
func (f *finder) compareFields(c change, version string, old, new any) {
	compareSchemas(old, new, func(path, message string) {
		severity := Warning
		if path == ".status" || strings.HasPrefix(path, ".status.") {
			severity = Info
		}
		f.add(severity, Field, c.new, fmt.Sprintf("%s %s: %s", version, path, message))
	})
}

// storageOf returns the names of the versions in which objects are stored; there is one.
func storageOf(versions map[string]definitionVersion) string {
	var names []string
	for name, v := range versions {
		if v.storage {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// showRequests returns the command that shows who used a version of an API lately.
func showRequests(definition any, version string) string {
	return shellword.Join("oc", "get", "apirequestcounts",
		textOf(at(definition, "spec", "names", "plural"))+"."+version+"."+textOf(at(definition, "spec", "group")), "-o", "yaml")
}
