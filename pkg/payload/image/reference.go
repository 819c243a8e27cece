package image

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// Kind is a form of reference.
type Kind int

// The forms, as the command line's RELEASE argument has them.
const (
	KindRegistry      Kind = iota + 1 // quay.io/org/repo:tag, …@sha256:…, docker://…
	KindLayout                        // oci:DIR[:TAG], ocidir://DIR[:TAG]
	KindOCIArchive                    // oci-archive:FILE[:TAG]
	KindDockerArchive                 // docker-archive:FILE[:TAG]
	KindDirectory                     // dir:DIR
	KindFile                          // file:FILE
	KindStdin                         // -
	KindVersion                       // 4.14.0, 4.14.0-x86_64, 4.14.0-multi
)

// Reference says where a release is. Only the fields of its Kind are set.
type Reference struct {
	Text       string // as given
	Kind       Kind
	Path       string // of a layout, archive, directory or file
	Repository oci.Repository
	Tag        string        // of a registry (never empty without a Digest), layout or archive
	Fallback   string        // of a registry: the tag to read when the repository does not have Tag; empty: none
	Digest     digest.Digest // wins over Tag
	Version    string        // 4.14.0-rc.1; kept in the reference to the image that the version was resolved to
	Arch       string        // what follows a version: x86_64, aarch64, ppc64le, s390x, multi, or empty; kept likewise
}

// HasManifests reports whether releases of this form have manifests: an image-references file and standard input have none.
func (r Reference) HasManifests() bool { return r.Kind != KindFile && r.Kind != KindStdin }

// ErrNotReference is in the chain of ParseReference's error for a word that has none of the forms, such as a component's name.
var ErrNotReference = errors.New("not a release")

// Forms are the forms of reference, for error messages and help.
const Forms = "quay.io/org/repo:tag, 4.14.0, oci:DIR, oci-archive:FILE, docker-archive:FILE, dir:DIR, file:FILE or -"

// maxReference is the length in bytes of the maxReference reference, far above any path or pull spec.
const maxReference = 4096

// ParseReference reads a reference, as a user types it, without touching anything it names. Its errors are fault.Usage
// with the form to use.
func ParseReference(text string) (Reference, error) {
	ref := Reference{Text: text}
	if err := checkText(text); err != nil {
		return Reference{}, err
	}
	if text == "-" {
		ref.Kind = KindStdin
		return ref, nil
	}
	if version, arch, ok := SplitVersion(text); ok {
		ref.Kind, ref.Version, ref.Arch = KindVersion, version, arch
		return ref, nil
	}
	if scheme, rest, ok := cutScheme(text); ok {
		return parseScheme(ref, scheme, rest)
	}
	if !strings.Contains(text, "/") {
		return Reference{}, fault.Errorf(fault.Usage, "%s is %w: want %s", shownText(text), ErrNotReference, Forms)
	}
	return parseRegistry(ref, text)
}

func checkText(text string) error {
	switch {
	case text == "":
		return fault.Errorf(fault.Usage, "the reference to a release is empty: want %s", Forms)
	case len(text) > maxReference:
		return fault.Errorf(fault.Usage, "the reference %s has %d bytes, more than %d", shownText(text), len(text), maxReference)
	case strings.ContainsRune(text, 0):
		return fault.Errorf(fault.Usage, "the reference %s contains a NUL byte", shownText(text))
	case text[0] == '-' && text != "-":
		return fault.Errorf(fault.Usage, "the reference %s begins like a flag: want %s", shownText(text), Forms)
	}
	return nil
}

// shownText quotes a reference for an error, without a user name and a password.
func shownText(text string) string {
	if isPath(text) {
		return quoted(text)
	}
	return quoted(payload.HideUserinfo(text))
}

// isPath reports whether a reference names a file or a directory, which may have an @ in its path.
func isPath(text string) bool {
	scheme, _, ok := cutScheme(text)
	switch scheme {
	case "oci", "ocidir", "oci-archive", "docker-archive", "dir", "file":
		return ok
	}
	return false
}

// cutScheme splits at the first colon if the word before it is that of a form, of this program or another one.
func cutScheme(text string) (scheme, rest string, ok bool) {
	scheme, rest, ok = strings.Cut(text, ":")
	if !ok {
		return "", "", false
	}
	switch scheme {
	case "oci", "ocidir", "oci-archive", "docker-archive", "dir", "file", "docker":
		return scheme, rest, true
	}
	return scheme, rest, strings.HasPrefix(rest, "//")
}

func parseScheme(ref Reference, scheme, rest string) (Reference, error) {
	address, slashes := strings.CutPrefix(rest, "//")
	switch {
	case scheme == "docker" && slashes && address != "":
		return parseRegistry(ref, address)
	case scheme == "docker":
		return Reference{}, fault.Errorf(fault.Usage, "%s: want docker://HOST/REPOSITORY:TAG", quoted(ref.Text))
	case scheme == "ocidir" && slashes:
		ref.Kind = KindLayout
		return parsePathTag(ref, address)
	case scheme == "ocidir":
		return Reference{}, fault.Errorf(fault.Usage, "%s: want oci:DIR[:TAG] or ocidir://DIR[:TAG]", quoted(ref.Text))
	case scheme == "http", scheme == "https":
		// The text is not shown, because it may have a password.
		return Reference{}, fault.Errorf(fault.Usage, "a release in a registry is named without %s://: want quay.io/org/repo:tag", scheme)
	case slashes && scheme == "file":
		return Reference{}, fault.Errorf(fault.Usage, "%s: want file:FILE for an image-references file, oci:DIR for an image, dir:DIR for a directory of manifests", quoted(ref.Text))
	case slashes:
		return Reference{}, fault.Errorf(fault.Usage, "%s: %s:// is not a form of a release: want %s", shownText(ref.Text), scheme, Forms)
	}
	ref.Kind = map[string]Kind{
		"oci": KindLayout, "oci-archive": KindOCIArchive, "docker-archive": KindDockerArchive, "dir": KindDirectory, "file": KindFile,
	}[scheme]
	if ref.Kind == KindDirectory || ref.Kind == KindFile {
		ref.Path = rest
		return ref, needPath(ref)
	}
	return parsePathTag(ref, rest)
}

// parsePathTag reads PATH[:TAG][@DIGEST]: the path ends at the first colon that does not follow a drive letter.
func parsePathTag(ref Reference, rest string) (Reference, error) {
	if at := strings.LastIndexByte(rest, '@'); at >= 0 && looksLikeDigest(rest[at+1:]) {
		d, err := typedDigest(rest[at+1:])
		if err != nil {
			return Reference{}, err
		}
		ref.Digest, rest = d, rest[:at]
	}
	drive := 0
	if len(rest) > 2 && isLetter(rest[0]) && rest[1] == ':' && (rest[2] == '\\' || rest[2] == '/') {
		drive = 2
	}
	path, tag, tagged := strings.Cut(rest[drive:], ":")
	ref.Path = rest[:drive] + path
	if err := needPath(ref); err != nil {
		return Reference{}, err
	}
	if tagged && !isLayoutTag(tag) {
		return Reference{}, fault.Errorf(fault.Usage, "%s: the tag %s is not valid", quoted(ref.Text), quoted(tag))
	}
	if ref.Digest == "" {
		ref.Tag = tag
	}
	return ref, nil
}

func needPath(ref Reference) error {
	if ref.Path == "" {
		return fault.Errorf(fault.Usage, "%s names no path", quoted(ref.Text))
	}
	return nil
}

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

// registryError is the error for a typed pull spec that is malformed; it shows the form to use.
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

// SplitVersion splits 4.14.0-rc.1-x86_64 into the version and the architecture that tags append to it, empty if there is none.
// ok is false for a text that is no version.
func SplitVersion(text string) (version, arch string, ok bool) {
	m := grammarOf().version.FindStringSubmatch(text)
	if m == nil {
		return "", "", false
	}
	return m[1], m[2], true
}

// parseDigest reads the text after an @. Its error does not show the text before it, which may be a password.
func parseDigest(word string) (digest.Digest, error) {
	return oci.ParseDigest(brief(word)) // a text that is too long stays malformed
}

// typedDigest is parseDigest for what a user typed, where a mistake is fault.Usage.
func typedDigest(word string) (digest.Digest, error) {
	d, err := parseDigest(word)
	if err != nil {
		return "", fault.Errorf(fault.Usage, "%w", err)
	}
	return d, nil
}

// maxShown is how many bytes of a text from outside an error shows, more than any digest has.
const maxShown = 160

// brief cuts a text for an error.
func brief(text string) string {
	if len(text) > maxShown {
		return text[:maxShown] + "…"
	}
	return text
}

func quoted(text string) string { return strconv.Quote(brief(text)) }

// looksLikeDigest is for paths, which may have an @ themselves.
func looksLikeDigest(word string) bool { return grammarOf().digestWord.MatchString(word) }

func isLayoutTag(tag string) bool { return grammarOf().layoutTag.MatchString(tag) }

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
