// Package store finds the signatures of a release where they are kept: in folders, files, ConfigMaps, on HTTP servers and
// in the connected cluster. What it finds is not verified, and it says of everything where it was.
package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"strings"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/openpgp"
)

// most is how many signatures of one digest are looked for: signature-1 to signature-9.
const most = 9

// Signature is one message as it was found.
type Signature struct {
	Where string // a file, an URL, or the field of a ConfigMap
	Data  []byte // at most openpgp.MaxMessage bytes
}

// Store finds signatures.
type Store interface {
	// String names the store for a message.
	String() string
	// Signatures gives the signatures of a digest one after another. An error of the kinds Network, Auth or Local means
	// that there may be one that was not seen; Integrity means that there is one that cannot be read. Others may follow.
	Signatures(ctx context.Context, d digest.Digest) iter.Seq2[Signature, error]
}

// Open makes a store of what a user names: an http(s) URL, a folder, or a file that is a signature or holds ConfigMaps.
func Open(name string, web *Web) (Store, error) {
	if scheme, _, ok := strings.Cut(name, "://"); ok {
		if scheme != "http" && scheme != "https" {
			return nil, fault.Errorf(fault.Usage, "%q is not a store of signatures: want http://…, https://…, a directory or a file", shown(name))
		}
		return web.Store(name)
	}
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.Errorf(fault.Local, "there is no folder or file %s to read signatures from", name)
	case err != nil:
		return nil, fault.Errorf(fault.Local, "reading signatures: %w", err)
	case info.IsDir():
		return Folder(name), nil
	case !info.Mode().IsRegular():
		return nil, fault.Errorf(fault.Local, "%s is neither a directory nor a file", name)
	}
	return openFile(name)
}

// readFile reads a file of at most limit bytes. A pipe in its place would never end, so it is not opened.
func readFile(name string, limit int64) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, fault.Errorf(fault.Local, "reading a signature: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fault.Errorf(fault.Local, "reading a signature: %s is not a file", name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fault.Errorf(fault.Local, "reading a signature: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fault.Errorf(fault.Local, "reading a signature: %w", err)
	}
	if int64(len(data)) > limit {
		return nil, tooLong(name, limit)
	}
	return data, nil
}

func tooLong(where string, limit int64) error {
	return fault.Errorf(fault.Integrity, "%s: it has more than the %d bytes that are read", where, limit)
}

// checked gives a signature, or the error that it is too long.
func checked(where string, data []byte) (Signature, error) {
	if len(data) > openpgp.MaxMessage {
		return Signature{}, tooLong(where, openpgp.MaxMessage)
	}
	return Signature{Where: where, Data: data}, nil
}

// path is the folder of a digest in a store: sha256=HEX, with the sign that no file name has by chance.
func path(d digest.Digest) string { return fmt.Sprintf("%s=%s", d.Algorithm(), d.Encoded()) }
