package plugin

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/release-x/oc-release-x/pkg/payload/blobstore"
	"github.com/release-x/oc-release-x/pkg/payload/diff"
	"github.com/release-x/oc-release-x/pkg/payload/graph"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/payload/mirror"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust"
	"github.com/release-x/oc-release-x/pkg/printers"
)

// requestOf returns the request of a command line without running it.
func requestOf(t *testing.T, line string) request {
	t.Helper()
	return requestWith(t, "oci:env", line)
}

// requestWith is requestOf with a release in the environment.
func requestWith(t *testing.T, release, line string) request {
	t.Helper()
	env := Environment{
		Streams: Streams{In: strings.NewReader(""), Out: io.Discard, ErrOut: io.Discard},
		Getenv:  func(name string) string { return map[string]string{releaseVariable: release}[name] },
		Home:    t.TempDir(),
		Name:    "oc release-x",
	}
	f := newFactory(env)
	var got request
	f.perform = func(_ context.Context, r request) error { got = r; return nil }
	root := newRoot(env, f)
	root.SetArgs(strings.Fields(line))
	if err := root.ExecuteContext(t.Context()); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return got
}

// A request has everything that a run needs. The comparison ignores outputs and keys.
func TestRequests(t *testing.T) {
	layout := func(text string) image.Reference {
		return image.Reference{Text: text, Kind: image.KindLayout, Path: strings.TrimPrefix(text, "oci:")}
	}
	one := func(names ...string) releaseRequest {
		return releaseRequest{releases: []image.Reference{layout("oci:a")}, names: names, repository: oci.SplitRepository(defaultRepository)}
	}
	profile, set := "hypershift", "TechPreviewNoUpgrade"
	plain := func(change func(*inclusionRequest)) inclusionRequest {
		r := inclusionRequest{names: []manifest.SettingName{
			{Source: "--profile", Kind: manifest.ProfileName, Name: manifest.DefaultProfile},
			{Source: "--feature-set", Kind: manifest.FeatureSetName, Name: "Default"},
		}}
		change(&r)
		return r
	}
	as := func(*inclusionRequest) {}
	pair := releaseRequest{releases: []image.Reference{layout("oci:a"), layout("oci:b")}, repository: oci.SplitRepository(defaultRepository)}
	for _, test := range []struct {
		line string
		want request
	}{
		{"images oci:a", &imagesRequest{releaseRequest: one()}},
		{"images", &imagesRequest{releaseRequest: releaseRequest{releases: []image.Reference{layout("oci:env")}, repository: oci.SplitRepository(defaultRepository), fromEnvironment: true}}},
		{"images oci:a etcd *-operator --group bootstrap,operators", &imagesRequest{releaseRequest: one("etcd", "*-operator"), groups: []string{"bootstrap", "operators"}}},
		{"images --release oci:a --release oci:b etcd", &imagesRequest{releaseFlag: true, releaseRequest: releaseRequest{
			releases: []image.Reference{layout("oci:a"), layout("oci:b")}, names: []string{"etcd"}, repository: oci.SplitRepository(defaultRepository),
		}}},
		{"images oci:a --release-repository quay.io/me/r", &imagesRequest{releaseRequest: releaseRequest{releases: []image.Reference{layout("oci:a")}, repository: oci.SplitRepository("quay.io/me/r")}}},
		{"env oci:a etcd", &envRequest{releaseRequest: one("etcd"), envOptions: envOptions{aliases: true}, format: "sh"}},
		{"env oci:a --format json --prefix X_ --aliases=false --to f", &envRequest{releaseRequest: one(), envOptions: envOptions{prefix: "X_"}, format: "json", to: "f"}},
		{"info oci:a", &infoRequest{releaseRequest: one(), columns: printers.InfoDigests, config: true}},
		{"info oci:a --commits", &infoRequest{releaseRequest: one(), columns: printers.InfoCommits, config: true}},
		{"info --from oci:a --image-for etcd", &infoRequest{releaseRequest: one(), columns: printers.InfoDigests, imageFor: "etcd"}},
		{"info oci:a -o digest", &infoRequest{releaseRequest: one(), columns: printers.InfoDigests}},
		{"manifests oci:a deploy/x --level 50 --all", &manifestsRequest{
			releaseRequest: one("deploy/x"), inclusion: plain(as), all: true,
			filter: manifest.Filter{Objects: []string{"deploy/x"}, Levels: []string{"50"}},
		}},
		{"manifests oci:a --hash --profile hypershift --feature-set TechPreviewNoUpgrade --capabilities none", &manifestsRequest{
			releaseRequest: one(), hash: true, inclusion: inclusionRequest{
				choices: manifest.Choices{Profile: &profile, FeatureSet: &set, EnabledCapabilities: []string{"none"}},
				names: []manifest.SettingName{
					{Source: "--profile", Kind: manifest.ProfileName, Name: profile},
					{Source: "--feature-set", Kind: manifest.FeatureSetName, Name: set},
				},
			},
		}},
		{"manifests oci:a -o manifest --feature-gates A,B", &manifestsRequest{releaseRequest: one(), raw: true, inclusion: plain(func(r *inclusionRequest) {
			r.choices.Gates = &manifest.Gates{Mode: manifest.ListedGates, Enabled: []string{"A", "B"}}
			r.gates = []manifest.SettingName{{Source: "--feature-gates", Kind: manifest.FeatureGateName, Name: "A"}, {Source: "--feature-gates", Kind: manifest.FeatureGateName, Name: "B"}}
		})}},
		{"graph oci:a --strategy reconcile --attempt 3 --included-by-cluster", &graphRequest{
			releaseRequest: one(), strategy: graph.Reconcile, attempt: 3, inclusion: plain(func(r *inclusionRequest) { r.byCluster = true }),
		}},
		{"graph oci:a -o html --to page.html", &graphRequest{releaseRequest: one(), strategy: graph.Update, to: "page.html", inclusion: plain(as)}},
		{"extract oci:a --to d --force --sync", &extractRequest{releaseRequest: one(), to: "d", extractOptions: extractOptions{force: true, sync: true}, inclusion: plain(as)}},
		{"extract --from oci:a --file image-references,b", &extractRequest{releaseRequest: one(), extractOptions: extractOptions{files: []string{"image-references", "b"}}, inclusion: plain(as)}},
		{"extract oci:a --to - --included --credentials-requests --cloud aws --release-image quay.io/r/r:t", &extractRequest{
			releaseRequest: one(), to: "-", extractOptions: extractOptions{included: true, credentials: true, cloud: "aws"},
			inclusion: plain(func(r *inclusionRequest) { r.releaseImage = "quay.io/r/r:t" }),
		}},
		{"diff oci:a oci:b", &diffRequest{releaseRequest: pair, inclusion: plain(as)}},
		{"diff oci:a oci:b --full --exit-code --feature-set Default", &diffRequest{
			releaseRequest: pair, exitCode: true, needs: "--feature-set", all: true, options: diff.Options{Included: true, Full: true},
			inclusion: plain(func(r *inclusionRequest) { set := "Default"; r.choices.FeatureSet = &set }),
		}},
		{"diff oci:a oci:b --impact", &diffRequest{releaseRequest: pair, impact: true, all: true, needs: "--impact", inclusion: plain(as)}},
		{"diff oci:a oci:b --manifests", &diffRequest{releaseRequest: pair, needs: "--manifests", files: []string{"*"}, inclusion: plain(as)}},
		{"diff oci:a oci:b --manifests=x*", &diffRequest{releaseRequest: pair, needs: "--manifests", files: []string{"x*"}, inclusion: plain(as)}},
		{"diff oci:a oci:b --manifests x* y", &diffRequest{releaseRequest: pair, needs: "--manifests", files: []string{"x*", "y"}, inclusion: plain(as)}},
		{"verify oci:a", &verifyRequest{releaseRequest: one()}},
		{"verify oci:a --deep -o wide --skip version,image,version", &verifyRequest{releaseRequest: one(), deep: true, wide: true, skip: []string{"image", "version"}}},
		{"verify oci:a --context c --kubeconfig " + kubeconfigWithContext(t), &verifyRequest{releaseRequest: one(), trust: trustRequest{cluster: true}}},
		{"check oci:a oci:b --mirror m.example/r --included-by-cluster -o wide", &checkRequest{
			releaseRequest: releaseRequest{releases: []image.Reference{layout("oci:a"), layout("oci:b")}, repository: oci.SplitRepository(defaultRepository)},
			trust:          trustRequest{cluster: true}, wide: true, mirror: "m.example/r", byCluster: true,
			layouts:  []mirror.Layout{{Name: mirror.LayoutOC, To: oci.SplitRepository("m.example/r")}, {Name: mirror.LayoutOCMirror, To: oci.SplitRepository("m.example/r")}},
			commands: commandLineOf{program: "oc release-x", target: []string{"--to", "m.example/r"}},
		}},
		{"cache add oci:a --deep", &cacheAddRequest{releaseRequest: one(), deep: true}},
		{"cache clean --older-than 7d", cacheCleanRequest{cleaning: blobstore.Cleaning{OlderThan: 7 * 24 * time.Hour}}},
		{"cache list", cacheListRequest{}},
	} {
		t.Run(test.line, func(t *testing.T) {
			got := requestOf(t, test.line)
			everything := cmp.Exporter(func(reflect.Type) bool { return true })
			left := cmpopts.IgnoreTypes(&printers.Output{}, trust.OpenPGP{}, trust.Sigstore{})
			if difference := cmp.Diff(test.want, got, everything, left, cmpopts.EquateEmpty()); difference != "" {
				t.Errorf("-want +got:\n%s", difference)
			}
		})
	}
}

// In every command, --insecure applies to the hosts that the user typed.
func TestRequestHosts(t *testing.T) {
	for line, want := range map[string]string{
		"images a.example/r/r:t": "a.example",
		"images docker://a.example:5/r@sha256:0000000000000000000000000000000000000000000000000000000000000000": "a.example:5",
		"images --release a.example/r:t --release b.example/r:t --release oci:c":                                "a.example b.example",
		"images 4.14.0": "",
		"images 4.14.0 --release-repository mirror.example:8443/ocp/release":           "mirror.example:8443",
		"images a.example/r:t --release-repository mirror.example/r":                   "mirror.example a.example",
		"images 4.14.0 --release-repository quay.io/openshift-release-dev/ocp-release": "",
		"images oci:a":                                               "",
		"info --from a.example/r:t":                                  "a.example",
		"extract --from a.example/r:t --to d":                        "a.example",
		"extract a.example/r:t --to d --release-image b.example/r:t": "a.example",
		"verify a.example/r:t":                                       "a.example",
		"cache add a.example/r:t":                                    "a.example",
		"check 4.14.0 --mirror m.example/r":                          "m.example",
		"check a.example/r:t --mirror m.example/r --to-release-image n.example/r": "a.example m.example n.example",
		"diff a.example/r:t b.example/r:t":                                        "a.example b.example",
		"cache list":                                                              "",
	} {
		if got := strings.Join(requestOf(t, line).hosts(), " "); got != want {
			t.Errorf("%s: got %q, want %q", line, got, want)
		}
	}
	if got := requestWith(t, "a.example/r:t", "images").hosts(); got != nil {
		t.Errorf("got %q for a release that the environment names", got)
	}
}

// kubeconfigWithContext writes a kubeconfig with the context c.
func kubeconfigWithContext(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kubeconfig")
	const text = "apiVersion: v1\nkind: Config\nclusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]\ncontexts: [{name: c, context: {cluster: c}}]\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
