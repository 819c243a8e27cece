package store

import (
	"bytes"
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

// message is a file with one signature. The message itself says which digest it is about.
type message Signature

func (m message) String() string { return m.Where }

// Signatures yields the message, whatever the digest.
func (m message) Signatures(context.Context, digest.Digest) iter.Seq2[Signature, error] {
	return func(yield func(Signature, error) bool) { yield(checkSize(Signature(m))) }
}

// openFile reads a file and detects what it is: a message begins with a byte that no text has, or is armored.
func openFile(name string) (Store, error) {
	data, err := readFile(name, configmap.MaxFile)
	if err != nil {
		return nil, err
	}
	if len(data) == 0 {
		return nil, fault.Errorf(fault.Integrity, "%s is neither an OpenPGP message nor a ConfigMap: it is empty", name)
	}
	if data[0]&0x80 != 0 || bytes.HasPrefix(bytes.TrimSpace(data), []byte("-----BEGIN PGP ")) {
		return message{Where: name, Data: data}, nil
	}
	maps, err := configmap.Parse(data)
	if err != nil {
		return nil, fault.Errorf(fault.Integrity, "%s is neither an OpenPGP message nor a ConfigMap: %w", name, err)
	}
	return ConfigMaps{Name: name, Maps: maps}, nil
}

// ConfigMaps is a store of ConfigMaps that were read before.
type ConfigMaps struct {
	Name string // of the source, for messages
	Maps []configmap.ConfigMap
}

// String names the source.
func (c ConfigMaps) String() string { return c.Name }

// Signatures yields those of all ConfigMaps.
func (c ConfigMaps) Signatures(_ context.Context, d digest.Digest) iter.Seq2[Signature, error] {
	return func(yield func(Signature, error) bool) {
		for _, m := range c.Maps {
			for _, s := range m.Signatures(d) {
				if !yield(checkSize(Signature{Where: c.Name + ", ConfigMap " + m.String() + ", " + s.Key, Data: s.Data})) {
					return
				}
			}
		}
	}
}

// Directory is a directory with signatures: files sha256=HEX/signature-N as on a server, sha256-HEX-N and sha256-HEX as in
// a ConfigMap, and files of ConfigMaps (.yaml, .yml, .json), as mirroring programs write them.
type Directory string

// String is the path of the directory.
func (dir Directory) String() string { return string(dir) }

// Signatures yields those of the three kinds of files, in that order.
func (dir Directory) Signatures(ctx context.Context, d digest.Digest) iter.Seq2[Signature, error] {
	return func(yield func(Signature, error) bool) {
		if !dir.yieldNumbered(d, yield) {
			return
		}
		messages, configMaps, err := dir.list(d)
		if err != nil {
			yield(Signature{}, err)
			return
		}
		for _, name := range messages {
			data, err := readFile(name, openpgp.MaxMessage)
			if !yield(Signature{Where: name, Data: data}, err) {
				return
			}
		}
		for _, name := range configMaps {
			if !yieldConfigMaps(ctx, name, d, yield) {
				return
			}
		}
	}
}

// yieldNumbered yields signature-1 and so on, up to the first missing file. It returns false when yield does.
func (dir Directory) yieldNumbered(d digest.Digest, yield func(Signature, error) bool) bool {
	for n := range maxSignatures {
		name := filepath.Join(string(dir), digestPath(d), fmt.Sprintf("signature-%d", n+1))
		data, err := readFile(name, openpgp.MaxMessage)
		if errors.Is(err, fs.ErrNotExist) {
			return true
		}
		if !yield(Signature{Where: name, Data: data}, err) {
			return false
		}
	}
	return true
}

// list returns the paths of the signatures of a digest in the order of their numbers, and of files that may hold ConfigMaps.
func (dir Directory) list(d digest.Digest) (messages, configMaps []string, err error) {
	entries, err := os.ReadDir(string(dir))
	if err != nil {
		return nil, nil, fault.Errorf(fault.Local, "reading signatures: %w", err)
	}
	for _, entry := range entries {
		name := filepath.Join(string(dir), entry.Name())
		if _, ok := configmap.Number(entry.Name(), d); ok {
			messages = append(messages, name)
		} else if isConfigMapName(entry.Name()) && !entry.IsDir() {
			configMaps = append(configMaps, name)
		}
	}
	slices.SortFunc(messages, func(a, b string) int {
		m, _ := configmap.Number(filepath.Base(a), d)
		n, _ := configmap.Number(filepath.Base(b), d)
		return cmp.Or(m-n, strings.Compare(a, b))
	})
	return messages, configMaps, nil
}

func isConfigMapName(name string) bool {
	return !strings.HasPrefix(name, ".") && slices.Contains([]string{".yaml", ".yml", ".json"}, strings.ToLower(filepath.Ext(name)))
}

// yieldConfigMaps yields the signatures in a file of ConfigMaps, and nothing of a file with other content. It returns false
// when yield does.
func yieldConfigMaps(ctx context.Context, name string, d digest.Digest, yield func(Signature, error) bool) bool {
	data, err := readFile(name, configmap.MaxFile)
	if err != nil {
		return yield(Signature{}, err)
	}
	maps, err := configmap.Parse(data)
	if err != nil {
		return true
	}
	for signature, err := range (ConfigMaps{Name: name, Maps: maps}).Signatures(ctx, d) {
		if !yield(signature, err) {
			return false
		}
	}
	return true
}
