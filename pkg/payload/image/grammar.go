package image

import (
	"errors"
	"regexp"
	"strconv"
	"sync"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// grammar is what the parts of a reference look like that are not those of a pull spec.
type grammar struct{ layoutTag, version, digestWord *regexp.Regexp }

var grammarOf = sync.OnceValue(func() grammar {
	return grammar{
		layoutTag:  regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._:@/+-]{0,511}$`),
		version:    regexp.MustCompile(`^([0-9]+\.[0-9]+\.[0-9]+(?:-[0-9A-Za-z.-]+?)??)(?:-(x86_64|amd64|aarch64|arm64|ppc64le|s390x|multi))?$`),
		digestWord: regexp.MustCompile(`^(?i:sha1|sha256|sha384|sha512|md5|blake3):`),
	}
})

// parseRegistry reads a pull spec. Without a tag and a digest it is the tag latest, as with every client.
func parseRegistry(ref Reference, rest string) (Reference, error) {
	spec, err := oci.ParsePullSpec(rest)
	if err != nil {
		return Reference{}, registryError(ref.Text, rest, err)
	}
	ref.Kind, ref.Repository, ref.Digest, ref.Tag = KindRegistry, spec.Repository, spec.Digest, spec.Tag
	switch {
	case spec.Digest != "":
		ref.Tag = ""
	case spec.Tag == "":
		ref.Tag = "latest"
	}
	return ref, nil
}

// registryError is the error of a typed pull spec, with the form to use.
func registryError(text, rest string, err error) error {
	host := oci.SplitRepository(rest).Host
	switch {
	case errors.Is(err, oci.ErrUserinfo), fault.KindOf(err) == fault.Integrity:
		return fault.Errorf(fault.Usage, "%w", err)
	case host == "" || host == "." || host == ".." || host == "~":
		return fault.Errorf(fault.Usage, "%s is a path: want oci:PATH for an image layout, oci-archive:PATH or docker-archive:PATH for a tar file, dir:PATH for an extracted release", quoted(text))
	case errors.Is(err, oci.ErrHost):
		return fault.Errorf(fault.Usage, "%s: %w: want quay.io/org/repo:tag", quoted(text), err)
	case errors.Is(err, oci.ErrNoRegistry):
		return fault.Errorf(fault.Usage, "%s names no registry: want HOST/REPOSITORY:TAG, as in quay.io/org/repo:tag", quoted(text))
	}
	return fault.Errorf(fault.Usage, "%s: %w", quoted(text), err)
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
	return oci.ParseDigest(brief(word)) // what is too long stays malformed
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
