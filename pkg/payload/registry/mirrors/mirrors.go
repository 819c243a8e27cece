// Package mirrors finds the mirrors of a repository in OpenShift's mirror sets and in registries.conf. Only the place of an
// image changes, never its digest.
package mirrors

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// Files are the files with mirrors that flags name.
type Files struct {
	IDMS, ITMS, ICSP []string // ImageDigestMirrorSet, ImageTagMirrorSet and ImageContentSourcePolicy, each of several documents
	Conf             string   // containers' registries.conf, version 2
}

// Place is a repository that may have an image.
type Place struct {
	Repository oci.Repository
	Insecure   bool // registries.conf says that its host may be unverified or speak plain HTTP
}

// Rules are the rules of all files. The zero value has no mirrors.
type Rules struct {
	digests, tags []rule // from mirror sets
	conf          []rule // from registries.conf
}

// rule applies to the repositories with a prefix.
type rule struct {
	prefix   string   // host[:port][/path], or *.domain
	location string   // replaces the prefix at the source itself; "" keeps it
	mirrors  []mirror // in the order of use
	never    bool     // the source is not contacted
	refused  string   // why the source is not contacted, such as "is blocked by FILE"; "" if it is
	insecure bool
}

// mirror replaces a prefix by another one.
type mirror struct {
	location     string
	insecure     bool
	digest, tags bool // what it is used for
}

// Load reads the files. A missing file is fault.Local, a file of another kind than its flag names is fault.Usage; both
// errors name the flag. Load skips an entry that it cannot read and reports it to warnf, which may be nil.
func Load(files Files, warnf func(format string, args ...any)) (*Rules, error) {
	if warnf == nil {
		warnf = func(string, ...any) {}
	}
	r := &Rules{}
	for _, sets := range []struct {
		flag  string
		paths []string
	}{{"--idms-file", files.IDMS}, {"--itms-file", files.ITMS}, {"--icsp-file", files.ICSP}} {
		for _, path := range sets.paths {
			if err := r.loadSets(path, warnf); err != nil {
				return nil, fmt.Errorf("%s: %w", sets.flag, err)
			}
		}
	}
	if files.Conf != "" {
		if err := r.loadConf(files.Conf, warnf); err != nil {
			return nil, fmt.Errorf("--registries-conf: %w", err)
		}
	}
	return r, nil
}

// ParseSets reads mirror sets of any kind, as they are in files or as an API server lists them. name is where they are from, for
// messages. The errors and warnings are those of Load.
func ParseSets(name string, data []byte, warnf func(format string, args ...any)) (*Rules, error) {
	r := &Rules{}
	return r, r.addSets(name, data, warnf)
}

// Places lists the places of a repository: the mirrors in the order of their files, and the source last. The rule with the
// longest prefix applies; if a mirror set and registries.conf have the same prefix, both do. Places that must not be contacted
// are missing, and refused says why. If no place is left, the error is fault.Network.
func (r *Rules) Places(repository oci.Repository, byDigest bool) (places []Place, refused []string, err error) {
	sets, others, by := r.tags, r.digests, "tag"
	if byDigest {
		sets, others, by = r.digests, r.tags, "digest"
	}
	name := repository.String()
	set, length := longest(sets, name)
	conf, confLength := longest(r.conf, name)
	if set != nil && conf != nil && length != confLength {
		if length > confLength {
			conf = nil
		} else {
			set = nil
		}
	}
	source := Place{Repository: repository}
	// One set with NeverContactSource, of either kind, makes clusters block the source for tags and digests.
	other, _ := longest(others, name)
	forbidden := ""
	if set != nil && set.never || other != nil && other.never {
		forbidden = "may not be contacted (NeverContactSource)"
	}
	if conf != nil {
		if conf.refused != "" {
			forbidden = conf.refused
		}
		rest := name[confLength:]
		for _, m := range conf.mirrors {
			if byDigest && m.digest || !byDigest && m.tags {
				places = add(places, Place{Repository: oci.SplitRepository(m.location + rest), Insecure: m.insecure})
			}
		}
		source.Insecure = conf.insecure
		if conf.location != "" {
			source.Repository = oci.SplitRepository(conf.location + rest)
		}
	}
	if set != nil {
		for _, m := range set.mirrors {
			at := oci.SplitRepository(m.location + name[length:])
			places = add(places, Place{Repository: at, Insecure: r.insecure(at)})
		}
		source.Insecure = source.Insecure || r.insecure(repository)
	}
	places, refused = r.withoutBlocked(places)
	switch why := r.blocked(source.Repository); {
	case forbidden != "":
		refused = append(refused, name+" "+forbidden)
	case why != "":
		refused = append(refused, source.Repository.String()+" "+why)
	default:
		places = add(places, source)
	}
	if len(places) > 0 {
		return places, refused, nil
	}
	if len(refused) == 1 {
		return nil, nil, fault.Errorf(fault.Network, "%s, and it has no mirror by %s", refused[0], by)
	}
	return nil, nil, fault.Errorf(fault.Network, "%s", strings.Join(refused, "; "))
}

// withoutBlocked removes the mirrors that registries.conf blocks.
func (r *Rules) withoutBlocked(places []Place) (left []Place, refused []string) {
	for _, p := range places {
		if why := r.blocked(p.Repository); why != "" {
			refused = append(refused, p.Repository.String()+" "+why)
			continue
		}
		left = append(left, p)
	}
	return left, refused
}

// blocked says why registries.conf blocks a repository, "" if it does not.
func (r *Rules) blocked(repository oci.Repository) string {
	if conf, _ := longest(r.conf, repository.String()); conf != nil {
		return conf.refused
	}
	return ""
}

// OnlyDigests reports whether a repository has mirrors for digests and none for tags.
func (r *Rules) OnlyDigests(repository oci.Repository) bool {
	isMirror := func(p Place) bool { return p.Repository != repository }
	byDigest, _, digestErr := r.Places(repository, true)
	byTag, _, tagErr := r.Places(repository, false)
	return digestErr == nil && tagErr == nil && slices.ContainsFunc(byDigest, isMirror) && !slices.ContainsFunc(byTag, isMirror)
}

// add appends a place unless it is in the list. Some files name the source among its mirrors.
func add(places []Place, p Place) []Place {
	if slices.ContainsFunc(places, func(q Place) bool { return q.Repository == p.Repository }) {
		return places
	}
	return append(places, p)
}

// insecure reports whether registries.conf marks a repository as insecure. Mirror sets have no field for that.
func (r *Rules) insecure(repository oci.Repository) bool {
	conf, _ := longest(r.conf, repository.String())
	return conf != nil && conf.insecure
}

// longest finds the rule for a repository, and how much of its name the rule covers: the rule with the longest prefix, a name
// before a wildcard, and the longer of two wildcards.
func longest(rules []rule, repository string) (best *rule, covered int) {
	covered = -1
	for i := range rules {
		n := match(rules[i].prefix, repository)
		if n > covered || n >= 0 && n == covered && nearer(rules[i].prefix, best.prefix) {
			best, covered = &rules[i], n
		}
	}
	return best, covered
}

// nearer reports whether prefix a comes before prefix b. Both cover the same length, so at least one is a wildcard.
func nearer(a, b string) bool {
	if wild := strings.HasPrefix(b, "*"); wild != strings.HasPrefix(a, "*") {
		return wild
	}
	return len(a) > len(b)
}

// match returns how much of a repository's name a prefix covers, -1 if it does not match. A prefix matches whole parts of the
// name; *.domain matches the hosts below the domain.
func match(prefix, repository string) int {
	if domain, ok := strings.CutPrefix(prefix, "*"); ok {
		host := oci.SplitRepository(repository).Host
		name, _, _ := strings.Cut(host, ":")
		if strings.HasSuffix(name, domain) && len(name) > len(domain) {
			return len(host)
		}
		return -1
	}
	if !strings.HasPrefix(repository, prefix) {
		return -1
	}
	if len(repository) == len(prefix) || repository[len(prefix)] == '/' {
		return len(prefix)
	}
	return -1
}

// sizeLimit limits a file with mirrors, in bytes. Those of large clusters have some hundred kilobytes.
const sizeLimit = 8 << 20

func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fault.Errorf(fault.Local, "reading mirrors: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, sizeLimit+1))
	if err != nil {
		return nil, fault.Errorf(fault.Local, "reading mirrors: %w", err)
	}
	if len(data) > sizeLimit {
		return nil, fault.Errorf(fault.Usage, "reading mirrors from %s: it has more than %d bytes", path, sizeLimit)
	}
	return data, nil
}
