package plugin_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/internal/testrelease"
)

// releases pushes releases into one repository of a registry, by their tags.
func releases(t *testing.T, tagged map[string]*testrelease.Builder) (repository string) {
	t.Helper()
	server := testrelease.Registry(t)
	for tag, b := range tagged {
		if err := build(t, b).PushTo(server, "ocp/release", tag); err != nil {
			t.Fatal(err)
		}
	}
	return host(server) + "/ocp/release"
}

// A mirror may serve an older release under the name of a newer one, or one for another architecture.
func TestWarnsOfAnotherReleaseThanRequested(t *testing.T) {
	older := testrelease.New("9.9.1").WithComponent("etcd")
	list := testrelease.New("9.9.2").WithComponent("etcd").WithList("amd64", "arm64")
	repository := releases(t, map[string]*testrelease.Builder{
		"9.9.2-x86_64": older, "9.9.2": older, "9.9.2-rc.1-x86_64": older, "latest-9.9.2": older,
		"9.9.1-x86_64": older, "9.9.1": older, "9.9.1-aarch64": older, "9.9.1-multi": older,
		"9.9.4-x86_64": list,
		"9.9.5-x86_64": testrelease.New("9.9.5").WithComponent("etcd").WithList("arm64"),
		"9.9.6-multi":  testrelease.New("9.9.6-multi").WithComponent("etcd"),
	})
	for _, test := range []struct{ args, warning string }{
		{"9.9.2", "9.9.2 is release 9.9.1, not 9.9.2"},
		{"9.9.2-x86_64", "9.9.2-x86_64 is release 9.9.1, not 9.9.2"},
		{"9.9.2-rc.1", "9.9.2-rc.1 is release 9.9.1, not 9.9.2-rc.1"},
		{"REPO:9.9.2", "REPO:9.9.2 is release 9.9.1, not 9.9.2"},
		{"REPO:9.9.2-x86_64", "REPO:9.9.2-x86_64 is release 9.9.1, not 9.9.2"},
		{"REPO:latest-9.9.2", ""},
		{"9.9.1", ""},
		{"9.9.1-x86_64", ""},
		{"REPO:9.9.1", ""},
		{"9.9.1-aarch64", "9.9.1-aarch64 is an image for x86_64, not for aarch64"},
		{"9.9.1 --arch arm64", "9.9.1 is for linux/amd64, not for linux/arm64"},
		{"REPO:9.9.1-aarch64", "REPO:9.9.1-aarch64 is an image for x86_64, not for aarch64"},
		{"REPO:9.9.1-multi", "REPO:9.9.1-multi is an image for one architecture, not a list for several"},
		{"9.9.4-x86_64", "9.9.4-x86_64 is release 9.9.2, not 9.9.4"},
		{"9.9.5-x86_64", "9.9.5-x86_64 is an image for aarch64, not for x86_64"},
		{"9.9.6-multi", ""}, // the whole word is the version
	} {
		t.Run(test.args, func(t *testing.T) {
			args := append([]string{"images", "--insecure", "--release-repository", repository, "-o", "name"}, strings.Fields(strings.ReplaceAll(test.args, "REPO", repository))...)
			warning := ""
			if test.warning != "" {
				warning = "Warning: " + strings.ReplaceAll(test.warning, "REPO", repository) + "\n"
			}
			want(t, run(t, args...), 0, "etcd\n", warning)
		})
	}
	for _, command := range []string{"images", "env", "info", "manifests --all", "graph", "extract --to " + filepath.Join(t.TempDir(), "x")} {
		t.Run(command, func(t *testing.T) {
			older := older.Clone().WithManifest("0000_50_a.yaml", object("ConfigMap", "a")).WithOperatorManifest("0000_00_b.yaml", object("ConfigMap", "b"))
			repository := releases(t, map[string]*testrelease.Builder{"9.9.2-x86_64": older})
			words := strings.Fields(command)
			args := append([]string{words[0], "9.9.2", "--insecure", "--release-repository", repository}, words[1:]...)
			if got := run(t, args...); got.code != 0 || got.err != "Warning: 9.9.2 is release 9.9.1, not 9.9.2\n" {
				t.Errorf("exit code %d, %s", got.code, got.err)
			}
		})
	}
	want(t, run(t, "images", repository+":9.9.2", "--insecure", "--strict", "-o", "name"), 7, "etcd\n",
		"Warning: "+repository+":9.9.2 is release 9.9.1, not 9.9.2\nerror: there was a warning, and --strict was given\n")
	layout := filepath.Join(t.TempDir(), "layout")
	if err := build(t, older).WriteLayout(layout, "9.9.2"); err != nil {
		t.Fatal(err)
	}
	want(t, run(t, "images", "oci:"+layout+":9.9.2", "-o", "name"), 0, "etcd\n", "Warning: oci:"+layout+":9.9.2 is release 9.9.1, not 9.9.2\n")
	want(t, run(t, "images", "oci:"+layout, "-o", "name"), 0, "etcd\n", "")
}

// A version with an architecture chooses the image from a manifest list.
func TestVersionWithArchitectureChoosesFromList(t *testing.T) {
	repository := releases(t, map[string]*testrelease.Builder{
		"4.14.0-aarch64": testrelease.New("4.14.0").WithComponent("etcd").WithList("amd64", "arm64", "s390x"),
		"4.14.0-s390x":   testrelease.New("4.14.0").WithComponent("etcd").WithList("amd64", "arm64", "s390x"),
	})
	for version, arch := range map[string]string{"4.14.0-aarch64": "arm64", "4.14.0-s390x": "s390x"} {
		want(t, run(t, "images", version, "--insecure", "--release-repository", repository, "--jq", ".release.architecture"), 0, arch+"\n", "")
	}
}

// The tags of OKD, of nightlies and of CI have no architecture.
func TestVersionTagWithoutArchitecture(t *testing.T) {
	const okd = "4.22.0-okd-scos.7"
	c := watch(t)
	c.push(t, testrelease.New(okd).WithComponent("etcd"), "okd/scos-release", okd)
	repository := host(c.Server) + "/okd/scos-release"
	from := []string{"--insecure", "--release-repository", repository, "-o", "name"}
	cold, names := cached(t), append([]string{"images", okd}, from...)
	want(t, cold.run(t, names...), 0, "etcd\n", "")
	asked, _ := c.asked()
	if first := asked[0]; !strings.HasSuffix(first, okd+"-x86_64") {
		t.Errorf("asked for %s first, want the tag with the architecture", first)
	}
	want(t, cold.run(t, append(names, "--offline")...), 0, "etcd\n", "")
	got := cold.run(t, append(names, "-v=1")...)
	if note := repository + " has no tag " + okd + "-x86_64: " + okd + " is read\n"; got.code != 0 || !strings.Contains(got.err, note) {
		t.Errorf("exit code %d, got %s, want %s", got.code, got.err, note)
	}

	absent := ": getting " + repository + ":4.22.1-x86_64: not found: the repository has no such tag"
	want(t, cold.run(t, append([]string{"images", "4.22.1"}, from...)...), 3, "",
		"error: 4.22.1"+absent+", and no tag 4.22.1 either: name the image as HOST/REPOSITORY:TAG\n")
	want(t, cold.run(t, append([]string{"images", okd, "--arch", "amd64"}, from...)...), 3, "",
		"error: "+okd+": getting "+repository+":"+okd+"-x86_64: not found: the repository has no such tag\n")
	want(t, cold.run(t, append([]string{"images", okd + "-x86_64"}, from...)...), 3, "",
		"error: "+okd+"-x86_64: getting "+repository+":"+okd+"-x86_64: not found: the repository has no such tag\n")
	want(t, cold.run(t, append([]string{"images", "4.22.1", "--offline"}, from...)...), 5, "",
		"error: 4.22.1: what the tag 4.22.1-x86_64 names is not in the cache, and --offline was given\n")
}
