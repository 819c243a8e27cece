package image

import (
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// grammar is what the parts of a reference look like, after the OCI distribution specification; hosts are narrower
// than DNS allows, and never a bare word: a reference names its registry.
type grammar struct {
	host, repository, tag, layoutTag, version, digestWord *regexp.Regexp
}

var grammarOf = sync.OnceValue(func() grammar {
	const label = `[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?`
	const part = `[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*`
	return grammar{
		host:       regexp.MustCompile(`^(?:` + label + `(?:\.` + label + `)*|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?$`),
		repository: regexp.MustCompile(`^` + part + `(?:/` + part + `)*$`),
		tag:        regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$`),
		layoutTag:  regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._:@/+-]{0,511}$`),
		version:    regexp.MustCompile(`^([0-9]+\.[0-9]+\.[0-9]+(?:-[0-9A-Za-z.-]+?)??)(?:-(x86_64|amd64|aarch64|arm64|ppc64le|s390x|multi))?$`),
		digestWord: regexp.MustCompile(`^(?i:sha1|sha256|sha384|sha512|md5|blake3):`),
	}
})

// parseRegistry reads HOST/REPOSITORY[:TAG][@DIGEST]. Without a tag and a digest it is the tag latest, as with every client.
func parseRegistry(ref Reference, rest string) (Reference, error) {
	ref.Kind = KindRegistry
	name, word, pinned := strings.Cut(rest, "@")
	if pinned && (strings.Contains(word, "@") || strings.Contains(word, "/") && strings.Contains(name, ":") && !strings.Contains(name, "/")) {
		return Reference{}, fault.Errorf(fault.Usage, "a reference has no user and password in it: credentials come from --authfile")
	}
	if pinned {
		d, err := typedDigest(word)
		if err != nil {
			return Reference{}, err
		}
		ref.Digest = d
	}
	host, repository, _ := strings.Cut(name, "/")
	repository, tag, tagged := strings.Cut(repository, ":")
	switch {
	case host == "" || host == "." || host == ".." || host == "~":
		return Reference{}, fault.Errorf(fault.Usage, "%s is a path: want oci:PATH for an image layout, oci-archive:PATH or docker-archive:PATH for a tar file, dir:PATH for an extracted release", quoted(ref.Text))
	case !grammarOf().host.MatchString(host):
		return Reference{}, fault.Errorf(fault.Usage, "%s: %s is not the host of a registry: want quay.io/org/repo:tag", quoted(ref.Text), quoted(host))
	case !strings.ContainsAny(host, ".:") && host != "localhost":
		return Reference{}, fault.Errorf(fault.Usage, "%s names no registry: want HOST/REPOSITORY:TAG, as in quay.io/org/repo:tag", quoted(ref.Text))
	case len(name) > 255 || !grammarOf().repository.MatchString(repository):
		return Reference{}, fault.Errorf(fault.Usage, "%s: %s is not a repository: want lower-case letters and digits, with . _ - and / between them", quoted(ref.Text), quoted(repository))
	case tagged && !grammarOf().tag.MatchString(tag):
		return Reference{}, fault.Errorf(fault.Usage, "%s: the tag %s is not valid", quoted(ref.Text), quoted(tag))
	case pinned:
		tag = ""
	case !tagged:
		tag = "latest"
	}
	ref.Repository, ref.Tag = host+"/"+repository, tag
	return ref, nil
}

// SplitVersion splits 4.14.0-rc.1-x86_64 into the version and the architecture that tags append to it, empty where there is
// none. It is false for a text that is not a version as a whole.
func SplitVersion(text string) (version, arch string, ok bool) {
	m := grammarOf().version.FindStringSubmatch(text)
	if m == nil {
		return "", "", false
	}
	return m[1], m[2], true
}

// parseDigest reads what follows an @. Its error shows that alone: what stands before it may be a password.
func parseDigest(word string) (digest.Digest, error) {
	return payload.ParseDigest(brief(word)) // what is too long stays malformed
}

// typedDigest is parseDigest for what a user typed, where a mistake is fault.Usage.
func typedDigest(word string) (digest.Digest, error) {
	d, err := parseDigest(word)
	if err != nil {
		return "", fault.Errorf(fault.Usage, "%w", err)
	}
	return d, nil
}

// shown is how many bytes of a text from outside an error shows: more than any digest has.
const shown = 160

// brief cuts a text for an error.
func brief(text string) string {
	if len(text) > shown {
		return text[:shown] + "…"
	}
	return text
}

func quoted(text string) string { return strconv.Quote(brief(text)) }

// looksLikeDigest is for paths, which may hold an @ of their own.
func looksLikeDigest(word string) bool { return grammarOf().digestWord.MatchString(word) }

func isLayoutTag(tag string) bool { return grammarOf().layoutTag.MatchString(tag) }

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
