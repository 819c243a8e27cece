package impact

import (
	"fmt"
	"slices"
)

// compareConstraints finds SecurityContextConstraints that are new or allow pods more than before.
func (f *finder) compareConstraints(c change, old, new any) {
	switch {
	case c.new == nil:
	case c.old == nil:
		f.add(Warning, SCC, c.new, "is new")
	default:
		for _, message := range constraintChanges(old, new) {
			f.add(Warning, SCC, c.new, message)
		}
	}
}

// constraintChanges says what the new constraints allow and the old ones do not.
func constraintChanges(old, new any) []string {
	var messages []string
	say := func(format string, args ...any) { messages = append(messages, fmt.Sprintf(format, args...)) }
	for _, field := range []string{
		"allowHostDirVolumePlugin", "allowHostIPC", "allowHostNetwork", "allowHostPID", "allowHostPorts", "allowPrivilegedContainer",
	} {
		if isTrue(at(new, field)) && !isTrue(at(old, field)) {
			say("%s is true", field)
		}
	}
	if at(new, "allowPrivilegeEscalation") != false && at(old, "allowPrivilegeEscalation") == false {
		say("allowPrivilegeEscalation is true")
	}
	if isTrue(at(old, "readOnlyRootFilesystem")) && !isTrue(at(new, "readOnlyRootFilesystem")) {
		say("readOnlyRootFilesystem is false")
	}
	for _, field := range []string{
		"allowedCapabilities", "allowedUnsafeSysctls", "defaultAddCapabilities", "groups", "seccompProfiles", "users", "volumes",
	} {
		before := textsOf(at(old, field))
		if more := without(textsOf(at(new, field)), before); len(more) > 0 && !slices.Contains(before, "*") {
			say("%s also has %s", field, enumerate(more))
		}
	}
	for _, field := range []string{"forbiddenSysctls", "requiredDropCapabilities"} {
		after := textsOf(at(new, field))
		if less := without(textsOf(at(old, field)), after); len(less) > 0 && !slices.Contains(after, "ALL") && !slices.Contains(after, "*") {
			say("%s no longer has %s", field, enumerate(less))
		}
	}
	for _, field := range []string{"fsGroup", "runAsUser", "seLinuxContext", "supplementalGroups"} {
		before, after := textOf(at(old, field, "type")), textOf(at(new, field, "type"))
		if freedom(after) > freedom(before) {
			say("%s changes from %s to %s", field, before, after)
		}
	}
	if textOf(at(old, "userNamespaceLevel")) == "RequirePodLevel" && textOf(at(new, "userNamespaceLevel")) != "RequirePodLevel" {
		say("userNamespaceLevel no longer requires user namespaces of pods")
	}
	return messages
}

// freedom says how much a strategy for users and groups leaves to pods.
func freedom(strategy string) int {
	return slices.Index([]string{"MustRunAsNonRoot", "RunAsAny"}, strategy)
}
