package plugin_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/testrelease"
	"github.com/release-x/oc-release-x/pkg/payload"
)

// signedCopies is a release of two components, all with signatures.
func signedCopies(t *testing.T) copies {
	t.Helper()
	c := newCopies(t)
	r := c.push(t, c.release(t, "4.14.0", c.scopes(), "a", "b"), "4.14.0")
	c.sign(t, "ocp/release", r.Digest())
	c.sign(t, "ocp/art", componentDigest(t, "a"))
	c.sign(t, "ocp/art", componentDigest(t, "b"))
	return c
}

// A new target is asked for each manifest, and gets each blob in two requests. The source gives each blob once.
func TestMirrorRequestsOfANewTarget(t *testing.T) {
	for name, flags := range map[string][]string{"cache": nil, "no cache": {"--no-cache"}} {
		t.Run(name, func(t *testing.T) {
			c := signedCopies(t)
			args := append([]string{"SOURCE/ocp/release:4.14.0", "--to", "TARGET/ocp/m"}, flags...)
			got := c.run(t, args...)
			want(t, got, 0, summary([]string{"4.14.0 to TARGET/ocp/m:4.14.0-x86_64"}, 3, 3, 6, 0, "11 copied (SIZE), 0 were there (SIZE)", ""), "")
			source := c.source.asked()
			wantRequests(t, "source", source, map[string]int{"GET manifest": 6, "GET blob": 11})
			if n := uniqueBlobs(source); n != 11 {
				t.Errorf("%d blobs", n)
			}
			// The target has no tags: only the first is asked for. All blobs are among the first, which are asked for. Some of them, and the release, are looked for at the end.
			wantRequests(t, "target", c.target.asked(), map[string]int{
				"HEAD manifest": 2, "GET tags": 1, "HEAD blob": 19, "POST upload": 11, "PUT upload": 11, "PUT manifest": 6,
			})
		})
	}
}

// A rerun asks the target for each manifest, and the source for what can change.
func TestMirrorRequestsOfARerun(t *testing.T) {
	for name, test := range map[string]struct {
		flags  []string
		source map[string]int
	}{
		"cache":    {nil, map[string]int{"HEAD manifest": 4}},
		"no cache": {[]string{"--no-cache"}, map[string]int{"HEAD manifest": 3, "GET manifest": 1, "GET blob": 1}}, // the payload
	} {
		t.Run(name, func(t *testing.T) {
			c := signedCopies(t)
			args := append([]string{"SOURCE/ocp/release:4.14.0", "--to", "TARGET/ocp/m"}, test.flags...)
			good(t, c.run(t, args...))
			got := c.run(t, args...)
			want(t, got, 0, summary([]string{"4.14.0 to TARGET/ocp/m:4.14.0-x86_64"}, 3, 3, 0, 6, "0 copied (SIZE), 0 were there (SIZE)", ""), "")
			wantRequests(t, "target", c.target.asked(), map[string]int{"HEAD manifest": 6})
			source := c.source.asked()
			wantRequests(t, "source", source, test.source)
			for _, request := range source {
				if strings.Contains(request, "/art@") {
					t.Errorf("%s: the component is at the target", request)
				}
			}
		})
	}
}

// skippedSignatures ends a summary with --skip-signatures.
const skippedSignatures = "  Signatures:  left out (--skip-signatures)\n"

// Without a cache, a run that finds everything at the target does not read the configuration, which has the architecture: the tag
// at the target has it too. Any other run reads it, and so does one for which the tag says nothing.
func TestMirrorWithoutCacheReadsTheConfigurationToCopy(t *testing.T) {
	const again = "0 copied (SIZE), 0 were there (SIZE)"
	manifests, blobs := map[string]int{"GET manifest": 1, "GET blob": 1}, map[string]int{"GET manifest": 1, "GET blob": 2}
	for name, test := range map[string]struct {
		arch, tag string   // of the source
		flags     []string // of the second run
		target    string
		source    map[string]int
	}{
		"a tag without an architecture":            {"amd64", "4.14.0", nil, "ocp/m:4.14.0-x86_64", manifests},
		"a tag with the architecture":              {"amd64", "4.14.0-x86_64", nil, "ocp/m:4.14.0-x86_64", manifests},
		"a tag with another usual architecture":    {"arm64", "4.14.0-aarch64", nil, "ocp/m:4.14.0-aarch64", manifests},
		"another architecture that no tag says":    {"arm64", "4.14.0", nil, "ocp/m:4.14.0-aarch64", blobs},
		"an architecture that was asked for":       {"amd64", "4.14.0", []string{"--arch", "amd64"}, "ocp/m:4.14.0-x86_64", blobs},
		"a layout whose tags have no architecture": {"amd64", "4.14.0", []string{"--layout", "oc-mirror"}, "ocp/m/openshift/release-images:4.14.0", blobs},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCopies(t)
			c.push(t, c.release(t, "4.14.0", c.scopes(), "a").WithArchitecture(test.arch), test.tag)
			args := append([]string{"SOURCE/ocp/release:" + test.tag, "--to", "TARGET/ocp/m", "--skip-signatures", "--no-cache"}, test.flags...)
			good(t, c.run(t, args...))
			got := c.run(t, args...)
			want(t, got, 0, summary([]string{"4.14.0 to TARGET/" + test.target}, 2, 0, 0, 2, again, skippedSignatures), "")
			wantRequests(t, "source", c.source.asked(), test.source)
		})
	}
}

// When there is something to copy, a tag at the target on an image for another architecture is found out.
func TestMirrorDoesNotCopyByAWrongTagOfTheTarget(t *testing.T) {
	c := newCopies(t)
	r := c.push(t, c.release(t, "4.14.0", c.scopes(), "a").WithArchitecture("arm64"), "4.14.0")
	if err := r.PushTo(c.target.Server, "ocp/m", "4.14.0-x86_64"); err != nil {
		t.Fatal(err)
	}
	got := c.run(t, "SOURCE/ocp/release:4.14.0", "--to", "TARGET/ocp/m", "--skip-signatures", "--no-cache")
	want(t, got, 0, summary([]string{"4.14.0 to TARGET/ocp/m:4.14.0-aarch64"}, 2, 0, 2, 0, "2 copied (SIZE), 3 were there (SIZE)", skippedSignatures), "")
	if got := tags(t, c.target.Server, "ocp/m"); !slices.Equal(got, []string{"4.14.0-aarch64", "4.14.0-aarch64-a", "4.14.0-x86_64"}) {
		t.Errorf("tags %q", got)
	}
}

// Releases that share components copy them once, and all their tags name them.
func TestMirrorOfSeveralReleasesSharesBlobs(t *testing.T) {
	c := newCopies(t)
	c.push(t, c.release(t, "4.14.0", nil, "a", "b"), "4.14.0")
	c.push(t, c.release(t, "4.14.1", nil, "b", "c"), "4.14.1")
	got := c.run(t, "SOURCE/ocp/release:4.14.0", "SOURCE/ocp/release:4.14.1", "--to", "TARGET/ocp/m")
	want(t, got, 0, summary([]string{"4.14.0 to TARGET/ocp/m:4.14.0-x86_64", "4.14.1 to TARGET/ocp/m:4.14.1-x86_64"}, 6, 0, 6, 0, "11 copied (SIZE), 0 were there (SIZE)", ""), "")
	source := c.source.asked()
	if n := uniqueBlobs(source); n != counts(source)["GET blob"] {
		t.Errorf("%d blobs in %d requests:\n%s", n, counts(source)["GET blob"], strings.Join(source, "\n"))
	}
	if got := tags(t, c.target.Server, "ocp/m"); !slices.Equal(got, []string{
		"4.14.0-x86_64", "4.14.0-x86_64-a", "4.14.0-x86_64-b", "4.14.1-x86_64", "4.14.1-x86_64-b", "4.14.1-x86_64-c",
	}) {
		t.Errorf("tags %q", got)
	}
}

func TestMirrorOfSomeComponents(t *testing.T) {
	for name, test := range map[string]struct {
		flags, want []string
		err         string
	}{
		"component":    {[]string{"--component", "etc*"}, []string{"4.14.0-x86_64", "4.14.0-x86_64-etcd"}, ""},
		"components":   {[]string{"--component", "etcd,pod"}, []string{"4.14.0-x86_64", "4.14.0-x86_64-etcd", "4.14.0-x86_64-pod"}, ""},
		"only release": {[]string{"--only-release"}, []string{"4.14.0-x86_64"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCopies(t)
			c.push(t, c.release(t, "4.14.0", nil, "etcd", "pod", "tests"), "4.14.0")
			got := c.run(t, append([]string{"SOURCE/ocp/release:4.14.0", "--to", "TARGET/ocp/m"}, test.flags...)...)
			if got.code != 0 || got.err != test.err {
				t.Errorf("exit code %d, %s", got.code, got.err)
			}
			if got := tags(t, c.target.Server, "ocp/m"); !slices.Equal(got, test.want) {
				t.Errorf("tags %q", got)
			}
		})
	}
}

func TestMirrorOfUnknownComponents(t *testing.T) {
	c := newCopies(t)
	c.push(t, c.release(t, "4.14.0", nil, "etcd", "pod"), "4.14.0")
	want(t, c.run(t, "SOURCE/ocp/release:4.14.0", "--to", "TARGET/ocp/m", "--component", "etdc"), 3, "", "error: no component \"etdc\" in release 4.14.0; did you mean etcd?\n")
	wantRequests(t, "target", c.target.asked(), map[string]int{})
}

func TestMirrorOfOneArchitecture(t *testing.T) {
	c := newCopies(t)
	r := c.push(t, c.release(t, "4.14.0", nil, "a").WithList("amd64", "arm64"), "4.14.0-multi")
	arm := r.Images[1].Manifest.Digest
	want(t, c.run(t, "SOURCE/ocp/release:4.14.0-multi", "--to", "TARGET/ocp/m", "--arch", "arm64"), 0,
		summary([]string{"4.14.0 to TARGET/ocp/m:4.14.0-aarch64"}, 2, 0, 2, 0, "5 copied (SIZE), 0 were there (SIZE)", ""), "")
	if got := contents(t, c.target.Server, "ocp/m"); !slices.Equal(got, []string{
		"4.14.0-aarch64 " + arm.String() + " " + testrelease.MediaTypeOCIManifest,
		"4.14.0-aarch64-a " + componentDigest(t, "a").String() + " " + testrelease.MediaTypeOCIManifest,
	}) {
		t.Errorf("contents %q", got)
	}
}

// A tag that has another digest is not replaced without --force, and nothing is copied.
func TestMirrorKeepsTagsOfOthers(t *testing.T) {
	c := newCopies(t)
	r := c.push(t, c.release(t, "4.14.0", nil, "a"), "4.14.0")
	other := build(t, small())
	if err := other.PushTo(c.target.Server, "ocp/m", "4.14.0-x86_64"); err != nil {
		t.Fatal(err)
	}
	args := []string{"SOURCE/ocp/release:4.14.0", "--to", "TARGET/ocp/m"}
	message := "error: TARGET/ocp/m:4.14.0-x86_64 is " + other.Digest().String() + " at the target, and not " + r.Digest().String() + ": nothing was copied; --force replaces it\n"
	want(t, c.run(t, append(slices.Clone(args), "--only-release")...), 6, "", message)
	wantRequests(t, "target", c.target.asked(), map[string]int{"HEAD manifest": 1})
	want(t, c.run(t, slices.Clone(args)...), 6, "", message)
	asked := c.target.asked()
	// Both tags are asked for at the same time. If the missing one is answered first, the repository is asked whether it has tags.
	asked = slices.DeleteFunc(asked, func(request string) bool { return request == "GET tags ocp/m" })
	wantRequests(t, "target", asked, map[string]int{"HEAD manifest": 2})
	want(t, c.run(t, append(args, "--force")...), 0, summary([]string{"4.14.0 to TARGET/ocp/m:4.14.0-x86_64"}, 2, 0, 2, 0, "5 copied (SIZE), 0 were there (SIZE)", ""), "")
	sameManifest(t, c.source, "ocp/release/manifests/4.14.0", c.target, "ocp/m/manifests/4.14.0-x86_64")
}

// A dry run asks no target, and reads of the images nothing but manifests.
func TestMirrorDryRun(t *testing.T) {
	for format, check := range map[string]func(out string) bool{
		"": func(out string) bool {
			return strings.HasPrefix(out, "TYPE        SIZE    TARGET\nrelease ") && strings.HasSuffix(out, "Ki   11 blobs, each counted once\n") && strings.Count(out, "\n") == 8
		},
		"mapping":                             func(out string) bool { return strings.Count(out, "\n") == 6 },
		"json":                                func(out string) bool { return strings.Contains(out, `"kind": "MirrorPlan"`) },
		"jsonpath={.blobs} {.images[*].type}": func(out string) bool { return out == "11 release component component signature signature signature" },
	} {
		t.Run(format, func(t *testing.T) {
			c := signedCopies(t)
			args := []string{"SOURCE/ocp/release:4.14.0", "--to", "TARGET/ocp/m", "--dry-run", "-o", format}
			if format == "" {
				args = args[:len(args)-2]
			}
			got := c.run(t, args...)
			if got.code != 0 || got.err != "" || !check(got.out) {
				t.Errorf("exit code %d, %s%s", got.code, got.err, got.out)
			}
			wantRequests(t, "target", c.target.asked(), map[string]int{})
			wantRequests(t, "source", c.source.asked(), map[string]int{"GET manifest": 6, "GET blob": 2})
		})
	}
}

// -o mapping prints what `oc image mirror -f` reads.
func TestMirrorMapping(t *testing.T) {
	c := newCopies(t)
	r := c.push(t, c.release(t, "4.14.0", nil, "a"), "4.14.0")
	c.sign(t, "ocp/release", r.Digest())
	a := componentDigest(t, "a")
	_, body := get(t, c.source.Server, "/v2/ocp/release/manifests/"+sigTag(r.Digest()))
	out := "SOURCE/ocp/release@" + r.Digest().String() + "=TARGET/ocp/m:4.14.0-x86_64\n" +
		"SOURCE/ocp/art@" + a.String() + "=TARGET/ocp/m:4.14.0-x86_64-a\n" +
		"SOURCE/ocp/release@" + digest.FromBytes(body).String() + "=TARGET/ocp/m:" + sigTag(r.Digest()) + "\n"
	want(t, c.run(t, "SOURCE/ocp/release:4.14.0", "--to", "TARGET/ocp/m", "-o", "mapping", "--dry-run"), 0, out, "")
	want(t, c.run(t, "SOURCE/ocp/release:4.14.0", "--to", "TARGET/ocp/m", "-o", "mapping"), 0, out, "")
}

// The target has credentials of its own with --to-authfile, which the source does not see.
func TestMirrorWithCredentialsForTheTarget(t *testing.T) {
	c := newCopies(t)
	c.push(t, c.release(t, "4.14.0", nil, "a"), "4.14.0")
	var wrong atomic.Int64
	asks := func(user string) func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		return func(next http.Handler, w http.ResponseWriter, r *http.Request) {
			got, _, ok := r.BasicAuth()
			if ok && got != user {
				wrong.Add(1)
			}
			if got == user {
				next.ServeHTTP(w, r)
				return
			}
			w.Header().Set("WWW-Authenticate", `Basic realm="r"`)
			w.WriteHeader(http.StatusUnauthorized)
		}
	}
	c.source.answer(asks("reader"))
	c.target.answer(asks("writer"))
	file := func(user string) string {
		entry := fmt.Sprintf(`{"auth":%q}`, base64.StdEncoding.EncodeToString([]byte(user+":secret")))
		return writeFile(t, user+".json", fmt.Sprintf(`{"auths":{%q:%s,%q:%s}}`, host(c.source.Server), entry, host(c.target.Server), entry))
	}
	args := []string{"SOURCE/ocp/release:4.14.0", "--to", "TARGET/ocp/m", "--authfile", file("reader")}
	if got := c.run(t, args...); got.code != 4 || strings.Contains(got.err, "secret") {
		t.Errorf("one file: exit code %d, %s", got.code, got.err)
	}
	wrong.Store(0)
	got := c.run(t, append(args, "--to-authfile", file("writer"))...)
	want(t, got, 0, summary([]string{"4.14.0 to TARGET/ocp/m:4.14.0-x86_64"}, 2, 0, 2, 0, "5 copied (SIZE), 0 were there (SIZE)", ""), "")
	if n := wrong.Load(); n > 0 {
		t.Errorf("%d requests had the credential of the other registry", n)
	}
}

// The groups of components are copied as far as the release has them.
func TestMirrorOfAGroup(t *testing.T) {
	c := newCopies(t)
	members := payload.GroupMembers("bootstrap")
	c.push(t, c.release(t, "4.14.0", nil, append([]string{"other"}, members[1:]...)...), "4.14.0")
	got := c.run(t, "SOURCE/ocp/release:4.14.0", "--to", "TARGET/ocp/m", "--group", "bootstrap")
	if got.code != 0 || got.err != "Warning: release 4.14.0 has no component "+members[0]+", which is in the group bootstrap\n" {
		t.Errorf("exit code %d, %s", got.code, got.err)
	}
	if n := len(tags(t, c.target.Server, "ocp/m")); n != len(members) {
		t.Errorf("%d tags, want %d", n, len(members))
	}
}

// A registry that does not say whether there are signatures ends the copy, unless they are left out on purpose.
func TestMirrorOfSignaturesOutOfReach(t *testing.T) {
	c := newCopies(t)
	c.push(t, c.release(t, "4.14.0", nil, "a"), "4.14.0")
	c.source.answer(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".sig") {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
	args := []string{"SOURCE/ocp/release:4.14.0", "--to", "TARGET/ocp/m"}
	got := c.run(t, args...)
	if got.code != 4 || !strings.HasPrefix(got.err, "error: reading signatures: ") || !strings.HasSuffix(got.err, "; --skip-signatures leaves out all signatures\n") {
		t.Errorf("exit code %d, %s", got.code, got.err)
	}
	if got := c.run(t, append(args, "--skip-signatures")...); got.code != 0 {
		t.Errorf("exit code %d, %s", got.code, got.err)
	}
}

// A tag that moves while a release is copied is of no account: all that follows is read by digest.
func TestMirrorAfterTagMoved(t *testing.T) {
	c := newCopies(t)
	r := c.push(t, c.release(t, "4.14.0", nil, "a"), "4.14")
	moved := build(t, c.release(t, "4.14.1", nil, "b"))
	var once sync.Once
	c.source.answer(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r)
		if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/manifests/4.14") {
			once.Do(func() {
				if err := moved.PushTo(c.source.Server, "ocp/release", "4.14"); err != nil {
					t.Error(err)
				}
			})
		}
	})
	want(t, c.run(t, "SOURCE/ocp/release:4.14", "--to", "TARGET/ocp/m"), 0,
		summary([]string{"4.14.0 to TARGET/ocp/m:4.14.0-x86_64"}, 2, 0, 2, 0, "5 copied (SIZE), 0 were there (SIZE)", ""), "")
	if got := contents(t, c.target.Server, "ocp/m")[0]; !strings.Contains(got, r.Digest().String()) {
		t.Errorf("the target has %s", got)
	}
	// The next run copies what the tag names now, below the name of its version.
	want(t, c.run(t, "SOURCE/ocp/release:4.14", "--to", "TARGET/ocp/m"), 0,
		summary([]string{"4.14.1 to TARGET/ocp/m:4.14.1-x86_64"}, 2, 0, 2, 0, "4 copied (SIZE), 1 were there (SIZE)", ""), "")
}
