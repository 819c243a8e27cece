package registry

import (
	"context"
	"log/slog"
	"net"
	"path/filepath"
	"time"

	"github.com/release-x/oc-release-x/internal/transport"
	"github.com/release-x/oc-release-x/pkg/payload/registry/mirrors"
)

// Options say how registries are reached. The zero value is anonymous, verified, and reads no environment.
type Options struct {
	AuthFile   string                                                      // --authfile: the one file to take credentials from
	AuthFlag   string                                                      // the flag that names AuthFile; "" is --authfile
	PullSecret func(context.Context) (data []byte, from string, err error) // --pull-secret-from-cluster: asked once, instead of the usual files
	Getenv     func(string) string                                         // the environment, for credentials and proxies; nil is an empty one
	Home       string                                                      // the home directory, "" has none
	UID        string                                                      // the user's number, "" has none

	Insecure   []string      // the hosts, host[:port], that are not verified and may speak plain HTTP
	CAFile     string        // --certificate-authority: trusted beside the system's
	CertDirs   []string      // directories of host[:port] directories; nil: /etc/docker/certs.d, /etc/containers/certs.d and the home's
	Mirrors    mirrors.Files // the files that name mirrors
	AllowRealm []string      // hosts, host[:port], that may be token servers of registries in other domains

	MaxPerRegistry int          // requests to one registry at once, fewer while it answers 429 or 503; 0 is 8
	UserAgent      string       // "" is oc-release-x
	Log            *slog.Logger // retries and resumed downloads at Info, requests at Debug, warnings; never a secret; nil drops them

	Timeouts Timeouts
	Sleep    func(context.Context, time.Duration) error                           // waits before a retry; nil is the clock. With another one nothing waits for a busy registry but retries
	Now      func() time.Time                                                     // for dates in Retry-After and the patience with busy servers; nil is the clock
	Dial     func(ctx context.Context, network, address string) (net.Conn, error) // nil is the system's; another one checks itself where redirects may lead
}

// Timeouts bound the parts of a request; zero values stand for the defaults.
type Timeouts struct {
	Dial      time.Duration // 10 s
	Handshake time.Duration // TLS, 10 s
	Header    time.Duration // the whole response header, 30 s
	Stall     time.Duration // a body that brings less than 4 KiB in this time is given up, 30 s
}

// withDefaults sets the fields that were left out.
func (o Options) withDefaults() Options {
	if o.Getenv == nil {
		o.Getenv = func(string) string { return "" }
	}
	if o.CertDirs == nil {
		o.CertDirs = certDirs(o.Home)
	}
	if o.MaxPerRegistry <= 0 {
		o.MaxPerRegistry = 8
	}
	if o.UserAgent == "" {
		o.UserAgent = "oc-release-x"
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Timeouts.Stall <= 0 {
		o.Timeouts.Stall = 30 * time.Second
	}
	return o
}

func (o Options) clock() transport.Clock { return transport.Clock{Now: o.Now, Sleep: o.Sleep} }

// after is how the limiter waits: not at all where a test waits for nothing.
func (o Options) after() func(time.Duration, func()) {
	if o.Sleep == nil {
		return nil
	}
	return func(_ time.Duration, run func()) { run() }
}

// certDirs are the directories that docker and podman read.
func certDirs(home string) []string {
	dirs := []string{"/etc/docker/certs.d", "/etc/containers/certs.d"}
	if home != "" {
		dirs = append(dirs, filepath.Join(home, ".config", "containers", "certs.d"))
	}
	return dirs
}
