package mirror_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/mirror"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// tagged is a target with tags that keeps what it was asked.
type tagged struct {
	mirror.Target
	tags map[string]oci.Digest
	err  error // of every answer

	mu    sync.Mutex
	asked []string
}

func (t *tagged) ask(what string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.asked = append(t.asked, what)
	return t.err
}

func (t *tagged) Describe(_ context.Context, name string) (oci.Descriptor, error) {
	if err := t.ask(name); err != nil {
		return oci.Descriptor{}, err
	}
	d, ok := t.tags[name]
	if !ok {
		return oci.Descriptor{}, fault.Errorf(fault.NotFound, "no %s", name)
	}
	return oci.Descriptor{Digest: d}, nil
}

func (t *tagged) PushManifest(_ context.Context, name, _ string, body []byte) error {
	t.tags = map[string]oci.Digest{name: digest.FromBytes(body)}
	return nil
}

func (t *tagged) HasTags(context.Context) (bool, error) {
	if err := t.ask("tags"); err != nil {
		return false, err
	}
	return len(t.tags) > 0, nil
}

func TestTargetsWithoutTagsAreAskedForOne(t *testing.T) {
	d := digest.FromString("image")
	repository := oci.Repository{Host: "target.example", Path: "ocp/release"}
	for name, test := range map[string]struct {
		tags  map[string]oci.Digest
		err   error
		asked []string
	}{
		"no tags":              {nil, nil, []string{"a", "tags", d.String()}},
		"all tags":             {map[string]oci.Digest{"a": d, "b": d, "c": d}, nil, []string{"a", "b", "c", d.String()}},
		"tags of another":      {map[string]oci.Digest{"z": d}, nil, []string{"a", "tags", "b", "c", d.String()}},
		"only the last is new": {map[string]oci.Digest{"a": d, "b": d}, nil, []string{"a", "b", "c", d.String()}},
		"no answer":            {nil, fault.Errorf(fault.Network, "no answer"), []string{"a", "b", "c", d.String()}},
	} {
		t.Run(name, func(t *testing.T) {
			target := &tagged{tags: test.tags, err: test.err}
			open := mirror.Targets(func(oci.Repository) mirror.TagTarget { return target })
			for _, tag := range []string{"a", "b", "c", d.String()} {
				found, err := open(repository).Describe(t.Context(), tag)
				want := test.tags[tag]
				if found.Digest != want || want == "" && test.err == nil && fault.KindOf(err) != fault.NotFound || test.err != nil && err != test.err {
					t.Errorf("%s: %q, %v, want %q", tag, found.Digest, err, want)
				}
			}
			if diff := cmp.Diff(test.asked, target.asked); diff != "" {
				t.Errorf("asked (-want +got)\n%s", diff)
			}
		})
	}
}

func TestTargetsAskTwiceWhenManyAskAtOnce(t *testing.T) {
	target := &tagged{}
	open := mirror.Targets(func(oci.Repository) mirror.TagTarget { return target })
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			if _, err := open(oci.Repository{Path: "r"}).Describe(t.Context(), "a"); fault.KindOf(err) != fault.NotFound {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if !slices.Equal(target.asked, []string{"a", "tags"}) {
		t.Errorf("asked %v", target.asked)
	}
	// Another repository is asked for itself.
	if _, err := open(oci.Repository{Path: "s"}).Describe(t.Context(), "a"); fault.KindOf(err) != fault.NotFound || len(target.asked) != 4 {
		t.Errorf("%v, asked %v", err, target.asked)
	}
}

func TestTargetsAreAskedForWhatWasPushed(t *testing.T) {
	repository, image := oci.Repository{Host: "target.example", Path: "r"}, []byte("image")
	target := &tagged{}
	open := mirror.Targets(func(oci.Repository) mirror.TagTarget { return target })
	if _, err := open(repository).Describe(t.Context(), "a"); fault.KindOf(err) != fault.NotFound {
		t.Fatal(err)
	}
	if err := open(repository).PushManifest(t.Context(), "b", "", image); err != nil {
		t.Fatal(err)
	}
	if found, err := open(repository).Describe(t.Context(), "b"); err != nil || found.Digest != digest.FromBytes(image) {
		t.Errorf("%s, %v", found.Digest, err)
	}
}
