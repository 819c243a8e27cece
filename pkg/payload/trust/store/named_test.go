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
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/signature-1") {
			fmt.Fprint(w, "a")
			return
		}
		http.NotFound(w, r)
	}))
	defer server.Close()
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
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
		{"another object", byPath{version: `{"spec":[]}`}, []string{"error: reading which stores of signatures the cluster names: what the API server sends is no ClusterVersion"}},
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
