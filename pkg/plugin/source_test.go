package plugin_test

import (
	"crypto/x509"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/testrelease"
)

// host returns the host:port of a test registry.
func host(server *httptest.Server) string {
	_, address, _ := strings.Cut(server.URL, "://")
	return address
}

// push pushes a release into a registry and returns the pull spec by tag.
func push(t *testing.T, server *httptest.Server, b *testrelease.Builder) string {
	t.Helper()
	if err := build(t, b).PushTo(server, "ocp/release", "4.14.0"); err != nil {
		t.Fatal(err)
	}
	return host(server) + "/ocp/release:4.14.0"
}

// caFile writes the certificate of a TLS server into a file and returns its path.
func caFile(t *testing.T, certificates ...*x509.Certificate) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ca.crt")
	var blocks []byte
	for _, c := range certificates {
		blocks = append(blocks, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	if err := os.WriteFile(file, blocks, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// everySource writes a release in all forms that a release can have, and returns the arguments for each.
func everySource(t *testing.T, b *testrelease.Builder) map[string][]string {
	t.Helper()
	dir, r := t.TempDir(), build(t, b)
	at := func(name string) string { return filepath.Join(dir, name) }
	plain, verified := testrelease.Registry(t), testrelease.TLSRegistry(t)
	sources := map[string][]string{
		"layout":              {"oci:" + at("layout") + ":4.14.0"},
		"layout without tag":  {"ocidir://" + at("layout")},
		"layout by digest":    {"oci:" + at("layout") + "@" + r.Digest().String()},
		"OCI archive":         {"oci-archive:" + at("a.tar")},
		"OCI archive, gzip":   {"oci-archive:" + at("a.tar.gz") + ":4.14.0"},
		"Docker archive":      {"docker-archive:" + at("d.tar")},
		"Docker archive, new": {"docker-archive:" + at("l.tar")},
		"directory":           {"dir:" + at("directory")},
		"directory of files":  {"dir:" + at("directory") + "/release-manifests"},
		"image-references":    {"file:" + at("directory") + "/release-manifests/image-references"},
		"registry, HTTP":      {push(t, plain, b), "--insecure"},
		"registry, docker://": {"docker://" + host(plain) + "/ocp/release@" + r.Digest().String(), "--insecure"},
		"registry, TLS":       {push(t, verified, b), "--certificate-authority", caFile(t, verified.Certificate())},
		"registry, any TLS":   {push(t, verified, b), "--insecure"},
		"info document":       {"file:" + at("info.json")},
	}
	for _, err := range []error{
		r.WriteLayout(at("layout"), "4.14.0"), r.WriteOCIArchive(at("a.tar"), "4.14.0"), r.WriteOCIArchive(at("a.tar.gz"), "4.14.0"),
		r.WriteDockerArchive(at("d.tar"), "ocp/release:4.14.0"), r.WriteDockerLayoutArchive(at("l.tar"), "ocp/release:4.14.0"), b.WriteDirectory(at("directory")),
		os.WriteFile(at("info.json"), []byte(good(t, run(t, "info", "oci:"+at("layout"), "-o", "json"))), 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return sources
}

// The documents of one release are the same from every source, except the source itself and, for sources without one, the
// digest.
func TestEverySourceReadsTheSame(t *testing.T) {
	sources := everySource(t, small())
	const document = `del(.release.reference, .release.image, .release.digest, .release.architecture, .image, .digest, .contentDigest, .config)`
	for _, command := range [][]string{{"images", "--jq", document}, {"env", "--jq", document + "|.variables|=map(select(.component))"}} {
		expected := good(t, run(t, append(command, sources["layout"]...)...))
		for name, args := range sources {
			t.Run(command[0]+" "+name, func(t *testing.T) {
				if diff := cmp.Diff(expected, good(t, run(t, append(command, args...)...))); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

func TestSourcesWithDigest(t *testing.T) {
	digest := build(t, small()).Digest().String()
	withoutDigest := map[string]bool{"directory": true, "directory of files": true, "image-references": true, "Docker archive": true}
	for name, args := range everySource(t, small()) {
		t.Run(name, func(t *testing.T) {
			got := good(t, run(t, append([]string{"images", "--jq", ".release.digest"}, args...)...))
			if expected := map[bool]string{true: "null\n", false: digest + "\n"}[withoutDigest[name]]; got != expected {
				t.Errorf("got %q, want %q", got, expected)
			}
			info := good(t, run(t, append([]string{"info"}, args...)...))
			if strings.Contains(info, digest) == withoutDigest[name] {
				t.Errorf("info: %s", info)
			}
		})
	}
}

func TestStandardInput(t *testing.T) {
	document := good(t, run(t, "info", layout(t, small()), "-o", "json"))
	want(t, call{stdin: document}.run(t, "images", "-", "etcd", "-o", "pullspec"), 0, testrelease.ImageOf("etcd")+"\n", "")
	want(t, call{stdin: string(small().References())}.run(t, "images", "-", "etcd", "-o", "pullspec"), 0, testrelease.ImageOf("etcd")+"\n", "")
	for stdin, problem := range map[string]string{
		strings.Repeat("x", 257) + "ustar\x0000": "an archive: want oci-archive:FILE or docker-archive:FILE",
		"\x1f\x8b\x08":                           "compressed: want oci-archive:FILE or docker-archive:FILE for an archive, and anything else unpacked",
		"\x28\xb5\x2f\xfd":                       "compressed: want oci-archive:FILE or docker-archive:FILE for an archive, and anything else unpacked",
	} {
		want(t, call{stdin: stdin}.run(t, "images", "-"), 3, "", "error: -: it is "+problem+"\n")
	}
	want(t, call{stdin: "no"}.run(t, "images", "-"), 3, "",
		"error: -: not a release: image-references is neither JSON nor YAML: it is not an object\n")
}

func TestOtherHostsAreVerified(t *testing.T) {
	server := testrelease.TLSRegistry(t)
	release := push(t, server, small())
	got := run(t, "images", release)
	if got.code != 5 || got.out != "" || !strings.Contains(got.err, host(server)) || !strings.Contains(got.err, "--certificate-authority") {
		t.Errorf("code %d, %s %s", got.code, got.out, got.err)
	}
}

func TestReleaseMissingFromRegistry(t *testing.T) {
	server := testrelease.Registry(t)
	push(t, server, small())
	const zeros = "sha256:0000000000000000000000000000000000000000000000000000000000000000"
	for release, test := range map[string]struct {
		code int
		want string
	}{
		host(server) + "/ocp/release:5.0.0":    {3, "not found: the repository has no such tag"},
		host(server) + "/ocp/release@" + zeros: {3, "not found: the repository has no such digest"},
		refusing + "/ocp/release:4.14.0":       {5, refusing + " cannot be reached, 5 times: dial tcp " + refusing + ": connect: connection refused"},
	} {
		want(t, run(t, "images", release, "--insecure"), test.code, "", "error: "+release+": "+test.want+"\n")
	}
}

func TestRequestsAreLogged(t *testing.T) {
	server := testrelease.Registry(t)
	release := push(t, server, small())
	got := run(t, "images", release, "--insecure", "-v=6", "etcd", "-o", "name")
	logged := regexp.MustCompile(`(?m)^GET http://\S+/v2/ocp/release/(manifests/4\.14\.0|blobs/sha256:\w+): answered 200 OK, after \S+s$`).FindAllString(got.err, -1)
	if got.code != 0 || len(logged) != 2 {
		t.Errorf("exit code %d, %s", got.code, got.err)
	}
}

func TestFailedRequestsAreLogged(t *testing.T) {
	server := testrelease.TLSRegistry(t)
	got := run(t, "images", host(server)+"/a/b:c", "-v=6")
	if want := "\nGET https://" + host(server) + "/v2/a/b/manifests/c: failed " + host(server) + ": x509: certificate signed by unknown authority;"; !strings.Contains(got.err, want) {
		t.Errorf("got  %s\nwant %s", got.err, want)
	}
}

func TestManifestList(t *testing.T) {
	b := testrelease.New("4.14.0").WithComponent("etcd").WithList("amd64", "arm64")
	r, server := build(t, b), testrelease.Registry(t)
	release := push(t, server, b)
	for arch, name := range map[string]string{"amd64": "amd64", "x86_64": "amd64", "aarch64": "arm64"} {
		image, err := r.Architecture(name)
		if err != nil {
			t.Fatal(err)
		}
		want(t, run(t, "images", release, "--insecure", "--arch", arch, "--jq", ".release|.digest,.listDigest,.architecture,.image"), 0, ""+
			image.Manifest.Digest.String()+"\n"+r.ListDigest().String()+"\n"+name+"\n"+host(server)+"/ocp/release@"+r.ListDigest().String()+"\n", "")
		info := good(t, run(t, "info", release, "--insecure", "--filter-by-os", "linux/"+name))
		for _, line := range []string{"Digest:         " + r.ListDigest().String() + "\n", "OS/Arch:        multi (linux/" + name + ")\n"} {
			if !strings.Contains(info, line) {
				t.Errorf("%s: no %q in %s", arch, line, info)
			}
		}
	}
	got := run(t, "images", release, "--insecure", "--arch", "s390x")
	if got.code != 3 || !strings.Contains(got.err, "linux/amd64") || !strings.Contains(got.err, "linux/arm64") {
		t.Errorf("code %d, %s", got.code, got.err)
	}
}

func TestSingleImageOfAnotherArchitecture(t *testing.T) {
	release := layout(t, testrelease.New("4.14.0").WithComponent("etcd").WithArchitecture("arm64"))
	got := run(t, "images", release, "--arch", "amd64", "--jq", ".release.architecture")
	if got.code != 0 || got.out != "arm64\n" || !strings.HasPrefix(got.err, "Warning: ") || !strings.Contains(got.err, "arm64") {
		t.Errorf("code %d, %s %s", got.code, got.out, got.err)
	}
}

func TestVersionIsReadByTag(t *testing.T) {
	server := testrelease.Registry(t)
	b := testrelease.New("4.14.0").WithComponent("etcd")
	for _, tag := range []string{"4.14.0-x86_64", "4.14.0-aarch64", "4.14.0-multi"} {
		switch tag {
		case "4.14.0-aarch64":
			b = b.WithArchitecture("arm64")
		case "4.14.0-multi":
			b = b.WithList("amd64", "arm64")
		}
		if err := build(t, b).PushTo(server, "ocp/release", tag); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range []string{"4.14.0", "4.14.0-x86_64", "4.14.0 --arch aarch64", "4.14.0-multi"} {
		fields := append(strings.Fields(args), "--release-repository", host(server)+"/ocp/release", "--insecure", "--jq", ".release.reference")
		want(t, run(t, append([]string{"images"}, fields...)...), 0, strings.Fields(args)[0]+"\n", "")
	}
	got := run(t, "images", "4.14.0", "-v=1", "--release-repository", host(server)+"/ocp/release", "--insecure", "-o", "name")
	if got.code != 0 || !strings.Contains(got.err, "4.14.0 is "+host(server)+"/ocp/release:4.14.0-x86_64\n") || !strings.Contains(got.err, "/ocp/release@sha256:") {
		t.Errorf("code %d, %s", got.code, got.err)
	}
	got = run(t, "images", "4.15.0", "--release-repository", host(server)+"/ocp/release", "--insecure")
	if got.code != 3 || !strings.Contains(got.err, "/ocp/release:4.15.0-x86_64") {
		t.Errorf("code %d, %s", got.code, got.err)
	}
}
