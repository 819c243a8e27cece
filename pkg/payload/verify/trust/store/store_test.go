package store

import (
	"bytes"
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/testsign"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/openpgp"
)

func image() digest.Digest { return digest.FromString("image") }
func other() digest.Digest { return digest.FromString("other") }

// found lists the signatures and errors of a store, with paths relative to a directory.
func found(t *testing.T, s Store, dir string) []string {
	t.Helper()
	var got []string
	for signature, err := range s.Signatures(t.Context(), image()) {
		if err != nil {
			got = append(got, "error: "+string(bytes.ReplaceAll([]byte(err.Error()), []byte(dir+string(filepath.Separator)), nil)))
			continue
		}
		where := string(bytes.ReplaceAll([]byte(signature.Where), []byte(dir+string(filepath.Separator)), nil))
		got = append(got, filepath.ToSlash(where)+" "+string(signature.Data))
	}
	return got
}

func write(t *testing.T, dir string, files map[string]string) string {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func equal(t *testing.T, got []string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestDirectory(t *testing.T) {
	hex, another := image().Encoded(), other().Encoded()
	long := string(make([]byte, openpgp.MaxMessage+1))
	tests := []struct {
		name  string
		files map[string]string
		want  []string
	}{
		{"empty", nil, nil},
		{"as on a server", map[string]string{"sha256=" + hex + "/signature-1": "a", "sha256=" + hex + "/signature-2": "b"}, []string{
			"sha256=" + hex + "/signature-1 a", "sha256=" + hex + "/signature-2 b",
		}},
		{"the first that is missing ends it", map[string]string{"sha256=" + hex + "/signature-1": "a", "sha256=" + hex + "/signature-3": "c"}, []string{"sha256=" + hex + "/signature-1 a"}},
		{"none before the first", map[string]string{"sha256=" + hex + "/signature-0": "a"}, nil},
		{"nine at most", map[string]string{
			"sha256=" + hex + "/signature-1": "1", "sha256=" + hex + "/signature-2": "2", "sha256=" + hex + "/signature-3": "3", "sha256=" + hex + "/signature-4": "4", "sha256=" + hex + "/signature-5": "5",
			"sha256=" + hex + "/signature-6": "6", "sha256=" + hex + "/signature-7": "7", "sha256=" + hex + "/signature-8": "8", "sha256=" + hex + "/signature-9": "9", "sha256=" + hex + "/signature-10": "10",
		}, []string{
			"sha256=" + hex + "/signature-1 1", "sha256=" + hex + "/signature-2 2", "sha256=" + hex + "/signature-3 3", "sha256=" + hex + "/signature-4 4", "sha256=" + hex + "/signature-5 5",
			"sha256=" + hex + "/signature-6 6", "sha256=" + hex + "/signature-7 7", "sha256=" + hex + "/signature-8 8", "sha256=" + hex + "/signature-9 9",
		}},
		{"as in a ConfigMap", map[string]string{"sha256-" + hex + "-10": "c", "sha256-" + hex + "-2": "b", "sha256-" + hex: "a"}, []string{
			"sha256-" + hex + " a", "sha256-" + hex + "-2 b", "sha256-" + hex + "-10 c",
		}},
		{"of another image", map[string]string{"sha256=" + another + "/signature-1": "a", "sha256-" + another + "-1": "b", "sha256-" + hex + "x": "c"}, nil},
		{"ConfigMaps", map[string]string{
			"b.yaml": testsign.Signatures(image(), []byte("b")), "a.json": `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"binaryData":{"sha256-` + hex + `":"YQ=="}}`,
			"c.yaml": testsign.Signatures(other(), []byte("c")), "d.yaml": "a: b", ".hidden.yaml": testsign.Signatures(image(), []byte("d")), "e.txt": testsign.Signatures(image(), []byte("e")),
		}, []string{
			"a.json, ConfigMap x, sha256-" + hex + " a",
			"b.yaml, ConfigMap openshift-config-managed/sha256-" + hex + ", sha256-" + hex + "-1 b",
		}},
		{"too long", map[string]string{"sha256=" + hex + "/signature-1": long, "sha256=" + hex + "/signature-2": "b"}, []string{
			"error: sha256=" + hex + "/signature-1: it has more than the 51200 bytes that are read", "sha256=" + hex + "/signature-2 b",
		}},
		{"a directory in its place", map[string]string{"sha256=" + hex + "/signature-1/a": "a", "sha256=" + hex + "/signature-2": "b"}, []string{
			"error: reading a signature: sha256=" + hex + "/signature-1 is not a file", "sha256=" + hex + "/signature-2 b",
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := write(t, t.TempDir(), test.files)
			s, err := Open(dir, nil)
			if err != nil {
				t.Fatal(err)
			}
			equal(t, found(t, s, dir), test.want...)
			if s.String() != dir {
				t.Errorf("it is called %s", s)
			}
		})
	}
}

func TestFile(t *testing.T) {
	hex := image().Encoded()
	alice := testsign.NewKey(t, "alice")
	message := string(alice.SignAtomic(t, image()))
	armored := testsign.Armor(t, "PGP MESSAGE", []byte(message))
	two := testsign.Signatures(image(), []byte("a"), []byte("b"))
	tests := []struct {
		name, content string
		want          []string
	}{
		{"message", message, []string{"f " + message}},
		// The verification says what is wrong with these.
		{"armored", armored, []string{"f " + armored}},
		{"ConfigMap", two, []string{
			"f, ConfigMap openshift-config-managed/sha256-" + hex + ", sha256-" + hex + "-1 a",
			"f, ConfigMap openshift-config-managed/sha256-" + hex + ", sha256-" + hex + "-2 b",
		}},
		{"ConfigMap of another image", testsign.Signatures(other(), []byte("a")), nil},
		{"too long", "\xff" + string(make([]byte, openpgp.MaxMessage)), []string{"error: f: it has more than the 51200 bytes that are read"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := write(t, t.TempDir(), map[string]string{"f": test.content})
			s, err := Open(filepath.Join(dir, "f"), nil)
			if err != nil {
				t.Fatal(err)
			}
			equal(t, found(t, s, dir), test.want...)
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := write(t, t.TempDir(), map[string]string{"text": "hello", "service.yaml": "apiVersion: v1\nkind: Service\nmetadata:\n  name: s\n", "empty": ""})
	missing, text, service, empty := filepath.Join(dir, "missing"), filepath.Join(dir, "text"), filepath.Join(dir, "service.yaml"), filepath.Join(dir, "empty")
	tests := []struct {
		name, where, reason string
		kind                fault.Kind
	}{
		{"missing", missing, "there is no directory or file " + missing + " to read signatures from", fault.Local},
		{"another scheme", "ftp://example.com/x", `"ftp://example.com/x" is not a store of signatures: want http://…, https://…, a directory or a file`, fault.Usage},
		{"file URL", "file:///tmp", `"file:///tmp" is not a store of signatures: want http://…, https://…, a directory or a file`, fault.Usage},
		{"another object", service, service + " is neither an OpenPGP message nor a ConfigMap: it holds no ConfigMap", fault.Integrity},
		{"empty file", empty, empty + " is neither an OpenPGP message nor a ConfigMap: it is empty", fault.Integrity},
		{"credentials", "https://user:secret@example.com", `the store of signatures "https://user:xxxxx@example.com": no credentials are sent to a store`, fault.Usage},
		{"query", "https://example.com/?a=b", `the store of signatures "https://example.com/?…": a store's URL has neither ? nor #`, fault.Usage},
		{"no URL, with credentials", "https://user:sec ret@example.com", `the store of signatures "example.com": it is not a URL`, fault.Usage},
		{"no host", "https:///x", `the store of signatures "https:///x": want http://HOST/… or https://HOST/…`, fault.Usage},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Open(test.where, NewWeb(WebOptions{}))
			if err == nil || err.Error() != test.reason || fault.KindOf(err) != test.kind {
				t.Errorf("got  %v (kind %d)\nwant %s", err, fault.KindOf(err), test.reason)
			}
		})
	}
	if _, err := Open(text, nil); err == nil {
		t.Error("a text was taken for a store")
	}
}

// objects is an API server in memory.
type objects struct {
	answer string
	err    error
	asked  string
}

func (o *objects) Get(_ context.Context, path string, query url.Values) ([]byte, error) {
	o.asked = path + "?" + query.Encode()
	return []byte(o.answer), o.err
}

func TestCluster(t *testing.T) {
	hex := image().Encoded()
	list := `{"kind":"ConfigMapList","apiVersion":"v1","items":[{"metadata":{"name":"b","namespace":"openshift-config-managed"},"binaryData":{"sha256-` + hex + `-1":"YQ=="}},{"metadata":{"name":"c"},"data":{"sha256-` + hex + `-2":"x"}}]}`
	tests := []struct {
		name string
		o    objects
		want []string
	}{
		{"signatures", objects{answer: list}, []string{"the connected cluster, ConfigMap openshift-config-managed/b, sha256-" + hex + "-1 a"}},
		{"none", objects{answer: `{"kind":"ConfigMapList","items":[]}`}, nil},
		{"an error", objects{err: fault.Errorf(fault.Auth, "forbidden")}, []string{"error: reading signatures from the cluster: forbidden"}},
		{"something else", objects{answer: `{"kind":"Status"}`}, []string{"error: reading signatures from the cluster: the API server's list of ConfigMaps: it is not a ConfigMapList"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			equal(t, found(t, Cluster{&test.o}, "-"), test.want...)
			if want := "/api/v1/namespaces/openshift-config-managed/configmaps?labelSelector=release.openshift.io%2Fverification-signatures%3D"; test.o.asked != want {
				t.Errorf("asked for %s", test.o.asked)
			}
		})
	}
}

func TestClusterVerification(t *testing.T) {
	alice := testsign.NewKey(t, "alice")
	marked := `{"metadata":{"name":"release-verification","namespace":"openshift-config-managed","annotations":{"release.openshift.io/verification-config-map":""}},"data":{"store-a":"https://example.com","verifier-public-key-a":` + quote(testsign.Armored(t, alice)) + `}}`
	o := &objects{answer: `{"kind":"ConfigMapList","items":[{"metadata":{"name":"a"}},` + marked + `]}`}
	got, err := Cluster{o}.Verification(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Keyrings) != 1 || got.Keyrings[0].Keys()[0].Fingerprint != alice.Fingerprint() || got.Name != "openshift-config-managed/release-verification" {
		t.Errorf("got %+v", got)
	}
	equal(t, got.Stores, "https://example.com")
	for name, test := range map[string]struct {
		o      objects
		kind   fault.Kind
		reason string
	}{
		"none":     {objects{answer: `{"kind":"ConfigMapList"}`}, fault.NotFound, "the cluster has no ConfigMap in openshift-config-managed with the annotation release.openshift.io/verification-config-map"},
		"an error": {objects{err: fault.Errorf(fault.Network, "gone")}, fault.Network, "reading the cluster's keys: gone"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := (Cluster{&test.o}).Verification(t.Context()); err == nil || err.Error() != test.reason || fault.KindOf(err) != test.kind {
				t.Errorf("got  %v\nwant %s", err, test.reason)
			}
		})
	}
}

// A caller may stop after any signature.
func TestStopsEarly(t *testing.T) {
	hex := image().Encoded()
	dir := write(t, t.TempDir(), map[string]string{
		"sha256=" + hex + "/signature-1": "a", "sha256=" + hex + "/signature-2": "b", "sha256-" + hex + "-1": "c", "d.yaml": testsign.Signatures(image(), []byte("d"), []byte("e")),
	})
	for stop := 1; stop <= 5; stop++ {
		n := 0
		for _, err := range Directory(dir).Signatures(t.Context(), image()) {
			if err != nil {
				t.Fatal(err)
			}
			if n++; n == stop {
				break
			}
		}
		if n != stop {
			t.Errorf("got %d, want %d", n, stop)
		}
	}
}

func TestFolderThatIsGone(t *testing.T) {
	for _, err := range Directory(filepath.Join(t.TempDir(), "gone")).Signatures(t.Context(), image()) {
		if fault.KindOf(err) != fault.Local || !errors.Is(err, os.ErrNotExist) {
			t.Errorf("got %v", err)
		}
		return
	}
	t.Error("no error")
}
