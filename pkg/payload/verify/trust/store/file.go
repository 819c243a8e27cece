package store

import (
	"bytes"
	"context"
	"iter"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/configmap"
)

// file is one signature, whatever it is about: the message itself says.
type file struct{ signature Signature }

func (f file) String() string { return f.signature.Where }

// Signatures gives the one.
func (f file) Signatures(context.Context, digest.Digest) iter.Seq2[Signature, error] {
	return func(yield func(Signature, error) bool) { yield(checked(f.signature.Where, f.signature.Data)) }
}

// openFile reads a file and finds out what it is: a message begins with a byte that no text has, or is armored.
func openFile(name string) (Store, error) {
	data, err := readFile(name, configmap.MaxFile)
	if err != nil {
		return nil, err
	}
	if len(data) == 0 {
		return nil, fault.Errorf(fault.Integrity, "%s is neither an OpenPGP message nor a ConfigMap: it is empty", name)
	}
	if data[0]&0x80 != 0 || bytes.HasPrefix(bytes.TrimSpace(data), []byte("-----BEGIN PGP ")) {
		return file{Signature{Where: name, Data: data}}, nil
	}
	maps, err := configmap.Parse(data)
	if err != nil {
		return nil, fault.Errorf(fault.Integrity, "%s is neither an OpenPGP message nor a ConfigMap: %w", name, err)
	}
	return ConfigMaps{Name: name, Maps: maps}, nil
}

// ConfigMaps are ConfigMaps that were read already.
type ConfigMaps struct {
	Name string // where they are from
	Maps []configmap.ConfigMap
}

// String says where they are from.
func (c ConfigMaps) String() string { return c.Name }

// Signatures gives those of all ConfigMaps.
func (c ConfigMaps) Signatures(_ context.Context, d digest.Digest) iter.Seq2[Signature, error] {
	return func(yield func(Signature, error) bool) {
		for _, m := range c.Maps {
			for _, s := range m.Signatures(d) {
				if !yield(checked(c.Name+", ConfigMap "+m.String()+", "+s.Key, s.Data)) {
					return
				}
			}
		}
	}
}
