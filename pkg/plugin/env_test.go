package plugin_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/testrelease"
)

func TestEnv(t *testing.T) {
	release := layout(t, small())
	digest := build(t, small()).Digest().String()
	want(t, run(t, "env", release), 0, ""+
		"# Component images of OpenShift 4.14.0\n"+
		"# Read from "+release+"\n"+
		"export RELEASE_IMAGE=\"quay.io/openshift-release-dev/ocp-release@"+digest+"\"\n"+
		"export RELEASE_VERSION=\"4.14.0\"\n"+
		"export RELEASE_DIGEST=\""+digest+"\"\n"+
		"export ETCD_IMAGE=\""+testrelease.ImageOf("etcd")+"\"\n"+
		"export HYPERKUBE_IMAGE=\""+testrelease.ImageOf("hyperkube")+"\"\n"+
		"export MACHINE_CONFIG_OPERATOR_IMAGE=\""+testrelease.ImageOf("machine-config-operator")+"\"\n"+
		"export POD_IMAGE=\""+testrelease.ImageOf("pod")+"\"\n"+
		"export KUBE_APISERVER_IMAGE=\""+testrelease.ImageOf("hyperkube")+"\"\n"+
		"export KUBE_CONTROLLER_MANAGER_IMAGE=\""+testrelease.ImageOf("hyperkube")+"\"\n"+
		"export KUBE_SCHEDULER_IMAGE=\""+testrelease.ImageOf("hyperkube")+"\"\n"+
		"export MACHINE_CONFIG_ETCD_IMAGE=\""+testrelease.ImageOf("etcd")+"\"\n"+
		"export MACHINE_CONFIG_INFRA_IMAGE=\""+testrelease.ImageOf("pod")+"\"\n"+
		"export MACHINE_CONFIG_SERVER_IMAGE=\""+testrelease.ImageOf("machine-config-operator")+"\"\n"+
		"export OPENSHIFT_HYPERKUBE_IMAGE=\""+testrelease.ImageOf("hyperkube")+"\"\n", "")
}

func TestEnvOfDirectory(t *testing.T) {
	dir := t.TempDir()
	if err := small().WriteDirectory(dir); err != nil {
		t.Fatal(err)
	}
	want(t, run(t, "env", "dir:"+dir, "etcd"), 0, ""+
		"# Component images of OpenShift 4.14.0\n"+
		"# Read from dir:"+dir+"\n"+
		"# RELEASE_IMAGE and RELEASE_DIGEST left out: this source does not say what the release image is called\n"+
		"export RELEASE_VERSION=\"4.14.0\"\n"+
		"export ETCD_IMAGE=\""+testrelease.ImageOf("etcd")+"\"\n", "")
}

func TestEnvNames(t *testing.T) {
	release := layout(t, small())
	for _, test := range []struct{ args, want string }{
		{"etcd", "ETCD_IMAGE"},
		{"kube-apiserver", "KUBE_APISERVER_IMAGE"},
		{"hyperkube kube-scheduler", "HYPERKUBE_IMAGE KUBE_SCHEDULER_IMAGE"},
		{"*", "ETCD_IMAGE HYPERKUBE_IMAGE MACHINE_CONFIG_OPERATOR_IMAGE POD_IMAGE"},
		{"kube-apiserver --aliases=false", "KUBE_APISERVER_IMAGE"},
		{"--aliases=false", "ETCD_IMAGE HYPERKUBE_IMAGE MACHINE_CONFIG_OPERATOR_IMAGE POD_IMAGE"},
		{"etcd --prefix OCP_", "OCP_ETCD_IMAGE"},
	} {
		t.Run(test.args, func(t *testing.T) {
			args := append([]string{"env", release, "--jq", `[.variables[]|select(.component).name]|join(" ")`}, strings.Fields(test.args)...)
			want(t, run(t, args...), 0, test.want+"\n", "")
		})
	}
	want(t, run(t, "env", release, "nope"), 3, "", "error: no component \"nope\" in release 4.14.0\n")
}

func TestEnvFormats(t *testing.T) {
	release := layout(t, small())
	digest := build(t, small()).Digest().String()
	etcd, comments := testrelease.ImageOf("etcd"), "# Component images of OpenShift 4.14.0\n# Read from "+release+"\n"
	for format, line := range map[string]string{
		"sh":         comments + "export N=\"V\"\n",
		"fish":       comments + "set -gx N \"V\"\n",
		"powershell": comments + "$env:N = \"V\"\n",
		"dotenv":     comments + "N=V\n",
		"make":       comments + "export N := V\n",
		"github":     "N=V\n",
	} {
		t.Run(format, func(t *testing.T) {
			head, template := "", line
			if i := strings.LastIndex(strings.TrimSuffix(line, "\n"), "\n"); i >= 0 {
				head, template = line[:i+1], line[i+1:]
			}
			expected := head
			for _, v := range [][2]string{
				{"RELEASE_IMAGE", "example.com/mirror@" + digest}, {"RELEASE_VERSION", "4.14.0"}, {"RELEASE_DIGEST", digest}, {"ETCD_IMAGE", etcd},
			} {
				expected += strings.NewReplacer("N", v[0], "V", v[1]).Replace(template)
			}
			got := run(t, "env", release, "etcd", "--format", format, "--release-image", "example.com/mirror@"+digest)
			want(t, got, 0, expected, "")
		})
	}
	var flat map[string]string
	if err := json.Unmarshal([]byte(good(t, run(t, "env", release, "etcd", "--format", "json"))), &flat); err != nil {
		t.Fatal(err)
	}
	expected := map[string]string{
		"RELEASE_IMAGE":   "quay.io/openshift-release-dev/ocp-release@" + digest,
		"RELEASE_VERSION": "4.14.0", "RELEASE_DIGEST": digest, "ETCD_IMAGE": etcd,
	}
	if diff := cmp.Diff(expected, flat); diff != "" {
		t.Error(diff)
	}
}

func TestEnvRefusesContradictingFlags(t *testing.T) {
	release := layout(t, small())
	for _, test := range []struct {
		args, want string
	}{
		{"--format json -o json", "--format prints variables, -o and --jq print a document: give one of them"},
		{"--to x -o json", "--to writes variables, -o and --jq print a document: give one of them"},
		{"--format tcsh", `--format "tcsh": want one of sh, fish, powershell, dotenv, make, github, json`},
		{"--prefix a", `--prefix "a": want upper-case letters, digits and underscores, not starting with a digit`},
		{"--prefix 1", `--prefix "1": want upper-case letters, digits and underscores, not starting with a digit`},
		{"--release-image $(id)", `--release-image "$(id)": want a pull spec, such as quay.io/org/repo:tag`},
		{"--release-image -rf", `--release-image "-rf": want a pull spec, such as quay.io/org/repo:tag`},
		{"--to=", "--to is empty: name a file, or - for standard output"},
		{"-o wide", `unable to match a printer suitable for the output format "wide", allowed formats are: custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,template,templatefile,yaml`},
	} {
		want(t, run(t, append([]string{"env", release}, strings.Fields(test.args)...)...), 2, "", "error: "+test.want+"\n")
	}
}

// shellsOf returns the shells for a format of env, each with flags that disable startup files.
func shellsOf() map[string][][]string {
	return map[string][][]string{
		"sh":   {{"sh"}, {"bash", "--norc"}, {"dash"}, {"zsh", "-f"}, {"busybox", "sh"}},
		"fish": {{"fish", "--no-config"}},
	}
}

// Every installed shell can eval the output.
func TestShellsEvalEnv(t *testing.T) {
	release := layout(t, small())
	for format, shells := range shellsOf() {
		file := filepath.Join(t.TempDir(), "component-images."+format)
		good(t, run(t, "env", release, "--format", format, "--to", file))
		for _, shell := range shells {
			t.Run(shell[0], func(t *testing.T) {
				path, err := exec.LookPath(shell[0])
				if err != nil {
					t.Skipf("%s is not installed", shell[0])
				}
				for _, read := range map[string][]string{
					"sh":   {`eval "$(cat "$F")"`, `. "$F"`},
					"fish": {`eval (cat $F | string collect)`, `source $F`},
				}[format] {
					script := read + "\n" + `echo "etcd: $ETCD_IMAGE"; echo "API server: $KUBE_APISERVER_IMAGE"; env | grep -c '_IMAGE='`
					command := exec.Command(path, append(shell[1:], "-c", script)...)
					command.Env = []string{"PATH=" + os.Getenv("PATH"), "F=" + file, "HOME=" + t.TempDir()}
					out, err := command.CombinedOutput()
					expected := "etcd: " + testrelease.ImageOf("etcd") + "\nAPI server: " + testrelease.ImageOf("hyperkube") + "\n12\n"
					if err != nil || string(out) != expected {
						t.Errorf("%s: %v\ngot  %s\nwant %s", read, err, out, expected)
					}
				}
			})
		}
	}
}

func TestEnvRefusesUnsafeNames(t *testing.T) {
	canary := filepath.Join(t.TempDir(), "canary")
	value := testrelease.Image
	for name, test := range map[string]struct {
		b    *testrelease.Builder
		want string
	}{
		"substitution in a value": {small().WithComponent("x", value("q/a$(touch "+canary+")")), `the pull spec of the component "x" has characters that are not safe in a shell: "q/a$(touch ` + canary + `)"`},
		"backtick in a value":     {small().WithComponent("x", value("q/a`id`")), "the pull spec of the component \"x\" has characters that are not safe in a shell: \"q/a`id`\""},
		"newline in a value":      {small().WithComponent("x", value("q/a\ntouch x")), `the pull spec of the component "x" has characters that are not safe in a shell: "q/a\ntouch x"`},
		"quote in a name":         {small().WithComponent(`a";id;"`), `the component "a\";id;\"" cannot be a variable: its name has characters other than letters, digits and ._-`},
		"collision":               {small().WithComponent("a-b").WithComponent("a_b"), `the component "a_b" and the component "a-b" would both be the variable A_B_IMAGE`},
		"the release":             {small().WithComponent("release"), `the component "release" and the release itself would both be the variable RELEASE_IMAGE`},
	} {
		t.Run(name, func(t *testing.T) {
			for _, format := range []string{"sh", "fish", "powershell", "dotenv", "make", "github", "json"} {
				got := run(t, "env", layout(t, test.b), "--format", format)
				got.err = got.err[strings.LastIndex(strings.TrimSuffix(got.err, "\n"), "\n")+1:] // warnings come before it
				want(t, got, 6, "", "error: "+test.want+"\n")
			}
		})
	}
	leading := good(t, run(t, "env", layout(t, small().WithComponent("4lights")), "4lights", "--format", "dotenv"))
	if !strings.Contains(leading, "\n_4LIGHTS_IMAGE=") {
		t.Errorf("a leading digit: %s", leading)
	}
	version := layout(t, small().Without("release-metadata").WithReferences(strings.Replace(string(small().References()), `"4.14.0"`, `"4.14.0$(id)"`, 1)))
	want(t, run(t, "env", version), 6, "", "error: RELEASE_VERSION has characters that are not safe in a shell: \"4.14.0$(id)\"\n")
}

// The brackets of an IPv6 address are not quoted in any format.
func TestEnvOfIPv6Host(t *testing.T) {
	image := "[2001:db8::10]:5000/ocp/art@" + imageDigest("etcd")
	release := layout(t, testrelease.New("4.14.0").WithComponent("etcd", testrelease.Image(image)))
	for format, line := range map[string]string{
		"sh": `export ETCD_IMAGE="` + image + `"`, "fish": `set -gx ETCD_IMAGE "` + image + `"`, "powershell": `$env:ETCD_IMAGE = "` + image + `"`,
		"dotenv": "ETCD_IMAGE=" + image, "make": "export ETCD_IMAGE := " + image, "github": "ETCD_IMAGE=" + image, "json": `    "ETCD_IMAGE": "` + image + `",`,
	} {
		if got := run(t, "env", release, "--format", format, "--strict"); got.code != 0 || got.err != "" || !strings.Contains(got.out, "\n"+line+"\n") {
			t.Errorf("%s: exit code %d\n%s%s", format, got.code, got.out, got.err)
		}
	}
	want(t, run(t, "images", release, "--strict", "-o", "digest"), 0, imageDigest("etcd")+"\n", "")
	path, err := exec.LookPath("fish")
	if err != nil {
		t.Skip("fish is not installed")
	}
	command := exec.Command(path, "--no-config", "-c", "eval (cat | string collect); echo $ETCD_IMAGE")
	command.Stdin = strings.NewReader(good(t, run(t, "env", release, "--format", "fish")))
	if out, err := command.CombinedOutput(); err != nil || string(out) != image+"\n" {
		t.Errorf("fish: %v\n%s", err, out)
	}
}

func TestEnvToFile(t *testing.T) {
	release := layout(t, small())
	want(t, run(t, "env", release, "--to", "-"), 0, good(t, run(t, "env", release)), "")
	got := call{env: map[string]string{"GITHUB_ENV": "/tmp/github"}}.run(t, "env", release, "--to", "/tmp/github")
	want(t, got, 2, "", "error: --to would replace what earlier steps wrote into $GITHUB_ENV: leave it out and append with >> \"$GITHUB_ENV\"\n")
	file := filepath.Join(t.TempDir(), "images.sh")
	want(t, run(t, "env", release, "--to", file), 0, "", "")
	written, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if expected := good(t, run(t, "env", release)); string(written) != expected {
		t.Errorf("the file differs from what goes to standard output: %s", written)
	}
	link := file + "-link"
	github := call{env: map[string]string{"GITHUB_ENV": file}}
	if err := errors.Join(os.Chmod(file, 0o640), os.WriteFile(file, []byte("old"), 0), os.Symlink(file, link)); err != nil {
		t.Fatal(err)
	}
	want(t, github.run(t, "env", release, "--to", link), 2, "", got.err)
	want(t, run(t, "env", release, "--to", link), 0, "", "")
	again, err := os.ReadFile(file)
	info, failed := os.Stat(file)
	if err != nil || failed != nil || string(again) != string(written) || info.Mode() != 0o640 {
		t.Errorf("through a link: mode %v, %s", info.Mode(), again)
	}
	want(t, run(t, "env", release, "--to", filepath.Join(file, "x")), 8, "", "error: writing "+file+"/x: not a directory\n")
	want(t, run(t, "env", release, "--to", "/nowhere/x"), 8, "", "error: writing /nowhere/x: no such file or directory\n")
}

func TestEnvNotesMissingVariables(t *testing.T) {
	dir := t.TempDir()
	if err := small().WriteDirectory(dir); err != nil {
		t.Fatal(err)
	}
	const left = "Note: RELEASE_IMAGE and RELEASE_DIGEST left out: this source does not say what the release image is called\n"
	want(t, run(t, "env", "dir:"+dir, "etcd", "--format", "github"), 0, "RELEASE_VERSION=4.14.0\nETCD_IMAGE="+testrelease.ImageOf("etcd")+"\n", left)
	got := good(t, run(t, "env", "dir:"+dir, "etcd", "--release-image", "quay.io/a/b:c", "--prefix", "X_"))
	if !strings.Contains(got, "\n# X_RELEASE_DIGEST left out: ") || !strings.Contains(got, "\nexport X_RELEASE_IMAGE=\"quay.io/a/b:c\"\n") {
		t.Errorf("got %s", got)
	}
}

// For a manifest list, RELEASE_DIGEST is the digest of the list, by which RELEASE_IMAGE is pulled.
func TestEnvOfManifestList(t *testing.T) {
	b := testrelease.New("4.14.0").WithComponent("etcd").WithList("amd64", "arm64")
	server := testrelease.Registry(t)
	got := good(t, run(t, "env", push(t, server, b), "--insecure", "--format", "github", "--aliases=false"))
	list := build(t, b).ListDigest().String()
	want := "RELEASE_IMAGE=" + host(server) + "/ocp/release@" + list + "\nRELEASE_VERSION=4.14.0\nRELEASE_DIGEST=" + list + "\nETCD_IMAGE=" + testrelease.ImageOf("etcd") + "\n"
	if got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// make can include the output, even for a reference that ends in a backslash.
func TestMakeIncludesEnv(t *testing.T) {
	program, err := exec.LookPath("make")
	if err != nil {
		t.Skip("make is not installed")
	}
	dir := filepath.Join(t.TempDir(), `odd\`)
	if err := build(t, small()).WriteLayout(dir, "4.14.0"); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "Makefile")
	good(t, run(t, "env", "oci:"+dir, "--format", "make", "--to", file))
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("all:\n\t@echo $(RELEASE_VERSION) $(ETCD_IMAGE) $$RELEASE_IMAGE\n"); err != nil {
		t.Fatal(err)
	}
	f.Close()
	out, err := exec.Command(program, "-s", "-f", file).CombinedOutput()
	want := "4.14.0 " + testrelease.ImageOf("etcd") + " quay.io/openshift-release-dev/ocp-release@" + build(t, small()).Digest().String() + "\n"
	if err != nil || string(out) != want {
		t.Errorf("%v\ngot  %s\nwant %s", err, out, want)
	}
}

// imageDigest returns the digest of the image of a component.
func imageDigest(name string) string {
	_, digest, _ := strings.Cut(testrelease.ImageOf(name), "@")
	return digest
}
