package registry

import "testing"

func TestCertificateAuthority(t *testing.T) {
	s, tokens := bearer(t, newAuthority(t), "")
	s.push(t, s.host())
	release := s.host() + "/ocp/release:4.14.0"
	realm := tokens.Listener.Addr().String()
	const unknown = ": x509: certificate signed by unknown authority; name a file with its CA certificate with --certificate-authority, or put it into /etc/containers/certs.d/"
	const without = "; --insecure skips verification for the hosts written in RELEASE, insecure = true in registries.conf for mirrors"
	for name, test := range map[string]struct {
		args   []string
		code   int
		out    string
		errOut string
	}{
		"its own":         {[]string{"--certificate-authority", s.authority.file}, 0, images, ""},
		"none":            {nil, 5, "", s.host() + unknown + s.host() + without},
		"another":         {[]string{"--certificate-authority", newAuthority(t).file}, 5, "", s.host() + unknown + s.host() + without},
		"the host's only": {[]string{"--insecure"}, 5, "", realm + unknown + realm + without},
	} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"images", release, "--authfile", authFile(t, s.host(), login(user, password))}, test.args...)
			errOut := ""
			if test.errOut != "" {
				errOut = "error: " + release + ": " + test.errOut + "\n"
			}
			want(t, fresh(t).run(args...), test.code, test.out, errOut)
		})
	}
}
