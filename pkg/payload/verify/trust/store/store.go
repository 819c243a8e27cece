// Package store finds the signatures of a release in directories, files and ConfigMaps, on HTTP servers and in the
// connected cluster. It does not verify them. Every signature and every error says where it was found.
package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"strings"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/boundedfile"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/openpgp"
)

// maxSignatures is how many signatures of one digest are looked for: signature-1 to signature-9.
const maxSignatures = 9

// Signature is an OpenPGP message, not verified.
type Signature struct {
	Where string // a file, a URL, or the field of a ConfigMap
	Data  []byte // at most openpgp.MaxMessage bytes
}

// Store finds signatures.
type Store interface {
	// String names the store for a message.
	String() string
	// Signatures yields the signatures of a digest. An error of kind Network, Auth or Local means that one may have been
	// missed, an Integrity error that one cannot be read. More signatures may follow an error.
	Signatures(ctx context.Context, d digest.Digest) iter.Seq2[Signature, error]
}

// Open opens the store that a user names: an http(s) URL, a directory, or a file with a signature or ConfigMaps.
func Open(name string, web *Web) (Store, error) {
	if scheme, _, ok := strings.Cut(name, "://"); ok {
		if scheme != "http" && scheme != "https" {
			return nil, fault.Errorf(fault.Usage, "%q is not a store of signatures: want http://…, https://…, a directory or a file", hideSecrets(name))
		}
		return web.Store(name)
	}
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.Errorf(fault.Local, "there is no directory or file %s to read signatures from", name)
	case err != nil:
		return nil, fault.Errorf(fault.Local, "reading signatures: %w", err)
	case info.IsDir():
		return Directory(name), nil
	case !info.Mode().IsRegular():
		return nil, fault.Errorf(fault.Local, "%s is neither a directory nor a file", name)
	}
	return openFile(name)
}

// readFile reads a file of at most limit bytes. One that is longer is fault.Integrity, other errors are fault.Local.
func readFile(name string, limit int64) ([]byte, error) {
	data, err := boundedfile.Read(name, limit)
	if _, ok := errors.AsType[*boundedfile.TooLongError](err); ok {
		return nil, tooLong(name, limit)
	}
	if err != nil {
		return nil, fault.Errorf(fault.Local, "reading a signature: %w", err)
	}
	return data, nil
}

func tooLong(where string, limit int64) error {
	return fault.Errorf(fault.Integrity, "%s: it has more than the %d bytes that are read", where, limit)
}

// checkSize returns the signature, or an error if it is too long.
func checkSize(s Signature) (Signature, error) {
	if len(s.Data) > openpgp.MaxMessage {
		return Signature{}, tooLong(s.Where, openpgp.MaxMessage)
	}
	return s, nil
}

// digestPath is the directory of a digest in a store. It has "=", unlike the names in ConfigMaps (library-go,
// pkg/verify/store/sigstore/sigstore.go).
func digestPath(d digest.Digest) string { return fmt.Sprintf("%s=%s", d.Algorithm(), d.Encoded()) }

// Cached is a store of signatures of one digest that were read before.
type Cached struct {
	Name   string // for messages
	Digest digest.Digest
	List   []Signature
}

// String is the name.
func (c Cached) String() string { return c.Name }

// Signatures yields the list if it is of this digest.
func (c Cached) Signatures(_ context.Context, d digest.Digest) iter.Seq2[Signature, error] {
	return func(yield func(Signature, error) bool) {
		if d != c.Digest {
			return
		}
		for _, s := range c.List {
			if !yield(checkSize(s)) {
				return
			}
		}
	}
}
