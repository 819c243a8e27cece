package testsign

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"
)

// VerificationName is the file name of the manifest with the keys of a release.
const VerificationName = "0000_90_cluster-update-keys_configmap.yaml"

// Verification returns the ConfigMap with the keys and signature stores of a release. The names in data begin with
// verifier-public-key- or store-.
func Verification(data map[string]string) string {
	var out strings.Builder
	out.WriteString("# keys and stores\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: release-verification\n  namespace: openshift-config-managed\n" +
		"  annotations:\n    include.release.openshift.io/self-managed-high-availability: \"true\"\n    release.openshift.io/verification-config-map: \"\"\ndata:\n")
	for _, name := range slices.Sorted(maps.Keys(data)) {
		fmt.Fprintf(&out, "  %s: |\n", name)
		for line := range strings.Lines(data[name]) {
			out.WriteString("    " + strings.TrimSuffix(line, "\n") + "\n")
		}
	}
	return out.String()
}

// Signatures returns the ConfigMap that oc mirror writes for a release, with the signatures sha256-HEX-1 and so on.
func Signatures(d digest.Digest, messages ...[]byte) string {
	var out strings.Builder
	fmt.Fprintf(&out, "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: sha256-%s\n  namespace: openshift-config-managed\n  labels:\n    release.openshift.io/verification-signatures: \"\"\nbinaryData:\n", d.Encoded())
	for i, m := range messages {
		fmt.Fprintf(&out, "  sha256-%s-%d: %s\n", d.Encoded(), i+1, base64.StdEncoding.EncodeToString(m))
	}
	return out.String()
}

// PolicyName is the file name of the manifest with the policy of a release.
const PolicyName = "0000_90_openshift-cluster-image-policy.yaml"

// Policy returns the ClusterImagePolicy of a release with a public key in PEM.
func Policy(pem string, featureSets string, scopes ...string) string {
	var out strings.Builder
	out.WriteString("apiVersion: config.openshift.io/v1\nkind: ClusterImagePolicy\nmetadata:\n  name: openshift\n  annotations:\n    include.release.openshift.io/self-managed-high-availability: \"true\"\n")
	if featureSets != "" {
		out.WriteString("    release.openshift.io/feature-set: " + featureSets + "\n")
	}
	out.WriteString("spec:\n  scopes:\n")
	for _, scope := range scopes {
		out.WriteString("  - \"" + scope + "\"\n")
	}
	fmt.Fprintf(&out, "  policy:\n    rootOfTrust:\n      policyType: PublicKey\n      publicKey:\n        keyData: %s\n", base64.StdEncoding.EncodeToString([]byte(pem)))
	return out.String()
}
