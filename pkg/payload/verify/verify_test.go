package verify

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust"
)

func TestSkipNames(t *testing.T) {
	for _, test := range []struct {
		names, want []string
		err         string
	}{
		{nil, nil, ""},
		{[]string{"version", "image", "version"}, []string{"image", "version"}, ""},
		{Names(), slices.Sorted(slices.Values(Names())), ""},
		{[]string{"image", "signatur"}, nil, `--skip "signatur" is not a check; did you mean signature?`},
		{[]string{"everything"}, nil, `--skip "everything" is not a check; checks are digest-chain, version, references, signature, sigstore, image, payload-hash`},
		{[]string{""}, nil, `--skip "" is not a check; checks are digest-chain, version, references, signature, sigstore, image, payload-hash`},
	} {
		got, err := SkipNames(test.names)
		text := ""
		if err != nil {
			text = err.Error()
		}
		if diff := cmp.Diff(test.want, got); diff != "" || text != test.err || err != nil && fault.KindOf(err) != fault.Usage {
			t.Errorf("%q: got %q, %q (%v)", test.names, got, text, fault.KindOf(err))
		}
	}
}

// Failed checks decide before those that an error prevented, and those before missing signatures.
func TestReportErr(t *testing.T) {
	check := func(name string, result trust.Result) trust.Check {
		return trust.Check{Name: name, Result: result, Reason: "reason of " + name}
	}
	pass, fail, skipped := check(References, trust.Pass), check(Image, trust.Fail), check(Image, trust.Skipped)
	signed, unsigned, sigstore := check(trust.OpenPGPCheck, trust.Pass), check(trust.OpenPGPCheck, trust.Skipped), check(trust.SigstoreCheck, trust.Skipped)
	stopped := fault.Errorf(fault.Auth, "quay.io: unauthorized")
	stored := &image.Release{Identity: image.Identity{Digest: "sha256:1"}}
	hosted := &image.Release{Identity: image.Identity{Digest: "sha256:1"}, Reference: image.Reference{Kind: image.KindRegistry}}
	const none = "r: no signature could be checked: reason of signature; "
	for _, test := range []struct {
		name   string
		report Report
		kind   fault.Kind
		want   string
	}{
		{"all pass", Report{Checks: []trust.Check{pass, signed, sigstore}}, fault.Internal, ""},
		{"other checks are skipped", Report{Checks: []trust.Check{pass, signed, skipped}}, fault.Internal, ""},
		{"one fails", Report{Checks: []trust.Check{fail, unsigned}, stopped: stopped}, fault.Integrity, "r: a check failed"},
		{"two fail", Report{Checks: []trust.Check{fail, fail}}, fault.Integrity, "r: 2 checks failed"},
		{"one is stopped", Report{Checks: []trust.Check{pass, unsigned}, stopped: stopped}, fault.Auth, "r: not everything could be checked: quay.io: unauthorized"},
		{"unsigned", Report{Checks: []trust.Check{pass, unsigned, sigstore}}, fault.Partial, none + "--skip signature leaves that out on purpose"},
		{"unsigned, and sigstore is left out on purpose", Report{Checks: []trust.Check{pass, unsigned}, skip: []string{trust.SigstoreCheck}}, fault.Partial, none + "--skip signature leaves that out on purpose"},
		{
			"a key was named for what is skipped",
			Report{Checks: []trust.Check{signed, sigstore}, required: []string{trust.OpenPGPCheck, trust.SigstoreCheck}},
			fault.Partial,
			"r: the check sigstore that you named keys for could not be made: reason of sigstore; --skip sigstore leaves that out on purpose",
		},
		{"what a key was named for is left out on purpose", Report{Checks: []trust.Check{signed}, skip: []string{trust.SigstoreCheck}, required: []string{trust.SigstoreCheck}}, fault.Internal, ""},
		{"signed with sigstore alone", Report{Checks: []trust.Check{unsigned, check(trust.SigstoreCheck, trust.Pass)}}, fault.Internal, ""},
		{"the signature is left out on purpose", Report{Checks: []trust.Check{pass, sigstore}, skip: []string{trust.OpenPGPCheck}}, fault.Internal, ""},
		{"offline", Report{Release: stored, offline: true, Checks: []trust.Check{unsigned}}, fault.Partial, none + "--signature names where one is stored, --skip signature leaves that out on purpose"},
		{
			"offline, from a registry",
			Report{Release: hosted, offline: true, Checks: []trust.Check{unsigned}},
			fault.Partial,
			none + "cache add keeps one for later, --signature names where one is stored, --skip signature leaves that out on purpose",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.report.text = "r"
			err := test.report.Err()
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != test.want || fault.KindOf(err) != test.kind {
				t.Errorf("got  %q (%v)\nwant %q (%v)", got, fault.KindOf(err), test.want, test.kind)
			}
		})
	}
}

// A release whose bytes do not have their digests fails the chain, and nothing else is checked. Run returns the error if the
// chain is skipped, and any other error of reading.
func TestRunStopsAtABrokenChain(t *testing.T) {
	broken := fault.Errorf(fault.Integrity, "r: the layer is not that of its digest")
	request := func(err error, skip ...string) Request {
		return Request{
			Reference: image.Reference{Text: "r"}, Skip: skip,
			Read: func(context.Context, image.ReadOptions) (*image.Release, error) { return nil, err },
		}
	}
	report, err := Run(t.Context(), request(broken, Image, Version))
	if err != nil {
		t.Fatal(err)
	}
	unread := func(name string) trust.Check {
		return trust.Check{Name: name, Result: trust.Skipped, Cause: "broken-chain", Reason: "the chain of digests is broken"}
	}
	want := []trust.Check{
		{Name: Chain, Subject: "r", Result: trust.Fail, Reason: broken.Error()},
		unread(References), unread(trust.OpenPGPCheck), unread(trust.SigstoreCheck), unread(PayloadHash),
	}
	if diff := cmp.Diff(want, report.Checks); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if err := report.Err(); err == nil || err.Error() != "r: a check failed" || report.Release != nil {
		t.Errorf("got %v and the release %v", err, report.Release)
	}
	if _, err := Run(t.Context(), request(broken, Chain)); !errors.Is(err, broken) {
		t.Errorf("got %v, want the error of the read", err)
	}
	missing := fault.Errorf(fault.NotFound, "r: manifest unknown")
	if _, err := Run(t.Context(), request(missing)); !errors.Is(err, missing) {
		t.Errorf("got %v, want the error of the read", err)
	}
}
