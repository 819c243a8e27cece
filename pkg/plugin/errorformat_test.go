package plugin_test

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestErrorAsJSON(t *testing.T) {
	release := layout(t, small())
	for _, test := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"not found", []string{"images", "oci:/nowhere", "--error-format=json"}, 3, `{"code":3,"kind":"NotFound","message":"oci:/nowhere: stat /nowhere: no such file or directory"}`},
		{"a name that is nearly right", []string{"images", release, "etcdd", "--error-format=json"}, 3, `{"code":3,"kind":"NotFound","message":"no component \"etcdd\" in release 4.14.0","hint":"did you mean etcd?"}`},
		{"a hint", []string{"images", "--error-format", "json", "--nope"}, 2, "{\"code\":2,\"kind\":\"Usage\",\"message\":\"unknown flag: --nope\",\"hint\":\"see `oc release-x images --help`\"}"},
		{"a mistake before the flag", []string{"images", "--nope", "--error-format", "json"}, 2, "{\"code\":2,\"kind\":\"Usage\",\"message\":\"unknown flag: --nope\",\"hint\":\"see `oc release-x images --help`\"}"},
		{"a mistake before the flag, with =", []string{"images", "--nope", "--error-format=json"}, 2, "{\"code\":2,\"kind\":\"Usage\",\"message\":\"unknown flag: --nope\",\"hint\":\"see `oc release-x images --help`\"}"},
		{"a mistake in jq", []string{"images", release, "--jq", ".a | | b", "--error-format=json"}, 2, `{"code":2,"kind":"Usage","message":"--jq: unexpected token \"|\""}`},
		{"local", []string{"images", release, "-o", "custom-columns-file=/nowhere", "--error-format=json"}, 8, `{"code":8,"kind":"Local","message":"-o custom-columns-file: open /nowhere: no such file or directory"}`},
		{"hostile", []string{"images", "oci:/no\x1b[31m\u202e\U000e0001\n\xff<&>", "--error-format=json"}, 3, `{"code":3,"kind":"NotFound","message":"oci:/no\u001b[31m\u202e\udb40\udc01 \ufffd<&>: stat /no\u001b[31m\u202e\udb40\udc01 \ufffd<&>: no such file or directory"}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := run(t, test.args...)
			if !json.Valid([]byte(got.err)) {
				t.Errorf("it is no JSON: %q", got.err)
			}
			want(t, got, test.code, "", test.want+"\n")
		})
	}
}

func TestErrorFormatIsTextOtherwise(t *testing.T) {
	want(t, run(t, "images", "oci:/nowhere", "--error-format=text"), 3, "", "error: oci:/nowhere: stat /nowhere: no such file or directory\n")
	if got := run(t, "images", "--", "etcd", "--error-format=json"); !strings.HasPrefix(got.err, "error: \"etcd\" is not a release") {
		t.Errorf("a name is taken for the flag: %q", got.err)
	}
	got := run(t, "images", "--error-format=yaml")
	want(t, got, 2, "", "error: invalid argument \"yaml\" for \"--error-format\" flag: want text or json; see `oc release-x images --help`\n")
}

// TestErrorsAreEscaped holds that nothing in an error reaches the terminal as an escape, a mark that turns the direction of
// writing, or a second line. The path is not quoted where the error is made.
func TestErrorsAreEscaped(t *testing.T) {
	got := run(t, "images", "oci:/no\x1b[31m\u202e\r/x")
	if strings.ContainsAny(got.err, "\x1b\u202e\r") {
		t.Errorf("stderr has control characters: %q", got.err)
	}
	want(t, got, 3, "", `error: oci:/no\x1b[31m\u202e /x: stat /no\x1b[31m\u202e /x: no such file or directory`+"\n")
}

// TestWarningsAreEscaped does the same for warnings, whose names come from a release.
func TestWarningsAreEscaped(t *testing.T) {
	const name = "x\x1b[31m\u202e\n.yaml"
	release := layout(t, small().WithManifest("folder/"+name, "a: b\n"))
	got := run(t, "images", release, "pod", "-o", "name")
	want(t, got, 0, "pod\n", `Warning: release-manifests/folder/x\x1b[31m\u202e\n.yaml is left out: folders below release-manifests are passed over, as the operator does`+"\n")
}
