package cluster_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/release-x/oc-release-x/internal/testcluster"
	"github.com/release-x/oc-release-x/internal/testguard"
	"github.com/release-x/oc-release-x/internal/testprogress"
	"github.com/release-x/oc-release-x/pkg/payload/cluster"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/payload/progress"
)

// config is the configuration for a user with a token.
func config(s *testcluster.Server, token string) *rest.Config {
	return &rest.Config{Host: s.URL, BearerToken: token, TLSClientConfig: rest.TLSClientConfig{CAData: s.CertificatePEM()}}
}

func newCluster(c *rest.Config) *cluster.Cluster {
	return cluster.New(func() (*rest.Config, error) { return c, nil })
}

func connected(s *testcluster.Server) *cluster.Cluster {
	return newCluster(config(s, testcluster.Token))
}

// wantError fails the test unless an error is this one.
func wantError(t *testing.T, err error, kind fault.Kind, text string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %s", text)
	}
	if err.Error() != text || fault.KindOf(err) != kind {
		t.Errorf("got kind %d: %v\nwant kind %d: %s", fault.KindOf(err), err, kind, text)
	}
}

func TestGet(t *testing.T) {
	const list = "/api/v1/namespaces/openshift-config-managed/configmaps"
	s := testcluster.New(t).With(testcluster.ClusterVersion, `{"kind":"ClusterVersion"}`).With(list, `{"kind":"ConfigMapList"}`).With(list+"/a", `{"kind":"ConfigMap"}`)
	for path, want := range map[string]string{testcluster.ClusterVersion: `{"kind":"ClusterVersion"}`, list: `{"kind":"ConfigMapList"}`, list + "/a": `{"kind":"ConfigMap"}`} {
		if got, err := connected(s).Get(t.Context(), path, nil); err != nil || string(got) != want {
			t.Errorf("%s: got %s, %v", path, got, err)
		}
	}
	_, err := connected(s).Get(t.Context(), list+"/b", nil)
	wantError(t, err, fault.NotFound, "the cluster at "+s.Host()+" has no configmaps/b in namespace openshift-config-managed")
	for _, path := range []string{"", "/api/v1", "/apis/apps/v1", "/version", list + "/a/b", "/apis/apps/v1beta1/deployments"} {
		_, err := connected(s).Get(t.Context(), path, nil)
		wantError(t, err, fault.Internal, fmt.Sprintf("%q is not the path of an object", path))
	}
}

func TestVersion(t *testing.T) {
	s := testcluster.New(t).With(testcluster.ClusterVersion, `{
		"spec": {
			"overrides": [{"group": "apps", "kind": "Deployment", "namespace": "ns", "name": "d", "unmanaged": true}],
			"capabilities": {"baselineCapabilitySet": "v4.13", "additionalEnabledCapabilities": ["Console"]}
		},
		"status": {
			"desired": {"version": "4.14.1", "image": "quay.io/r/r@sha256:1", "channels": ["a"]},
			"availableUpdates": [{"version": "4.14.2", "image": "quay.io/r/r@sha256:2", "architecture": "Multi"}],
			"conditionalUpdates": [{"release": {"version": "4.14.3", "image": "quay.io/r/r@sha256:3"}, "risks": []}],
			"history": [{"state": "Completed", "version": "4.14.0", "image": "quay.io/r/r@sha256:0"}],
			"versionHash": "h",
			"capabilities": {"enabledCapabilities": ["Console"], "knownCapabilities": ["Build", "Console"]}
		}}`)
	c := connected(s)
	got, err := c.Version(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := &cluster.Version{
		Server:                 s.Host(),
		Desired:                cluster.Release{Version: "4.14.1", Image: "quay.io/r/r@sha256:1"},
		AvailableUpdates:       []cluster.Release{{Version: "4.14.2", Image: "quay.io/r/r@sha256:2", Architecture: "Multi"}},
		ConditionalUpdates:     []cluster.Release{{Version: "4.14.3", Image: "quay.io/r/r@sha256:3"}},
		History:                []cluster.Release{{Version: "4.14.0", Image: "quay.io/r/r@sha256:0"}},
		Hash:                   "h",
		Overrides:              []manifest.Override{{Group: "apps", Kind: "Deployment", Namespace: "ns", Name: "d", Unmanaged: true}},
		KnownCapabilities:      []string{"Build", "Console"},
		EnabledCapabilities:    []string{"Console"},
		BaselineCapabilitySet:  "v4.13",
		AdditionalCapabilities: []string{"Console"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if again, err := c.Version(t.Context()); err != nil || again != got || len(s.Requests()) != 1 {
		t.Errorf("it is read again: %v, %v, %q", again, err, s.Requests())
	}
}

func TestClustersWithoutCapabilities(t *testing.T) {
	for capabilities, want := range map[string][2]bool{ // are they nil?
		`{}`:                              {true, true},
		`{"knownCapabilities":["Build"]}`: {false, false},
	} {
		v, err := connected(testcluster.New(t).With(testcluster.ClusterVersion, `{"status":{"capabilities":`+capabilities+`}}`)).Version(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := [2]bool{v.KnownCapabilities == nil, v.EnabledCapabilities == nil}; got != want {
			t.Errorf("%s: known is nil, enabled is nil: %v, want %v", capabilities, got, want)
		}
	}
}

func TestFind(t *testing.T) {
	release := func(version, image string) cluster.Release { return cluster.Release{Version: version, Image: image} }
	v := &cluster.Version{
		Desired:            release("4.14.1", "desired"),
		AvailableUpdates:   []cluster.Release{release("4.14.1", "update"), release("4.14.2", ""), release("4.14.2", "second")},
		ConditionalUpdates: []cluster.Release{release("4.14.3", "conditional"), release("4.14.4", "odd")},
		History:            []cluster.Release{release("4.14.0", "newer"), release("4.14.0", "older"), release("4.14.4", "even")},
	}
	for version, want := range map[string][2]string{
		"4.14.1":     {"desired", "the release of the cluster"},
		"4.14.2":     {"second", "an available update of the cluster"},
		"4.14.3":     {"conditional", "a conditional update of the cluster"},
		"4.14.0":     {"newer", "in the history of the cluster"},
		"4.14.4":     {"even", "in the history of the cluster"},
		"4.14":       {},
		"4.14.1-foo": {},
	} {
		got, where, ok := v.Find(version, func(r cluster.Release) bool { return r.Image != "odd" })
		if got.Image != want[0] || where != want[1] || ok != (want[0] != "") {
			t.Errorf("%s: %q, %q, %v; want %q", version, got.Image, where, ok, want)
		}
	}
}

func TestCompareHash(t *testing.T) {
	const list, child = "sha256:" + "1111111111111111111111111111111111111111111111111111111111111111", "sha256:" + "2222222222222222222222222222222222222222222222222222222222222222"
	for _, test := range []struct {
		image, hash, version string
		want                 cluster.Agreement
	}{
		{"q.io/r@" + list, "h", "4.14.1", cluster.Agrees},
		{"q.io/r@" + child, "h", "4.14.1", cluster.Agrees},
		{"q.io/r:4.14.1", "h", "4.14.1", cluster.Agrees},
		{"q.io/r@" + list, "other", "4.14.1", cluster.Differs},
		{"q.io/r@" + list, "", "4.14.1", cluster.Unknown},
		{"q.io/r@sha256:33", "h", "4.14.1", cluster.Unrelated},
		{"q.io/r@" + list, "h", "4.14.2", cluster.Unrelated},
	} {
		v := &cluster.Version{Desired: cluster.Release{Version: test.version, Image: test.image}, Hash: test.hash}
		if got := v.CompareHash("h", "4.14.1", list, child); got != test.want {
			t.Errorf("%+v: %s", test, got)
		}
	}
}

func TestFeatureGates(t *testing.T) {
	s := testcluster.New(t).With(testcluster.FeatureGate, `{
		"spec": {"featureSet": "CustomNoUpgrade", "customNoUpgrade": {"enabled": ["Own"]}},
		"status": {"featureGates": [{"version": "4.14.1", "enabled": [{"name": "A"}, {"name": "B"}], "disabled": [{"name": "C"}]}, {"version": "4.14.2"}]}}`)
	got, err := connected(s).FeatureGates(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got.FeatureSet != "CustomNoUpgrade" || !cmp.Equal(got.Custom, []string{"Own"}) {
		t.Errorf("%+v", got)
	}
	for version, want := range map[string][]string{"4.14.1": {"A", "B"}, "4.14.2": {}, "4.14.3": nil} {
		if names, ok := got.Enabled(version); !cmp.Equal(names, want) || ok != (want != nil) {
			t.Errorf("%s: %q, %v", version, names, ok)
		}
	}
	got, err = connected(testcluster.New(t)).FeatureGates(t.Context())
	if err != nil || got.FeatureSet != "" {
		t.Errorf("without a FeatureGate: %+v, %v", got, err)
	}
}

func TestOperator(t *testing.T) {
	got, err := connected(testcluster.New(t).WithOperator("CLUSTER_PROFILE=single-node-developer", "EXCLUDE_MANIFESTS=id")).Operator(t.Context())
	if want := (cluster.Operator{Profile: "single-node-developer", ExcludeIdentifier: "id"}); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	got, err = connected(testcluster.New(t).With(testcluster.Infrastructure, `{"status":{"controlPlaneTopology":"External"}}`)).Operator(t.Context())
	if want := (cluster.Operator{Profile: "ibm-cloud-managed"}); err != nil || got != want {
		t.Errorf("hosted: got %+v, %v", got, err)
	}
	s := testcluster.New(t).With(testcluster.Infrastructure, `{"status":{"controlPlaneTopology":"HighlyAvailable"}}`)
	_, err = connected(s).Operator(t.Context())
	wantError(t, err, fault.NotFound, "the cluster at "+s.Host()+" has no deployments.apps/cluster-version-operator in namespace openshift-cluster-version")
}

func TestInfrastructure(t *testing.T) {
	for object, want := range map[string]cluster.Infrastructure{
		`{"status":{"platformStatus":{"type":"AWS"},"platform":"Old","controlPlaneTopology":"SingleReplica"}}`: {Platform: "AWS", ControlPlaneTopology: "SingleReplica"},
		`{"status":{"platform":"GCP"}}`: {Platform: "GCP"},
	} {
		got, err := connected(testcluster.New(t).With(testcluster.Infrastructure, object)).Infrastructure(t.Context())
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v", object, got, err)
		}
	}
}

func TestPullSecret(t *testing.T) {
	s := testcluster.New(t).WithPullSecret(`{"auths":{}}`)
	data, from, err := connected(s).PullSecret(t.Context())
	if err != nil || string(data) != `{"auths":{}}` || from != "the pull secret of the cluster at "+s.Host() {
		t.Errorf("got %q, %q, %v", data, from, err)
	}
	s = testcluster.New(t).With(testcluster.PullSecret, `{"data":{"other":"eA=="}}`)
	_, _, err = connected(s).PullSecret(t.Context())
	wantError(t, err, fault.NotFound, "the pull secret of the cluster at "+s.Host()+", secrets/pull-secret in namespace openshift-config, has no .dockerconfigjson")
}

func TestConfigurationIsReadForTheFirstRequest(t *testing.T) {
	called := 0
	c := cluster.New(func() (*rest.Config, error) {
		called++
		return nil, fault.Errorf(fault.Usage, "nothing configured")
	})
	if called != 0 {
		t.Error("the configuration is read before the first request")
	}
	for range 2 {
		_, err := c.Version(t.Context())
		wantError(t, err, fault.Usage, "nothing configured")
	}
	if called != 1 {
		t.Errorf("the configuration is read %d times", called)
	}
}

func TestCancel(t *testing.T) {
	arrived, release := make(chan bool, 1), make(chan bool)
	s := testcluster.New(t).Before(func(http.ResponseWriter, *http.Request) bool {
		arrived <- true
		<-release
		return true
	})
	defer close(release)
	stop := errors.New("stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() { <-arrived; cancel(stop) }()
	testguard.Finishes(t, "a request that was cancelled", func() {
		if _, err := connected(s).Version(ctx); !errors.Is(err, stop) {
			t.Error(err)
		}
	})
}

// A request ends in time even if a program that gets credentials does not.
func TestStuckTransport(t *testing.T) {
	s := testcluster.New(t)
	c := config(s, "")
	stuck := make(chan bool)
	defer close(stuck)
	c.Timeout = 50 * time.Millisecond
	c.Wrap(func(http.RoundTripper) http.RoundTripper {
		return roundTripper(func(*http.Request) (*http.Response, error) { <-stuck; return nil, errors.New("too late") })
	})
	_, err := newCluster(c).Version(t.Context())
	wantError(t, err, fault.Network, "the API server "+s.Host()+" does not answer within 50ms; --request-timeout sets how long to wait")
}

// A dialer that knew the deadline could fail with an error of its own just before it.
func TestTimeoutIsNoDeadlineOfTheDialer(t *testing.T) {
	s := testcluster.New(t).WithRelease("4.14.0", "")
	c := config(s, testcluster.Token)
	c.Timeout = time.Minute
	c.Wrap(func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			if _, set := r.Context().Deadline(); set {
				t.Error("the context of a request has a deadline")
			}
			return next.RoundTrip(r)
		})
	})
	if _, err := newCluster(c).Version(t.Context()); err != nil {
		t.Error(err)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A proxy may give each cluster a path.
func TestPathOfTheServer(t *testing.T) {
	s := testcluster.New(t)
	s.With("/clusters/a"+testcluster.ClusterVersion, `{"status":{"desired":{"version":"4.14.1"}}}`)
	c := config(s, testcluster.Token)
	c.Host += "/clusters/a/"
	v, err := newCluster(c).Version(t.Context())
	if err != nil || v.Desired.Version != "4.14.1" || v.Server != s.Host() {
		t.Errorf("%+v, %v, %q", v, err, s.Requests())
	}
	if got := strings.Join(s.Requests(), " "); got != "/clusters/a"+testcluster.ClusterVersion {
		t.Error(got)
	}
}

// TestRequestsReportProgress: nothing is shown while a program that gets credentials may ask the user.
func TestRequestsReportProgress(t *testing.T) {
	s := testcluster.New(t).With(testcluster.ClusterVersion, `{"kind":"ClusterVersion"}`)
	for mode, hidden := range map[api.ExecInteractiveMode]string{api.NeverExecInteractiveMode: "", api.IfAvailableExecInteractiveMode: ", hidden"} {
		recorder := &testprogress.Recorder{}
		c := config(s, "")
		c.ExecProvider = &api.ExecConfig{
			Command: "/nowhere/program", APIVersion: "client.authentication.k8s.io/v1", InteractiveMode: mode, StdinUnavailable: true,
		}
		_, _ = newCluster(c).Get(progress.WithReporter(t.Context(), recorder), testcluster.ClusterVersion, nil)
		want := []string{"asking for clusterversions.config.openshift.io/version from the cluster at " + s.Host() + ": 0 of 0" + hidden}
		if got := recorder.Tasks(); !slices.Equal(got, want) {
			t.Errorf("%s: reported %q, want %q", mode, got, want)
		}
	}
}
