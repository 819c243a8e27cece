package registry

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/testrelease"
	"github.com/release-x/oc-release-x/internal/testsign"
)

// kinds starts each kind of registry, with a release and the flags that its users need.
func kinds(t *testing.T) map[string]*server {
	t.Helper()
	tokens, _ := bearer(t, newAuthority(t), "")
	return map[string]*server{"open": open(t), "htpasswd": basic(t), "tokens": tokens}
}

// access returns the flags for a registry: its CA certificate and a pull secret.
func (s *server) access(t *testing.T) []string {
	t.Helper()
	return []string{"--certificate-authority", s.authority.file, "--authfile", authFile(t, s.host(), login(user, password))}
}

const (
	component = "sha256:eeb55257e6382f7e88ed9dcf2921738783d398826c21e8709a967895eec07453"
	images    = "NAME   DIGEST\netcd   " + component + "\n"
	info      = `Name:           4.14.0
Digest:         THIS
Created:        2023-10-31T12:00:00Z
OS/Arch:        linux/amd64
Manifests:      1
Metadata files: 1

Pull From: HOST/ocp/release@THIS

Release Metadata:
  Version:  4.14.0
  Upgrades: 4.13.9, 4.13.10
  Metadata:
    url: https://access.redhat.com/errata/RHSA-2023:5006

Images:
  NAME DIGEST
  etcd ` + component + `

`
	manifests = "INDEX   LEVEL   COMPONENT                  KIND        NAMESPACE   NAME\n" +
		"1       00      cluster-version-operator   Namespace   <none>      cvo\n" +
		"2       50      a                          Namespace   <none>      a\n"
	hash = "BTgTf8iaTpY=\n"
)

func TestCommands(t *testing.T) {
	for kind, s := range kinds(t) {
		r := s.push(t, s.host())
		access := s.access(t)
		for _, reference := range []string{":4.14.0", "@" + r.Digest().String()} {
			for _, test := range []struct {
				args []string
				want string
			}{
				{[]string{"images"}, images},
				{[]string{"images", "etcd", "--jq", ".items[].image"}, "HOST/ocp/art@" + component + "\n"},
				{[]string{"info"}, info},
				{[]string{"manifests"}, manifests},
				{[]string{"manifests", "--hash", "--feature-gates", "none"}, hash},
			} {
				t.Run(kind+reference[:1]+strings.Join(test.args, " "), func(t *testing.T) {
					args := append([]string{test.args[0], "--release", s.host() + "/ocp/release" + reference}, append(test.args[1:], access...)...)
					want(t, fresh(t).run(args...), 0, strings.NewReplacer("HOST", s.host(), "THIS", r.Digest().String()).Replace(test.want), "")
				})
			}
		}
	}
}

func TestExtract(t *testing.T) {
	for kind, s := range kinds(t) {
		t.Run(kind, func(t *testing.T) {
			s.push(t, s.host())
			to := filepath.Join(t.TempDir(), "to")
			want(t, fresh(t).run(append([]string{"extract", s.host() + "/ocp/release:4.14.0", "--to", to}, s.access(t)...)...), 0, "", "")
			entries, err := os.ReadDir(to)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, entry := range entries {
				names = append(names, entry.Name())
			}
			if diff := cmp.Diff([]string{"0000_50_a_00_namespace.yaml", "image-references", "release-metadata"}, names); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
			got, err := os.ReadFile(filepath.Join(to, "0000_50_a_00_namespace.yaml"))
			if err != nil || string(got) != manifest {
				t.Errorf("%v: the manifest is\n%s", err, got)
			}
			want(t, fresh(t).run("images", "dir:"+to), 0, images, "")
		})
	}
}

// The image of the component is in a repository of its own.
func TestVerify(t *testing.T) {
	const checks = `.checks[]|select(.name|test("digest-chain|references|signature|image"))|.name+" "+.result`
	for kind, s := range kinds(t) {
		t.Run(kind, func(t *testing.T) {
			r := s.push(t, s.host())
			args := append([]string{"verify", s.host() + "/ocp/release@" + r.Digest().String(), "--jq", checks}, s.access(t)...)
			want(t, fresh(t).run(append(args, sign(t, r)...)...), 0, "digest-chain PASS\nreferences PASS\nsignature PASS\nimage PASS\n", "")
			// The layers of the release are read, and all other layers are checked with HEAD requests.
			s.wantSorted(t, map[string][]string{
				"open":     {"GET image 200", "GET config 200", "GET payload 200", "GET operator 200", "HEAD config 200", "HEAD operator 200", "HEAD payload 200", "HEAD etcd 200"},
				"htpasswd": {"GET image 401", "GET image 200", "GET config 200", "GET payload 200", "GET operator 200", "HEAD config 200", "HEAD operator 200", "HEAD payload 200", "HEAD etcd 401", "HEAD etcd 200"},
				"tokens": {
					"GET image 401", "GET token of repository:ocp/release:pull as puller", "GET image 200", "GET config 200", "GET payload 200", "GET operator 200", "HEAD config 200", "HEAD operator 200", "HEAD payload 200",
					"HEAD etcd 401", "GET token of repository:ocp/art:pull as puller", "HEAD etcd 200",
				},
			}[kind]...)
		})
	}
}

// sign signs a release and returns the flags for the signature and its key.
func sign(t *testing.T, r *testrelease.Release) []string {
	t.Helper()
	key := testsign.NewKey(t, "release")
	signatures := t.TempDir()
	dir := filepath.Join(signatures, "sha256="+r.Digest().Encoded())
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "signature-1"), string(key.SignAtomic(t, r.Digest())))
	return []string{"--signature", signatures, "--keyring", write(t, filepath.Join(signatures, "key.asc"), testsign.Armored(t, key))}
}
