package trust

import (
	"context"
	"errors"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// Result is how a check ended.
type Result string

// The results.
const (
	Pass    Result = "PASS"
	Fail    Result = "FAIL"
	Skipped Result = "SKIPPED"
)

// Cause says in one word why a check was skipped.
type Cause string

// The causes.
const (
	NoDigest    Cause = "no-digest"    // the source has no digest that a signature could cover
	NoKey       Cause = "no-key"       // nobody's key is trusted
	NoRegistry  Cause = "no-registry"  // the signature would lie in a registry, and the release was not read from one
	NoSignature Cause = "no-signature" // there is none, and none is needed
	List        Cause = "list"         // signatures of this kind are never of a list
	Offline     Cause = "offline"      // no server may be asked
	Credentials Cause = "credentials"  // a server refused them
	Network     Cause = "network"      // a server did not answer
	Interrupted Cause = "interrupted"  // the command ended before
)

// CauseOf is the cause of a check that an error stopped.
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

// Check is one row of a verification.
type Check struct {
	Name    string
	Subject string // what was checked
	Result  Result
	Reason  string        // one line: what was found, or why not
	Key     string        // fingerprint of the OpenPGP key, or sha256:HEX of a sigstore key; empty when none counts
	Digest  digest.Digest // what the signature covers, or would have to; empty when there is none
	Cause   Cause         // set with Skipped

	// Err is set with Skipped when something stood in the way: its kind (fault.Auth or Network) decides the exit code. It
	// may be the context's own error, too.
	Err error
}

// Release is what is checked.
type Release struct {
	Reference  string        // as the user wrote it
	Repository string        // host/path; empty for a source that is not read from a registry
	Digest     digest.Digest // of the one image's manifest, verified; empty where the source has none
	ListDigest digest.Digest // of the list from which it was chosen, verified; empty without one
	Files      payload.Files // with the contents of the manifests
}

// covered is what an OpenPGP signature has to be about: what a cluster is pointed at.
func (r Release) covered() (d digest.Digest, what string) {
	if r.ListDigest != "" {
		return r.ListDigest, "list of images"
	}
	return r.Digest, "image"
}

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

// broken is a check that an error ended. Credentials, the network and the end of the command leave it undecided; anything
// else fails it, so that nothing that goes wrong looks like something that was not asked for.
func (c Check) broken(err error) Check {
	if !undecided(err) {
		return c.fail(err.Error())
	}
	c.Err = err
	return c.skip(CauseOf(err), err.Error())
}

func undecided(err error) bool {
	kind := fault.KindOf(err)
	return kind == fault.Auth || kind == fault.Network || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// skipUnless skips a check that could not be made, or fails it when the user asked for it.
func (c Check) skipUnless(asked bool, cause Cause, reason string) Check {
	if asked {
		return c.fail(reason)
	}
	return c.skip(cause, reason)
}
