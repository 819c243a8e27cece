package registry

import (
	"strings"
	"testing"
)

// A mirror in each kind of registry has the release alone. check finds what is missing, and the command that it prints brings it.
func TestCheck(t *testing.T) {
	source := kinds(t)["tokens"]
	source.releaseOf(t)
	for name, target := range targets(t) {
		t.Run(name, func(t *testing.T) {
			auth := authFile(t, source.host(), login(user, password), target.host(), login(user, password))
			ca := bundle(t, source, target)
			access := []string{"--registry-config", auth, "--certificate-authority", ca}
			release, mirror := source.host()+"/ocp/release:4.14.0-multi", target.host()+"/ocp/m"
			run := fresh(t)
			if got := run.run(append([]string{"mirror", release, "--to", mirror, "--only-release"}, access...)...); got.code != 0 {
				t.Fatal(got.err)
			}
			check := append([]string{"check", release, "--mirror", mirror, "--jq", `.checks[] | select(.result == "FAIL") | .name, .subject, .command`}, access...)
			command := "mirror " + release + " --to " + mirror + " --component etcd --registry-config " + auth + " --certificate-authority " + ca
			got := run.run(check...)
			want(t, got, 3, "image\netcd\noc release-x "+command+"\n", "error: "+mirror+" is not complete: something is missing\n")
			if got := run.run(strings.Fields(command)...); got.code != 0 {
				t.Fatal(got.err)
			}
			want(t, run.run(check...), 0, "", "")
		})
	}
}
