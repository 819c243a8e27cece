package mirrors

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	utilyaml "k8s.io/apimachinery/pkg/util/yaml"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/document"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// entry is a source of a mirror set. The fields are those of openshift/api config/v1 types_image_digest_mirror_set.go
// and operator/v1alpha1 types_image_content_source_policy.go.
type entry struct {
	Source  string   `json:"source"`
	Mirrors []string `json:"mirrors"`
	Policy  string   `json:"mirrorSourcePolicy"`
}

// object is a mirror set of any kind, or a list of them.
type object struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Spec       struct {
		Digests []entry `json:"imageDigestMirrors"`
		Tags    []entry `json:"imageTagMirrors"`
		Policy  []entry `json:"repositoryDigestMirrors"`
	} `json:"spec"`
	Items []object `json:"items"`
}

// loadSets reads a file of mirror sets. The kind of each document decides, not the flag: mirroring tools write several kinds
// into one file.
func (r *Rules) loadSets(path string, warnf func(string, ...any)) error {
	data, err := read(path)
	if err != nil {
		return err
	}
	return r.addSets(path, data, warnf)
}

// addSets adds the mirror sets in a file.
func (r *Rules) addSets(path string, data []byte, warnf func(string, ...any)) error {
	odd, err := r.parseSets(data)
	if err != nil {
		return fault.Errorf(fault.Usage, "reading mirrors from %s: %w", path, err)
	}
	for _, why := range odd {
		warnf("%s: %v; it is left out", path, why)
	}
	return nil
}

const noSets = "there is no ImageDigestMirrorSet, ImageTagMirrorSet or ImageContentSourcePolicy in it"

// parseSets reads a file of mirror sets. odd has an error for each entry that is skipped. A file without any good entry is an
// error.
func (r *Rules) parseSets(data []byte) (odd []error, err error) {
	reader := setReader{rules: r}
	err = reader.documents(data)
	if err != nil || reader.sets == 0 {
		if got, isSet := describe(data); got != "" && !isSet {
			return nil, fmt.Errorf("%s: it is %s", noSets, got)
		}
	}
	switch {
	case err != nil:
		return nil, err
	case reader.sets == 0:
		return nil, errors.New(noSets)
	case reader.used == 0 && len(reader.odd) > 0:
		return nil, reader.odd[0]
	}
	return reader.odd, nil
}

// setReader adds the mirror sets of one file to the rules.
type setReader struct {
	rules *Rules
	sets  int     // mirror sets in the file
	used  int     // entries that were added
	odd   []error // errors of the entries that were skipped
}

// maxDocuments limits the documents of a file. A cluster has a few mirror sets.
const maxDocuments = 10_000

func (s *setReader) documents(data []byte) error {
	budget := document.NewBudget(document.Limits{})
	documents := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(data)))
	for n := 1; ; n++ {
		text, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		var o object
		if n > maxDocuments {
			return fmt.Errorf("it has more than %d documents", maxDocuments)
		}
		if err == nil {
			err = decode(text, &o, budget)
		}
		if _, otherwise := errors.AsType[*json.UnmarshalTypeError](err); otherwise {
			return fmt.Errorf("document %d is not a mirror set: want kind ImageDigestMirrorSet, ImageTagMirrorSet or ImageContentSourcePolicy, with lists of source and mirrors", n)
		}
		if err == nil {
			err = s.add(o, n)
		}
		if err != nil {
			return fmt.Errorf("document %d: %w", n, err)
		}
	}
}

// decode reads a document of YAML or JSON.
func decode(text []byte, into any, budget *document.Budget) error {
	converted, err := document.ToJSONStrict(text, budget)
	if err != nil {
		return errors.New(oneLine(err))
	}
	return document.Decode(converted, into)
}

// add adds a document, the n-th of its file. It ignores other kinds.
func (s *setReader) add(d object, n int) error {
	group, _, _ := strings.Cut(d.APIVersion, "/")
	switch {
	case d.Kind == "ImageDigestMirrorSet" && group == "config.openshift.io":
		return s.merge(&s.rules.digests, d.Spec.Digests, n)
	case d.Kind == "ImageTagMirrorSet" && group == "config.openshift.io":
		return s.merge(&s.rules.tags, d.Spec.Tags, n)
	case d.Kind == "ImageContentSourcePolicy" && group == "operator.openshift.io":
		return s.merge(&s.rules.digests, d.Spec.Policy, n)
	}
	for _, item := range d.Items {
		if len(item.Items) > 0 {
			return errors.New("a list of lists")
		}
		if err := s.add(item, n); err != nil {
			return err
		}
	}
	return nil
}

// merge adds the entries of a mirror set to the rules. The mirrors of several entries for one source are used in their order;
// NeverContactSource in one of them applies to all.
func (s *setReader) merge(rules *[]rule, entries []entry, n int) error {
	s.sets++
	for _, e := range entries {
		never := false
		switch e.Policy {
		case "", "AllowContactingSource":
		case "NeverContactSource":
			never = true
		default:
			// Skipping the entry could contact a source that must not be contacted.
			return fmt.Errorf("mirrorSourcePolicy %q is neither AllowContactingSource nor NeverContactSource", e.Policy)
		}
		source, err := checkPrefix(e.Source, true)
		if err != nil {
			s.odd = append(s.odd, fmt.Errorf("document %d: source %w", n, err))
			continue
		}
		i := slices.IndexFunc(*rules, func(r rule) bool { return r.prefix == source })
		if i < 0 {
			i = len(*rules)
			*rules = append(*rules, rule{prefix: source})
		}
		to := &(*rules)[i]
		to.never = to.never || never
		if s.mirrors(to, e.Mirrors, n) || len(e.Mirrors) == 0 {
			s.used++
		}
	}
	return nil
}

// mirrors adds mirrors to a rule and reports whether any of them is valid.
func (s *setReader) mirrors(to *rule, mirrors []string, n int) (any bool) {
	for _, m := range mirrors {
		at, err := checkPrefix(m, false)
		if err != nil {
			s.odd = append(s.odd, fmt.Errorf("document %d: mirror %w", n, err))
			continue
		}
		any = true
		if !slices.ContainsFunc(to.mirrors, func(have mirror) bool { return have.location == at }) {
			to.mirrors = append(to.mirrors, mirror{location: at, digest: true, tags: true})
		}
	}
	return any
}

// checkPrefix accepts host[:port][/path], and *.domain if wildcard is set.
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
		return "", fmt.Errorf("%q is not host[:port][/path]", payload.HideUserinfo(text))
	}
	return clean, nil
}

// oneLine returns the text of a YAML error on one line.
func oneLine(err error) string {
	return strings.TrimPrefix(strings.Join(strings.Fields(err.Error()), " "), "error converting YAML to JSON: ")
}
