// Package auth finds the credential for a repository: in the files of podman, docker and oc, by host, organization or
// repository, and from the helper programs that these files name.
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

// Credential is an entry of a file with credentials. It prints and logs without its secrets.
type Credential struct {
	Username, Password string
	IdentityToken      string // a refresh token for the registry's token server
	RegistryToken      string // a bearer token for the registry itself
	File               string // where it was found: a file, a variable or a helper
	Key                string // the entry that matched, such as quay.io/openshift
}

// Empty reports whether there is nothing to send.
func (c Credential) Empty() bool {
	return c.Username == "" && c.Password == "" && c.IdentityToken == "" && c.RegistryToken == ""
}

// String says where the credential is from. It contains no secret.
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

// Options say where to look for credentials. Nothing is read before the first call of For.
type Options struct {
	File       string                                                      // the file that the user names; no other is read then
	Content    func(context.Context) (data []byte, from string, err error) // credentials that are in no file, such as a cluster's pull secret; asked once
	Getenv     func(string) string                                         // the environment; nil is an empty one
	Home       string                                                      // the home directory; "" if there is none
	UID        string                                                      // the user's number, for /run/containers/UID; "" if there is none
	Run        string                                                      // the directory of runtime files; "" is /run
	HelperTime time.Duration                                               // how long a helper program may take; 0 is 10 s
	Warnf      func(format string, args ...any)                            // warns the user; may be nil
}

// Resolver finds credentials. It is safe for use by several goroutines.
type Resolver struct {
	options Options

	mu      sync.Mutex
	sources []*source // in the order of the search; nil before the first call of For
	helped  map[helperCall]helperAnswer
}

// New returns a resolver. It reads nothing yet.
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

// For returns the credential for a repository, an empty one if there is none. It searches the places in oc's order, takes the
// first one that has a credential, and there the entry with the longest path. A file that the user names and that is missing,
// and a malformed file or failing helper, are fault.Auth.
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

// Looked lists the places that were searched so far. Files that do not exist are marked.
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

// search searches one place: the helper for the host, then the entries, the longest path first, then the place's credsStore.
// The store comes last, so that an entry in the file never waits for a program.
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

// keysFor lists the keys under which a file may have the credential of a repository, the longest first and the host last.
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

// Check reads the file that Options.File names. It runs no helper.
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
