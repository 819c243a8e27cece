package plugin

import (
	"context"
	"errors"
	"fmt"
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
	command *cobra.Command
}

func newVerifyCommand(f *factory) *cobra.Command {
	c := &verifyCommand{factory: f}
	c.command = &cobra.Command{
		Use:   "verify [RELEASE]",
		Short: "Check a release: its digests, its signatures, its images",
		Long: `Check a release and show each check with its result:

  digest-chain   every byte from the tag or digest down to image-references
  references     every component is referenced by a digest
  signature      who signed the release (OpenPGP), and whether to trust them
  sigstore       the signature beside the image in its registry
  image          every component image is there and can be pulled
  payload-hash   the connected cluster loaded just these manifests

Trusted are the keys of --keyring and --key; without them those keys in the release whose
fingerprints are Red Hat's, which this program knows; with --trust-cluster those of the running
cluster. A release never vouches for itself: its other keys count for nothing.`,
		Example: examples(f.Name, `
# A release as it is published
%[1]s verify 4.14.0

# A mirrored one, with a key and signatures from files
%[1]s verify registry.example.com/ocp/release:4.14.0-x86_64 --keyring release-key.asc --signature signatures/

# For a script: what did not pass
%[1]s verify 4.14.0 --jq '.checks[] | select(.result != "PASS")'`),
		RunE: f.run(func(ctx context.Context, args []string) error { return c.run(ctx, args) }),
	}
	c.release.add(c.command, oneRelease)
	c.output = newOutputFlags(c.command, printers.Forms{Table: true})
	c.trust.add(c.command)
	c.command.Flags().BoolVar(&c.deep, "deep", false, "Read all layers of the release, and look for the configuration and the layers of every component image too")
	return c.command
}

func (c *verifyCommand) run(ctx context.Context, args []string) error {
	output, err := c.output.output(c.Streams)
	if err != nil {
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
	v := verification{factory: c.factory, ref: ref, trust: trusted, deep: c.deep, client: c.registries()}
	if err := v.run(ctx, c.release.repository, c.command); err != nil {
		return err
	}
	verdict := v.verdict()
	document := v1alpha1.NewReleaseVerification(v.document(), v.checks, verdict == nil)
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
	client  *registry.Client
	release *loaded
	files   payload.Files
	checks  []v1alpha1.Check
	stopped error // what kept a check from being made
}

// run makes the checks. A chain of digests that is broken ends it: nothing below it is worth a look.
func (v *verification) run(ctx context.Context, repository string, cmd *cobra.Command) error {
	all := image.Want{Contents: image.AllContents, Operator: true}
	release, files, err := v.read(ctx, v.ref, repository, readOptions{want: all, config: true})
	switch {
	case fault.KindOf(err) == fault.Integrity:
		v.add(v1alpha1.Check{Name: "digest-chain", Subject: v.ref.Text, Result: v1alpha1.Fail, Reason: err.Error()})
		for _, name := range []string{"references", trust.OpenPGPCheck, trust.SigstoreCheck, "image", "payload-hash"} {
			v.add(v1alpha1.Check{Name: name, Result: v1alpha1.Skipped, Reason: "the chain of digests is broken"})
		}
		return nil
	case err != nil:
		return err
	}
	v.release, v.files = release, files
	v.checkChain(ctx)
	v.checkReferences()
	v.checkSignatures(ctx)
	v.checkImages(ctx)
	if err := v.checkHash(ctx, cmd); err != nil {
		return err
	}
	return context.Cause(ctx)
}

func (v *verification) add(c v1alpha1.Check) { v.checks = append(v.checks, c) }

// stop adds a check that could not be made, for a reason that decides the exit code if nothing failed.
func (v *verification) stop(c v1alpha1.Check, err error) {
	c.Result, c.Reason = v1alpha1.Skipped, err.Error()
	v.add(c)
	if kind := fault.KindOf(err); v.stopped == nil && (kind == fault.Auth || kind == fault.Network) {
		v.stopped = err
	}
}

// document is the release, as far as it could be read.
func (v *verification) document() v1alpha1.Release {
	if v.release == nil {
		return v1alpha1.Release{Reference: v.ref.Text}
	}
	return v.release.document()
}

// verdict is the error of the command: of what failed, else of what credentials or the network stopped.
func (v *verification) verdict() error {
	failed := 0
	for _, c := range v.checks {
		if c.Result == v1alpha1.Fail {
			failed++
		}
	}
	switch {
	case failed == 1:
		return fault.Errorf(fault.Integrity, "%s: a check failed", v.ref.Text)
	case failed > 1:
		return fault.Errorf(fault.Integrity, "%s: %d checks failed", v.ref.Text, failed)
	case v.stopped != nil:
		return fault.Errorf(fault.KindOf(v.stopped), "%s: not everything could be checked: %w", v.ref.Text, v.stopped)
	}
	return nil
}

// checkChain says what was verified while the release was read, and looks at the layers that were not: on disk and
// with --deep to the last byte, in a registry whether they are there.
func (v *verification) checkChain(ctx context.Context) {
	id := v.release.identity
	check := v1alpha1.Check{Name: "digest-chain", Subject: v.ref.Text, Digest: id.Digest.String(), Result: v1alpha1.Pass}
	if id.Digest == "" {
		check.Result, check.Reason = v1alpha1.Skipped, "this source has no digest: read the release from a registry, a layout or an OCI archive"
		v.add(check)
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

// checkReferences fails for components that a digest does not fix.
func (v *verification) checkReferences() {
	check := v1alpha1.Check{Name: "references", Subject: fmt.Sprintf("%d components", len(v.release.Components)), Result: v1alpha1.Pass, Reason: "each by digest"}
	for _, component := range v.release.Components {
		if component.Digest == "" {
			check.Result, check.Reason = v1alpha1.Fail, fmt.Sprintf("%s is not referenced by a digest: %s", component.Name, component.Image)
			break
		}
	}
	v.add(check)
}
