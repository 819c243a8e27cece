package oci

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// shelf has manifests by their digest.
type shelf map[Digest][]byte

// add puts a manifest on the shelf.
func (s shelf) add(t *testing.T, mediaType string, content map[string]any) Descriptor {
	t.Helper()
	content["schemaVersion"], content["mediaType"] = 2, mediaType
	body, err := json.Marshal(content)
	if err != nil {
		t.Fatal(err)
	}
	d := Descriptor{MediaType: mediaType, Digest: digest.FromBytes(body), Size: int64(len(body))}
	s[d.Digest] = body
	return d
}

func (s shelf) image(t *testing.T, layers ...string) Descriptor {
	t.Helper()
	parts := []map[string]any{}
	for _, layer := range layers {
		parts = append(parts, map[string]any{"digest": digest.FromString(layer), "size": len(layer)})
	}
	return s.add(t, TypeManifest, map[string]any{"config": map[string]any{"digest": digest.FromString("config"), "size": 6}, "layers": parts})
}

func (s shelf) list(t *testing.T, children ...Descriptor) Descriptor {
	t.Helper()
	entries := []map[string]any{}
	for _, d := range children {
		entries = append(entries, map[string]any{"mediaType": d.MediaType, "digest": d.Digest, "size": d.Size})
	}
	return s.add(t, TypeIndex, map[string]any{"manifests": entries})
}

func (s shelf) fetch(_ context.Context, d Descriptor) ([]byte, string, error) {
	body, ok := s[d.Digest]
	if !ok {
		return nil, "", fault.Errorf(fault.NotFound, "not on the shelf")
	}
	return body, "application/json", nil
}

func TestWalkVisitsPartsBeforeTheirManifestAndEachOnce(t *testing.T) {
	s := shelf{}
	first, second := s.image(t, "base", "a"), s.image(t, "base", "b")
	root := s.list(t, first, second, first)
	names := map[Digest]string{first.Digest: "first", second.Digest: "second", root.Digest: "list"}
	for _, text := range []string{"config", "base", "a", "b"} {
		names[digest.FromString(text)] = text
	}
	var got []string
	root.Size = -1
	err := Walk(t.Context(), root, s.fetch, func(v Visited) error {
		got = append(got, names[v.Digest])
		if (v.Manifest == nil) != (v.Body == nil) || v.Manifest != nil && string(v.Body) != string(s[v.Digest]) {
			t.Errorf("%s: %d bytes, manifest %v", names[v.Digest], len(v.Body), v.Manifest)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"config", "base", "a", "first", "b", "second", "list"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestWalkRefuses(t *testing.T) {
	s := shelf{}
	image := s.image(t, "layer")
	wrongSize := image
	wrongSize.Size++
	other := s.image(t, "other")
	s[other.Digest] = append(s[other.Digest], '\n')
	deep := image
	for range maxDepth + 1 {
		deep = s.list(t, deep)
	}
	var many []Descriptor
	for i := range maxManifests {
		many = append(many, s.image(t, fmt.Sprint(i)))
	}
	missing := image
	missing.Digest = digest.FromString("missing")
	tooMany := fmt.Sprintf("manifest lists are nested more than %d deep, or name more than %d images", maxDepth, maxManifests)
	for name, test := range map[string]struct {
		root Descriptor
		want string
		kind fault.Kind
	}{
		"a wrong size":    {s.list(t, wrongSize), fmt.Sprintf("the manifest %s: it has %d bytes, its descriptor says %d", image.Digest, image.Size, image.Size+1), fault.Integrity},
		"other bytes":     {other, fmt.Sprintf("the manifest %s: its bytes have the digest %s", other.Digest, digest.FromBytes(s[other.Digest])), fault.Integrity},
		"deep lists":      {deep, tooMany, fault.Integrity},
		"many images":     {s.list(t, many...), tooMany, fault.Integrity},
		"missing":         {s.list(t, missing), "not on the shelf", fault.NotFound},
		"not an image":    {s.add(t, "text/plain", map[string]any{}), "", fault.NotFound},
		"another type":    {Descriptor{MediaType: TypeIndex, Digest: image.Digest, Size: -1}, "", fault.Integrity},
		"a failing visit": {image, "no room", fault.Local},
	} {
		t.Run(name, func(t *testing.T) {
			err := Walk(t.Context(), test.root, s.fetch, func(v Visited) error {
				if name == "a failing visit" {
					return fault.Errorf(fault.Local, "no room")
				}
				return nil
			})
			if err == nil || test.want != "" && err.Error() != test.want || fault.KindOf(err) != test.kind {
				t.Errorf("got %v (%v), want %s (%v)", err, fault.KindOf(err), test.want, test.kind)
			}
		})
	}
}

func TestWalkEndsWithTheErrorOfFetch(t *testing.T) {
	broken := errors.New("broken")
	err := Walk(t.Context(), Descriptor{Digest: digestA, Size: -1}, func(context.Context, Descriptor) ([]byte, string, error) {
		return nil, "", broken
	}, func(Visited) error { return nil })
	if !errors.Is(err, broken) || strings.Contains(err.Error(), ":") {
		t.Errorf("got %v", err)
	}
}
