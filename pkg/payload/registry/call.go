package registry

import (
	"context"
	"io"
	"net/http"

	"github.com/opencontainers/go-digest"
	"github.com/regclient/regclient/types/ref"

	"github.com/release-x/oc-release-x/pkg/payload/progress"
)

// callKind is what a request is for.
type callKind int

const (
	manifestCall callKind = iota
	headCall              // a manifest's header alone
	blobCall
	firstByteCall // a blob's first byte, to see that it is there
)

// call travels with a request through regclient to the round tripper, and brings back what regclient does not tell.
type call struct {
	kind  callKind
	from  int64          // a blob is wanted from this byte on
	total int64          // the blob's size as the first answer gave it, -1 when it did not
	etag  string         // of the first answer
	meter progress.Meter // of a manifest

	requests   int  // how many regclient made
	authorized bool // the first of them carried a credential
	sent       bool // any of them did
	challenged bool // the registry named a way to sign in that is known here
	fatal      error
	status     int
	host       string // which host gave the status
	redirected bool   // it did so where the registry redirects to
	code       string // the registry's own error code
	scheme     string // the schemes of a challenge that nothing here can answer
	header     http.Header
	body       []byte // a manifest's
	done       bool   // the answer is complete, whatever regclient thinks of it
	whole      bool   // a blob comes from its first byte although from was asked for

	length      int64         // of the rest of a blob, or of the whole when it begins anew; -1 when the header does not say
	stream      io.ReadCloser // a blob's
	closeStream func() error
}

// stale says that a registry refused what it had accepted before: the request carried a token or a password from
// the start, and still met a challenge.
func (k *call) stale() bool { return k.status == http.StatusUnauthorized && k.authorized }

// callKey is the key of a call in a context.
type callKey struct{}

// callOf is the call of a request; regclient's requests for tokens have none.
func callOf(ctx context.Context) *call {
	k, _ := ctx.Value(callKey{}).(*call)
	return k
}

// digestOf is the digest of a reference that was checked by reference.
func digestOf(r ref.Ref) digest.Digest { return digest.Digest(r.Digest) }
