package plugin_test

import (
	"encoding/pem"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/testrelease"
	"github.com/release-x/oc-release-x/internal/testsign"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// signedSource is a registry with a release whose component and signatures are there too.
type signedSource struct {
	server  *httptest.Server
	release *testrelease.Release
	access  []string // flags to reach registries
	trust   []string // flags with the keys
	from    []string // flags with the OpenPGP signatures
}

// newSignedSource pushes the release as 4.14.0-x86_64.
func newSignedSource(t *testing.T, change func(*testrelease.Builder) *testrelease.Builder) signedSource {
	t.Helper()
	server, key, signer := testrelease.TLSRegistry(t), testsign.NewKey(t, "release"), testsign.NewSigner(t, "ed25519")
	images := testsign.NewImages()
	sign := func(path string, r *testrelease.Release) {
		for _, i := range r.Images {
			images.AddSignatures(t, oci.Repository{Host: host(server), Path: path}, i.Manifest.Digest, signer.SignatureLayer(t, i.Manifest.Digest, host(server)+"/"+path))
		}
	}
	component := build(t, testrelease.New("1.0.0").WithComponent("c").WithLabel("io.openshift.release", ""))
	if err := component.PushTo(server, "ocp/art", "etcd"); err != nil {
		t.Fatal(err)
	}
	sign("ocp/art", component)
	b := testrelease.New("4.14.0").
		WithComponent("etcd", testrelease.Image(host(server)+"/ocp/art@"+component.Digest().String())).
		WithManifest(testsign.PolicyName, testsign.Policy(signer.PEM, "", host(server)+"/ocp")).
		WithManifest(testsign.VerificationName, testsign.Verification(map[string]string{"verifier-public-key-x": testsign.Armored(t, key), "store-x": "https://127.0.0.1:1"}))
	if change != nil {
		b = change(b)
	}
	r := build(t, b)
	if err := r.PushTo(server, "ocp/release", "4.14.0-x86_64"); err != nil {
		t.Fatal(err)
	}
	sign("ocp/release", r)
	images.PushTo(t, server)
	root := r.Root().Digest
	return signedSource{
		server: server, release: r, access: []string{"--certificate-authority", caFile(t, server.Certificate())},
		trust: []string{"--keyring", writeTemporary(t, "key.asc", testsign.Armored(t, key)), "--key", writeTemporary(t, "cosign.pub", signer.PEM)},
		from:  []string{"--signature", writeTemporary(t, "signatures.yaml", testsign.Signatures(root, key.SignAtomic(t, root)))},
	}
}

func writeTemporary(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// mirror is the command that mirrors the release to a repository.
func (s signedSource) mirror(to string, more ...string) []string {
	return slices.Concat([]string{"mirror", host(s.server) + "/ocp/release:4.14.0-x86_64", "--to", to}, s.access, s.trust, s.from, more)
}

// tree are the files below a directory.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		found[filepath.ToSlash(strings.TrimPrefix(path, dir+string(filepath.Separator)))] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func names(files map[string]string) []string {
	return slices.Sorted(func(yield func(string) bool) {
		for name := range files {
			if !yield(name) {
				return
			}
		}
	})
}

func end(text string) string {
	_, after, _ := strings.Cut(text, "no release image contains\n")
	return after
}

// The files name each source repository once, and the summary says what to do with them. Another run writes the same bytes, whether the
// images come from the source or from a layout, and leaves other files alone.
func TestMirrorWritesFilesForClusters(t *testing.T) {
	s, target := newSignedSource(t, nil), testrelease.TLSRegistry(t)
	dir, to := filepath.Join(t.TempDir(), "my files", "x"), host(target)+"/ocp/m"
	line := s.mirror(to, "--manifests-to", dir)
	out := good(t, run(t, line...))
	want := "Files for clusters are in " + dir + "\n  A cluster that runs:  oc apply -f '" + dir + "/idms.yaml' -f '" + dir + "/signatures'\n" +
		"  A new cluster:        add " + dir + "/install-config.yaml to its install-config.yaml\n"
	if diff := cmp.Diff(want, end(out)); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
	files := tree(t, dir)
	signature := "signatures/sha256-" + s.release.Digest().Encoded() + ".yaml"
	if diff := cmp.Diff([]string{"idms.yaml", "install-config.yaml", "itms.yaml", "registries.conf", "registries.d/release-x.yaml", signature}, names(files)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	_, idms, _ := strings.Cut(files["idms.yaml"], "spec:\n")
	entry := func(path string) string {
		return "  - source: " + host(s.server) + path + "\n    mirrors:\n    - " + to + "\n"
	}
	if diff := cmp.Diff("  imageDigestMirrors:\n"+entry("/ocp/art")+entry("/ocp/release"), idms); diff != "" {
		t.Errorf("idms.yaml (-want +got):\n%s", diff)
	}
	certificate := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.server.Certificate().Raw}))
	_, bundle, _ := strings.Cut(files["install-config.yaml"], "additionalTrustBundle: |\n")
	if got := strings.ReplaceAll("\n"+bundle, "\n  ", "\n"); got != "\n"+certificate {
		t.Errorf("install-config.yaml has the certificate %q", bundle)
	}

	other := filepath.Join(dir, "other.yaml")
	if err := os.WriteFile(other, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "itms.yaml"), []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	good(t, run(t, line...))
	again := tree(t, dir)
	if again["other.yaml"] != "mine" {
		t.Error("a file of the user changed")
	}
	delete(again, "other.yaml")
	if diff := cmp.Diff(files, again); diff != "" {
		t.Errorf("second run (-first +second):\n%s", diff)
	}

	layout, loaded := filepath.Join(t.TempDir(), "layout"), filepath.Join(t.TempDir(), "loaded")
	good(t, run(t, slices.Concat([]string{"pull", host(s.server) + "/ocp/release:4.14.0-x86_64", "--to", "oci:" + layout}, s.access, s.trust, s.from)...))
	s.server.Close()
	good(t, run(t, slices.Concat([]string{"mirror", "--from", "oci:" + layout, "--to", to, "--manifests-to", loaded}, s.access, s.trust)...))
	if diff := cmp.Diff(files, tree(t, loaded)); diff != "" {
		t.Errorf("from a layout (-from the source +from the layout):\n%s", diff)
	}
}

// When the source does not answer any more, the written files are enough to read the release and to verify it.
func TestFilesForClustersAreUsed(t *testing.T) {
	for layout, flags := range map[string][]string{
		"oc":            {"--to", "TARGET/ocp/m"},
		"oc-mirror":     {"--to", "TARGET", "--layout", "oc-mirror"},
		"release image": {"--to", "TARGET/ocp/m", "--to-release-image", "TARGET/ocp/r"},
		"never":         {"--to", "TARGET/ocp/m", "--never-contact-source"},
	} {
		t.Run(layout, func(t *testing.T) {
			s, target := newSignedSource(t, nil), testrelease.TLSRegistry(t)
			dir := t.TempDir()
			line := slices.Concat([]string{"mirror", host(s.server) + "/ocp/release:4.14.0-x86_64", "--manifests-to", dir}, s.trust, s.from, []string{"--insecure"})
			for _, flag := range flags {
				line = append(line, strings.Replace(flag, "TARGET", host(target), 1))
			}
			good(t, run(t, line...))
			s.server.Close()
			repository := host(s.server) + "/ocp/release"
			byDigest := repository + "@" + s.release.Digest().String()
			for mirrors, access := range map[string][]string{
				"registries.conf": {"--registries-conf", filepath.Join(dir, "registries.conf")}, // allows the mirror's certificate
				"mirror sets":     {"--idms-file", filepath.Join(dir, "idms.yaml"), "--itms-file", filepath.Join(dir, "itms.yaml"), "--certificate-authority", caFile(t, target.Certificate())},
				"idms.yaml":       {"--idms-file", filepath.Join(dir, "idms.yaml"), "--certificate-authority", caFile(t, target.Certificate())},
			} {
				t.Run(mirrors, func(t *testing.T) {
					references := []string{byDigest}
					if mirrors != "idms.yaml" {
						references = append(references, repository+":4.14.0-x86_64")
					}
					for _, reference := range references {
						version := "SKIPPED" // no version was asked for
						if reference != byDigest {
							version = "PASS"
						}
						want(t, run(t, append([]string{"images", reference, "-o", "name"}, access...)...), 0, "etcd\n", "")
						to := filepath.Join(t.TempDir(), "to")
						want(t, run(t, append([]string{"extract", reference, "--to", to}, access...)...), 0, "", "")
						if _, err := os.Stat(filepath.Join(to, testsign.PolicyName)); err != nil {
							t.Error(err)
						}
						verify := []string{"verify", reference, "--signature", filepath.Join(dir, "signatures"), "--jq", `[.checks[]|select(.name != "payload-hash")|.name+"="+.result]|unique|join(" ")`}
						want(t, run(t, slices.Concat(verify, s.trust, access)...), 0,
							"digest-chain=PASS image=PASS references=PASS signature=PASS sigstore=PASS version="+version+"\n", "")
					}
				})
			}
		})
	}
}

// An ImageContentSourcePolicy is written on request. One of an earlier run is removed, and one of the user is not.
func TestMirrorWritesAContentSourcePolicyOnRequest(t *testing.T) {
	s, target := newSignedSource(t, nil), testrelease.TLSRegistry(t)
	dir := t.TempDir()
	icsp := filepath.Join(dir, "icsp.yaml")
	line := s.mirror(host(target)+"/ocp/m", "--manifests-to", dir)
	out := good(t, run(t, append(line, "--icsp")...))
	if text, err := os.ReadFile(icsp); err != nil || !strings.Contains(string(text), "kind: ImageContentSourcePolicy\n") {
		t.Errorf("%v: %s", err, text)
	}
	if line := "  One before 4.13:      oc apply -f " + icsp + " -f " + dir + "/signatures\n"; !strings.Contains(out, line) {
		t.Errorf("got %s, want in it %s", out, line)
	}
	good(t, run(t, line...))
	if _, err := os.Stat(icsp); !os.IsNotExist(err) {
		t.Errorf("it is still there: %v", err)
	}
	if err := os.WriteFile(icsp, []byte("# mine\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	good(t, run(t, line...))
	if text, err := os.ReadFile(icsp); err != nil || string(text) != "# mine\n" {
		t.Errorf("%v: %q", err, text)
	}
}

// Signatures of another release stay, because its cluster needs them. The document lists what this run wrote.
func TestSignaturesOfEarlierRunsStay(t *testing.T) {
	target, dir := testrelease.TLSRegistry(t), t.TempDir()
	var signatures []string
	for _, content := range []string{"a", "b"} {
		s := newSignedSource(t, func(b *testrelease.Builder) *testrelease.Builder {
			return b.WithBaseLayer(testrelease.File("base", content))
		})
		name := "signatures/sha256-" + s.release.Digest().Encoded() + ".yaml"
		got := run(t, s.mirror(host(target)+"/ocp/"+content, "--manifests-to", dir, "--jq", ".clusterFiles.files[]")...)
		want(t, got, 0, "idms.yaml\ninstall-config.yaml\nitms.yaml\nregistries.conf\nregistries.d/release-x.yaml\n"+name+"\n", "")
		signatures = append(signatures, name)
	}
	slices.Sort(signatures)
	files := names(tree(t, dir))
	if diff := cmp.Diff(signatures, files[len(files)-2:]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestMirrorWithDryRunWritesNoFiles(t *testing.T) {
	s, target := newSignedSource(t, nil), testrelease.TLSRegistry(t)
	dir := filepath.Join(t.TempDir(), "x")
	good(t, run(t, s.mirror(host(target)+"/ocp/m", "--manifests-to", dir, "--dry-run")...))
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the directory is there: %v", err)
	}
}

// A directory that cannot be written is found before anything is contacted.
func TestMirrorChecksTheDirectoryFirst(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "d", "registries.conf"), 0o755); err != nil {
		t.Fatal(err)
	}
	line := []string{"mirror", "127.0.0.1:1/a/b:4.14.0", "--to", "127.0.0.1:1/c/d"}
	for name, test := range map[string]struct {
		flags []string
		code  int
		want  string
	}{
		"a file":            {[]string{"--manifests-to", file}, 8, "error: --manifests-to: writing " + file + "/idms.yaml: not a directory\n"},
		"no regular file":   {[]string{"--manifests-to", filepath.Join(dir, "d")}, 8, "error: --manifests-to: writing " + filepath.Join(dir, "d", "registries.conf") + ": it exists and is not a regular file\n"},
		"policy alone":      {[]string{"--icsp"}, 2, "error: --icsp and --never-contact-source are about the files of --manifests-to, which is missing; see `oc release-x mirror --help`\n"},
		"never alone":       {[]string{"--never-contact-source"}, 2, "error: --icsp and --never-contact-source are about the files of --manifests-to, which is missing; see `oc release-x mirror --help`\n"},
		"IPv6":              {[]string{"--manifests-to", dir, "--to", "[::1]:1/c/d"}, 2, "error: --manifests-to: [::1]:1/c/d cannot be part of a mirror set: clusters accept the name of a registry or its IPv4 address, with a port; leave out --manifests-to\n"},
		"IPv6 for releases": {[]string{"--manifests-to", dir, "--to-release-image", "[::1]:1/c/d"}, 2, "error: --manifests-to: [::1]:1/c/d cannot be part of a mirror set: clusters accept the name of a registry or its IPv4 address, with a port; leave out --manifests-to\n"},
	} {
		t.Run(name, func(t *testing.T) {
			want(t, run(t, append(slices.Clone(line), test.flags...)...), test.code, "", test.want)
		})
	}
}

// A cluster that runs one image of a list needs a signature of that image.
func TestMirrorWarnsOfAnImageThatOnlyItsListIsSigned(t *testing.T) {
	s := newSignedSource(t, func(b *testrelease.Builder) *testrelease.Builder { return b.WithList("amd64", "arm64") })
	target, dir := testrelease.TLSRegistry(t), t.TempDir()
	child, err := s.release.Architecture("arm64")
	if err != nil {
		t.Fatal(err)
	}
	got := run(t, s.mirror(host(target)+"/ocp/m", "--manifests-to", dir, "--arch", "arm64")...)
	wantErr := "Warning: " + host(s.server) + "/ocp/release@" + child.Manifest.Digest.String() +
		" has no OpenPGP signature of its own, only the list of images that it is from: clusters will not update to it without --force\n"
	if got.code != 0 || !strings.HasSuffix(got.err, wantErr) {
		t.Errorf("exit code %d, stderr %q, want %q", got.code, got.err, wantErr)
	}
	if _, err := os.Stat(filepath.Join(dir, "signatures")); !os.IsNotExist(err) {
		t.Errorf("there are signatures: %v", err)
	}
}
