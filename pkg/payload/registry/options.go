package registry

import (
	"context"
	"log/slog"
	"net"
	"time"

	"github.com/release-x/oc-release-x/internal/transport"
	"github.com/release-x/oc-release-x/pkg/payload/registry/mirrors"
)

// Options say how registries are reached. The zero value is anonymous, verified, and reads no environment.
type Options struct {
	AuthFile   string                                                      // --authfile: the one file to take credentials from
	PullSecret func(context.Context) (data []byte, from string, err error) // --pull-secret-from-cluster: asked once, instead of the usual files
	Getenv     func(string) string                                         // the environment, for credentials and proxies; nil is an empty one
	Home       string                                                      // the home folder, "" has none
	UID        string                                                      // the user's number, "" has none

	Insecure   []string      // the hosts, host[:port], that are not verified and may speak plain HTTP
	CAFile     string        // --certificate-authority: trusted beside the system's
	CertDirs   []string      // folders of host[:port] folders; nil: /etc/docker/certs.d, /etc/containers/certs.d and the home's
	Mirrors    mirrors.Files // the files that name mirrors
	AllowRealm []string      // hosts, host[:port], that may be token servers of registries in other domains

	MaxPerRegistry int          // requests to one registry at once; 0 is 4
	UserAgent      string       // "" is oc-release-x
	Log            *slog.Logger // retries and resumed downloads at Info, requests at Debug, warnings; never a secret; nil drops them

	Timeouts Timeouts
	Sleep    func(context.Context, time.Duration) error                           // waits before a retry; nil is the clock
	Now      func() time.Time                                                     // for dates in Retry-After; nil is the clock
	Dial     func(ctx context.Context, network, address string) (net.Conn, error) // nil is the system's; another one answers itself for where redirects may lead
}

// Timeouts bound the parts of a request; zero values stand for the defaults.
type Timeouts struct {
	Dial      time.Duration // 10 s
	Handshake time.Duration // TLS, 10 s
	Header    time.Duration // the whole response header, 30 s
	Stall     time.Duration // a body that brings less than 4 KiB in this time is given up, 30 s
}

// tries is how often one request is sent, the first time included.
const tries = 5

// withDefaults fills what was left out.
func (o Options) withDefaults() Options {
	if o.Getenv == nil {
		o.Getenv = func(string) string { return "" }
	}
	if o.CertDirs == nil {
		o.CertDirs = certDirs(o.Home)
	}
	if o.MaxPerRegistry <= 0 {
		o.MaxPerRegistry = 4
	}
	if o.UserAgent == "" {
		o.UserAgent = "oc-release-x"
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Sleep == nil {
		o.Sleep = transport.Wait
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	for _, t := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&o.Timeouts.Dial, 10 * time.Second},
		{&o.Timeouts.Handshake, 10 * time.Second},
		{&o.Timeouts.Header, 30 * time.Second},
		{&o.Timeouts.Stall, 30 * time.Second},
	} {
		if *t.field <= 0 {
			*t.field = t.value
		}
	}
	return o
}
