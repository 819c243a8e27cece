package rewrite

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// entry is one source of a mirror set. The fields are those of openshift/api config/v1 types_image_digest_mirror_set.go
// and operator/v1alpha1 types_image_content_source_policy.go.
type entry struct {
	Source  string   `yaml:"source"`
	Mirrors []string `yaml:"mirrors"`
	Policy  string   `yaml:"mirrorSourcePolicy"`
}

// document is a mirror set of any kind, or a list of them.
type document struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string `yaml:"kind"`
	Spec       struct {
		Digests []entry `yaml:"imageDigestMirrors"`
		Tags    []entry `yaml:"imageTagMirrors"`
		Policy  []entry `yaml:"repositoryDigestMirrors"`
	} `yaml:"spec"`
	Items []document `yaml:"items"`
}

// loadSets reads a file of mirror sets. Whatever the flag, the kind of a document says what it is: what mirroring
// tools write often holds several kinds.
func (r *Rules) loadSets(path string) error {
	data, err := read(path)
	if err != nil {
		return err
	}
	if err := r.parseSets(data); err != nil {
		return fault.Errorf(fault.Usage, "reading mirrors from %s: %w", path, err)
	}
	return nil
}

func (r *Rules) parseSets(data []byte) error {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	sets := 0
	for n := 1; ; n++ {
		var d document
		err := decoder.Decode(&d)
		if errors.Is(err, io.EOF) {
			break
		}
		if _, otherwise := errors.AsType[*yaml.TypeError](err); otherwise {
			return fmt.Errorf("document %d is no mirror set: want kind ImageDigestMirrorSet, ImageTagMirrorSet or ImageContentSourcePolicy, with lists of source and mirrors", n)
		}
		if err != nil {
			return fmt.Errorf("document %d: %s", n, oneLine(err))
		}
		found, err := r.addDocument(d)
		if err != nil {
			return fmt.Errorf("document %d: %w", n, err)
		}
		sets += found
	}
	if sets == 0 {
		return errors.New("there is no ImageDigestMirrorSet, ImageTagMirrorSet or ImageContentSourcePolicy in it")
	}
	return nil
}

// addDocument takes over one document and counts the mirror sets in it; other kinds are not this package's.
func (r *Rules) addDocument(d document) (sets int, err error) {
	group, _, _ := strings.Cut(d.APIVersion, "/")
	switch {
	case d.Kind == "ImageDigestMirrorSet" && group == "config.openshift.io":
		return 1, merge(&r.digests, d.Spec.Digests)
	case d.Kind == "ImageTagMirrorSet" && group == "config.openshift.io":
		return 1, merge(&r.tags, d.Spec.Tags)
	case d.Kind == "ImageContentSourcePolicy" && group == "operator.openshift.io":
		return 1, merge(&r.digests, d.Spec.Policy)
	}
	for _, item := range d.Items {
		if len(item.Items) > 0 {
			return sets, errors.New("a list of lists")
		}
		n, err := r.addDocument(item)
		if err != nil {
			return sets, err
		}
		sets += n
	}
	return sets, nil
}

// merge adds entries to the rules. What several say of one source adds up, in their order, and NeverContactSource holds once one says it.
func merge(rules *[]rule, entries []entry) error {
	for _, e := range entries {
		source, err := checkPrefix(e.Source, true)
		if err != nil {
			return fmt.Errorf("source %w", err)
		}
		i := slices.IndexFunc(*rules, func(r rule) bool { return r.prefix == source })
		if i < 0 {
			i = len(*rules)
			*rules = append(*rules, rule{prefix: source})
		}
		to := &(*rules)[i]
		for _, m := range e.Mirrors {
			at, err := checkPrefix(m, false)
			if err != nil {
				return fmt.Errorf("mirror %w", err)
			}
			if !slices.ContainsFunc(to.mirrors, func(have mirror) bool { return have.location == at }) {
				to.mirrors = append(to.mirrors, mirror{location: at, digest: true, tags: true})
			}
		}
		switch e.Policy {
		case "", "AllowContactingSource":
		case "NeverContactSource":
			to.never = true
		default:
			return fmt.Errorf("mirrorSourcePolicy %q is neither AllowContactingSource nor NeverContactSource", e.Policy)
		}
	}
	return nil
}

// checkPrefix admits host[:port][/path], and *.domain where a wildcard may stand.
func checkPrefix(text string, wildcard bool) (string, error) {
	clean := strings.TrimSuffix(text, "/")
	host, path, hasPath := strings.Cut(clean, "/")
	name := host
	if rest, ok := strings.CutPrefix(host, "*."); ok && wildcard && !hasPath {
		name = rest
	}
	switch {
	case name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]") != "",
		hasPath && (path == "" || strings.Trim(path, "abcdefghijklmnopqrstuvwxyz0123456789._-/") != "" || strings.Contains("/"+path, "//")),
		strings.Contains(clean, ".."):
		return "", fmt.Errorf("%q is not host[:port][/path]", text)
	}
	return clean, nil
}

// oneLine is the text of a YAML error, which may have several lines.
func oneLine(err error) string {
	return strings.Join(strings.Fields(err.Error()), " ")
}
