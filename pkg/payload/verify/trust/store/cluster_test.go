package store

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// byPath is an API server in memory that has what it is given, and forbids what is empty.
type byPath map[string]string

func (o byPath) Get(_ context.Context, path string, _ url.Values) ([]byte, error) {
	answer, ok := o[path]
	switch {
	case !ok:
		return nil, fault.Errorf(fault.NotFound, "there is no %s", path)
	case answer == "":
		return nil, fault.Errorf(fault.Auth, "forbidden")
	}
	return []byte(answer), nil
}

func TestStoresOfTheCluster(t *testing.T) {
	const version = "/apis/config.openshift.io/v1/clusterversions/version"
	const authority = "/api/v1/namespaces/openshift-config/configmaps/ca"
	one := func(url, ca string) string {
		return `{"spec":{"signatureStores":[{"url":"` + url + `","ca":{"name":"` + ca + `"}}]}}`
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/signature-1") {
			fmt.Fprint(w, "a")
			return
		}
		http.NotFound(w, r)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	certificate := quote(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	const problem = `error: the cluster's store of signatures "https://s.example" is not asked: its ConfigMap openshift-config/ca: `
	tests := []struct {
		name string
		o    byPath
		want []string
	}{
		{"no OpenShift", byPath{}, nil},
		{"none", byPath{version: `{"spec":{}}`}, nil},
		{"forbidden", byPath{version: ""}, []string{"error: reading which stores of signatures the cluster names: forbidden"}},
		{"another object", byPath{version: `{"spec":[]}`}, []string{"error: reading which stores of signatures the cluster names: what the API server sends is not a ClusterVersion"}},
		{"no address", byPath{version: one("ftp://x", "")}, []string{`error: the cluster names a store that cannot be asked: the store of signatures "ftp://x": want http://HOST/… or https://HOST/…`}},
		{"its authority", byPath{version: one(server.URL, "ca"), authority: `{"data":{"ca.crt":` + certificate + `}}`}, []string{server.URL + "/sha256=" + image().Encoded() + "/signature-1 a"}},
		{"an authority that is not there", byPath{version: one("https://s.example", "ca")}, []string{problem + "there is no " + authority}},
		{"an authority that is forbidden", byPath{version: one("https://s.example", "ca"), authority: ""}, []string{problem + "forbidden"}},
		{"an authority under another key", byPath{version: one("https://s.example", "ca"), authority: `{"data":{"ca-bundle.crt":"x"}}`}, []string{problem + "it has no ca.crt"}},
		{"an authority that is none", byPath{version: one("https://s.example", "ca"), authority: `{"data":{"ca.crt":"x"}}`}, []string{problem + "there is no PEM certificate in its ca.crt"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			stores, failed, err := Cluster{test.o}.Stores(t.Context(), NewWeb(WebOptions{}))
			var got []string
			for _, s := range stores {
				got = append(got, found(t, s, "-")...)
			}
			if err != nil {
				failed = append(failed, err)
			}
			for _, err := range failed {
				got = append(got, "error: "+err.Error())
				if kind := fault.KindOf(err); kind != fault.Network && kind != fault.Auth {
					t.Errorf("kind %d of %v", kind, err)
				}
			}
			equal(t, got, test.want...)
		})
	}
	if _, failed, _ := (Cluster{byPath{version: one("https://s.example", "")}}).Stores(t.Context(), nil); len(failed) != 1 || failed[0].Error() != `the cluster's store of signatures "https://s.example" is not asked: that needs the network` {
		t.Errorf("got %v", failed)
	}
}

// The authorities of one store are nobody else's: the options that were given stay as they are, and other stores are asked
// with what those say.
func TestAuthoritiesOfOneStore(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "a") }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	certificate := quote(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	objects := byPath{
		"/apis/config.openshift.io/v1/clusterversions/version": `{"spec":{"signatureStores":[{"url":"` + server.URL + `","ca":{"name":"ca"}},{"url":"` + server.URL + `"}]}}`,
		"/api/v1/namespaces/openshift-config/configmaps/ca":    `{"data":{"ca.crt":` + certificate + `}}`,
	}
	first := server.URL + "/sha256=" + image().Encoded() + "/signature-1"
	for name, given := range map[string]*tls.Config{"nothing": nil, "no pool": {}, "a pool": {RootCAs: x509.NewCertPool()}} {
		t.Run(name, func(t *testing.T) {
			o := quick()
			o.TLS = given
			stores, failed, err := Cluster{objects}.Stores(t.Context(), NewWeb(o))
			if err != nil || len(failed) > 0 || len(stores) != 2 {
				t.Fatalf("got %v, %v, %v", stores, failed, err)
			}
			if got := found(t, stores[0], "-"); len(got) == 0 || got[0] != first+" a" {
				t.Errorf("with its authority: %q", got)
			}
			equal(t, found(t, stores[1], "-"), "error: "+first+" cannot be asked: tls: failed to verify certificate: x509: certificate signed by unknown authority")
			if given != nil && given.RootCAs != nil && !given.RootCAs.Equal(x509.NewCertPool()) {
				t.Error("the pool that was given has another authority")
			}
			if name == "no pool" && given.RootCAs != nil {
				t.Error("the configuration that was given has a pool")
			}
		})
	}
}

// A cluster may name more stores than are asked, which is said: a signature may be in one of the others.
func TestManyStoresOfTheCluster(t *testing.T) {
	for count, want := range map[int][]string{
		maxStores:     nil,
		maxStores + 1: {"the cluster names 33 stores of signatures, and only the first 32 are asked"},
	} {
		var named []string
		for i := range count {
			named = append(named, fmt.Sprintf(`{"url":"https://s.example/%d"}`, i))
		}
		objects := byPath{"/apis/config.openshift.io/v1/clusterversions/version": `{"spec":{"signatureStores":[` + strings.Join(named, ",") + `]}}`}
		stores, failed, err := Cluster{objects}.Stores(t.Context(), NewWeb(WebOptions{}))
		if err != nil || len(stores) != maxStores || stores[maxStores-1].String() != "https://s.example/31" {
			t.Errorf("%d: got %v, %v", count, stores, err)
		}
		var got []string
		for _, err := range failed {
			got = append(got, err.Error())
			if fault.KindOf(err) != fault.Network {
				t.Errorf("kind %d of %v", fault.KindOf(err), err)
			}
		}
		equal(t, got, want...)
	}
}
