package image_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

func TestParseReference(t *testing.T) {
	const sum = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	const d = digest.Digest(sum)
	registry := func(repository string, tag string, d digest.Digest) image.Reference {
		return image.Reference{Kind: image.KindRegistry, Repository: oci.SplitRepository(repository), Tag: tag, Digest: d}
	}
	local := func(kind image.Kind, path, tag string, d digest.Digest) image.Reference {
		return image.Reference{Kind: kind, Path: path, Tag: tag, Digest: d}
	}
	version := func(v, arch string) image.Reference {
		return image.Reference{Kind: image.KindVersion, Version: v, Arch: arch}
	}
	tests := map[string]image.Reference{
		"quay.io/org/repo:tag":                             registry("quay.io/org/repo", "tag", ""),
		"quay.io/org/repo":                                 registry("quay.io/org/repo", "latest", ""),
		"quay.io/org/repo@" + sum:                          registry("quay.io/org/repo", "", d),
		"quay.io/org/repo:tag@" + sum:                      registry("quay.io/org/repo", "", d),
		"docker://quay.io/org/repo:tag":                    registry("quay.io/org/repo", "tag", ""),
		"docker://localhost/repo":                          registry("localhost/repo", "latest", ""),
		"localhost:5000/a/b/c:4.14.0-x86_64":               registry("localhost:5000/a/b/c", "4.14.0-x86_64", ""),
		"registry:5000/repo:t":                             registry("registry:5000/repo", "t", ""),
		"127.0.0.1:5000/ocp/release@" + sum:                registry("127.0.0.1:5000/ocp/release", "", d),
		"[::1]:5000/ocp/release:t":                         registry("[::1]:5000/ocp/release", "t", ""),
		"QUAY.io/a/b_c__d-e--f.g:T_1.2-3":                  registry("QUAY.io/a/b_c__d-e--f.g", "T_1.2-3", ""),
		"oci.example.org/a:t":                              registry("oci.example.org/a", "t", ""),
		"4.14.0":                                           version("4.14.0", ""),
		"4.14.0-x86_64":                                    version("4.14.0", "x86_64"),
		"4.14.0-multi":                                     version("4.14.0", "multi"),
		"4.14.0-aarch64":                                   version("4.14.0", "aarch64"),
		"4.14.0-rc.1":                                      version("4.14.0-rc.1", ""),
		"4.14.0-rc.1-x86_64":                               version("4.14.0-rc.1", "x86_64"),
		"4.14.0-ec.3-s390x":                                version("4.14.0-ec.3", "s390x"),
		"4.14.0-0.nightly-2023-10-31-054858":               version("4.14.0-0.nightly-2023-10-31-054858", ""),
		"4.14.0-0.nightly-arm64-2023-10-31-054858":         version("4.14.0-0.nightly-arm64-2023-10-31-054858", ""),
		"4.14.0-0.nightly-2023-10-31-054858-ppc64le":       version("4.14.0-0.nightly-2023-10-31-054858", "ppc64le"),
		"oci:examples/release":                             local(image.KindLayout, "examples/release", "", ""),
		"oci:examples/release:4.14.0-x86_64":               local(image.KindLayout, "examples/release", "4.14.0-x86_64", ""),
		"oci:/a b/ü:quay.io/org/repo:tag":                  local(image.KindLayout, "/a b/ü", "quay.io/org/repo:tag", ""),
		"oci:dir@" + sum:                                   local(image.KindLayout, "dir", "", d),
		"oci:dir:tag@" + sum:                               local(image.KindLayout, "dir", "", d),
		"oci:user@host:tag":                                local(image.KindLayout, "user@host", "tag", ""),
		"oci:..":                                           local(image.KindLayout, "..", "", ""),
		`oci:C:\releases\a:tag`:                            local(image.KindLayout, `C:\releases\a`, "tag", ""),
		"oci:c:/releases/a":                                local(image.KindLayout, "c:/releases/a", "", ""),
		"oci:c:tag":                                        local(image.KindLayout, "c", "tag", ""),
		"ocidir://dir:tag":                                 local(image.KindLayout, "dir", "tag", ""),
		"ocidir:///srv/dir@" + sum:                         local(image.KindLayout, "/srv/dir", "", d),
		"oci-archive:a.tar":                                local(image.KindOCIArchive, "a.tar", "", ""),
		"oci-archive:a.tar.gz:tag":                         local(image.KindOCIArchive, "a.tar.gz", "tag", ""),
		"docker-archive:/a.tar:quay.io/org/repo:tag":       local(image.KindDockerArchive, "/a.tar", "quay.io/org/repo:tag", ""),
		"dir:/a:b":                                         local(image.KindDirectory, "/a:b", "", ""),
		"dir:.":                                            local(image.KindDirectory, ".", "", ""),
		"file:image-references":                            local(image.KindFile, "image-references", "", ""),
		"file:../x.json":                                   local(image.KindFile, "../x.json", "", ""),
		"-":                                                local(image.KindStdin, "", "", ""),
		"quay.io/openshift-release-dev/ocp-release:4.14.0": registry("quay.io/openshift-release-dev/ocp-release", "4.14.0", ""),
	}
	for text, want := range tests {
		want.Text = text
		got, err := image.ParseReference(text)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: error %v (-want +got)\n%s", text, err, diff)
		}
	}
}

func TestParseReferenceRefuses(t *testing.T) {
	const forms = "quay.io/org/repo:tag, 4.14.0, oci:DIR, oci-archive:FILE, docker-archive:FILE, dir:DIR, file:FILE or -"
	tests := []struct{ text, want string }{
		{"", "the reference to a release is empty: want " + forms},
		{"etcd", `"etcd" is not a release: want ` + forms},
		{"4.14", `"4.14" is not a release: want ` + forms},
		{"v4.14.0", `"v4.14.0" is not a release: want ` + forms},
		{"release.tar", `"release.tar" is not a release: want ` + forms},
		{"repo:tag", `"repo:tag" is not a release: want ` + forms},
		{"org/repo", `"org/repo" names no registry: want HOST/REPOSITORY:TAG, as in quay.io/org/repo:tag`},
		{"org/repo:tag", `"org/repo:tag" names no registry: want HOST/REPOSITORY:TAG, as in quay.io/org/repo:tag`},
		{"/srv/release", `"/srv/release" is a path: want oci:PATH for an image layout, oci-archive:PATH or docker-archive:PATH for a tar file, dir:PATH for an extracted release`},
		{"./release", `"./release" is a path: want oci:PATH for an image layout, oci-archive:PATH or docker-archive:PATH for a tar file, dir:PATH for an extracted release`},
		{"docker://org/repo", `"docker://org/repo" names no registry: want HOST/REPOSITORY:TAG, as in quay.io/org/repo:tag`},
		{"docker://busybox", `"docker://busybox" names no registry: want HOST/REPOSITORY:TAG, as in quay.io/org/repo:tag`},
		{"docker://", `"docker://": want docker://HOST/REPOSITORY:TAG`},
		{"docker:quay.io/a", `"docker:quay.io/a": want docker://HOST/REPOSITORY:TAG`},
		{"docker://quay.io", `"docker://quay.io": "" is not a repository: want lower-case letters and digits, with . _ - and / between them`},
		{"quay.io/", `"quay.io/": "" is not a repository: want lower-case letters and digits, with . _ - and / between them`},
		{"quay.io/Org/repo", `"quay.io/Org/repo": "Org/repo" is not a repository: want lower-case letters and digits, with . _ - and / between them`},
		{"quay.io/a//b", `"quay.io/a//b": "a//b" is not a repository: want lower-case letters and digits, with . _ - and / between them`},
		{"quay.io/a/../b:t", `"quay.io/a/../b:t": "a/../b" is not a repository: want lower-case letters and digits, with . _ - and / between them`},
		{"quay.io/a:", `"quay.io/a:": the tag "" is not valid`},
		{"quay.io/a:-t", `"quay.io/a:-t": the tag "-t" is not valid`},
		{"quay.io/a:a/b", `"quay.io/a:a/b": the tag "a/b" is not valid`},
		{"file://x", `"file://x": want file:FILE for an image-references file, oci:DIR for an image, dir:DIR for a directory of manifests`},
		{"file:///x/y", `"file:///x/y": want file:FILE for an image-references file, oci:DIR for an image, dir:DIR for a directory of manifests`},
		{"oci://x", `"oci://x": oci:// is not a form of a release: want ` + forms},
		{"containers-storage://x", `"containers-storage://x": containers-storage:// is not a form of a release: want ` + forms},
		{"ocidir:x", `"ocidir:x": want oci:DIR[:TAG] or ocidir://DIR[:TAG]`},
		{"https://user:secret@quay.io/a/b", `a release in a registry is named without https://: want quay.io/org/repo:tag`},
		{"user:secret@quay.io/a/b:t", `a reference has no user and password in it: credentials come from --authfile`},
		{"oci:", `"oci:" names no path`},
		{"oci::tag", `"oci::tag" names no path`},
		{"dir:", `"dir:" names no path`},
		{"file:", `"file:" names no path`},
		{"oci:d:", `"oci:d:": the tag "" is not valid`},
		{"oci:d:a b", `"oci:d:a b": the tag "a b" is not valid`},
	}
	for _, test := range tests {
		_, err := image.ParseReference(test.text)
		if err == nil || err.Error() != test.want || fault.KindOf(err) != fault.Usage {
			t.Errorf("%q: kind %d\n got %v\nwant %s", test.text, fault.KindOf(err), err, test.want)
		}
		bare := !strings.ContainsAny(test.text, "/") && strings.Contains(test.want, "is not a release")
		if got := errors.Is(err, image.ErrNotReference); got != bare {
			t.Errorf("%q: ErrNotReference %v, want %v", test.text, got, bare)
		}
	}
}

func TestHostileReferencesAreRefused(t *testing.T) {
	for _, text := range []string{
		"../x", "../../etc/passwd", "./x", "/etc/passwd", "//x/y", "a b", " quay.io/a:b", "quay.io/a:b ", "quay.io/a b:t", "-flag", "--flag=quay.io/a",
		strings.Repeat("a", 10<<10), "quay.io/" + strings.Repeat("a", 10<<10), "quay.io/" + strings.Repeat("a", 300), "oci:" + strings.Repeat("d/", 5<<10),
		"quay.io/ärger:t", "quáy.io/a:t", "quay.io/a:t\n", "quay.io/a\x00:t", "oci:a\x00b", "quay.io\\a/b:t", "$(id)/a:t", "quay.io/`id`:t", "quay.io:port/a:t",
		"quay.io:123456/a:t", ".quay.io/a:t", "quay..io/a:t", "-quay.io/a:t", "quay.io-/a:t", "http://169.254.169.254/a", "docker://", "docker:///a:t",
		"\u202equay.io/a:t", "quay.io/a%2f..:t", "quay.io/a?x=y:t", "quay.io/a#b:t",
	} {
		_, err := image.ParseReference(text)
		if fault.KindOf(err) != fault.Usage {
			t.Errorf("%.60q: kind %d: %v", text, fault.KindOf(err), err)
		}
		if err != nil && len(err.Error()) > 700 {
			t.Errorf("%.60q: an error of %d bytes", text, len(err.Error()))
		}
	}
}

// What stands before an @ may be a password: no error shows it.
func TestParseReferenceShowsNoPassword(t *testing.T) {
	for _, text := range []string{"docker://user:secret@quay.io/a", "user:secret@quay.io/a:t", "quay.io/a:secret@x", "https://user:secret@quay.io/a"} {
		_, err := image.ParseReference(text)
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzParseReference(f *testing.F) {
	for _, seed := range []string{
		"quay.io/org/repo:tag", "docker://quay.io/a@sha256:" + strings.Repeat("a", 64), "oci:C:\\a:b", "4.14.0-rc.1-x86_64", "oci-archive:a@b:c", "-", "dir:..", "x@sha256:../../x", "[::1]:5/a",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ref, err := image.ParseReference(text)
		if err != nil {
			if kind := fault.KindOf(err); kind != fault.Usage && kind != fault.Integrity {
				t.Fatalf("%q: kind %d: %v", text, kind, err)
			}
			return
		}
		if ref.Text != text {
			t.Errorf("text %q became %q", text, ref.Text)
		}
		if ref.Digest != "" && ref.Digest.Validate() != nil {
			t.Errorf("%q: digest %q", text, ref.Digest)
		}
		if ref.Kind != image.KindRegistry {
			return
		}
		// What a registry is asked for is safe in a URL, and says the same when it is read again.
		name := ref.Repository.String()
		if strings.ContainsAny(name+ref.Tag, "?#% \\@\x00\n") || strings.Contains(name, "..") || strings.Contains(name, "//") {
			t.Errorf("%q: repository %q, tag %q", text, ref.Repository, ref.Tag)
		}
		again := oci.PullSpec{Repository: ref.Repository, Tag: ref.Tag, Digest: ref.Digest}.String()
		second, err := image.ParseReference(again)
		if err != nil || second.Repository != ref.Repository || second.Tag != ref.Tag || second.Digest != ref.Digest {
			t.Errorf("%q became %q, which is %+v, %v", text, again, second, err)
		}
	})
}
