package oci

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// Repository is a repository of a registry, or without a host an OCI layout on a disk, whose path is oci:DIR.
type Repository struct {
	Host string // host[:port]; an IPv6 address is in brackets
	Path string
}

// String is HOST/PATH, and "" for the zero value.
func (r Repository) String() string {
	switch {
	case r.Path == "":
		return r.Host
	case r.Host == "":
		return r.Path
	}
	return r.Host + "/" + r.Path
}

// IsZero reports whether there is no repository.
func (r Repository) IsZero() bool { return r == Repository{} }

// Tag is the pull spec of a tag in the repository.
func (r Repository) Tag(tag string) PullSpec { return PullSpec{Repository: r, Tag: tag} }

// Digest is the pull spec of a digest in the repository.
func (r Repository) Digest(d Digest) PullSpec { return PullSpec{Repository: r, Digest: d} }

// ParseRepository reads HOST/PATH without a tag or a digest. Its errors are those of ParsePullSpec.
func ParseRepository(text string) (Repository, error) {
	spec, err := ParsePullSpec(text)
	if err != nil {
		return Repository{}, err
	}
	if spec.Tag != "" || spec.Digest != "" {
		return Repository{}, fmt.Errorf("%q has a tag or a digest: want HOST/REPOSITORY", brief(text))
	}
	return spec.Repository, nil
}

// SplitRepository splits HOST/PATH without checking either. It is for text that was checked before.
func SplitRepository(text string) Repository {
	host, path, _ := strings.Cut(text, "/")
	return Repository{Host: host, Path: path}
}

// PullSpec names an image in a registry.
type PullSpec struct {
	Repository
	Tag    string // empty when there is none
	Digest Digest // empty when there is none; else the tag is ignored
}

// String is HOST/PATH[:TAG][@DIGEST].
func (p PullSpec) String() string {
	text := p.Repository.String()
	if p.Tag != "" {
		text += ":" + p.Tag
	}
	if p.Digest != "" {
		text += "@" + p.Digest.String()
	}
	return text
}

// Name returns what registries find the image by: the digest, or the tag if there is no digest.
func (p PullSpec) Name() string {
	if p.Digest != "" {
		return p.Digest.String()
	}
	return p.Tag
}

// Errors of ParsePullSpec that callers distinguish.
var (
	// ErrUserinfo is the error of a user or a password in a pull spec. It contains neither.
	ErrUserinfo = errors.New("a reference has no user and password in it: credentials come from --authfile")
	// ErrHost follows the quoted host.
	ErrHost = errors.New("is not the host of a registry")
	// ErrNoRegistry is the error of a pull spec whose first part is a bare word.
	ErrNoRegistry = errors.New("it names no registry")
)

// grammar has the patterns for the parts of a pull spec, from the OCI distribution specification. Hosts are stricter than in
// DNS, and never a bare word, because a pull spec names its registry.
type grammar struct{ host, path, tag *regexp.Regexp }

var grammarOf = sync.OnceValue(func() grammar {
	const label = `[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?`
	const part = `[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*`
	return grammar{
		host: regexp.MustCompile(`^(?:` + label + `(?:\.` + label + `)*|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?$`),
		path: regexp.MustCompile(`^` + part + `(?:/` + part + `)*$`),
		tag:  regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$`),
	}
})

// longestName limits HOST/PATH, in bytes, as registries do.
const longestName = 255

// ParsePullSpec reads HOST/PATH[:TAG][@DIGEST]. It assumes no registry and no tag. A malformed digest is fault.Integrity; the
// other errors have no kind.
func ParsePullSpec(text string) (PullSpec, error) {
	name, word, pinned := strings.Cut(text, "@")
	if pinned && (strings.Contains(word, "@") || strings.Contains(word, "/") && strings.Contains(name, ":") && !strings.Contains(name, "/")) {
		return PullSpec{}, ErrUserinfo
	}
	var spec PullSpec
	if pinned {
		var err error
		if spec.Digest, err = ParseDigest(word); err != nil {
			return PullSpec{}, err
		}
	}
	spec.Repository = SplitRepository(name)
	path, tag, tagged := strings.Cut(spec.Path, ":")
	spec.Path, spec.Tag = path, tag
	if err := spec.check(tagged); err != nil {
		return PullSpec{}, err
	}
	return spec, nil
}

func (p PullSpec) check(tagged bool) error {
	switch {
	case !grammarOf().host.MatchString(p.Host):
		return fmt.Errorf("%q %w", brief(p.Host), ErrHost)
	case !strings.ContainsAny(p.Host, ".:") && p.Host != "localhost":
		return ErrNoRegistry
	case len(p.Repository.String()) > longestName || !grammarOf().path.MatchString(p.Path):
		return fmt.Errorf("%q is not a repository: want lower-case letters and digits, with . _ - and / between them", brief(p.Path))
	case tagged && !grammarOf().tag.MatchString(p.Tag):
		return fmt.Errorf("the tag %q is not valid", brief(p.Tag))
	}
	return nil
}
