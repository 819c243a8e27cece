// Package credential finds what a registry wants to see: the files that podman, docker and oc keep, their
// keys for hosts, organisations and repositories, and the helper programs that they name.
package auth

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// Credential is what one entry of one file gives. It prints and logs without its secrets.
type Credential struct {
	Username, Password string
	IdentityToken      string // a refresh token for the registry's token server
	RegistryToken      string // a bearer token for the registry itself
	File               string // where it was found: a file, a variable or a helper
	Key                string // the entry that matched, such as quay.io/openshift
}

// Empty says whether there is nothing to send.
func (c Credential) Empty() bool {
	return c.Username == "" && c.Password == "" && c.IdentityToken == "" && c.RegistryToken == ""
}

// String names the place of the credential and none of its content.
func (c Credential) String() string {
	if c.Empty() {
		return "no credential"
	}
	return "the entry " + c.Key + " of " + c.File
}

// GoString is String, so that %#v shows no secret either.
func (c Credential) GoString() string { return c.String() }

// LogValue is String, so that no log shows a secret.
func (c Credential) LogValue() slog.Value { return slog.StringValue(c.String()) }

// Options say where credentials may be. Nothing is read before the first question.
type Options struct {
	File       string                                                      // the file that the user names; then no other is looked at
	Content    func(context.Context) (data []byte, from string, err error) // credentials that are in no file, such as a cluster's pull secret; asked once
	Getenv     func(string) string                                         // the environment; nil is an empty one
	Home       string                                                      // the home folder; "" has none
	UID        string                                                      // the user's number, for /run/containers/UID; "" has none
	Run        string                                                      // the folder of runtime files, /run when empty
	HelperTime time.Duration                                               // how long a helper program may take; 0 is 10 s
	Warnf      func(format string, args ...any)                            // what the user should know, may be nil
}

// Resolver answers which credential belongs to a repository. It is safe for use by several goroutines.
type Resolver struct {
	options Options

	mu      sync.Mutex
	sources []*source // in order, nil before the first question
	helped  map[helperCall]helperAnswer
}

// New makes a resolver; it reads nothing yet.
func New(o Options) *Resolver {
	if o.Getenv == nil {
		o.Getenv = func(string) string { return "" }
	}
	if o.HelperTime == 0 {
		o.HelperTime = 10 * time.Second
	}
	if o.Warnf == nil {
		o.Warnf = func(string, ...any) {}
	}
	return &Resolver{options: o, helped: map[helperCall]helperAnswer{}}
}

// For gives the credential for a repository, an empty one when no place has any.
// Places are asked in oc's order and the first that has one wins; within a place the longest path does.
// What is named but missing, malformed or failing is fault.Auth.
func (r *Resolver) For(ctx context.Context, repository oci.Repository) (Credential, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sources == nil {
		r.sources = r.places()
	}
	for _, s := range r.sources {
		if err := r.load(ctx, s); err != nil {
			return Credential{}, err
		}
		if s.config == nil {
			continue
		}
		c, err := r.search(ctx, s, repository)
		if err != nil {
			return Credential{}, fault.Errorf(fault.Auth, "credentials of %s in %s: %w", repository, s.name, err)
		}
		if !c.Empty() {
			c.File = s.name
			return c, nil
		}
	}
	return Credential{}, nil
}

// Looked lists the places that were looked at so far, those that do not exist marked as such.
func (r *Resolver) Looked() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var names []string
	for _, s := range r.sources {
		switch {
		case !s.loaded:
		case s.config == nil:
			names = append(names, s.name+" (not there)")
		default:
			names = append(names, s.name)
		}
	}
	return names
}

// search asks one place: a helper for the host, then the entries by longest path, then the place's own store.
// The store comes last so that a stored entry never waits for a program.
func (r *Resolver) search(ctx context.Context, s *source, repository oci.Repository) (Credential, error) {
	keys := keysFor(repository)
	host := keys[len(keys)-1]
	if helper, ok := s.config.helpers[host]; ok && helper != "" {
		return r.help(ctx, helper, host)
	}
	for _, key := range keys {
		raw, ok := s.config.auths[key]
		if !ok {
			continue
		}
		c, err := decodeEntry(raw)
		if err != nil {
			return Credential{}, fault.Errorf(fault.Auth, "the entry %s %w", key, err)
		}
		if !c.Empty() {
			c.Key = key
			return c, nil
		}
	}
	if s.config.store != "" {
		return r.help(ctx, s.config.store, host)
	}
	return Credential{}, nil
}

// keysFor lists the keys that may hold repository's credential, the longest first and the host last.
func keysFor(repository oci.Repository) []string {
	host, parts := canonicalHost(repository.Host), strings.Split(repository.Path, "/")
	keys := make([]string, 0, len(parts)+1)
	for n := len(parts); n > 0; n-- {
		if prefix := strings.Join(parts[:n], "/"); prefix != "" {
			keys = append(keys, host+"/"+prefix)
		}
	}
	return append(keys, host)
}

// Check reads the file that Options.File names, and runs no helper.
func (r *Resolver) Check(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sources == nil {
		r.sources = r.places()
	}
	for _, s := range r.sources {
		if s.named {
			if err := r.load(ctx, s); err != nil {
				return err
			}
		}
	}
	return nil
}
