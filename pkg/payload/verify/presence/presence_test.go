package presence_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/testrelease"
	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/progress"
	"github.com/release-x/oc-release-x/pkg/payload/registry"
	"github.com/release-x/oc-release-x/pkg/payload/verify/presence"
)

// recordingRegistry records the requests.
type recordingRegistry struct {
	presence.Registry
	mu       sync.Mutex
	requests []string
}

func (r *recordingRegistry) record(request string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests = append(r.requests, request)
}

func (r *recordingRegistry) Head(ctx context.Context, repository oci.Repository, name string) (string, error) {
	r.record("HEAD manifest")
	return r.Registry.Head(ctx, repository, name)
}

func (r *recordingRegistry) HeadBlob(ctx context.Context, repository oci.Repository, d digest.Digest) (int64, error) {
	r.record("HEAD blob")
	return r.Registry.HeadBlob(ctx, repository, d)
}

func (r *recordingRegistry) Manifest(ctx context.Context, repository oci.Repository, name string) ([]byte, string, string, error) {
	r.record("GET manifest")
	return r.Registry.Manifest(ctx, repository, name)
}

// startRegistry starts a registry with a release, and returns a component with the release's image.
func startRegistry(t *testing.T, b *testrelease.Builder) (*recordingRegistry, payload.Component) {
	t.Helper()
	server := testrelease.Registry(t)
	r, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.PushTo(server, "org/r", "t"); err != nil {
		t.Fatal(err)
	}
	_, host, _ := strings.Cut(server.URL, "://")
	client := registry.New(registry.Options{Insecure: []string{host}})
	return &recordingRegistry{Registry: client}, component("a", host+"/org/r@"+r.Root().Digest.String())
}

func component(name, image string) payload.Component {
	_, after, _ := strings.Cut(image, "@")
	return payload.Component{Name: name, Image: image, Digest: digest.Digest(after)}
}

func TestOneRequestForAnImage(t *testing.T) {
	reg, c := startRegistry(t, testrelease.New("4.14.0").WithComponent("etcd"))
	again := component("b", c.Image)
	absent := component("c", c.Image[:len(c.Image)-64]+strings.Repeat("0", 64))
	counts := &countRecorder{}
	ctx := progress.WithReporter(t.Context(), counts)
	results := presence.Check(ctx, reg, []payload.Component{c, again, absent}, presence.Options{})
	if results[0].Err != nil || results[1].Err != nil || fault.KindOf(results[2].Err) != fault.NotFound {
		t.Errorf("got %v", results)
	}
	slices.Sort(reg.requests) // the images are asked for in parallel
	if results[1].Component.Name != "b" || !slices.Equal(reg.requests, []string{"GET manifest", "HEAD manifest", "HEAD manifest"}) || !slices.Equal(counts.tasks, []string{"component images 0/2"}) || counts.done != 2 {
		t.Errorf("requests %q, progress %q and %d", reg.requests, counts.tasks, counts.done)
	}
}

// countRecorder records the tasks that count things.
type countRecorder struct {
	mu    sync.Mutex
	tasks []string
	done  int64
}

func (r *countRecorder) Begin(t progress.Task) progress.Meter {
	if !t.Count {
		return &countRecorder{}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tasks = append(r.tasks, fmt.Sprintf("%s %d/%d", t.What, t.Done, t.Total))
	return r
}

func (r *countRecorder) Advance(n int64) { r.mu.Lock(); defer r.mu.Unlock(); r.done += n }
func (r *countRecorder) End()            {}

func TestDeep(t *testing.T) {
	for name, test := range map[string]struct {
		b    *testrelease.Builder
		want map[string]int
	}{
		"image": {testrelease.New("4.14.0").WithComponent("etcd").Squashed(), map[string]int{"GET manifest": 1, "HEAD blob": 2}},
		"list":  {testrelease.New("4.14.0").WithComponent("etcd").Squashed().WithList("amd64", "arm64"), map[string]int{"GET manifest": 3, "HEAD blob": 3}},
	} {
		t.Run(name, func(t *testing.T) {
			reg, c := startRegistry(t, test.b)
			results := presence.Check(t.Context(), reg, []payload.Component{c}, presence.Options{Deep: true})
			if results[0].Err != nil {
				t.Fatal(results[0].Err)
			}
			got := map[string]int{}
			for _, what := range reg.requests {
				got[what]++
			}
			if fmt.Sprint(got) != fmt.Sprint(test.want) {
				t.Errorf("asked %v, want %v", got, test.want)
			}
		})
	}
}

// An answer to HEAD without the digest decides nothing: GET does.
func TestHeadWithoutDigest(t *testing.T) {
	for name, head := range map[string]headAnswer{
		"405":                  {err: statusError(405)},
		"501":                  {err: statusError(501)},
		"404 until cached":     {err: fault.Errorf(fault.NotFound, "not found")},
		"403 of a store":       {err: fault.Errorf(fault.Auth, "forbidden")},
		"200 without a digest": {},
	} {
		t.Run(name, func(t *testing.T) {
			reg, c := startRegistry(t, testrelease.New("4.14.0").WithComponent("etcd"))
			head.Registry = reg
			if results := presence.Check(t.Context(), head, []payload.Component{c}, presence.Options{}); results[0].Err != nil {
				t.Error(results[0].Err)
			}
			if !slices.Equal(reg.requests, []string{"GET manifest"}) {
				t.Errorf("asked %q", reg.requests)
			}
		})
	}
	reg, c := startRegistry(t, testrelease.New("4.14.0").WithComponent("etcd"))
	down := headAnswer{Registry: reg, err: fault.Errorf(fault.Network, "does not answer")}
	if results := presence.Check(t.Context(), down, []payload.Component{c}, presence.Options{}); fault.KindOf(results[0].Err) != fault.Network || len(reg.requests) > 0 {
		t.Errorf("a host that does not answer: got %v, asked %q", results[0].Err, reg.requests)
	}
	other := fixed{body: []byte("{}")}
	results := presence.Check(t.Context(), other, []payload.Component{c}, presence.Options{})
	if want := c.Image + ": the registry answers with another image, " + digest.FromString("{}").String(); results[0].Err == nil || results[0].Err.Error() != want || fault.KindOf(results[0].Err) != fault.Integrity {
		t.Errorf("got %v\nwant %s", results[0].Err, want)
	}
}

// headAnswer is a registry with the same answer to every HEAD.
type headAnswer struct {
	presence.Registry
	err error
}

func (h headAnswer) Head(context.Context, oci.Repository, string) (string, error) { return "", h.err }

// statusError is the error of a registry's answer.
type statusError int

func (s statusError) Error() string { return fmt.Sprint("answered ", int(s)) }
func (s statusError) Status() int   { return int(s) }

// fixed is a registry with the same answer to every request, which may be wrong.
type fixed struct {
	declared string
	body     []byte
	size     int64
}

func (f fixed) Head(context.Context, oci.Repository, string) (string, error) { return f.declared, nil }

func (f fixed) HeadBlob(context.Context, oci.Repository, digest.Digest) (int64, error) {
	return f.size, nil
}

func (f fixed) Manifest(context.Context, oci.Repository, string) ([]byte, string, string, error) {
	return f.body, "", "", nil
}

// A list that names an image many times costs one request for it.
func TestDeepAsksOnce(t *testing.T) {
	child := []byte(`{"schemaVersion":2,"config":{"digest":"` + digest.FromString("c").String() + `","size":1},"layers":[]}`)
	var children []string
	for range 500 {
		children = append(children, fmt.Sprintf(`{"digest":"%s","size":%d}`, digest.FromBytes(child), len(child)))
	}
	list := []byte(`{"schemaVersion":2,"manifests":[` + strings.Join(children, ",") + `]}`)
	reg := &recordingRegistry{Registry: documents{digest.FromBytes(child).String(): child, digest.FromBytes(list).String(): list}}
	c := component("a", "q.io/r@"+digest.FromBytes(list).String())
	for _, r := range presence.Check(t.Context(), reg, []payload.Component{c, component("b", c.Image)}, presence.Options{Deep: true}) {
		if r.Err != nil {
			t.Error(r.Err)
		}
	}
	if len(reg.requests) != 3 {
		t.Errorf("asked %q, want the list, its image and the configuration once each", reg.requests)
	}
}

// documents is a registry of manifests by digest, whose blobs all have one byte.
type documents map[string][]byte

func (d documents) Head(context.Context, oci.Repository, string) (string, error) { return "", nil }
func (d documents) HeadBlob(context.Context, oci.Repository, digest.Digest) (int64, error) {
	return 1, nil
}

func (d documents) Manifest(_ context.Context, _ oci.Repository, name string) ([]byte, string, string, error) {
	return d[name], "", "", nil
}

func TestWrongAnswers(t *testing.T) {
	body := func(document any) []byte {
		raw, err := json.Marshal(document)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	blob := digest.FromString("blob").String()
	config := map[string]any{"digest": blob, "size": 4}
	manifest := func(layers ...any) []byte {
		return body(map[string]any{"schemaVersion": 2, "config": config, "layers": layers})
	}
	layers := manifest(map[string]any{"digest": blob, "size": 4})
	malformed := manifest(map[string]any{"digest": "sha256:../x"})
	foreign := manifest(map[string]any{"digest": "sha256:" + strings.Repeat("f", 64), "urls": []string{"https://elsewhere"}})
	both := body(map[string]any{"schemaVersion": 2, "config": config, "manifests": []any{}})
	for name, test := range map[string]struct {
		registry fixed
		deep     bool
		of       []byte
		want     string
	}{
		"another digest":      {fixed{declared: blob}, false, layers, "IMAGE: the registry answers with another image, " + blob},
		"another manifest":    {fixed{body: []byte("{}")}, true, layers, "q.io/r: the manifest DIGEST: its bytes have the digest " + digest.FromString("{}").String()},
		"no JSON":             {fixed{body: []byte("x")}, true, []byte("x"), "q.io/r: the manifest DIGEST: the manifest is not a JSON object: invalid character 'x' looking for beginning of value"},
		"no manifest":         {fixed{body: []byte("{}")}, true, []byte("{}"), "q.io/r: the manifest DIGEST: the manifest has schemaVersion 0, want 2"},
		"null":                {fixed{body: []byte("null")}, true, []byte("null"), "q.io/r: the manifest DIGEST: the manifest has schemaVersion 0, want 2"},
		"two things at once":  {fixed{body: both}, true, both, "q.io/r: the manifest DIGEST: the manifest is both an image and a list"},
		"a foreign layer":     {fixed{body: foreign, size: 4}, true, foreign, ""},
		"a malformed digest":  {fixed{body: malformed, size: 4}, true, malformed, `q.io/r: the manifest DIGEST: the manifest's layers: malformed digest "sha256:../x": want sha256 with 64 lower-case hex digits`},
		"a layer of one byte": {fixed{body: layers, size: 1}, true, layers, "q.io/r@" + blob + ": the registry has 1 bytes of it, the manifest says 4"},
		"a layer without end": {fixed{body: layers, size: -1}, true, layers, ""},
	} {
		t.Run(name, func(t *testing.T) {
			image := "q.io/r@" + digest.FromBytes(test.of).String()
			results := presence.Check(t.Context(), test.registry, []payload.Component{component("a", image)}, presence.Options{Deep: test.deep})
			err := results[0].Err
			if test.want == "" && err == nil {
				return
			}
			if want := strings.NewReplacer("IMAGE", image, "DIGEST", digest.FromBytes(test.of).String()).Replace(test.want); err == nil || err.Error() != want || fault.KindOf(err) != fault.Integrity {
				t.Errorf("got  %v\nwant %s", err, want)
			}
		})
	}
}

func TestNotChecked(t *testing.T) {
	tagged := payload.Component{Name: "a", Image: "quay.io/a/b:latest"}
	results := presence.Check(t.Context(), fixed{}, []payload.Component{tagged}, presence.Options{})
	if err := results[0].Err; fault.KindOf(err) != fault.Integrity || err.Error() != "it is not referenced by a digest: quay.io/a/b:latest" {
		t.Errorf("got %v", err)
	}
	cause := errors.New("interrupted")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	results = presence.Check(ctx, fixed{}, []payload.Component{component("a", "q.io/r@"+digest.FromString("").String())}, presence.Options{})
	if !errors.Is(results[0].Err, cause) {
		t.Errorf("got %v", results[0].Err)
	}
}

// unreachableRegistry counts the requests and answers none.
type unreachableRegistry struct {
	fixed
	requests *atomic.Int32
}

func (s unreachableRegistry) Head(context.Context, oci.Repository, string) (string, error) {
	s.requests.Add(1)
	return "", fault.Errorf(fault.Network, "q.io cannot be reached")
}

func TestUnreachableHostIsNotAskedForEver(t *testing.T) {
	var components []payload.Component
	for i := range 50 {
		components = append(components, component(fmt.Sprint(i), "q.io/r@"+digest.FromString(fmt.Sprint(i)).String()))
	}
	s := unreachableRegistry{requests: &atomic.Int32{}}
	for _, r := range presence.Check(t.Context(), s, components, presence.Options{Parallel: 2}) {
		if fault.KindOf(r.Err) != fault.Network {
			t.Errorf("%s: %v", r.Component.Name, r.Err)
		}
	}
	if n := s.requests.Load(); n < 3 || n > 4 {
		t.Errorf("asked %d times, want 3, and at most one more that was under way", n)
	}
}
