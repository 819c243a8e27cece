package mirrors

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/pelletier/go-toml/v2"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// conf is version 2 of registries.conf, see containers-registries.conf(5). Search lists, short names and helpers are ignored.
type conf struct {
	Registries []confEntry    `toml:"registry"`
	V1         map[string]any `toml:"registries"`
}

// confEntry is one [[registry]].
type confEntry struct {
	Prefix   string `toml:"prefix"`
	Location string `toml:"location"`
	Insecure bool   `toml:"insecure"`
	Blocked  bool   `toml:"blocked"`
	ByDigest bool   `toml:"mirror-by-digest-only"`
	Mirrors  []struct {
		Location string `toml:"location"`
		Insecure bool   `toml:"insecure"`
		Pull     string `toml:"pull-from-mirror"`
	} `toml:"mirror"`
}

func (r *Rules) loadConf(path string, warnf func(string, ...any)) error {
	data, err := read(path)
	if err != nil {
		return err
	}
	rules, odd, err := parseConf(data, path)
	if err != nil {
		return fault.Errorf(fault.Usage, "reading mirrors from %s: %w", path, err)
	}
	for _, why := range odd {
		warnf("%s: %v; it is left out", path, why)
	}
	r.conf = rules
	return nil
}

// parseConf reads a registries.conf. odd has an error for each entry that is skipped.
func parseConf(data []byte, name string) (rules []rule, odd []error, err error) {
	var c conf
	if got := notConf(data); got != "" {
		return nil, nil, fmt.Errorf("it is not a registries.conf but %s", got)
	}
	if err := toml.NewDecoder(bytes.NewReader(data)).Decode(&c); err != nil {
		if at, ok := errors.AsType[*toml.DecodeError](err); ok {
			row, column := at.Position()
			return nil, nil, fmt.Errorf("line %d, column %d: %w", row, column, err)
		}
		return nil, nil, err
	}
	if c.V1 != nil {
		return nil, nil, errors.New("it is version 1 of registries.conf: only version 2, with [[registry]], is read")
	}
	for i, e := range c.Registries {
		to, oddMirrors, err := e.rule(name)
		for _, why := range oddMirrors {
			odd = append(odd, fmt.Errorf("registry %d: %w", i+1, why))
		}
		if err != nil {
			odd = append(odd, fmt.Errorf("registry %d: %w", i+1, err))
			continue
		}
		first := slices.IndexFunc(rules, func(r rule) bool { return r.prefix == to.prefix })
		if first < 0 {
			rules = append(rules, to)
			continue
		}
		odd = append(odd, fmt.Errorf("registry %d: the prefix %s appears twice", i+1, to.prefix))
		if e.Blocked {
			rules[first].refused = to.refused // an entry that blocks is never skipped
		}
	}
	return rules, odd, nil
}

// rule returns the rule of an entry. odd has an error for each mirror that is skipped.
func (e confEntry) rule(file string) (to rule, odd []error, err error) {
	prefix := e.Prefix
	if prefix == "" {
		prefix = e.Location
	}
	if to.prefix, err = checkPrefix(prefix, true); err != nil {
		return rule{}, nil, fmt.Errorf("prefix %w", err)
	}
	to.insecure = e.Insecure
	if e.Location != "" {
		if to.location, err = checkPrefix(e.Location, false); err != nil {
			odd = append(odd, fmt.Errorf("location %w", err))
			to.refused = "has no usable location in " + file
		}
	}
	if e.Blocked {
		to.refused = "is blocked by " + file
	}
	for _, m := range e.Mirrors {
		at, err := checkPrefix(m.Location, false)
		if err != nil {
			odd = append(odd, fmt.Errorf("mirror %w", err))
			continue
		}
		digest, tags, err := pulls(m.Pull, e.ByDigest)
		if err != nil {
			odd = append(odd, fmt.Errorf("mirror %s: %w", at, err))
			continue
		}
		to.mirrors = append(to.mirrors, mirror{location: at, insecure: m.Insecure, digest: digest, tags: tags})
	}
	return to, odd, nil
}

// pulls reports whether a mirror is used for digests and for tags.
func pulls(pull string, byDigest bool) (digest, tags bool, err error) {
	if pull != "" && byDigest {
		return false, false, errors.New("pull-from-mirror and mirror-by-digest-only exclude each other")
	}
	switch pull {
	case "", "all":
		return true, !byDigest, nil
	case "digest-only":
		return true, false, nil
	case "tag-only":
		return false, true, nil
	}
	return false, false, fmt.Errorf("pull-from-mirror %q is none of all, digest-only and tag-only", pull)
}
