package plugin

import (
	"context"
	"errors"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/verify"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/store"
	"github.com/release-x/oc-release-x/pkg/printers"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// verifyFlags are the flags of verify.
type verifyFlags struct {
	release releaseFlags
	output  *outputFlags
	trust   trustFlags
	deep    bool
	skip    []string
}

// verifyRequest checks a release.
type verifyRequest struct {
	releaseRequest
	trust  trustRequest
	output *printers.Output
	wide   bool
	deep   bool
	skip   []string
}

func newVerifyCommand(f *factory) *cobra.Command {
	c := &verifyFlags{}
	cmd := &cobra.Command{
		Use:   "verify [RELEASE]",
		Short: "Check the digests, signatures and images of a release",
		Long: `Check a release and show each check with its result:

  digest-chain   every byte from the tag or digest down to image-references matches its digest
  version        the release is the version that was asked for
  references     every component is referenced by a digest
  signature      a trusted OpenPGP key signed the release
  sigstore       a trusted key made the sigstore signature in the registry
  image          every component image exists and can be pulled
  payload-hash   the connected cluster loaded the same manifests

By default, only Red Hat's release keys are trusted: keys in the release whose fingerprints this
program knows. Other keys in the release are ignored, because a release cannot vouch for itself.
Use --keyring and --key to trust your own keys instead, or --trust-cluster to trust the keys of the
connected cluster.

The exit code is 6 if a check fails, 4 or 5 if credentials or the network prevented a check, and 7 if
no signature could be checked, or not the one for which you gave --key or --keyring. Other SKIPPED
checks do not change it.`,
		Example: examples(f.Name, `
# A published release
%[1]s verify 4.14.0

# A mirrored release, with a key and signatures from files
%[1]s verify registry.example.com/ocp/release:4.14.0-x86_64 --keyring release-key.asc --signature signatures/

# Without checking signatures
%[1]s verify dir:release --skip signature,sigstore

# For a script: the checks that did not pass
%[1]s verify 4.14.0 --jq '.checks[] | select(.result != "PASS")'`),
		RunE: f.run(func(_ context.Context, args []string) (request, error) { return c.complete(f, args) }),
	}
	cmd.Flags().BoolVar(&c.deep, "deep", false, "Also read all layers of the release, and check that the configuration and layers of every component image exist")
	cmd.Flags().StringSliceVar(&c.skip, "skip", nil, "Names of checks to leave out")
	c.trust.add(cmd)
	c.release.add(cmd, oneRelease)
	c.output = newOutputFlags(cmd, printers.Forms{Table: true})
	return cmd
}

func (c *verifyFlags) complete(f *factory, args []string) (request, error) {
	r := &verifyRequest{deep: c.deep, wide: c.output.form() == "wide"}
	var err error
	if r.output, err = c.output.output(f.Streams); err != nil {
		return nil, err
	}
	if r.skip, err = verify.SkipNames(c.skip); err != nil {
		return nil, err
	}
	if r.trust, err = c.trust.complete(f); err != nil {
		return nil, err
	}
	r.releaseRequest, err = c.release.requestOne(f, "verify", args)
	return r, err
}

func (r *verifyRequest) run(ctx context.Context, s *session) error {
	t, err := s.resolveOne(ctx, r.releaseRequest)
	if err != nil {
		return err
	}
	report, err := verify.Run(ctx, r.verification(s, t))
	if err != nil {
		return err
	}
	failure := report.Err()
	if failure == nil {
		failure = s.strictError()
	}
	err = r.output.Print(ctx, s.Out, printers.ReleaseVerification(r.document(t, report, failure == nil), r.wide))
	if failure != nil && errors.Is(err, syscall.EPIPE) {
		return failure // stdout is closed, but the exit code still matters
	}
	if err != nil {
		return err
	}
	return failure
}

// verification returns the request for package verify.
func (r *verifyRequest) verification(s *session, t target) verify.Request {
	q := s.verification(t, r.trust, r.skip)
	q.Deep = r.deep
	q.Read = func(ctx context.Context, o image.ReadOptions) (*image.Release, error) {
		o.Repository = r.repository
		return s.readToVerify(ctx, t, o, r.skip)
	}
	return q
}

// verification returns a request without Read.
func (s *session) verification(t target, r trustRequest, skip []string) verify.Request {
	return verify.Request{
		Reference: t.reference, OpenPGP: s.openPGP(r), Sigstore: r.sigstore,
		Registry: s.registries, Parallel: 4 * s.perRegistry,
		Offline: s.flags.cache.offline, Cache: s.downloads, Skip: skip,
		Cluster: s.cluster, ClusterNamed: s.flags.cluster.given(), ClusterImage: t.clusterImage,
	}
}

// openPGP returns the keys to trust and the places of signatures, with the cluster if it is one of them.
func (s *session) openPGP(r trustRequest) trust.OpenPGP {
	o := r.openPGP
	if r.cluster {
		o.Cluster = &store.Cluster{Objects: s.cluster}
	}
	return o
}

// document returns the report as a document.
func (r *verifyRequest) document(t target, report *verify.Report, passed bool) *v1alpha1.ReleaseVerification {
	release := v1alpha1.Release{Reference: t.reference.Text}
	if report.Release != nil {
		release = releaseDocument(report.Release)
	}
	checks := make([]v1alpha1.Check, 0, len(report.Checks))
	for _, c := range report.Checks {
		checks = append(checks, v1alpha1.Check{
			Name: c.Name, Subject: c.Subject, Result: string(c.Result), Reason: c.Reason, SkippedBecause: string(c.Cause),
			Key: c.Key, Digest: c.Digest.String(),
		})
	}
	return v1alpha1.NewReleaseVerification(release, checks, r.skip, passed)
}
