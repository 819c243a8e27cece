package plugin_test

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/testrelease"
	"github.com/release-x/oc-release-x/internal/testsign"
)

// checkedMirror is a mirror of a release with two components, one of them a list. Everything is there and signed.
type checkedMirror struct {
	copies
	release      *testrelease.Release
	list         *testrelease.Release // the component multi
	etcd         *testrelease.Release
	signatures   string // directory of OpenPGP signatures
	keys         string
	idms, source string

	mu   sync.Mutex
	lost map[string]bool // METHOD-less names of requests that the target answers with 404
}

func newCheckedMirror(t *testing.T) *checkedMirror {
	t.Helper()
	m := &checkedMirror{copies: newCopies(t), signatures: t.TempDir(), lost: map[string]bool{}}
	component := func(name string) *testrelease.Builder {
		return testrelease.New("1.0.0").WithBaseLayer(testrelease.File("base", "base")).WithComponent(name)
	}
	m.etcd, m.list = build(t, component("etcd")), build(t, component("multi").WithList("amd64", "arm64"))
	key := testsign.NewKey(t, "release")
	b := testrelease.New("4.14.0").WithBaseLayer(testrelease.File("base", "base")).
		WithManifest(testsign.PolicyName, testsign.Policy(m.signer.PEM, "", m.scopes()...)).
		WithManifest(testsign.VerificationName, testsign.Verification(map[string]string{
			"verifier-public-key-release": testsign.Armored(t, key), "store-release": "https://signatures.invalid",
		}))
	for name, image := range map[string]*testrelease.Release{"etcd": m.etcd, "multi": m.list} {
		if err := image.PushTo(m.copies.source.Server, "ocp/art", name); err != nil {
			t.Fatal(err)
		}
		for _, one := range image.Images {
			m.sign(t, "ocp/art", one.Manifest.Digest)
		}
	}
	b.WithComponent("etcd", testrelease.Image(m.art(m.etcd.Digest()))).WithComponent("multi", testrelease.Image(m.art(m.list.ListDigest())))
	m.release = m.push(t, b, "4.14.0-x86_64")
	m.sign(t, "ocp/release", m.release.Digest())
	writeSignature(t, m.signatures, m.release.Digest(), key.SignAtomic(t, m.release.Digest()))
	m.keys = keyFile(t, key)
	m.source = host(m.copies.source.Server)
	m.idms = m.mirrorSet(t, map[string]string{"release": "m", "art": "m"})
	m.target.answer(m.answer)
	return m
}

// mirrorSet writes an ImageDigestMirrorSet from repositories of the source to those of the target.
func (m *checkedMirror) mirrorSet(t *testing.T, mirrors map[string]string) string {
	t.Helper()
	text := "apiVersion: config.openshift.io/v1\nkind: ImageDigestMirrorSet\nmetadata: {name: a}\nspec:\n  imageDigestMirrors:\n"
	for _, from := range slices.Sorted(maps.Keys(mirrors)) {
		text += fmt.Sprintf("  - source: %s/ocp/%s\n    mirrors: [%s/ocp/%s]\n", host(m.copies.source.Server), from, host(m.target.Server), mirrors[from])
	}
	return mirrorFile(t, text)
}

// answer answers like the target, which has lost some manifests and blobs until they are pushed again.
func (m *checkedMirror) answer(next http.Handler, w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, name, _ := strings.Cut(requestName(r), " ")
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		if m.lost[name] {
			http.Error(w, `{"errors":[{"code":"MANIFEST_UNKNOWN"}]}`, http.StatusNotFound)
			return
		}
	} else {
		delete(m.lost, strings.Replace(name, "upload ", "blob ", 1))
	}
	if repository, _, ok := strings.Cut(name, ":"); ok && r.Method == http.MethodPut && strings.HasPrefix(name, "manifest ") {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		delete(m.lost, strings.TrimSuffix(repository, "@sha256")+"@"+digest.FromBytes(body).String())
	}
	next.ServeHTTP(w, r)
}

// lose makes the target lose what requests name: "manifest REPOSITORY@DIGEST", "blob REPOSITORY@DIGEST".
func (m *checkedMirror) lose(names ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, name := range names {
		m.lost[name] = true
	}
}

// mirror copies the release, or what a command line names.
func (m *checkedMirror) mirror(t *testing.T, args ...string) {
	t.Helper()
	if len(args) == 0 {
		args = []string{"SOURCE/ocp/release:4.14.0-x86_64", "--to", "TARGET/ocp/m"}
	}
	args = append(args, "--keyring", m.keys, "--signature", m.signatures)
	if got := m.run(t, args...); got.code != 0 {
		t.Fatalf("mirror %q: exit code %d, %s", args, got.code, got.err)
	}
}

// check runs check on the mirror with everything that is there.
func (m *checkedMirror) check(t *testing.T, args ...string) result {
	t.Helper()
	m.copies.source.asked()
	m.target.asked()
	args = append([]string{"check", "--insecure"}, args...)
	for i := range args {
		args[i] = strings.NewReplacer("SOURCE", m.source, "TARGET", host(m.target.Server)).Replace(args[i])
	}
	got := cached(t).run(t, args...)
	hide := strings.NewReplacer(m.source, "SOURCE", host(m.target.Server), "TARGET")
	got.out, got.err = hide.Replace(got.out), hide.Replace(got.err)
	return got
}

// all are the arguments with which a mirror is complete.
func (m *checkedMirror) all(args ...string) []string {
	return append([]string{"SOURCE/ocp/release:4.14.0-x86_64", "--mirror", "TARGET/ocp/m", "--idms-file", m.idms, "--signature", m.signatures}, args...)
}

func TestCheckOfACompleteMirror(t *testing.T) {
	m := newCheckedMirror(t)
	m.mirror(t)
	got := m.check(t, m.all("--jq", `(.checks[] | [.name, .result, .subject, .command // ""] | join(" ")), .complete`)...)
	want(t, got, 0, strings.Join([]string{
		"image PASS etcd ", "image PASS multi ", "image PASS release image ",
		"sigstore PASS etcd ", "sigstore PASS multi ", "sigstore PASS multi ", "sigstore PASS release image ",
		"signature PASS image, keyring verifier-public-key-release ",
		"mirrors PASS SOURCE/ocp/art ", "mirrors PASS SOURCE/ocp/release ", "true",
	}, "\n")+"\n", "")
	wantRequests(t, "source", m.copies.source.asked(), map[string]int{})
}

// gap is something that a mirror lacks.
type gap struct {
	layout []string // flags of mirror and check
	breaks func(t *testing.T, m *checkedMirror) (args []string)
	name   string // of the check
	what   string // the subject
	reason string
	// command is what closes the gap, after "oc release-x mirror SOURCE/ocp/release:4.14.0-x86_64 --to TARGET/ocp/m".
	command string
}

func gaps() map[string]gap {
	return map[string]gap{
		"component": {
			breaks: func(_ *testing.T, m *checkedMirror) []string {
				m.lose("manifest ocp/m@"+m.etcd.Digest().String(), "manifest ocp/m:4.14.0-x86_64-etcd")
				return nil
			},
			name: "image", what: "etcd", command: " --component etcd --insecure",
			reason: "getting TARGET/ocp/m@DIGEST: not found: the repository has no such digest",
		},
		"child of a list": {
			breaks: func(_ *testing.T, m *checkedMirror) []string {
				m.lose("manifest ocp/m@" + m.list.Images[1].Manifest.Digest.String())
				return nil
			},
			name: "image", what: "multi", command: " --component multi --repair --insecure",
			reason: "getting TARGET/ocp/m@DIGEST: not found: the repository has no such digest",
		},
		"blob": {
			breaks: func(_ *testing.T, m *checkedMirror) []string {
				m.lose("blob ocp/m@" + m.etcd.Images[0].Layers[1].Digest.String())
				return nil
			},
			name: "image", what: "etcd", command: " --component etcd --repair --insecure",
			reason: "getting blob DIGEST of TARGET/ocp/m: not found: the repository has no such digest",
		},
		"release image": {
			breaks: func(_ *testing.T, m *checkedMirror) []string {
				m.lose("manifest ocp/m@"+m.release.Digest().String(), "manifest ocp/m:4.14.0-x86_64")
				return nil
			},
			name: "image", what: "release image", command: " --only-release --insecure",
			reason: "getting TARGET/ocp/m@DIGEST: not found: the repository has no such digest",
		},
		"signature of the release": {
			breaks: func(_ *testing.T, m *checkedMirror) []string {
				m.lose("manifest ocp/m:" + sigTag(m.release.Digest()))
				return nil
			},
			name: "sigstore", what: "release image", command: " --only-release --insecure",
			reason: "images of SOURCE/ocp/release need a signature: getting TARGET/ocp/m:TAG: not found: the repository has no such tag",
		},
		"signature of a component": {
			breaks: func(_ *testing.T, m *checkedMirror) []string {
				m.lose("manifest ocp/m:" + sigTag(m.etcd.Digest()))
				return nil
			},
			name: "sigstore", what: "etcd", command: " --component etcd --insecure",
			reason: "images of SOURCE/ocp/art need a signature: getting TARGET/ocp/m:TAG: not found: the repository has no such tag",
		},
		"signature of a child": {
			breaks: func(_ *testing.T, m *checkedMirror) []string {
				m.lose("manifest ocp/m:" + sigTag(m.list.Images[1].Manifest.Digest))
				return nil
			},
			name: "sigstore", what: "multi", command: " --component multi --insecure",
			reason: "images of SOURCE/ocp/art need a signature: getting TARGET/ocp/m:TAG: not found: the repository has no such tag",
		},
		"blob of a signature": {
			breaks: func(t *testing.T, m *checkedMirror) []string {
				_, body := get(t, m.target.Server, "/v2/ocp/m/manifests/"+sigTag(m.etcd.Digest()))
				var signature struct{ Layers []struct{ Digest string } }
				decode(t, body, &signature)
				m.lose("blob ocp/m@" + signature.Layers[0].Digest)
				return nil
			},
			name: "sigstore", what: "etcd", command: " --component etcd --repair --insecure",
			reason: "images of SOURCE/ocp/art need a signature: getting blob DIGEST of TARGET/ocp/m: not found: the repository has no such digest",
		},
		"component with another tag": {
			breaks: func(t *testing.T, m *checkedMirror) []string {
				m.lose("manifest ocp/m@" + m.etcd.Digest().String())
				if err := m.release.PushTo(m.target.Server, "ocp/m", "4.14.0-x86_64-etcd"); err != nil {
					t.Fatal(err)
				}
				return nil
			},
			name: "image", what: "etcd", command: " --component etcd --force --insecure",
			reason: "getting TARGET/ocp/m@DIGEST: not found: the repository has no such digest",
		},
		"component of oc-mirror": {
			layout: []string{"--layout", "oc-mirror"},
			breaks: func(_ *testing.T, m *checkedMirror) []string {
				m.lose("manifest ocp/m/openshift/release@"+m.etcd.Digest().String(), "manifest ocp/m/openshift/release:4.14.0-x86_64-etcd")
				return nil
			},
			name: "image", what: "etcd", command: " --layout oc-mirror --component etcd --insecure",
			reason: "getting TARGET/ocp/m/openshift/release@DIGEST: not found: the repository has no such digest",
		},
		"release image elsewhere": {
			layout: []string{"--to-release-image", "TARGET/ocp/r"},
			breaks: func(_ *testing.T, m *checkedMirror) []string {
				m.lose("manifest ocp/r@"+m.release.Digest().String(), "manifest ocp/r:4.14.0-x86_64")
				return []string{"--to-release-image", "TARGET/ocp/r"}
			},
			name: "image", what: "release image", command: " --to-release-image TARGET/ocp/r --only-release --insecure",
			reason: "getting TARGET/ocp/r@DIGEST: not found: the repository has no such digest",
		},
	}
}

// shownGaps is an expression for the checks that did not pass.
const shownGaps = `.checks[] | select(.result != "PASS") | [.name, .result, .subject, .reason, .command] | join("\n")`

func TestCheckFindsEachGapAndTheCommandClosesIt(t *testing.T) {
	for name, gap := range gaps() {
		t.Run(name, func(t *testing.T) {
			m := newCheckedMirror(t)
			m.mirror(t, append([]string{"SOURCE/ocp/release:4.14.0-x86_64", "--to", "TARGET/ocp/m"}, gap.layout...)...)
			m.useLayout(t, gap.layout)
			args := m.all(gap.breaks(t, m)...)
			got := m.check(t, append(args, "--jq", shownGaps)...)
			lines := strings.Split(strings.TrimSuffix(got.out, "\n"), "\n")
			command := "oc release-x mirror SOURCE/ocp/release:4.14.0-x86_64 --to TARGET/ocp/m" + gap.command
			wanted := []string{gap.name, "FAIL", gap.what, gap.reason, command}
			if len(lines) == len(wanted) {
				lines[3] = hideDigests(lines[3])
			}
			if diff := cmp.Diff(wanted, lines); diff != "" || got.code != 3 || got.err != "error: TARGET/ocp/m is not complete: something is missing\n" {
				t.Fatalf("exit code %d, %s\n-want +got:\n%s", got.code, got.err, diff)
			}
			if again := m.check(t, append(args, "--jq", shownGaps)...); again != got {
				t.Errorf("another run prints %+v\nand not %+v", again, got)
			}
			closed := m.run(t, strings.Fields(strings.TrimPrefix(command, "oc release-x mirror"))...)
			if closed.code != 7 || !strings.HasPrefix(closed.err, "error: everything was copied, but") { // this program does not know the key
				t.Fatalf("%s: exit code %d, %s", command, closed.code, closed.err)
			}
			want(t, m.check(t, append(args, "--jq", shownGaps)...), 0, "", "")
		})
	}
}

// useLayout writes mirror sets for another layout.
func (m *checkedMirror) useLayout(t *testing.T, flags []string) {
	switch {
	case slices.Contains(flags, "oc-mirror"):
		m.idms = m.mirrorSet(t, map[string]string{"release": "m/openshift/release-images", "art": "m/openshift/release"})
	case slices.Contains(flags, "--to-release-image"):
		m.idms = m.mirrorSet(t, map[string]string{"release": "r", "art": "m"})
	}
}

// hideDigests replaces digests and the tags that are made of them.
func hideDigests(text string) string {
	words := strings.Fields(text)
	for i, word := range words {
		if at := strings.Index(word, "sha256-"); at >= 0 && strings.Contains(word, ".sig") {
			words[i] = word[:at] + "TAG" + word[strings.Index(word, ".sig")+4:]
		} else if at := strings.Index(word, "sha256:"); at >= 0 {
			words[i] = word[:at] + "DIGEST" + word[at+71:]
		}
	}
	return strings.Join(words, " ")
}

func TestCheckOfMirrorSets(t *testing.T) {
	m := newCheckedMirror(t)
	m.mirror(t)
	apply := "oc release-x mirror SOURCE/ocp/release:4.14.0-x86_64 --to TARGET/ocp/m --insecure --manifests-to mirror-manifests && oc apply -f mirror-manifests/idms.yaml"
	for name, test := range map[string]struct {
		sets map[string]string
		want string
	}{
		"not covered": {
			map[string]string{"release": "m"},
			"mirrors\nFAIL\nSOURCE/ocp/art\nthe given files: no mirror\n" + apply + "\n",
		},
		"elsewhere": {
			map[string]string{"release": "m", "art": "other"},
			"mirrors\nFAIL\nSOURCE/ocp/art\nthe given files: its mirrors are TARGET/ocp/other, and the images are in TARGET/ocp/m\n" + apply + "\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			m.idms = m.mirrorSet(t, test.sets)
			want(t, m.check(t, m.all("--jq", shownGaps)...), 3, test.want, "error: TARGET/ocp/m is not complete: something is missing\n")
			m.idms = filepath.Join(m.apply(t, apply), "idms.yaml")
			want(t, m.check(t, m.all("--jq", shownGaps)...), 0, "", "")
		})
	}
	got := m.check(t, "SOURCE/ocp/release:4.14.0-x86_64", "--mirror", "TARGET/ocp/m", "--signature", m.signatures, "--jq", `.checks[] | select(.result != "PASS") | .name+" "+.subject+" "+.skippedBecause`)
	want(t, got, 0, "mirrors SOURCE/ocp/art, SOURCE/ocp/release no-mirror-sets\n", "")
}

// apply runs the first part of a printed command in a directory of its own. It returns the directory that the rest of it applies
// to a cluster.
func (m *checkedMirror) apply(t *testing.T, command string) string {
	t.Helper()
	command, _, _ = strings.Cut(strings.TrimPrefix(command, "oc release-x mirror "), " && ")
	t.Chdir(t.TempDir())
	if got := m.run(t, append(strings.Fields(command), "--keyring", m.keys, "--signature", m.signatures)...); got.code != 0 {
		t.Fatalf("%s: exit code %d, %s", command, got.code, got.err)
	}
	dir, err := filepath.Abs("mirror-manifests")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestCheckOfTheOpenPGPSignature(t *testing.T) {
	m := newCheckedMirror(t)
	m.mirror(t)
	empty := t.TempDir()
	args := []string{"SOURCE/ocp/release:4.14.0-x86_64", "--mirror", "TARGET/ocp/m", "--idms-file", m.idms}
	apply := "oc release-x mirror SOURCE/ocp/release:4.14.0-x86_64 --to TARGET/ocp/m --insecure --manifests-to mirror-manifests && oc apply -f mirror-manifests/signatures"
	got := m.check(t, append(args, "--signature", empty, "--jq", shownGaps)...)
	want(t, got, 3, "signature\nFAIL\nimage, keyring verifier-public-key-release\nnot signed: no signature of "+m.release.Digest().String()+" in "+empty+"\n"+apply+"\n",
		"error: TARGET/ocp/m is not complete: something is missing\n")
	written := filepath.Join(m.apply(t, apply), "signatures")
	files, err := os.ReadDir(written)
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	want(t, m.check(t, append(args, "--signature", filepath.Join(written, files[0].Name()), "--jq", shownGaps)...), 0, "", "")
	// Nobody says where the cluster finds it, and the server of the release does not answer.
	got = m.check(t, append(args, "--jq", `.checks[] | select(.result != "PASS") | .name+" "+.result+" "+.skippedBecause`)...)
	const hint = "; --signature names the signatures that clusters have, such as those of mirror --manifests-to\n"
	if got.code != 5 || got.out != "signature SKIPPED network\n" || !strings.HasSuffix(got.err, hint) {
		t.Errorf("exit code %d, %s%s", got.code, got.out, got.err)
	}
	// A ConfigMap with the signature of another release does not count.
	other := writeFile(t, "signature.yaml", testsign.Signatures(digest.FromString("x"), []byte("x")))
	if got := m.check(t, append(args, "--signature", other)...); got.code != 3 {
		t.Errorf("exit code %d, %s%s", got.code, got.out, got.err)
	}
}

// Registries exist that answer HEAD wrongly: a GET shows that nothing is missing.
func TestCheckConfirmsGaps(t *testing.T) {
	m := newCheckedMirror(t)
	m.mirror(t)
	m.target.answer(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			http.NotFound(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
	want(t, m.check(t, m.all("--jq", shownGaps)...), 0, "", "")
}

func TestCheckThatCannotBeMade(t *testing.T) {
	m := newCheckedMirror(t)
	m.mirror(t)
	refuse := func(status int, part string) {
		m.target.answer(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.Path, part) {
				w.WriteHeader(status)
				return
			}
			m.answer(next, w, r)
		})
	}
	shown := `[.checks[] | select(.result != "PASS") | .name+" "+.result+" "+.subject+" "+(.skippedBecause // "")] | join(", ")`
	refuse(http.StatusForbidden, m.etcd.Digest().String())
	got := m.check(t, m.all("--jq", shown)...)
	if got.code != 4 || got.out != "image SKIPPED etcd credentials\n" {
		t.Errorf("exit code %d, %s%s", got.code, got.out, got.err)
	}
	// Something that is missing counts for more than what could not be checked.
	m.lose("manifest ocp/m:" + sigTag(m.release.Digest()))
	if got := m.check(t, m.all("--jq", shown)...); got.code != 3 || got.out != "image SKIPPED etcd credentials, sigstore FAIL release image \n" {
		t.Errorf("exit code %d, %s%s", got.code, got.out, got.err)
	}
	got = m.check(t, "SOURCE/ocp/release:4.14.0-x86_64", "--mirror", "127.0.0.1:1/ocp/m", "--layout", "oc")
	if got.code != 5 || got.out != "" {
		t.Errorf("exit code %d, %s%s", got.code, got.out, got.err)
	}
}

// Where the source cannot be reached, the release is read from the mirror; if the mirror does not have it, nothing else can be
// checked.
func TestCheckWithoutTheSource(t *testing.T) {
	m := newCheckedMirror(t)
	m.mirror(t)
	m.copies.source.Close()
	want(t, m.check(t, m.all("--jq", shownGaps)...), 0, "", "")
	for _, name := range []string{"TARGET/ocp/m:4.14.0-x86_64", "4.14.0"} {
		got := m.check(t, name, "--mirror", "TARGET/ocp/m", "--release-repository", "SOURCE/ocp/release", "--idms-file", m.idms, "--signature", m.signatures, "--jq", shownGaps)
		want(t, got, 0, "", "")
	}
	m.lose("manifest ocp/m:4.14.0-x86_64")
	got := m.check(t, m.all("--jq", `.checks[] | [.name, .result, .subject // "", .command // .skippedBecause] | join(" ")`)...)
	want(t, got, 3, "image FAIL release image oc release-x mirror SOURCE/ocp/release:4.14.0-x86_64 --to TARGET/ocp/m --insecure\n"+
		"sigstore SKIPPED  not-read\nsignature SKIPPED  not-read\nmirrors SKIPPED  not-read\n", "error: TARGET/ocp/m is not complete: something is missing\n")
}

// A manifest costs one GET, a blob one HEAD, and what images share is asked for once.
func TestCheckAsksOnce(t *testing.T) {
	m := newCheckedMirror(t)
	m.mirror(t)
	good(t, m.check(t, m.all()...))
	asked := m.target.asked()
	blobs := map[string]bool{}
	for _, request := range asked {
		if strings.HasPrefix(request, "HEAD blob") {
			blobs[request] = true
		}
	}
	// The manifests of the release twice: it is read, and it is checked. The other images: etcd, multi with two children, and
	// four signatures.
	wantRequests(t, "target", asked, map[string]int{"GET manifest": 10, "HEAD blob": len(blobs), "GET blob": 2})
}

func TestCheckPrintsATable(t *testing.T) {
	m := newCheckedMirror(t)
	m.mirror(t)
	m.lose("manifest ocp/m:" + sigTag(m.etcd.Digest()))
	got := m.check(t, m.all()...)
	var lines []string
	for line := range strings.Lines(got.out) {
		lines = append(lines, strings.Join(strings.Fields(hideDigests(line)), " "))
	}
	for i, line := range lines {
		if strings.HasPrefix(line, "signature PASS") {
			lines[i] = "signature PASS"
		}
	}
	if diff := cmp.Diff([]string{
		"CHECK RESULT SUBJECT REASON COMMAND",
		"image PASS 3 images present in TARGET/ocp/m <none>",
		"sigstore FAIL etcd images of SOURCE/ocp/art need a signature: getting TARGET/ocp/m:TAG: not found: the repository has no such tag oc release-x mirror SOURCE/ocp/release:4.14.0-x86_64 --to TARGET/ocp/m --component etcd --insecure",
		"sigstore PASS 3 signatures present in TARGET/ocp/m <none>",
		"signature PASS",
		"mirrors PASS SOURCE/ocp/art the given files: TARGET/ocp/m <none>",
		"mirrors PASS SOURCE/ocp/release the given files: TARGET/ocp/m <none>",
	}, lines); diff != "" || got.code != 3 {
		t.Errorf("exit code %d\n-want +got:\n%s", got.code, diff)
	}
}
