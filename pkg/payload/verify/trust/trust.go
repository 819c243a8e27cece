// Package trust checks who signed a release: it verifies OpenPGP and sigstore signatures and decides whose keys count. The
// keys that a release brings count only if this program knows them, because a release cannot vouch for itself.
//
// The digests that it is given must be verified ones.
package trust

import (
	"cmp"
	"context"
	"errors"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/configmap"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/sigstore"
)

// Result is how a check ended.
type Result string

// The results.
const (
	Pass    Result = "PASS"
	Fail    Result = "FAIL"
	Skipped Result = "SKIPPED"
)

// Cause says why a check was skipped, as a word that scripts can rely on.
type Cause string

// The causes.
const (
	NoDigest    Cause = "no-digest"    // the source has no digest that a signature could cover
	NoKey       Cause = "no-key"       // no key is trusted
	NoRegistry  Cause = "no-registry"  // signatures are in registries, and the release was not read from one
	NoSignature Cause = "no-signature" // there is none, and none is required
	List        Cause = "list"         // signatures of this kind never cover a manifest list
	Offline     Cause = "offline"      // the network may not be used
	Credentials Cause = "credentials"  // a server refused them
	Network     Cause = "network"      // a server did not answer
	Interrupted Cause = "interrupted"  // the command ended first
)

// CauseOf is the cause of a check that an error prevented.
func CauseOf(err error) Cause {
	switch fault.KindOf(err) {
	case fault.Auth:
		return Credentials
	case fault.Network:
		return Network
	}
	return Interrupted
}

// The names of the checks.
const (
	OpenPGPCheck  = "signature"
	SigstoreCheck = "sigstore"
)

// Check is the outcome of one check.
type Check struct {
	Name    string
	Subject string // what was checked, such as "image"
	Result  Result
	Reason  string        // one line: what was found, or why not
	Key     string        // fingerprint of the OpenPGP key, or sha256:HEX of the sigstore key; empty unless it passed
	Digest  digest.Digest // what a signature has to cover; empty when the source has none
	Cause   Cause         // set with Skipped
	// Unsigned is set with Fail when there is no signature, or no key to check one with. Nothing contradicts the release then.
	Unsigned bool

	// Err is set with Skipped when an error prevented the check: one of kind fault.Auth or Network, which decides the exit
	// code, or that of the context.
	Err error
}

// Reads reports whether the checks read a file of a payload that has this content. They ignore all others.
func Reads(content []byte) bool {
	return sigstore.MentionsPolicy(content) || configmap.MentionsVerification(content)
}

// Release is a release to check.
type Release struct {
	Reference  string         // as the user wrote it
	Repository oci.Repository // zero for a source that is not read from a registry
	Digest     digest.Digest  // of the image's manifest, verified; empty if the source has none
	ListDigest digest.Digest  // of the manifest list that the image is from, verified; empty without one
	Files      payload.Files  // with the contents of the manifests
}

// Covered is the digest that OpenPGP signatures of the release cover: that by which a cluster refers to it, so of the list
// if there is one. It is empty if the source has none.
func (r Release) Covered() digest.Digest { return cmp.Or(r.ListDigest, r.Digest) }

func (c Check) pass(reason, key string) Check {
	c.Result, c.Reason, c.Key = Pass, reason, key
	return c
}

func (c Check) fail(reason string) Check {
	c.Result, c.Reason = Fail, reason
	return c
}

func (c Check) skip(cause Cause, reason string) Check {
	c.Result, c.Cause, c.Reason = Skipped, cause, reason
	return c
}

// stop ends a check with an error. The check is skipped if credentials, the network or the end of the command prevented it,
// and fails otherwise.
func (c Check) stop(err error) Check {
	if !isUndecided(err) {
		return c.fail(err.Error())
	}
	c.Err = err
	return c.skip(CauseOf(err), err.Error())
}

// isUndecided reports whether after an error a signature may exist that was not seen.
func isUndecided(err error) bool {
	kind := fault.KindOf(err)
	return kind == fault.Auth || kind == fault.Network || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// failUnsigned fails a check because there is no signature, or no key to check one with.
func (c Check) failUnsigned(reason string) Check {
	c.Unsigned = true
	return c.fail(reason)
}

// skipUnless skips a check that cannot be made, or fails it if it is required.
func (c Check) skipUnless(required bool, cause Cause, reason string) Check {
	if required {
		return c.failUnsigned(reason)
	}
	return c.skip(cause, reason)
}
