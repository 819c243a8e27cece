package rewrite

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/pelletier/go-toml/v2"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// conf is version 2 of registries.conf, as containers-registries.conf(5) describes it; search lists, short names and
// helpers are not this package's.
type conf struct {
	Registries []struct {
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
	} `toml:"registry"`
	V1 map[string]any `toml:"registries"`
}

func (r *Rules) loadConf(path string) error {
	data, err := read(path)
	if err != nil {
		return err
	}
	rules, err := parseConf(data, path)
	if err != nil {
		return fault.Errorf(fault.Usage, "reading mirrors from %s: %w", path, err)
	}
	r.conf = rules
	return nil
}

func parseConf(data []byte, name string) ([]rule, error) {
	var c conf
	if err := toml.NewDecoder(bytes.NewReader(data)).Decode(&c); err != nil {
		if at, ok := errors.AsType[*toml.DecodeError](err); ok {
			row, column := at.Position()
			return nil, fmt.Errorf("line %d, column %d: %w", row, column, err)
		}
		return nil, err
	}
	if c.V1 != nil {
		return nil, errors.New("it is version 1 of registries.conf: only version 2, with [[registry]], is read")
	}
	var rules []rule
	for _, e := range c.Registries {
		prefix := e.Prefix
		if prefix == "" {
			prefix = e.Location
		}
		prefix, err := checkPrefix(prefix, true)
		if err != nil {
			return nil, fmt.Errorf("prefix %w", err)
		}
		if slices.ContainsFunc(rules, func(r rule) bool { return r.prefix == prefix }) {
			return nil, fmt.Errorf("the prefix %s is there twice", prefix)
		}
		to := rule{prefix: prefix, insecure: e.Insecure}
		if e.Location != "" {
			if to.location, err = checkPrefix(e.Location, false); err != nil {
				return nil, fmt.Errorf("location %w", err)
			}
		}
		if e.Blocked {
			to.blocked = name
		}
		for _, m := range e.Mirrors {
			at, err := checkPrefix(m.Location, false)
			if err != nil {
				return nil, fmt.Errorf("mirror %w", err)
			}
			digest, tags, err := pulls(m.Pull, e.ByDigest)
			if err != nil {
				return nil, fmt.Errorf("mirror %s: %w", at, err)
			}
			to.mirrors = append(to.mirrors, mirror{location: at, insecure: m.Insecure, digest: digest, tags: tags})
		}
		rules = append(rules, to)
	}
	return rules, nil
}

// pulls says what a mirror is asked for.
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
