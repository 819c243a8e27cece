package registry_test

import (
	"bytes"
	"io"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/faultproxy"
	"github.com/release-x/oc-release-x/internal/testguard"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/registry"
	"github.com/release-x/oc-release-x/pkg/payload/registry/mirrors"
)

// mirrorSet writes a mirror set that sends source to mirrors.
func mirrorSet(t *testing.T, kind, source string, policy string, mirrors ...string) string {
	t.Helper()
	list := map[string]string{"ImageDigestMirrorSet": "imageDigestMirrors", "ImageTagMirrorSet": "imageTagMirrors"}[kind]
	path := filepath.Join(t.TempDir(), "set.yaml")
	writeFile(t, path, "apiVersion: config.openshift.io/v1\nkind: "+kind+"\nspec: {"+list+": [{source: "+source+
		", mirrors: ["+strings.Join(mirrors, ", ")+"], mirrorSourcePolicy: "+policy+"}]}\n")
	return path
}

func TestMirrorsAreAskedInOrder(t *testing.T) {
	lacks, has, source := start(t, newHTTP), start(t, newHTTP), start(t, newHTTP)
	manifest, layer := has.pushImage(t, "copy/r", "t")
	d := digest.FromBytes(manifest)
	set := mirrorSet(t, "ImageDigestMirrorSet", source.host+"/org", "AllowContactingSource", lacks.host+"/copy", has.host+"/copy")
	c := registry.New(quick(registry.Options{
		Insecure: []string{lacks.host, has.host, source.host}, Mirrors: mirrors.Files{IDMS: []string{set}},
	}))
	body, _, declared, err := c.Manifest(t.Context(), orgR(source.host), d.String())
	if err != nil || !bytes.Equal(body, manifest) || declared != d.String() {
		t.Fatalf("got %q, %s, %v", body, declared, err)
	}
	data, err := readBlob(t, c, orgR(source.host), layer, 11)
	if err != nil || !bytes.Equal(data, layerBytes) {
		t.Errorf("got %q, %v", data, err)
	}
	asked := []string{"GET /v2/copy/r/manifests/" + d.String(), "GET /v2/copy/r/blobs/" + layer.String()}
	wantRequests(t, lacks, asked...)
	wantRequests(t, has, asked...)
	wantRequests(t, source)
}

func TestSourceIsAskedWhenNoMirrorHasIt(t *testing.T) {
	lacks, source := start(t, newHTTP), start(t, newHTTP)
	manifest, _ := source.pushImage(t, "org/r", "t")
	set := mirrorSet(t, "ImageDigestMirrorSet", source.host, "AllowContactingSource", lacks.host)
	c := registry.New(quick(registry.Options{Insecure: []string{lacks.host, source.host}, Mirrors: mirrors.Files{IDMS: []string{set}}}))
	if _, _, _, err := c.Manifest(t.Context(), orgR(source.host), digest.FromBytes(manifest).String()); err != nil {
		t.Error(err)
	}
}

// The mirrors of a release are asked for digests alone, and most people write a tag.
func TestTagWithMirrorsOfDigests(t *testing.T) {
	mirror, source := start(t, newHTTP), start(t, newHTTP)
	for kind, hint := range map[string]string{
		"ImageDigestMirrorSet": "; its mirrors are used for digests only: name it by digest, or give --itms-file",
		"ImageTagMirrorSet":    "",
	} {
		set := mirrorSet(t, kind, source.host, "AllowContactingSource", mirror.host)
		c := registry.New(quick(registry.Options{Insecure: []string{source.host, mirror.host}, Mirrors: mirrors.Files{IDMS: []string{set}}}))
		_, _, _, err := c.Manifest(t.Context(), orgR(source.host), "nope")
		want := "getting " + source.host + "/org/r:nope: not found: the repository has no such tag" + hint
		if hint == "" {
			want = "getting " + source.host + "/org/r:nope: no source has it: getting " + mirror.host + "/org/r:nope: not found: the repository has no such tag; " + want
		}
		wantFault(t, err, fault.NotFound, want)
	}
}

func TestEveryFailureIsNamed(t *testing.T) {
	lacks, refuses, source := start(t, newHTTP), start(t, newHTTP, basic("u", "p")), start(t, newHTTP)
	d := digest.FromString("x")
	const none = "wants credentials (401), and there are none for it: there is not a file to look into; name a file with --authfile, or log in to "
	missing := func(s *server) string {
		return "getting " + s.host + "/org/r@" + d.String() + ": not found: the repository has no such digest"
	}
	for policy, test := range map[string]struct {
		mirrors []string
		kind    fault.Kind
		want    []string
	}{
		"AllowContactingSource": {
			[]string{lacks.host, refuses.host},
			fault.Auth,
			[]string{missing(lacks), "getting " + refuses.host + "/org/r@" + d.String() + ": " + refuses.host + " " + none + refuses.host, missing(source)},
		},
		"NeverContactSource": {[]string{lacks.host}, fault.NotFound, []string{missing(lacks) + "; " + source.host + "/org/r may not be contacted (NeverContactSource)"}},
	} {
		t.Run(policy, func(t *testing.T) {
			set := mirrorSet(t, "ImageDigestMirrorSet", source.host, policy, test.mirrors...)
			c := registry.New(quick(registry.Options{Insecure: []string{lacks.host, refuses.host, source.host}, Mirrors: mirrors.Files{IDMS: []string{set}}}))
			_, _, _, err := c.Manifest(t.Context(), orgR(source.host), d.String())
			want := strings.Join(test.want, "; ")
			if len(test.want) > 1 {
				want = "getting " + source.host + "/org/r@" + d.String() + ": no source has it: " + want
			}
			wantFault(t, err, test.kind, want)
			if policy == "NeverContactSource" {
				source.asked()
				_, _, _, _ = c.Manifest(t.Context(), orgR(source.host), d.String())
				wantRequests(t, source)
			}
		})
	}
}

// TestMirrorOfABlockedSource: the mirrors of a source that registries.conf blocks are asked, and the error of a mirror
// says why the source was not.
func TestMirrorOfABlockedSource(t *testing.T) {
	mirror, source := start(t, newHTTP), start(t, newHTTP)
	manifest, _ := mirror.pushImage(t, "copy/r", "t")
	conf := filepath.Join(t.TempDir(), "registries.conf")
	writeFile(t, conf, "[[registry]]\nprefix = \"\"\nlocation = \""+source.host+"/org\"\nblocked = true\n[[registry.mirror]]\nlocation = \""+mirror.host+"/copy\"\ninsecure = true\npull-from-mirror = \"digest-only\"\n")
	c := registry.New(quick(registry.Options{Insecure: []string{source.host}, Mirrors: mirrors.Files{Conf: conf}}))
	body, _, _, err := c.Manifest(t.Context(), orgR(source.host), digest.FromBytes(manifest).String())
	if err != nil || !bytes.Equal(body, manifest) {
		t.Errorf("got %q, %v", body, err)
	}
	absent := digest.FromString("absent").String()
	_, _, _, err = c.Manifest(t.Context(), orgR(source.host), absent)
	wantFault(t, err, fault.NotFound, "getting "+mirror.host+"/copy/r@"+absent+": not found: the repository has no such digest; "+source.host+"/org/r is blocked by "+conf)
	_, _, _, err = c.Manifest(t.Context(), orgR(source.host), "t")
	wantFault(t, err, fault.Network, source.host+"/org/r is blocked by "+conf+", and it has no mirror by tag")
	wantRequests(t, source)
}

func TestWhatATagResolvedToIsReadWhereTheTagWas(t *testing.T) {
	mirror, source := start(t, newHTTP), start(t, newHTTP)
	manifest, layer := mirror.pushImage(t, "org/r", "t")
	set := mirrorSet(t, "ImageTagMirrorSet", source.host, "NeverContactSource", mirror.host)
	c := registry.New(quick(registry.Options{Insecure: []string{mirror.host, source.host}, Mirrors: mirrors.Files{ITMS: []string{set}}}))
	if _, _, _, err := c.Manifest(t.Context(), orgR(source.host), "t"); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := c.Manifest(t.Context(), orgR(source.host), digest.FromBytes(manifest).String()); err != nil {
		t.Error(err)
	}
	if _, err := readBlob(t, c, orgR(source.host), layer, 11); err != nil {
		t.Error(err)
	}
	wantRequests(t, source)
}

func TestDeadMirrorCostsItsTriesOnce(t *testing.T) {
	dead, source := start(t, newHTTP, faults(faultproxy.Rule{Fault: faultproxy.Status(503, nil)})), start(t, newHTTP)
	manifest, layer := source.pushImage(t, "org/r", "t")
	set := mirrorSet(t, "ImageDigestMirrorSet", source.host, "AllowContactingSource", dead.host)
	c := registry.New(quick(registry.Options{Insecure: []string{dead.host, source.host}, Mirrors: mirrors.Files{IDMS: []string{set}}}))
	if _, _, _, err := c.Manifest(t.Context(), orgR(source.host), digest.FromBytes(manifest).String()); err != nil {
		t.Fatal(err)
	}
	if n := len(dead.asked()); n != 5 {
		t.Errorf("%d requests to the dead mirror, want 5", n)
	}
	if _, err := readBlob(t, c, orgR(source.host), layer, 11); err != nil {
		t.Error(err)
	}
	wantRequests(t, dead)
}

func TestInsecureMirrorOfRegistriesConf(t *testing.T) {
	mirror := start(t, newHTTP)
	manifest, _ := mirror.pushImage(t, "copy/r", "t")
	for name, insecure := range map[string]string{"insecure": "insecure = true\n", "verified": ""} {
		t.Run(name, func(t *testing.T) {
			conf := filepath.Join(t.TempDir(), "registries.conf")
			writeFile(t, conf, "[[registry]]\nlocation = \"quay.example/org\"\n[[registry.mirror]]\nlocation = \""+mirror.host+"/copy\"\n"+insecure)
			c := registry.New(quick(registry.Options{
				Mirrors: mirrors.Files{Conf: conf}, Dial: names(map[string]*server{"127.0.0.1": mirror}),
			}))
			body, _, _, err := c.Manifest(t.Context(), oci.SplitRepository("quay.example/org/r"), "t")
			if insecure != "" && (err != nil || !bytes.Equal(body, manifest)) {
				t.Errorf("got %q, %v", body, err)
			}
			if insecure == "" && fault.KindOf(err) != fault.Network {
				t.Errorf("got %q, %v", body, err)
			}
		})
	}
}

func TestMirrorFileThatIsMissing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "missing")
	c := registry.New(registry.Options{Mirrors: mirrors.Files{IDMS: []string{path}}})
	_, _, _, err := c.Manifest(t.Context(), oci.SplitRepository("quay.example/org/r"), "t")
	wantFault(t, err, fault.Local, "--idms-file: reading mirrors: open "+path+": no such file or directory")
}

func TestMirrorWithTokenServerPrivateAuthorityAndProxyAtOnce(t *testing.T) {
	ts := &tokens{valid: map[string]bool{}}
	mirror := start(t, newTLS, ts.layer("user:secret", "https://auth.example.com/token"))
	issuer := serve(t, newTLS, ts.layer("user:secret", "")(nil))
	manifest, layer := mirror.pushImage(t, "copy/r", "t")
	p := startProxy(t, nil, "", 0)
	p.targets = map[string]*server{"mirror.example.com:443": mirror, "auth.example.com:443": issuer}
	set := mirrorSet(t, "ImageDigestMirrorSet", "quay.example/org", "NeverContactSource", "mirror.example.com/copy")
	c := registry.New(quick(registry.Options{
		AuthFile: authFile(t, "mirror.example.com/copy", "user", "secret"), CAFile: mirror.ca(t),
		Getenv: env("HTTPS_PROXY", p.URL), Mirrors: mirrors.Files{IDMS: []string{set}},
	}))
	body, _, _, err := c.Manifest(t.Context(), oci.SplitRepository("quay.example/org/r"), digest.FromBytes(manifest).String())
	if err != nil || !bytes.Equal(body, manifest) {
		t.Fatalf("got %q, %v", body, err)
	}
	if data, err := readBlob(t, c, oci.SplitRepository("quay.example/org/r"), layer, 11); err != nil || !bytes.Equal(data, layerBytes) {
		t.Errorf("got %q, %v", data, err)
	}
	if got := strings.Join(p.asked, ", "); got != "CONNECT mirror.example.com:443, CONNECT auth.example.com:443" {
		t.Errorf("the proxy was asked %s", got)
	}
}

func TestRequestsAtOnceAreLimited(t *testing.T) {
	s := start(t, newHTTP)
	d := s.pushBlob(t, "org/r", layerBytes)
	c := registry.New(quick(registry.Options{Insecure: []string{s.host}, MaxPerRegistry: 2}))
	open := func() io.ReadCloser {
		b, err := c.Blob(t.Context(), orgR(s.host), d, 11, 0)
		if err != nil {
			t.Error(err)
			return io.NopCloser(strings.NewReader(""))
		}
		return b
	}
	first, second := open(), open() // neither waits for the other
	var third atomic.Bool
	opened := make(chan io.ReadCloser, 1)
	go func() {
		b := open()
		third.Store(true)
		opened <- b
	}()
	time.Sleep(50 * time.Millisecond) // a limit that does not hold shows in this time; one that holds never does
	if third.Load() {
		t.Error("a third request began beside two others")
	}
	first.Close()
	first.Close() // gives no second permit
	testguard.Finishes(t, "the third request", func() { _ = (<-opened).Close() })
	second.Close()
	if n := len(s.asked()); n != 3 {
		t.Errorf("%d requests, want 3", n)
	}
}

// A signature is named by a tag that is made of a digest, and lies beside the image: in a mirror of digests.
func TestSignaturesLieWhereTheImageLies(t *testing.T) {
	mirror, source := start(t, newHTTP), start(t, newHTTP)
	tag := "sha256-" + strings.Repeat("a", 64) + ".sig"
	manifest, _ := mirror.pushImage(t, "copy/r", tag)
	set := mirrorSet(t, "ImageDigestMirrorSet", source.host+"/org", "NeverContactSource", mirror.host+"/copy")
	c := registry.New(quick(registry.Options{Insecure: []string{mirror.host, source.host}, Mirrors: mirrors.Files{IDMS: []string{set}}}))
	body, _, _, err := c.Manifest(t.Context(), orgR(source.host), tag)
	if err != nil || !bytes.Equal(body, manifest) {
		t.Fatalf("got %q, %v", body, err)
	}
	wantRequests(t, mirror, "GET /v2/copy/r/manifests/"+tag)
	wantRequests(t, source)
}
