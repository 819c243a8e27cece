package plugin

import (
	"os"
	"regexp"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
)

// notReleaseError returns the error for a word that is not a release, with a suggestion. A first argument may be a name
// whose release is missing.
func (r *releaseFlags) notReleaseError(f *factory, command, word string, q releaseRequest) error {
	meant := ""
	if !looksLikeObject(word) {
		meant = suggestRelease(word)
	}
	if meant == "" && !q.fromEnvironment && len(r.fromFlags()) == 0 {
		release := "RELEASE"
		if f.Getenv(releaseVariable) != "" {
			release = `--release "$` + releaseVariable + `"`
		}
		meant = "`" + strings.Join(append([]string{f.Name, command, release}, nameArguments(command, append([]string{word}, q.names...))...), " ") + "`"
	}
	if shown := payload.HideUserinfo(word); shown != word {
		word, meant = shown, "" // a hint would show the password
	}
	if meant != "" {
		meant = ", did you mean " + meant + "?"
	} else {
		meant = "."
	}
	return fault.Errorf(fault.Usage, "%q is not a release%s A release is %s", word, meant, image.Forms)
}

// looksLikeObject reports whether a word has the form KIND/NAME or KIND.GROUP/NAME.
func looksLikeObject(word string) bool {
	return looksLikeGroupedObject(word) || regexp.MustCompile(`^[A-Za-z]+/[^/@]+$`).MatchString(word)
}

// looksLikeGroupedObject reports whether a word has the form KIND.GROUP/NAME with an API group of clusters. No known
// registry has a name of this form.
func looksLikeGroupedObject(word string) bool {
	return regexp.MustCompile(`^[A-Za-z]+\.(apps|autoscaling|batch|policy|[a-z0-9.-]+\.(k8s\.io|openshift\.io|coreos\.com))/[^/@]+$`).MatchString(word)
}

// nameArguments returns the arguments that pass names to a command. It splits names at commas.
func nameArguments(command string, names []string) []string {
	names = strings.FieldsFunc(strings.Join(names, ","), func(c rune) bool { return c == ',' })
	switch command {
	case "images", "env", "manifests":
		return names
	case "info":
		return []string{"--image-for", names[0]}
	}
	return nil
}

// suggestRelease suggests a release for a word that is similar to one, "" for a word that looks like a name.
func suggestRelease(word string) string {
	switch scheme, rest, colon := strings.Cut(word, ":"); {
	case regexp.MustCompile(`^v\d+\.\d+\.\d+`).MatchString(word):
		return word[1:]
	case regexp.MustCompile(`^\d+\.\d+$`).MatchString(word):
		return "a whole version, such as " + word + ".0"
	case colon && scheme != strings.ToLower(scheme):
		return strings.ToLower(scheme) + ":" + rest
	case colon:
		return "an image with its registry, such as quay.io/org/" + word
	}
	info, err := os.Stat(word)
	switch {
	case err != nil:
		return ""
	case info.IsDir():
		return "oci:" + word + " for an image layout, or dir:" + word + " for an extracted release"
	}
	return "oci-archive:" + word + " for an image in a tar file, or file:" + word + " for image-references"
}

// explainNames replaces the error for names that do not exist if one of them is a release: with --release, every argument
// is a NAME.
func explainNames(err error, names []string, releaseFlag bool) error {
	for _, name := range names {
		if _, parseErr := image.ParseReference(name); parseErr == nil && releaseFlag {
			return fault.Errorf(fault.Usage, "with --release every argument is a NAME, and %s looks like a release: give it with --release too", name)
		}
	}
	return err
}
