// Package rewrite decides where a repository is looked for, from the files that name mirrors: OpenShift's mirror
// sets and containers' registries.conf. A digest is never changed: only where it is asked for.
package mirrors

import (
	"fmt"
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// Files are what the command line names; empty ones are left out.
type Files struct {
	IDMS, ITMS, ICSP []string // ImageDigestMirrorSet, ImageTagMirrorSet and ImageContentSourcePolicy, each of several documents
	Conf             string   // containers' registries.conf, version 2
}

// Place is one repository to ask.
type Place struct {
	Repository oci.Repository
	Insecure   bool // registries.conf says that its host may be unverified or speak plain HTTP
}

// Rules are what all the files say. The zero value rewrites nothing.
type Rules struct {
	digests, tags []rule // from mirror sets
	conf          []rule // from registries.conf
}

// rule is what holds for the repositories under one prefix.
type rule struct {
	prefix   string   // host[:port][/path], or *.domain
	location string   // what replaces the prefix at the source itself, "" for the prefix
	mirrors  []mirror // in the order to ask
	never    bool     // the source is not contacted
	refused  string   // why the source is not contacted, "is blocked by FILE"; "" when it is
	insecure bool
}

// mirror is a prefix that stands for another one.
type mirror struct {
	location     string
	insecure     bool
	digest, tags bool // what it is asked for
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

// Places lists where to look for a repository, the mirrors in the order of their files and the source last. The
// longest prefix decides; where a mirror set and registries.conf have the same, both count. What may not be contacted
// is left out, and refused says what and why. When nothing is left, the error is fault.Network.
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
	// Clusters block a source for tags and digests alike once one set of either kind says never.
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

// withoutBlocked leaves out the mirrors that registries.conf blocks.
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

// blocked says why a repository may not be contacted under its own name, "" when it may.
func (r *Rules) blocked(repository oci.Repository) string {
	if conf, _ := longest(r.conf, repository.String()); conf != nil {
		return conf.refused
	}
	return ""
}

// OnlyDigests says whether a repository has mirrors, but none for tags.
func (r *Rules) OnlyDigests(repository oci.Repository) bool {
	isMirror := func(p Place) bool { return p.Repository != repository }
	byDigest, _, digestErr := r.Places(repository, true)
	byTag, _, tagErr := r.Places(repository, false)
	return digestErr == nil && tagErr == nil && slices.ContainsFunc(byDigest, isMirror) && !slices.ContainsFunc(byTag, isMirror)
}

// add appends a place unless it is there already: some files name the source among its mirrors.
func add(places []Place, p Place) []Place {
	if slices.ContainsFunc(places, func(q Place) bool { return q.Repository == p.Repository }) {
		return places
	}
	return append(places, p)
}

// insecure says whether registries.conf has a registry for this repository that is insecure: a mirror set cannot say so itself.
func (r *Rules) insecure(repository oci.Repository) bool {
	conf, _ := longest(r.conf, repository.String())
	return conf != nil && conf.insecure
}

// longest finds the rule that is nearest to a repository, and how much of the repository it covers: the longest
// prefix, a name before a wildcard, and the longer of two wildcards.
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

// nearer compares two prefixes that cover the same, so that at least one is a wildcard.
func nearer(a, b string) bool {
	if wild := strings.HasPrefix(b, "*"); wild != strings.HasPrefix(a, "*") {
		return wild
	}
	return len(a) > len(b)
}

// match gives the length of what a prefix covers of a repository, -1 when it does not: a prefix ends where a part of
// the path or the host does, and *.domain covers the host of any of the domain's subdomains.
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
