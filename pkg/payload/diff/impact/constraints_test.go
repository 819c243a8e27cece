package impact_test

import "testing"

// constraints returns a SecurityContextConstraints with fields.
func constraints(fields string) string {
	return object("security.openshift.io/v1", "SecurityContextConstraints", "x", fields)
}

func TestSecurityContextConstraints(t *testing.T) {
	const strict = "allowHostNetwork: false\nallowPrivilegeEscalation: false\nreadOnlyRootFilesystem: true\nrunAsUser: {type: MustRunAsRange}\n" +
		"seLinuxContext: {type: MustRunAs}\nvolumes: [secret, configMap]\nrequiredDropCapabilities: [KILL, MKNOD]\nallowedCapabilities: null\n"
	const loose = "allowHostNetwork: true\nreadOnlyRootFilesystem: false\nrunAsUser: {type: MustRunAsNonRoot}\n" +
		"seLinuxContext: {type: RunAsAny}\nvolumes: [configMap, hostPath, secret]\nrequiredDropCapabilities: [MKNOD]\nallowedCapabilities: [NET_ADMIN]\nuserNamespaceLevel: AllowHostLevel\n"
	const start = "warning security-context-constraints SecurityContextConstraints x 0000_50_a_1.yaml: "
	checkUpdates(t, map[string]update{
		"new": {new: files{file: constraints(strict)}, want: []string{start + "is new"}},
		"more": {
			old: files{file: constraints(strict + "userNamespaceLevel: RequirePodLevel\n")}, new: files{file: constraints(loose)},
			want: []string{
				start + "allowHostNetwork is true",
				start + "allowPrivilegeEscalation is true",
				start + "allowedCapabilities also has NET_ADMIN",
				start + "readOnlyRootFilesystem is false",
				start + "requiredDropCapabilities no longer has KILL",
				start + "runAsUser changes from MustRunAsRange to MustRunAsNonRoot",
				start + "seLinuxContext changes from MustRunAs to RunAsAny",
				start + "userNamespaceLevel no longer requires user namespaces of pods",
				start + "volumes also has hostPath",
			},
		},
		"less":  {old: files{file: constraints(loose)}, new: files{file: constraints(strict)}},
		"order": {old: files{file: constraints("volumes: [a, b]\n")}, new: files{file: constraints("volumes: [b, a]\n")}},
		"moved": {old: files{file: constraints(strict)}, new: files{file2: constraints(strict)}},
		"all":   {old: files{file: constraints("volumes: [\"*\"]\nrequiredDropCapabilities: [KILL]\n")}, new: files{file: constraints("volumes: [a]\nrequiredDropCapabilities: [ALL]\n")}},
	})
}
