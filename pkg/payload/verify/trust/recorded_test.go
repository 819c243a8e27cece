package trust

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/fixture"
	payloadimage "github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/sigstore"
)

// The recorded release has Red Hat's policy. Its key has to be one that this program knows, so that the sigstore signatures
// of real releases are checked.
func TestKnowsThePolicyKeyOfARecordedRelease(t *testing.T) {
	layout := fixture.Path(t, "ocp-release")
	ref, err := payloadimage.ParseReference("oci:" + layout + ":4.22.0-x86_64")
	if err != nil {
		t.Fatal(err)
	}
	recorded, err := payloadimage.Opener{}.Open(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	defer recorded.Close()
	files, err := recorded.Files(t.Context(), payloadimage.Want{Contents: payloadimage.AllContents})
	if err != nil {
		t.Fatal(err)
	}
	policies, err := sigstore.FindPolicies(files)
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, policy := range policies {
		keys = append(keys, policy.Key.ID())
	}
	if diff := cmp.Diff(policyKeys(), keys); diff != "" {
		t.Error(diff)
	}
}
