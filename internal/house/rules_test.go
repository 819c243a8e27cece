package house_test

import (
	"fmt"
	"slices"
	"strings"
)

const module = "github.com/release-x/oc-release-x"

// graph holds, for each package, what its sources (not its tests) import.
type graph map[string][]string

// importLimit is a library that only some packages may import.
type importLimit struct {
	imports  []string // import paths; a path that ends in "/..." takes what is below it too
	packages []string // of this module, relative to it, in the same form
}

// importLimits lists the packages that may import each library. Every package may import a library that is not listed.
func importLimits() []importLimit {
	const regclient = "github.com/regclient/regclient"
	return []importLimit{
		{[]string{"github.com/spf13/cobra/...", "github.com/spf13/pflag/..."}, []string{"pkg/plugin/..."}},
		{[]string{"k8s.io/cli-runtime/pkg/printers/..."}, []string{"pkg/printers/..."}},
		{[]string{"k8s.io/cli-runtime/pkg/genericclioptions/..."}, []string{"pkg/plugin/..."}},
		{[]string{"github.com/vbauerster/mpb/..."}, []string{"internal/display/..."}},
		{[]string{"github.com/itchyny/gojq/..."}, []string{"pkg/printers/..."}},
		{[]string{regclient, regclient + "/scheme/...", regclient + "/config/..."}, []string{"pkg/payload/registry/..."}},
		{[]string{"k8s.io/client-go/plugin/..."}, []string{"cmd/..."}},
		{[]string{"k8s.io/client-go/rest/...", "k8s.io/client-go/transport/..."}, []string{"pkg/plugin/...", "pkg/payload/cluster/..."}},
		{[]string{"k8s.io/client-go/tools/clientcmd/..."}, []string{"pkg/plugin/..."}},
		{[]string{"github.com/fxamacker/cbor/..."}, []string{"pkg/payload/image/cache"}},
		{[]string{"net/http/...", "os", "os/exec"}, notPure()},
	}
}

// pure lists the pure packages, which take bytes and return values.
func pure() []string {
	return []string{"pkg/payload", "pkg/payload/fault/...", "pkg/payload/document/...", "pkg/payload/oci/...", "pkg/payload/manifest/...", "pkg/payload/graph/...", "pkg/payload/extract/...", "pkg/payload/diff/..."}
}

func notPure() []string {
	return []string{
		"cmd/...", "internal/...", "krew/...", "pkg/plugin/...", "pkg/printers/...",
		"pkg/payload/blobstore/...", "pkg/payload/image/...", "pkg/payload/registry/...", "pkg/payload/cluster/...", "pkg/payload/mirror", "pkg/payload/ocilayout/...", "pkg/payload/verify/trust/...",
	}
}

// wall says which packages must not import which others, directly or indirectly.
type wall struct {
	from, to []string // of this module, relative to it
}

// walls lists the imports that the arrows of ARCHITECTURE.md exclude.
func walls() []wall {
	const plugin, printers = "pkg/plugin/...", "pkg/printers/..."
	const blobstore, image, registry, cluster = "pkg/payload/blobstore/...", "pkg/payload/image/...", "pkg/payload/registry/...", "pkg/payload/cluster/..."
	const mirror, verify, trust, presence = "pkg/payload/mirror/...", "pkg/payload/verify/...", "pkg/payload/verify/trust/...", "pkg/payload/verify/presence/..."
	return []wall{
		{pure(), []string{plugin, printers, image, registry, cluster, mirror, verify}},
		{[]string{printers}, []string{plugin, image, registry, cluster, mirror, verify}},
		{[]string{blobstore}, []string{plugin, printers, image, registry, cluster, mirror, verify}},
		{[]string{image}, []string{plugin, printers, cluster, mirror, verify}},
		{[]string{"pkg/payload/ocilayout/..."}, []string{plugin, printers, image, registry, cluster, mirror, verify}},
		{[]string{registry}, []string{plugin, printers, image, cluster, mirror, verify}},
		{[]string{cluster}, []string{plugin, printers, image, registry, mirror, verify}},
		{[]string{trust, presence}, []string{image, registry, cluster}},
		{[]string{mirror, verify}, []string{plugin, printers}},
		{[]string{"pkg/payload/mirror/clusterobject/..."}, []string{blobstore, image, registry, cluster}},
		{[]string{"cmd/...", "pkg/..."}, []string{"internal/testrelease/...", "internal/testcluster/...", "internal/testdisk/...", "internal/testguard/...", "internal/testmanifest/...", "internal/testpage/...", "internal/testprogress/...", "internal/testsign/...", "internal/faultproxy/...", "internal/fixture/...", "internal/house/..."}},
	}
}

// unwanted lists the packages that must not be part of the program, even through a library, and why.
func unwanted() map[string]string {
	return map[string]string{
		"k8s.io/kubectl/...":                         "its translations are parsed when the program starts: 16 to 22 ms",
		"k8s.io/client-go/kubernetes":                "the typed client of every API group; a dynamic or REST client reads a ClusterVersion",
		"github.com/openshift/library-go/...":        "4 ms at start, and it refuses manifests of newer releases",
		"github.com/openshift/api/...":               "a dozen fields are all that is read",
		"github.com/openshift/client-go/...":         "a typed client for one object",
		"github.com/sigstore/sigstore-go/...":        "19 MB and 900 packages",
		"github.com/docker/docker/...":               "no daemon is asked",
		"github.com/containers/image/...":            "regclient is the registry client",
		"github.com/google/go-containerregistry/...": "regclient is the registry client",
		"github.com/olareg/olareg/...":               "a registry for tests",
		"github.com/google/go-cmp/...":               "a library for tests",
		"github.com/creack/pty/...":                  "a library for tests",
		"testing/...":                                "its flags are registered when the program starts",
		"expvar":                                     "serves HTTP",
		"net/http/pprof":                             "serves HTTP",
	}
}

// importViolations returns the violations of importLimits and walls, sorted.
func importViolations(g graph) []string {
	var found []string
	for _, pkg := range sortedKeys(g) {
		own, ours := packageOf(pkg)
		if !ours {
			continue
		}
		for _, imported := range g[pkg] {
			for _, limit := range importLimits() {
				if matches(limit.imports, imported) && !matches(limit.packages, own) {
					found = append(found, fmt.Sprintf("%s imports %s, which only %s may", own, imported, strings.Join(limit.packages, ", ")))
				}
			}
		}
		for _, w := range walls() {
			if !matches(w.from, own) {
				continue
			}
			for reached, path := range reach(g, pkg) {
				if other, ours := packageOf(reached); ours && matches(w.to, other) {
					found = append(found, fmt.Sprintf("%s reaches %s: %s", own, other, describe(path)))
				}
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// unwantedPackages returns the unwanted packages of a program, each with its import path through the graph.
func unwantedPackages(g graph, program string) []string {
	var found []string
	for reached, path := range reach(g, program) {
		for pattern, reason := range unwanted() {
			if matches([]string{pattern}, reached) {
				found = append(found, fmt.Sprintf("%s (%s): %s", reached, reason, describe(path)))
			}
		}
	}
	slices.Sort(found)
	return found
}

// reach returns all dependencies of a package and the package itself, each with a shortest import path.
func reach(g graph, from string) map[string][]string {
	paths := map[string][]string{from: {from}}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		for _, next := range g[queue[0]] {
			if _, seen := paths[next]; !seen {
				paths[next] = append(slices.Clone(paths[queue[0]]), next)
				queue = append(queue, next)
			}
		}
	}
	return paths
}

func describe(path []string) string {
	short := slices.Clone(path)
	for i, pkg := range short {
		if own, ours := packageOf(pkg); ours {
			short[i] = own
		}
	}
	return strings.Join(short, " → ")
}

// packageOf returns the path of a package within the module, false for other modules.
func packageOf(pkg string) (string, bool) {
	return strings.CutPrefix(pkg, module+"/")
}

// matches reports whether a path is one of the patterns; "a/..." is a and all below it.
func matches(patterns []string, path string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		tree, below := strings.CutSuffix(pattern, "/...")
		return path == tree || below && strings.HasPrefix(path, tree+"/")
	})
}
