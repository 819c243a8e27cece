package store

import (
	"context"
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

// byPath is an API server in memory. It forbids objects that are empty.
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
	const configMap = "/api/v1/namespaces/openshift-config/configmaps/ca"
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
		{"its CA certificate", byPath{version: one(server.URL, "ca"), configMap: `{"data":{"ca.crt":` + certificate + `}}`}, []string{server.URL + "/sha256=" + image().Encoded() + "/signature-1 a"}},
		{"a missing ConfigMap", byPath{version: one("https://s.example", "ca")}, []string{problem + "there is no " + configMap}},
		{"a forbidden ConfigMap", byPath{version: one("https://s.example", "ca"), configMap: ""}, []string{problem + "forbidden"}},
		{"another key of the ConfigMap", byPath{version: one("https://s.example", "ca"), configMap: `{"data":{"ca-bundle.crt":"x"}}`}, []string{problem + "it has no ca.crt"}},
		{"no certificate", byPath{version: one("https://s.example", "ca"), configMap: `{"data":{"ca.crt":"x"}}`}, []string{problem + "there is no PEM certificate in its ca.crt"}},
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

// The CA certificates of one store are not trusted for another one.
func TestCertificatesOfOneStore(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "a") }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	certificate := quote(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	objects := byPath{
		"/apis/config.openshift.io/v1/clusterversions/version": `{"spec":{"signatureStores":[{"url":"` + server.URL + `","ca":{"name":"ca"}},{"url":"` + server.URL + `"}]}}`,
		"/api/v1/namespaces/openshift-config/configmaps/ca":    `{"data":{"ca.crt":` + certificate + `}}`,
	}
	stores, failed, err := Cluster{objects}.Stores(t.Context(), NewWeb(noWaits()))
	if err != nil || len(failed) > 0 || len(stores) != 2 {
		t.Fatalf("got %v, %v, %v", stores, failed, err)
	}
	first := server.URL + "/sha256=" + image().Encoded() + "/signature-1"
	if got := found(t, stores[0], "-"); len(got) == 0 || got[0] != first+" a" {
		t.Errorf("with its certificates: %q", got)
	}
	equal(t, found(t, stores[1], "-"), "error: getting "+first+": "+server.Listener.Addr().String()+
		": x509: certificate signed by unknown authority; name a file with its CA certificate with --certificate-authority")
}

// A cluster may name more stores than are asked. An error says so, because a signature may be in one of the others.
func TestManyStoresOfTheCluster(t *testing.T) {
	for count, want := range map[int][]string{
		maxStores:     nil,
		maxStores + 1: {"the cluster names 33 stores of signatures, and only the first 32 are asked"},
	} {
		var entries []string
		for i := range count {
			entries = append(entries, fmt.Sprintf(`{"url":"https://s.example/%d"}`, i))
		}
		objects := byPath{"/apis/config.openshift.io/v1/clusterversions/version": `{"spec":{"signatureStores":[` + strings.Join(entries, ",") + `]}}`}
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
