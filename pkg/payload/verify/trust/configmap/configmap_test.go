package configmap

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/testsign"
	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

const one = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  namespace: ns\n  labels:\n    l: \"\"\n  annotations:\n    b: c\ndata:\n  k: v\nbinaryData:\n  s: aGVsbG8=\n"

func want() ConfigMap {
	return ConfigMap{
		Namespace: "ns", Name: "a", Labels: map[string]string{"l": ""}, Annotations: map[string]string{"b": "c"},
		Data: map[string]string{"k": "v"}, BinaryData: map[string][]byte{"s": []byte("hello")},
	}
}

func TestParse(t *testing.T) {
	const (
		json    = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"ns","creationTimestamp":null,"labels":{"l":""},"annotations":{"b":"c"}},"data":{"k":"v"},"binaryData":{"s":"aGVsbG8="}}`
		service = "apiVersion: v1\nkind: Service\nmetadata:\n  name: s\n"
	)
	indented := "  " + strings.ReplaceAll(strings.TrimSuffix(one, "\n"), "\n", "\n  ")
	tests := []struct {
		name, data string
		count      int
	}{
		{"YAML", one, 1},
		{"JSON", json, 1},
		{"two documents", one + "---\n" + one, 0}, // the same object twice
		{"among others", service + "---\n" + one + "---\n" + strings.Replace(service, "name: s", "name: t", 1), 1},
		{"a list", "apiVersion: v1\nkind: List\nitems:\n- " + indented[2:] + "\n", 1},
		{"a list in JSON", `{"apiVersion":"v1","kind":"List","items":[` + json + `,` + json + `,{"apiVersion":"v1","kind":"Secret"}]}`, 2},
		{"a list as an API server gives it", `{"apiVersion":"v1","kind":"ConfigMapList","metadata":{},"items":[` + strings.Replace(json, `"apiVersion":"v1","kind":"ConfigMap",`, "", 1) + `]}`, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Parse([]byte(test.data))
			if err != nil {
				t.Fatal(err)
			}
			if test.count == 0 {
				test.count = 2
			}
			if len(got) != test.count {
				t.Fatalf("got %d ConfigMaps", len(got))
			}
			for _, m := range got {
				if diff := cmp.Diff(want(), m); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	tests := []struct {
		name, data, reason string
	}{
		{"nothing", "", "it holds no ConfigMap"},
		{"another object", "apiVersion: v1\nkind: Service\nmetadata:\n  name: s\n", "it holds no ConfigMap"},
		{"of another group", strings.Replace(one, "v1", "example.com/v1", 1), "it holds no ConfigMap"},
		{"a text", "hello", "document 1 is not a Kubernetes object: reading apiVersion and kind: json: cannot unmarshal string into Go value of type struct { APIVersion string \"json:\\\"apiVersion\\\"\"; Kind string \"json:\\\"kind\\\"\" }"},
		{"no base64", strings.Replace(one, "aGVsbG8=", "\"!\"", 1), "document 1: reading the ConfigMap: illegal base64 data at input byte 0"},
		{"a number in data", strings.Replace(one, "k: v", "k: 1", 1), "document 1: reading the ConfigMap: json: cannot unmarshal number into Go struct field .data of type string"},
		{"large", strings.Repeat("#", MaxFile+1), fmt.Sprintf("it has %d bytes, more than the %d that are read", MaxFile+1, MaxFile)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Parse([]byte(test.data))
			if err == nil || err.Error() != test.reason || fault.KindOf(err) != fault.Integrity {
				t.Errorf("got  %v\nwant %s", err, test.reason)
			}
			if got != nil {
				t.Errorf("an error came with %v", got)
			}
		})
	}
}

func TestSignatures(t *testing.T) {
	d, other := digest.FromString("a"), digest.FromString("b")
	hex := d.Encoded()
	m := ConfigMap{BinaryData: map[string][]byte{}}
	for _, key := range []string{
		"sha256-" + hex, "sha256-" + hex + "-1", "sha256-" + hex + "-10", "sha256-" + hex + "-2", "sha256-" + hex + "-0",
		"sha256-" + other.Encoded() + "-1", "sha256-" + hex + "-", "sha256-" + hex + "-x", "sha256-" + hex + "0", "sha256-" + hex + "--1",
		"sha256-" + hex + "-9999999", "sha256=" + hex + "-1", "SHA256-" + hex + "-1",
	} {
		m.BinaryData[key] = []byte(key)
	}
	var got []string
	for _, s := range m.Signatures(d) {
		if s.Key != string(s.Data) {
			t.Errorf("%s has the data of %s", s.Key, s.Data)
		}
		got = append(got, strings.TrimPrefix(s.Key, "sha256-"+hex))
	}
	if diff := cmp.Diff([]string{"", "-0", "-1", "-2", "-10"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestFindVerification(t *testing.T) {
	alice, bob := testsign.NewKey(t, "alice"), testsign.NewKey(t, "bob")
	full := testsign.Verification(map[string]string{
		"verifier-public-key-b": testsign.Armored(t, bob), "verifier-public-key-a": testsign.Armored(t, alice),
		"store-z": " https://z.example.com/a \n", "store-a": "http://a.example.com", "release-repository-default": "quay.io/a/b",
	})
	second := strings.ReplaceAll(testsign.Verification(map[string]string{"store-x": "https://x.example.com"}), "release-verification", "second")
	files := func(pairs ...string) payload.Files {
		var f payload.Files
		for i := 0; i < len(pairs); i += 2 {
			f.Release = append(f.Release, payload.File{Name: pairs[i], Data: []byte(pairs[i+1])})
		}
		return f
	}
	check := func(t *testing.T, f payload.Files, rings, stores []string) {
		t.Helper()
		got, err := FindVerification(f)
		if err != nil || got == nil {
			t.Fatalf("got %v, %v", got, err)
		}
		var names []string
		for _, k := range got.Keyrings {
			names = append(names, k.Name+" "+k.Keys()[0].Fingerprint)
		}
		if diff := cmp.Diff(rings, names); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(stores, got.Stores); diff != "" {
			t.Error(diff)
		}
	}
	rings := []string{"verifier-public-key-a " + alice.Fingerprint(), "verifier-public-key-b " + bob.Fingerprint()}
	stores := []string{"http://a.example.com", "https://z.example.com/a"}
	t.Run("among others", func(t *testing.T) {
		check(t, files("0000_10_a.yaml", one, "0000_90_b.yaml", one+"---\n"+full, "image-references", full), rings, stores)
	})
	t.Run("only the first counts", func(t *testing.T) {
		check(t, files("0000_90_z.yaml", full, "0000_90_a.yaml", second), nil, []string{"https://x.example.com"})
	})
	t.Run("the operator's folder comes first", func(t *testing.T) {
		f := files("0000_00_a.yaml", full)
		f.Operator = []payload.File{{Name: "0000_99_z.yaml", Data: []byte(second)}}
		check(t, f, nil, []string{"https://x.example.com"})
	})
	t.Run("any value of the annotation", func(t *testing.T) {
		check(t, files("a.yaml", strings.Replace(full, `map: ""`, `map: "false"`, 1)), rings, stores)
	})
	for name, f := range map[string]payload.Files{
		"none":                 files("a.yaml", one),
		"in a comment":         files("a.yaml", "# "+VerificationAnnotation+"\n"+one),
		"a label":              files("a.yaml", strings.Replace(full, "annotations:", "labels:", 1)),
		"another kind":         files("a.yaml", strings.Replace(full, "kind: ConfigMap", "kind: Secret", 1)),
		"a file of other name": files("a.txt", full),
		"nothing":              {},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := FindVerification(f); got != nil || err != nil {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
	for name, test := range map[string]struct{ data, reason string }{
		"a broken key":  {testsign.Verification(map[string]string{"verifier-public-key-a": "hello"}), `the ConfigMap openshift-config-managed/release-verification: keyring verifier-public-key-a: it holds no public key: it begins with "hello\n"`},
		"a broken URL":  {testsign.Verification(map[string]string{"store-a": "ftp://x"}), "the ConfigMap openshift-config-managed/release-verification: store-a is not a URL of a store"},
		"data no texts": {strings.Replace(full, "\ndata:\n", "\ndata:\n  x: [1]\n", 1), "reading a.yaml: document 1: reading the ConfigMap: json: cannot unmarshal array into Go struct field .data of type string"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := FindVerification(files("a.yaml", test.data))
			if got != nil || err == nil || err.Error() != test.reason || fault.KindOf(err) != fault.Integrity {
				t.Errorf("got  %v, %v\nwant %s", got, err, test.reason)
			}
		})
	}
}

// Parsing ends for any file, and yields signatures of the wanted digest only.
func FuzzConfigMap(f *testing.F) {
	d := digest.FromString("a")
	f.Add([]byte(one))
	f.Add([]byte(one + "---\n" + one))
	f.Add([]byte(testsign.Signatures(d, []byte("message"))))
	f.Add([]byte(testsign.Verification(map[string]string{"verifier-public-key-a": testsign.Armored(f, testsign.NewKey(f, "alice")), "store-a": "https://example.com"})))
	f.Add([]byte(`{"apiVersion":"v1","kind":"ConfigMapList","items":[{"binaryData":{"sha256-` + d.Encoded() + `":"` + base64.StdEncoding.EncodeToString([]byte("m")) + `"}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		maps, err := Parse(data)
		if err == nil && len(maps) == 0 || err != nil && maps != nil {
			t.Errorf("got %d ConfigMaps and %v", len(maps), err)
		}
		for _, m := range maps {
			for _, s := range m.Signatures(d) {
				if !strings.HasPrefix(s.Key, "sha256-"+d.Encoded()) {
					t.Errorf("%q is no signature of %s", s.Key, d)
				}
			}
			v, err := m.Verification()
			if (v == nil) == (err == nil) {
				t.Errorf("got %v and %v", v, err)
			}
		}
	})
}

// The ConfigMap of a release that is not trusted yet is limited.
func TestVerificationIsBounded(t *testing.T) {
	key := testsign.Armored(t, testsign.NewKey(t, "alice"))
	data := func(keyrings, stores int, more string) map[string]string {
		d := map[string]string{}
		for i := range keyrings {
			d[fmt.Sprintf("verifier-public-key-%02d", i)] = key + more
		}
		for i := range stores {
			d[fmt.Sprintf("store-%02d", i)] = "https://example.com/" + strconv.Itoa(i)
		}
		return d
	}
	const names = "the ConfigMap ns/m names more than 16 keyrings or 16 stores"
	for _, test := range []struct {
		name   string
		data   map[string]string
		reason string
	}{
		{"as much as it may name", data(16, 16, ""), ""},
		{"keyrings", data(17, 1, ""), names},
		{"stores", data(1, 17, ""), names},
		{"bytes", data(4, 1, strings.Repeat("x", 300_000)), "the ConfigMap ns/m: its keys have more than 1048576 bytes together"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := ConfigMap{Namespace: "ns", Name: "m", Data: test.data}.Verification()
			if test.reason == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || err.Error() != test.reason || fault.KindOf(err) != fault.Integrity {
				t.Errorf("got  %v\nwant %s", err, test.reason)
			}
		})
	}
}
