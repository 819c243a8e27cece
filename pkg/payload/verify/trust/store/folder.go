package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/configmap"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/openpgp"
)

// Folder is a folder with signatures: sha256=HEX/signature-N as on a server, sha256-HEX-N and sha256-HEX as in a ConfigMap,
// and files of ConfigMaps (.yaml, .yml, .json), as mirroring programs leave them.
type Folder string

// String is the folder.
func (f Folder) String() string { return string(f) }

// Signatures reads the three forms in that order.
func (f Folder) Signatures(ctx context.Context, d digest.Digest) iter.Seq2[Signature, error] {
	return func(yield func(Signature, error) bool) {
		for _, part := range []iter.Seq2[Signature, error]{f.numbered(d), f.listed(ctx, d)} {
			for signature, err := range part {
				if !yield(signature, err) {
					return
				}
			}
		}
	}
}

// numbered reads signature-1 and so on, up to the first that is not there.
func (f Folder) numbered(d digest.Digest) iter.Seq2[Signature, error] {
	return func(yield func(Signature, error) bool) {
		for n := range most {
			name := filepath.Join(string(f), path(d), fmt.Sprintf("signature-%d", n+1))
			data, err := readFile(name, openpgp.MaxMessage)
			if errors.Is(err, fs.ErrNotExist) || !yield(Signature{Where: name, Data: data}, err) {
				return
			}
		}
	}
}

// listed reads what only a look into the folder finds.
func (f Folder) listed(ctx context.Context, d digest.Digest) iter.Seq2[Signature, error] {
	return func(yield func(Signature, error) bool) {
		entries, err := os.ReadDir(string(f))
		if err != nil {
			yield(Signature{}, fault.Errorf(fault.Local, "reading signatures: %w", err))
			return
		}
		var signatures, maps []string
		for _, entry := range entries {
			if _, ok := configmap.Number(entry.Name(), d); ok {
				signatures = append(signatures, entry.Name())
			} else if isConfigMapName(entry.Name()) && !entry.IsDir() {
				maps = append(maps, entry.Name())
			}
		}
		slices.SortFunc(signatures, func(a, b string) int {
			m, _ := configmap.Number(a, d)
			n, _ := configmap.Number(b, d)
			return cmp.Or(m-n, strings.Compare(a, b))
		})
		for _, name := range signatures {
			name = filepath.Join(string(f), name)
			data, err := readFile(name, openpgp.MaxMessage)
			if !yield(Signature{Where: name, Data: data}, err) {
				return
			}
		}
		for _, name := range maps {
			name = filepath.Join(string(f), name)
			for signature, err := range fileOfMaps(name).Signatures(ctx, d) {
				if !yield(signature, err) {
					return
				}
			}
		}
	}
}

func isConfigMapName(name string) bool {
	return !strings.HasPrefix(name, ".") && slices.Contains([]string{".yaml", ".yml", ".json"}, strings.ToLower(filepath.Ext(name)))
}

// fileOfMaps is a file in a folder of signatures; one that holds something else is passed over.
type fileOfMaps string

// Signatures reads the file each time: few are ever asked twice.
func (f fileOfMaps) Signatures(ctx context.Context, d digest.Digest) iter.Seq2[Signature, error] {
	return func(yield func(Signature, error) bool) {
		data, err := readFile(string(f), configmap.MaxFile)
		if err != nil {
			yield(Signature{}, err)
			return
		}
		maps, err := configmap.Parse(data)
		if err != nil {
			return
		}
		for signature, err := range (ConfigMaps{Name: string(f), Maps: maps}).Signatures(ctx, d) {
			if !yield(signature, err) {
				return
			}
		}
	}
}
