package payload_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

func TestVariables(t *testing.T) {
	r := stream{}.with("etcd", pullSpec("a")).with("hyperkube", pullSpec("b")).with("4lights", pullSpec("c")).with("a.b-c_d", pullSpec("d")).read(t)
	variables, err := r.Variables(true)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, v := range variables {
		got = append(got, strings.Join([]string{v.Name, v.Component, v.Alias}, " "))
	}
	want := []string{
		"_4LIGHTS_IMAGE 4lights ", "A_B_C_D_IMAGE a.b-c_d ", "ETCD_IMAGE etcd ", "HYPERKUBE_IMAGE hyperkube ",
		"KUBE_APISERVER_IMAGE hyperkube kube-apiserver", "KUBE_CONTROLLER_MANAGER_IMAGE hyperkube kube-controller-manager",
		"KUBE_SCHEDULER_IMAGE hyperkube kube-scheduler", "MACHINE_CONFIG_ETCD_IMAGE etcd machine-config-etcd",
		"OPENSHIFT_HYPERKUBE_IMAGE hyperkube openshift-hyperkube",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if own, err := r.Variables(false); err != nil || len(own) != 4 {
		t.Errorf("without aliases: %d variables, %v; want 4", len(own), err)
	}
}

// The operating system has the variables of the installer under all its names in OCP and OKD.
func TestOperatingSystemVariables(t *testing.T) {
	for _, name := range []string{
		"rhel-coreos", "rhel-coreos-8", "rhel-coreos-9", "rhel-coreos-10", "stream-coreos", "stream-coreos-10",
		"centos-stream-coreos-9", "centos-stream-coreos-10", "fedora-coreos",
	} {
		variables, err := stream{}.with(name, pullSpec("a")).read(t).Variables(true)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, v := range variables {
			if v.Alias != "" {
				got = append(got, v.Name+"="+v.Value)
			}
		}
		want := []string{"MACHINE_CONFIG_OSCONTENT=" + pullSpec("a"), "MACHINE_OS_CONTENT_IMAGE=" + pullSpec("a")}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestSafeValue(t *testing.T) {
	for value, want := range map[string]bool{
		"quay.io:443/a_b/c+d@sha256:00":  true,
		"[2001:db8::10]:5000/ocp/art:v1": true,
		"[::1]/a":                        true,
		"[::ffff:192.0.2.1]:5000/a":      true,
		"":                               false,
		"[]/a":                           false,
		"[1]/a":                          false,
		"[a-z]/a":                        false,
		"[::1]":                          false,
		"a/[::1]":                        false,
		"[::1][::1]/a":                   false,
		"[::1%eth0]/a":                   false,
		"[::1]/a$(id)":                   false,
		"[::1]/a\n":                      false,
	} {
		if got := payload.SafeValue(value); got != want {
			t.Errorf("%q: %v, want %v", value, got, want)
		}
	}
}

// The host of a pull spec may be an IPv6 address.
func TestComponentOnAnIPv6Host(t *testing.T) {
	digest := "sha256:" + strings.Repeat("a", 64)
	r := stream{}.with("etcd", "[2001:db8::10]:5000/ocp/art@"+digest).read(t)
	if len(r.Warnings) != 0 || r.Components[0].Digest.String() != digest {
		t.Errorf("digest %q, warnings %q", r.Components[0].Digest, r.Warnings)
	}
}

// If a component has the name of an alias, the variable has the component's image.
func TestComponentWinsOverAlias(t *testing.T) {
	variables, err := stream{}.with("hyperkube", pullSpec("a")).with("kube-apiserver", pullSpec("b")).read(t).Variables(true)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range variables {
		if v.Name == "KUBE_APISERVER_IMAGE" && (v.Value != pullSpec("b") || v.Alias != "") {
			t.Errorf("KUBE_APISERVER_IMAGE is %s of the alias %q", v.Value, v.Alias)
		}
	}
}

func TestVariablesRefusesUnsafeNames(t *testing.T) {
	good := pullSpec("a")
	for name, test := range map[string]struct {
		r    stream
		want string
	}{
		"quote":        {stream{}.with(`a'b`, good), `the component "a'b" cannot be a variable: its name has characters other than letters, digits and ._-`},
		"command":      {stream{}.with("a$(id)", good), `the component "a$(id)" cannot be a variable: its name has characters other than letters, digits and ._-`},
		"equals":       {stream{}.with("a=b", good), `the component "a=b" cannot be a variable: its name has characters other than letters, digits and ._-`},
		"empty":        {stream{}.with("", good), `the component "" cannot be a variable: its name has characters other than letters, digits and ._-`},
		"newline":      {stream{}.with("a\nb", good), `the component "a\nb" cannot be a variable: its name has characters other than letters, digits and ._-`},
		"value":        {stream{}.with("a", "x`id`"), "the pull spec of the component \"a\" has characters that are not safe in a shell: \"x`id`\""},
		"value break":  {stream{}.with("a", good+"\n"), "the pull spec of the component \"a\" has characters that are not safe in a shell: \"" + good + "\\n\""},
		"value empty":  {stream{}.with("a", ""), `the pull spec of the component "a" has characters that are not safe in a shell: ""`},
		"collision":    {stream{}.with("a-b", good).with("a_b", pullSpec("b")), `the component "a_b" and the component "a-b" would both be the variable A_B_IMAGE`},
		"the release":  {stream{}.with("release", good), `the component "release" and the release itself would both be the variable RELEASE_IMAGE`},
		"case":         {stream{}.with("A", good).with("a", pullSpec("b")), `the component "a" and the component "A" would both be the variable A_IMAGE`},
		"not a letter": {stream{}.with("é", good), `the component "é" cannot be a variable: its name has characters other than letters, digits and ._-`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := test.r.read(t).Variables(true)
			if err == nil || err.Error() != test.want || fault.KindOf(err) != fault.Integrity {
				t.Errorf("got  %v (kind %v)\nwant %s", err, fault.KindOf(err), test.want)
			}
		})
	}
}

// VariableName must not already give a target the variable of its alias.
func TestAliasesAreDistinct(t *testing.T) {
	seen := map[string]bool{}
	for _, alias := range payload.Aliases() {
		if seen[alias.Variable] {
			t.Errorf("%s is listed twice", alias.Variable)
		}
		seen[alias.Variable] = true
		for _, target := range alias.Targets {
			if name, err := payload.VariableName(target); err != nil || name == alias.Variable {
				t.Errorf("%s is the plain variable of %s (%v)", alias.Variable, target, err)
			}
		}
	}
}
