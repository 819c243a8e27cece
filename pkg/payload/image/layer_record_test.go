package image

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/testrelease"
	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/image/cache"
)

// recordedLayer is a layer with everything that a record can have, and how often it was opened.
func recordedLayer(t *testing.T) (b blob, opened *int) {
	t.Helper()
	data, err := testrelease.Tar(
		testrelease.Dir("release-manifests/"), testrelease.File("release-manifests/image-references", "{}"), testrelease.File("release-manifests/release-metadata", ""),
		testrelease.File("release-manifests/a.yaml", "a: b"), testrelease.File("release-manifests/sub/b.yaml", "b: c"), testrelease.File("release-manifests/image-references.txt", "x"), testrelease.Opaque("release-manifests"),
		testrelease.Dir("manifests/"), testrelease.File("manifests/o.yaml", "o: p"), testrelease.File("manifests/empty.yaml", ""), testrelease.File("manifests/other", "q"),
		testrelease.Whiteout("manifests/gone.yaml"), testrelease.Whiteout("etc"), testrelease.File("etc2/passwd", "root"))
	if err != nil {
		t.Fatal(err)
	}
	opened = new(int)
	return blob{
		name: "layer", size: int64(len(data)), digest: digest.FromBytes(data),
		open: func(context.Context) (io.ReadCloser, error) {
			*opened++
			return io.NopCloser(bytes.NewReader(data)), nil
		},
	}, opened
}

// wants are what commands want, and whether a record of the layer is enough.
func wants() map[string]struct {
	want     Want
	recorded bool
} {
	manifests := func(_, name string) bool { return payload.IsManifestName(name) }
	operators := func(directory, name string) bool {
		return directory == OperatorDirectory && payload.IsManifestName(name)
	}
	return map[string]struct {
		want     Want
		recorded bool
	}{
		"names":                  {Want{}, true},
		"the operator's folder":  {Want{Operator: true}, true},
		"the operator's texts":   {Want{Operator: true, Contents: operators}, true},
		"all manifests":          {Want{Operator: true, Contents: manifests}, false},
		"everything":             {Want{Operator: true, Contents: AllContents}, false},
		"the release's contents": {Want{Contents: AllContents}, false},
		"relevant contents":      {Want{Operator: true, Contents: AllContents, Relevant: mentionsP}, false},
		"relevant templates":     {Want{Operator: true, Contents: operators, Relevant: mentionsP}, true},
	}
}

func mentionsP(content []byte) bool { return bytes.Contains(content, []byte("p")) }

// Of a payload that is read for a few files, only those stay in memory, with and without a cache.
func TestOnlyRelevantContentsAreKept(t *testing.T) {
	b, _ := recordedLayer(t)
	want := Want{Operator: true, Contents: AllContents, Relevant: mentionsP}
	cached := cache.New(cache.Options{Dir: filepath.Join(t.TempDir(), "cache")})
	for name, s := range map[string]*stored{"no cache": {limits: DefaultLimits()}, "cache": {limits: DefaultLimits(), cache: cached}} {
		l, err := s.layer(t.Context(), b, want, &total{}, newTree(), nil)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for path, file := range l.files {
			if file.Data != nil {
				got[path] = string(file.Data)
			}
		}
		kept := map[string]string{
			"release-manifests/image-references": "{}", "release-manifests/release-metadata": "", "manifests/o.yaml": "o: p",
		}
		if diff := cmp.Diff(kept, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if len(l.files) != 7 {
			t.Errorf("%s: %d files", name, len(l.files))
		}
	}
	cached.Wait()
}

func TestRecordIsAsGoodAsTheLayer(t *testing.T) {
	for name, test := range wants() {
		t.Run(name, func(t *testing.T) {
			b, opened := recordedLayer(t)
			fresh := &stored{limits: DefaultLimits()}
			want, err := fresh.layer(t.Context(), b, test.want, &total{}, newTree(), nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, first := range []Want{{}, {Operator: true}} {
				s := &stored{limits: DefaultLimits(), cache: cache.New(cache.Options{Dir: filepath.Join(t.TempDir(), "cache")})}
				read := func(want Want) (*layer, bool) {
					t.Helper()
					*opened = 0
					l, err := s.layer(t.Context(), b, want, &total{}, newTree(), nil)
					if err != nil {
						t.Fatal(err)
					}
					s.cache.Wait()
					return l, *opened > 0
				}
				read(first)
				got, again := read(test.want)
				full := first.Operator || !test.want.Operator
				if again == (full && test.recorded) {
					t.Errorf("after %+v: opened again %v", first, again)
				}
				sameLayer(t, want, got, test.want.Operator)

				// The second time, contents are recorded, unless most of them are not used.
				got, again = read(test.want)
				if mayRead := test.want.Contents != nil && test.want.Relevant != nil && !test.recorded; again && !mayRead {
					t.Errorf("after %+v: opened a third time", first)
				}
				sameLayer(t, want, got, test.want.Operator)
			}
		})
	}
}

func TestRecordOfContentsMayBeDamaged(t *testing.T) {
	all := Want{Operator: true, Contents: AllContents}
	b, opened := recordedLayer(t)
	s := &stored{limits: DefaultLimits(), cache: cache.New(cache.Options{Dir: filepath.Join(t.TempDir(), "cache")})}
	for range 2 {
		if _, err := s.layer(t.Context(), b, all, &total{}, newTree(), nil); err != nil {
			t.Fatal(err)
		}
		s.cache.Wait()
	}
	var good contentsRecord
	if !s.cache.Derived(contentsForm, b.digest, &good) {
		t.Fatal("there is no record of the contents")
	}
	for name, damage := range map[string]func(r *contentsRecord){
		"fewer sizes":   func(r *contentsRecord) { r.Sizes = r.Sizes[1:] },
		"negative size": func(r *contentsRecord) { r.Sizes[0] = -1 },
		"large size":    func(r *contentsRecord) { r.Sizes[0] = 1 << 40 },
		"no data":       func(r *contentsRecord) { r.Data = nil },
		"cut data":      func(r *contentsRecord) { r.Data = r.Data[:len(r.Data)/2] },
		"data left":     func(r *contentsRecord) { r.Sizes[len(r.Sizes)-1]-- },
		"file missing":  func(r *contentsRecord) { r.Paths, r.Sizes = r.Paths[:1], r.Sizes[:1] },
	} {
		t.Run(name, func(t *testing.T) {
			record := contentsRecord{Paths: slices.Clone(good.Paths), Sizes: slices.Clone(good.Sizes), Data: bytes.Clone(good.Data)}
			damage(&record)
			s.cache.KeepDerived(contentsForm, b.digest, record)
			s.cache.Wait()
			*opened = 0
			l, err := s.layer(t.Context(), b, all, &total{}, newTree(), nil)
			s.cache.Wait()
			if err != nil || *opened != 1 {
				t.Fatalf("opened %d times, %v", *opened, err)
			}
			if got := string(l.files["release-manifests/a.yaml"].Data); got != "a: b" {
				t.Errorf("a.yaml is %q", got)
			}
		})
	}
}

// sameLayer compares what a tree would take of two layers.
func sameLayer(t *testing.T, want, got *layer, operator bool) {
	t.Helper()
	a, b := newTree().add(want), newTree().add(got)
	empty := func(f payload.File) payload.File {
		if len(f.Data) == 0 {
			f.Data = nil
		}
		return f
	}
	if diff := cmp.Diff(a.payload(), b.payload(), cmp.Transformer("empty", empty)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]bool{"release-manifests/sub/b.yaml": true}, b.nested); diff != "" {
		t.Error(diff)
	}
	for _, name := range []string{"release-manifests/x", "manifests/gone.yaml", "manifests/x", "etc/x", "etc2/x"} {
		if name == "manifests/gone.yaml" && !operator {
			continue
		}
		if a.whiteouts.hides(name) != b.whiteouts.hides(name) {
			t.Errorf("%s: hidden %v, want %v", name, b.whiteouts.hides(name), a.whiteouts.hides(name))
		}
	}
}

// damagedReader reads a damaged layer from a store.
type damagedReader struct{ io.Reader }

func (damagedReader) Close() error  { return nil }
func (damagedReader) Commit()       {}
func (damagedReader) Discard() bool { return true }

func TestDamagedLayerCountsOnceAgainstLimits(t *testing.T) {
	b, _ := recordedLayer(t)
	s, want := &stored{limits: DefaultLimits()}, Want{Operator: true, Contents: AllContents}
	once, twice := &total{}, &total{}
	if _, err := s.layer(t.Context(), b, want, once, newTree(), nil); err != nil {
		t.Fatal(err)
	}
	good, opened := b.open, 0
	b.open = func(ctx context.Context) (io.ReadCloser, error) {
		r, err := good(ctx)
		if opened++; opened > 1 || err != nil {
			return r, err
		}
		data, err := io.ReadAll(r)
		data[len(data)-1] ^= 1
		return damagedReader{bytes.NewReader(data)}, err
	}
	if _, err := s.layer(t.Context(), b, want, twice, newTree(), nil); err != nil || opened != 2 {
		t.Fatalf("opened %d times, %v", opened, err)
	}
	if once.kept.Load() == 0 || once.unpacked.Load() == 0 || twice.kept.Load() != once.kept.Load() || twice.unpacked.Load() != once.unpacked.Load() {
		t.Errorf("%d bytes kept of %d unpacked, want %d of %d", twice.kept.Load(), twice.unpacked.Load(), once.kept.Load(), once.unpacked.Load())
	}
}

// A record has files too that a layer above hides, because another image may have other layers above.
func TestRecordHasTheWholeLayer(t *testing.T) {
	b, _ := recordedLayer(t)
	s := &stored{limits: DefaultLimits(), cache: cache.New(cache.Options{Dir: filepath.Join(t.TempDir(), "cache")})}
	above := newTree()
	above.files["release-manifests/image-references"] = payload.File{Name: "image-references"}
	above.files["manifests/o.yaml"] = payload.File{Name: "o.yaml"}
	want := Want{Operator: true, Contents: func(directory, _ string) bool { return directory == OperatorDirectory }}
	if _, err := s.layer(t.Context(), b, want, &total{}, above, nil); err != nil {
		t.Fatal(err)
	}
	s.cache.Wait()
	want.Contents = func(directory, name string) bool {
		return directory == OperatorDirectory && payload.IsManifestName(name)
	}
	l, _ := s.recorded(b, want, newTree())
	if l == nil {
		t.Fatal("the record is not enough")
	}
	for name, text := range map[string]string{"release-manifests/image-references": "{}", "manifests/o.yaml": "o: p"} {
		if got := string(l.files[name].Data); got != text {
			t.Errorf("%s: %q, want %q", name, got, text)
		}
	}
}

// taker records the files that Take gets, by name.
type taker struct {
	files    map[string]string
	fail     error
	restarts int
}

func (k *taker) restart() {
	k.restarts++
	clear(k.files)
}

func (k *taker) take(name string, size int64, content io.Reader) error {
	if k.fail != nil {
		return k.fail
	}
	data, err := io.ReadAll(content)
	if int64(len(data)) != size && err == nil {
		err = fmt.Errorf("%s has %d bytes, not %d", name, len(data), size)
	}
	k.files[name] = string(data)
	return err
}

// contentsOf returns the contents that a layer has.
func contentsOf(l *layer) map[string]string {
	contents := map[string]string{}
	for path, file := range l.files {
		if file.Data != nil {
			contents[path] = string(file.Data)
		}
	}
	return contents
}

func TestTakenContentsAreNotKept(t *testing.T) {
	metadata := map[string]string{
		"release-manifests/image-references": "{}", "release-manifests/release-metadata": "",
		"manifests/o.yaml": "o: p", "manifests/empty.yaml": "", "manifests/other": "q",
	}
	taken := map[string]string{"a.yaml": "a: b", "image-references.txt": "x"}
	b, _ := recordedLayer(t)
	damaged := b
	opened := 0
	damaged.open = func(ctx context.Context) (io.ReadCloser, error) {
		r, err := b.open(ctx)
		if opened++; opened > 1 || err != nil {
			return r, err
		}
		data, err := io.ReadAll(r)
		data[len(data)-1] ^= 1
		return damagedReader{bytes.NewReader(data)}, err
	}
	hiding := newTree()
	hiding.files["release-manifests/a.yaml"] = payload.File{Name: "a.yaml"}
	for name, test := range map[string]struct {
		blob     blob
		above    *tree
		taken    map[string]string
		restarts int
	}{
		"layer":               {b, newTree(), taken, 0},
		"read again":          {damaged, newTree(), taken, 1},
		"hidden by one above": {b, hiding, map[string]string{"image-references.txt": "x"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			k := &taker{files: map[string]string{}}
			s := &stored{limits: DefaultLimits()}
			l, err := s.layer(t.Context(), test.blob, Want{Operator: true, Contents: AllContents, Take: k.take, Restart: k.restart}, &total{}, test.above, nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.taken, k.files); diff != "" {
				t.Errorf("taken: %s", diff)
			}
			if diff := cmp.Diff(metadata, contentsOf(l)); diff != "" {
				t.Errorf("kept: %s", diff)
			}
			if k.restarts != test.restarts {
				t.Errorf("restarted %d times, want %d", k.restarts, test.restarts)
			}
		})
	}
}

// What the cache has, or gets, is not taken.
func TestTakenContentsAndTheCache(t *testing.T) {
	b, _ := recordedLayer(t)
	s := &stored{limits: DefaultLimits(), cache: cache.New(cache.Options{Dir: filepath.Join(t.TempDir(), "cache")})}
	for _, wantTaken := range []int{2, 0, 0} {
		k := &taker{files: map[string]string{}}
		l, err := s.layer(t.Context(), b, Want{Operator: true, Contents: AllContents, Take: k.take}, &total{}, newTree(), nil)
		if err != nil {
			t.Fatal(err)
		}
		s.cache.Wait()
		if len(k.files) != wantTaken || len(contentsOf(l)) != 7-wantTaken {
			t.Errorf("took %q and kept %q, want to take %d", k.files, contentsOf(l), wantTaken)
		}
	}
}

// Contents that are too large for a record are taken each time.
func TestLargeContentsAreTakenEachTime(t *testing.T) {
	b, _ := recordedLayer(t)
	limits := DefaultLimits()
	limits.PayloadSize = 4 << 10 // enough for the layer, and not for twice its contents and names
	large, err := testrelease.Tar(testrelease.File("release-manifests/image-references", "{}"), testrelease.File("release-manifests/release-metadata", ""),
		testrelease.File("release-manifests/a.yaml", strings.Repeat("x", 2<<10+1)))
	if err != nil {
		t.Fatal(err)
	}
	b.size, b.digest = int64(len(large)), digest.FromBytes(large)
	b.open = func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(large)), nil }
	s := &stored{limits: limits, cache: cache.New(cache.Options{Dir: filepath.Join(t.TempDir(), "cache")})}
	for range 3 {
		k := &taker{files: map[string]string{}}
		if _, err := s.layer(t.Context(), b, Want{Contents: AllContents, Take: k.take}, &total{}, newTree(), nil); err != nil {
			t.Fatal(err)
		}
		s.cache.Wait()
		if len(k.files) != 1 {
			t.Errorf("took %d files, want 1", len(k.files))
		}
	}
}

func TestErrorOfTakeEndsReading(t *testing.T) {
	b, _ := recordedLayer(t)
	k := &taker{fail: errors.New("the disk is full")}
	s := &stored{limits: DefaultLimits()}
	_, err := s.layer(t.Context(), b, Want{Contents: AllContents, Take: k.take}, &total{}, newTree(), nil)
	if !errors.Is(err, k.fail) {
		t.Errorf("got %v", err)
	}
}

func TestSharedContentsAreInMemoryOnce(t *testing.T) {
	b, _ := recordedLayer(t)
	s := &stored{limits: DefaultLimits()}
	want := Want{Operator: true, Contents: AllContents, Shared: &Shared{}}
	var layers []*layer
	for range 2 {
		l, err := s.layer(t.Context(), b, want, &total{}, newTree(), nil)
		if err != nil {
			t.Fatal(err)
		}
		layers = append(layers, l)
	}
	if diff := cmp.Diff(contentsOf(layers[0]), contentsOf(layers[1])); diff != "" {
		t.Error(diff)
	}
	first, second := layers[0].files["release-manifests/a.yaml"].Data, layers[1].files["release-manifests/a.yaml"].Data
	if string(first) != "a: b" || &first[0] != &second[0] {
		t.Errorf("%q and %q are two copies", first, second)
	}
	if empty := (&Shared{}).keep("a", nil); empty == nil {
		t.Error("an empty content counts as not kept")
	}
	if changed := want.Shared.keep("release-manifests/a.yaml", []byte("a: c")); string(changed) != "a: c" || string(first) != "a: b" {
		t.Errorf("other content gives %q and changes %q", changed, first)
	}
}
