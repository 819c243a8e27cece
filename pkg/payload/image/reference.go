package image

import (
	"errors"
	"strings"

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
	KindFolder                        // dir:DIR
	KindFile                          // file:FILE
	KindStdin                         // -
	KindVersion                       // 4.14.0, 4.14.0-x86_64, 4.14.0-multi
)

// Reference says where a release lies. Only the fields of its Kind are set.
type Reference struct {
	Text       string // as given
	Kind       Kind
	Path       string // of a layout, archive, folder or file
	Repository oci.Repository
	Tag        string        // of a registry (never empty without a Digest), layout or archive
	Fallback   string        // of a registry: the tag to read when the repository does not have Tag; empty: none
	Digest     digest.Digest // wins over Tag
	Version    string        // 4.14.0-rc.1; kept in the reference to the image that the version was resolved to
	Arch       string        // what follows a version: x86_64, aarch64, ppc64le, s390x, multi, or empty; kept likewise
}

// ErrNotReference is in the chain of ParseReference's error for a word that has none of the forms, such as a component's name.
var ErrNotReference = errors.New("not a release")

// Forms are the forms of reference, for error messages and help.
const Forms = "quay.io/org/repo:tag, 4.14.0, oci:DIR, oci-archive:FILE, docker-archive:FILE, dir:DIR, file:FILE or -"

// longest is far above any path or pull spec.
const longest = 4096

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
	case len(text) > longest:
		return fault.Errorf(fault.Usage, "the reference %s has %d bytes, more than %d", shownText(text), len(text), longest)
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

// isPath says whether a reference names a file or a folder, which may have an @ in its path.
func isPath(text string) bool {
	scheme, _, ok := cutScheme(text)
	switch scheme {
	case "oci", "ocidir", "oci-archive", "docker-archive", "dir", "file":
		return ok
	}
	return false
}

// cutScheme splits at the first colon when what stands before it is the word of a form, ours or another tool's.
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
		// The text is not shown: it may hold a password.
		return Reference{}, fault.Errorf(fault.Usage, "a release in a registry is named without %s://: want quay.io/org/repo:tag", scheme)
	case slashes && scheme == "file":
		return Reference{}, fault.Errorf(fault.Usage, "%s: want file:FILE for an image-references file, oci:DIR for an image, dir:DIR for a directory of manifests", quoted(ref.Text))
	case slashes:
		return Reference{}, fault.Errorf(fault.Usage, "%s: %s:// is not a form of a release: want %s", shownText(ref.Text), scheme, Forms)
	}
	ref.Kind = map[string]Kind{
		"oci": KindLayout, "oci-archive": KindOCIArchive, "docker-archive": KindDockerArchive, "dir": KindFolder, "file": KindFile,
	}[scheme]
	if ref.Kind == KindFolder || ref.Kind == KindFile {
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
