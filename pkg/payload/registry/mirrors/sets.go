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

// entry is one source of a mirror set. The fields are those of openshift/api config/v1 types_image_digest_mirror_set.go
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

// loadSets reads a file of mirror sets. Whatever the flag, the kind of a document says what it is: what mirroring
// tools write often holds several kinds.
func (r *Rules) loadSets(path string, warnf func(string, ...any)) error {
	data, err := read(path)
	if err != nil {
		return err
	}
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

// parseSets reads a file of mirror sets; odd are the entries that are left out because nothing can be made of them.
// A file of which nothing is left is an error.
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

// setReader takes the mirror sets of one file over into the rules.
type setReader struct {
	rules *Rules
	sets  int     // mirror sets that were found
	used  int     // their entries that say something
	odd   []error // what is left out of them
}

// maxDocuments bounds a file of mirror sets: one cluster has a handful.
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

// decode reads one document of YAML or JSON.
func decode(text []byte, into any, budget *document.Budget) error {
	converted, err := document.ToJSONStrict(text, budget)
	if err != nil {
		return errors.New(oneLine(err))
	}
	return document.Decode(converted, into)
}

// add takes over one document, the n-th of its file; other kinds are not this package's.
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

// merge adds the entries of a mirror set to the rules. What several say of one source adds up, in their order, and
// NeverContactSource holds once one says it.
func (s *setReader) merge(rules *[]rule, entries []entry, n int) error {
	s.sets++
	for _, e := range entries {
		never := false
		switch e.Policy {
		case "", "AllowContactingSource":
		case "NeverContactSource":
			never = true
		default:
			// To leave this out would be to contact what perhaps must not be contacted.
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

// mirrors adds mirrors to a rule and says whether any of them is good.
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
		return "", fmt.Errorf("%q is not host[:port][/path]", payload.HideUserinfo(text))
	}
	return clean, nil
}

// oneLine is the text of a YAML error, which may have several lines.
func oneLine(err error) string {
	return strings.TrimPrefix(strings.Join(strings.Fields(err.Error()), " "), "error converting YAML to JSON: ")
}
