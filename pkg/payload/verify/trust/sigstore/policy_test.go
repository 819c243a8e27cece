package sigstore

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/testsign"
	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

func release(files ...string) payload.Files {
	var f payload.Files
	for i := 0; i < len(files); i += 2 {
		f.Release = append(f.Release, payload.File{Name: files[i], Data: []byte(files[i+1])})
	}
	return f
}

func TestFindPolicies(t *testing.T) {
	s := testsign.NewSigner(t, "p256")
	full := testsign.Policy(s.PEM, "DevPreviewNoUpgrade,TechPreviewNoUpgrade", "quay.io/a", "*.example.com")
	got, err := FindPolicies(release("a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ClusterImagePolicy\n", testsign.PolicyName, full))
	if err != nil || len(got) != 1 {
		t.Fatalf("got %v, %v", got, err)
	}
	p := got[0]
	want := []string{"openshift", "quay.io/a *.example.com", "DevPreviewNoUpgrade TechPreviewNoUpgrade", key(t, s).ID(), "of the policy openshift"}
	if diff := cmp.Diff(want, []string{p.Name, strings.Join(p.Scopes, " "), strings.Join(p.FeatureSets, " "), p.Key.ID(), p.Key.Name}); diff != "" {
		t.Error(diff)
	}
	if p.Always() || p.Log {
		t.Errorf("got %+v", p)
	}
	always, err := FindPolicies(release(testsign.PolicyName, testsign.Policy(s.PEM, "", "quay.io/a")+"        rekorKeyData: YQ==\n"))
	if err != nil || len(always) != 1 || !always[0].Always() || !always[0].Log {
		t.Errorf("got %+v, %v", always, err)
	}
	for name, text := range map[string]string{
		"another kind":          strings.Replace(full, "kind: ClusterImagePolicy", "kind: ImagePolicy", 1),
		"another group":         strings.Replace(full, "config.openshift.io", "policy.sigstore.dev", 1),
		"another root of trust": strings.Replace(full, "policyType: PublicKey", "policyType: FulcioCAWithRekor", 1),
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := FindPolicies(release("a.yaml", text)); got != nil || err != nil {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
	for name, test := range map[string]struct{ text, reason string }{
		"no key":      {testsign.Policy("hello", "", "quay.io/a"), "reading a.yaml: the public key of the policy openshift: it is not PEM (-----BEGIN PUBLIC KEY-----)"},
		"scope a map": {strings.Replace(full, `- "quay.io/a"`, "- {}", 1), "reading a.yaml: the policy openshift: json: cannot unmarshal object into Go struct field .spec.scopes of type string"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := FindPolicies(release("a.yaml", test.text))
			if got != nil || err == nil || err.Error() != test.reason || fault.KindOf(err) != fault.Integrity {
				t.Errorf("got  %v, %v\nwant %s", got, err, test.reason)
			}
		})
	}
}

func TestCovers(t *testing.T) {
	p := Policy{Scopes: []string{"quay.io/org/repo", "host:5000/ns", "registry.example.com", "*.wild.example.com"}}
	tests := map[string]bool{
		"quay.io/org/repo":          true,
		"quay.io/org/repo:tag":      true,
		"quay.io/org/repo@sha256:a": false, "quay.io/org/repo@" + imageA().String(): true,
		"quay.io/org/repo:tag@" + imageA().String(): true,
		"quay.io/org/repo/sub:1":                    true,
		"quay.io/org/repository":                    false,
		"quay.io/org":                               false,
		"evil.example.com/quay.io/org/repo":         false,
		"host:5000/ns/a":                            true,
		"host/ns/a":                                 false,
		"host:5000":                                 false,
		"registry.example.com/a/b:1":                true,
		"registry.example.com.evil.org/a":           false,
		"a.wild.example.com/x":                      true,
		"a.b.wild.example.com/x":                    true,
		"wild.example.com/x":                        false,
		"evilwild.example.com/x":                    false,
		"evil.example.com/a.wild.example.com":       false,
		"":                                          false,
	}
	for reference, want := range tests {
		if got := p.Covers(reference); got != want {
			t.Errorf("%q: %t", reference, got)
		}
	}
}
