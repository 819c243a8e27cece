package trust

import (
	"errors"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/fixture"
	"github.com/release-x/oc-release-x/pkg/payload"
	payloadimage "github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/configmap"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/sigstore"
)

// The recorded release has Red Hat's policy. Its key has to be one that this program knows, so that the sigstore signatures
// of real releases are checked.
func TestKnowsThePolicyKeyOfARecordedRelease(t *testing.T) {
	policies, err := sigstore.FindPolicies(recordedFiles(t, payloadimage.Want{Contents: payloadimage.AllContents}))
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

// What the checks find in a payload does not depend on the files that Reads leaves out, which are nearly all.
func TestReadsWhatTheChecksNeed(t *testing.T) {
	all := recordedFiles(t, payloadimage.Want{Contents: payloadimage.AllContents})
	some := recordedFiles(t, payloadimage.Want{Contents: payloadimage.AllContents, Relevant: Reads})
	type found struct {
		Policies     []sigstore.Policy
		Verification *configmap.Verification
	}
	find := func(files payload.Files) (f found) {
		var err, other error
		f.Policies, err = sigstore.FindPolicies(files)
		f.Verification, other = configmap.FindVerification(files)
		if err := errors.Join(err, other); err != nil {
			t.Fatal(err)
		}
		return f
	}
	want := find(all)
	if len(want.Policies) == 0 || want.Verification == nil {
		t.Fatalf("the recorded release has %+v", want)
	}
	if got := find(some); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	size := func(files payload.Files) (sum int) {
		for _, file := range files.Release {
			sum += len(file.Data)
		}
		return sum
	}
	if a, s := size(all), size(some); 10*s > a {
		t.Errorf("%d of %d bytes are kept", s, a)
	}
}

// recordedFiles reads a recorded release.
func recordedFiles(t *testing.T, want payloadimage.Want) payload.Files {
	t.Helper()
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
	files, err := recorded.Files(t.Context(), want)
	if err != nil {
		t.Fatal(err)
	}
	return files
}
