package plugin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/presence"
	"github.com/release-x/oc-release-x/pkg/payload/registry"
	"github.com/release-x/oc-release-x/pkg/payload/trust"
	"github.com/release-x/oc-release-x/pkg/printers"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// verifyCommand checks what can be checked of a release.
type verifyCommand struct {
	*factory
	release releaseFlags
	output  *outputFlags
	trust   trustFlags
	deep    bool
	skip    []string
	command *cobra.Command
}

func newVerifyCommand(f *factory) *cobra.Command {
	c := &verifyCommand{factory: f}
	c.command = &cobra.Command{
		Use:   "verify [RELEASE]",
		Short: "Check a release: its digests, its signatures, its images",
		Long: `Check a release and show each check with its result:

  digest-chain   every byte from the tag or digest down to image-references
  version        the release is the version that was asked for, for its architecture
  references     every component is referenced by a digest
  signature      who signed the release (OpenPGP), and whether to trust them
  sigstore       the signature beside the image in its registry
  image          every component image is there and can be pulled
  payload-hash   the connected cluster loaded just these manifests

Trusted are the keys of --keyring and --key; without them those keys in the release whose
fingerprints are Red Hat's, which this program knows; with --trust-cluster those of the running
cluster. A release never vouches for itself: its other keys count for nothing.

The exit code is 6 when a check fails, 4 or 5 when credentials or the network stopped one, and 7 when
no signature could be checked. Other checks that are SKIPPED leave it 0.`,
		Example: examples(f.Name, `
# A release as it is published
%[1]s verify 4.14.0

# A mirrored one, with a key and signatures from files
%[1]s verify registry.example.com/ocp/release:4.14.0-x86_64 --keyring release-key.asc --signature signatures/

# Without asking who signed it
%[1]s verify dir:release --skip signature

# For a script: what did not pass
%[1]s verify 4.14.0 --jq '.checks[] | select(.result != "PASS")'`),
		RunE: f.run(func(ctx context.Context, args []string) error { return c.run(ctx, args) }),
	}
	c.release.add(c.command, oneRelease)
	c.output = newOutputFlags(c.command, printers.Forms{Table: true})
	c.trust.add(c.command)
	c.command.Flags().BoolVar(&c.deep, "deep", false, "Read all layers of the release, and look for the configuration and the layers of every component image too")
	c.command.Flags().StringSliceVar(&c.skip, "skip", nil, "Checks to leave out, by their names")
	return c.command
}

func (c *verifyCommand) run(ctx context.Context, args []string) error {
	output, err := c.output.output(c.Streams)
	if err != nil {
		return err
	}
	if c.skip, err = checksToSkip(c.skip); err != nil {
		return err
	}
	trusted, err := c.trust.read(c.factory)
	if err != nil {
		return err
	}
	ref, err := c.release.one(ctx, c.factory, "verify", args)
	if err != nil {
		return err
	}
	v := verification{factory: c.factory, ref: ref, trust: trusted, deep: c.deep, skip: c.skip, client: c.registries()}
	if err := v.run(ctx, c.release.repository, c.command); err != nil {
		return err
	}
	verdict := v.verdict()
	if verdict == nil {
		verdict = c.global.strictness(int(c.warned.Load()))
	}
	document := v1alpha1.NewReleaseVerification(v.document(), v.checks, c.skip, verdict == nil)
	err = output.Print(ctx, c.Out, printers.ReleaseVerification(document, c.output.form == "wide"))
	if verdict != nil && errors.Is(err, syscall.EPIPE) {
		return verdict // the reader has left, and whoever asked for the exit code has not
	}
	if err != nil {
		return err
	}
	return verdict
}

// verification collects the checks of one release.
type verification struct {
	*factory
	ref     image.Reference
	trust   trusted
	deep    bool
	skip    []string
	client  *registry.Client
	release *loaded
	files   payload.Files
	checks  []v1alpha1.Check
	stopped error // what kept a check from being made
}

// run makes the checks. A chain of digests that is broken ends it: nothing below it is worth a look.
func (v *verification) run(ctx context.Context, repository string, cmd *cobra.Command) error {
	all := image.Want{Contents: image.AllContents, Operator: true}
	release, files, err := v.read(ctx, v.ref, repository, readOptions{want: all, config: true, quiet: v.wants(versionCheck)})
	switch {
	case fault.KindOf(err) == fault.Integrity && v.wants(chainCheck):
		v.breakChain(err)
		return nil
	case err != nil:
		return err
	}
	v.release, v.files = release, files
	for _, check := range []struct {
		name string
		make func()
	}{
		{chainCheck, func() { v.checkChain(ctx) }},
		{versionCheck, v.checkVersion},
		{referencesCheck, v.checkReferences},
		{trust.OpenPGPCheck, func() { v.checkOpenPGP(ctx) }},
		{trust.SigstoreCheck, func() { v.checkSigstore(ctx) }},
		{imageCheck, func() { v.checkImages(ctx) }},
	} {
		if v.wants(check.name) {
			check.make()
		}
	}
	if v.wants(hashCheck) {
		if err := v.checkHash(ctx, cmd); err != nil {
			return err
		}
	}
	return context.Cause(ctx)
}

// breakChain fails the chain of digests: nothing below it was read.
func (v *verification) breakChain(err error) {
	v.add(v1alpha1.Check{Name: chainCheck, Subject: v.ref.Text, Result: v1alpha1.Fail, Reason: err.Error()})
	for _, name := range checkNames() {
		if name != chainCheck && v.wants(name) {
			v.skipped(v1alpha1.Check{Name: name}, "broken-chain", "the chain of digests is broken")
		}
	}
}

// document is the release, as far as it could be read.
func (v *verification) document() v1alpha1.Release {
	if v.release == nil {
		return v1alpha1.Release{Reference: v.ref.Text}
	}
	return v.release.document()
}

// checkChain says what was verified while the release was read, and looks at the layers that were not: on disk and
// with --deep to the last byte, in a registry whether they are there.
func (v *verification) checkChain(ctx context.Context) {
	id := v.release.identity
	check := v1alpha1.Check{Name: chainCheck, Subject: v.ref.Text, Digest: id.Digest.String(), Result: v1alpha1.Pass}
	if id.Digest == "" {
		v.skipped(check, trust.NoDigest, "this source has no digest: read the release from a registry, a layout or an OCI archive")
		return
	}
	layers, err := v.checkLayers(ctx)
	check.Reason = fmt.Sprintf("image %s, its configuration, image-references; %s", id.Digest, layers)
	if id.ListDigest != "" {
		check.Reason = fmt.Sprintf("list %s, %s", id.ListDigest, check.Reason)
	}
	switch kind := fault.KindOf(err); {
	case kind == fault.Auth || kind == fault.Network:
		v.stop(check, err)
		return
	case err != nil:
		check.Result, check.Reason = v1alpha1.Fail, err.Error()
	}
	v.add(check)
}

// checkLayers looks at all layers of the release image, and says how.
func (v *verification) checkLayers(ctx context.Context) (how string, err error) {
	id := v.release.identity
	layered, ok := v.release.image.(image.Layered)
	switch {
	case !ok:
		return "the layers are not known", nil
	case v.ref.Kind != image.KindRegistry || v.deep && !v.global.cache.offline:
		n, err := layered.VerifyLayers(ctx)
		return fmt.Sprintf("all %d layers", n), err
	case v.global.cache.offline:
		return "the layers that hold the payload", nil
	}
	asked := fetched{Registry: v.client, digest: id.Digest.String()}
	if verified, ok := v.release.image.(interface{ Manifest() []byte }); ok {
		asked.manifest = verified.Manifest()
	}
	return "the layers that hold the payload, the others are there", presence.Image(ctx, asked, id.Repository, id.Digest)
}

// checkVersion compares the release with the version that was typed. A tag is a name that a registry may give to any
// image, so one that says otherwise is only a warning.
func (v *verification) checkVersion() {
	a := v.release.asked()
	check := v1alpha1.Check{Name: versionCheck, Subject: v.ref.Text, Result: v1alpha1.Pass}
	other := slices.DeleteFunc([]string{v.release.otherVersion(), v.release.otherArchitecture()}, func(text string) bool { return text == "" })
	switch {
	case a.version == "":
		v.skipped(check, "no-version", "no version was asked for; the release says that it is "+v.release.Version)
		return
	case len(other) > 0 && !a.typed:
		v.skipped(check, "tag", strings.Join(other, "; ")+", and a tag proves nothing: name the release by its version")
		return
	case len(other) > 0:
		check.Result, check.Reason = v1alpha1.Fail, strings.Join(other, "; ")
	default:
		check.Reason = "the release says that it is " + v.release.Version
	}
	v.add(check)
}

// checkReferences fails for components that a digest does not fix.
func (v *verification) checkReferences() {
	check := v1alpha1.Check{Name: referencesCheck, Subject: fmt.Sprintf("%d components", len(v.release.Components)), Result: v1alpha1.Pass, Reason: "each by digest"}
	for _, component := range v.release.Components {
		if component.Digest == "" {
			check.Result, check.Reason = v1alpha1.Fail, fmt.Sprintf("%s is not referenced by a digest: %s", component.Name, component.Image)
			break
		}
	}
	v.add(check)
}
