package auth

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// sizeLimit limits a file with credentials, in bytes. Real ones have a few kilobytes.
const sizeLimit = 4 << 20

// source is a place that may have credentials.
type source struct {
	name     string // a path, or a description
	named    bool   // named by the user: it must exist
	variable string // prefix of messages about a file that an environment variable names
	legacy   bool   // ~/.dockercfg: entries without "auths" around them
	read     func(context.Context) ([]byte, string, error)
	loaded   bool
	config   *config // nil after loading if there is no such file
}

// places lists the places to search, in oc's order (pkg/cli/image/manifest, containers/image pkg/docker/config).
func (r *Resolver) places() []*source {
	o := r.options
	if o.File != "" {
		return []*source{{name: o.File, named: true}}
	}
	if o.Content != nil {
		return []*source{{read: o.Content, named: true}}
	}
	if path := o.Getenv("REGISTRY_AUTH_FILE"); path != "" {
		return []*source{{name: path, variable: "$REGISTRY_AUTH_FILE: ", named: true}}
	}
	var list []*source
	add := func(parts ...string) {
		list = append(list, &source{name: filepath.Join(parts...)})
	}
	if dir := o.Getenv("XDG_RUNTIME_DIR"); dir != "" {
		add(dir, "containers", "auth.json")
	}
	if o.UID != "" {
		run := o.Run
		if run == "" {
			run = "/run"
		}
		add(run, "containers", o.UID, "auth.json")
	}
	if dir := o.Getenv("XDG_CONFIG_HOME"); dir != "" {
		add(dir, "containers", "auth.json")
	} else if o.Home != "" {
		add(o.Home, ".config", "containers", "auth.json")
	}
	if dir := o.Getenv("DOCKER_CONFIG"); dir != "" {
		add(dir, "config.json")
	}
	if o.Home != "" {
		add(o.Home, ".docker", "config.json")
		list = append(list, &source{name: filepath.Join(o.Home, ".dockercfg"), legacy: true})
	}
	if text := o.Getenv("DOCKER_AUTH_CONFIG"); text != "" {
		list = append(list, &source{read: func(context.Context) ([]byte, string, error) {
			return []byte(text), "$DOCKER_AUTH_CONFIG", nil
		}})
	}
	return list
}

// load reads a place, once.
func (r *Resolver) load(ctx context.Context, s *source) error {
	if s.loaded {
		return nil
	}
	data, err := r.bytes(ctx, s)
	if errors.Is(err, fs.ErrNotExist) && !s.named {
		s.loaded = true
		return nil
	}
	if err != nil {
		if s.name == "" {
			return err
		}
		return fault.Errorf(fault.Auth, "%sreading credentials from %s: %w", s.variable, s.name, cause(err))
	}
	c, err := parse(data, s.legacy)
	if err == nil && s.named {
		err = checkKind(data)
	}
	if err != nil {
		return fault.Errorf(fault.Auth, "%sreading credentials from %s: %w", s.variable, s.name, err)
	}
	s.loaded, s.config = true, c
	return nil
}

func (r *Resolver) bytes(ctx context.Context, s *source) ([]byte, error) {
	if s.read != nil {
		data, name, err := s.read(ctx)
		if err == nil {
			s.name = name
		}
		return data, err
	}
	f, err := os.Open(s.name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, errors.New("it is a directory")
	}
	data, err := io.ReadAll(io.LimitReader(f, sizeLimit+1))
	if err != nil {
		return nil, err
	}
	if len(data) > sizeLimit {
		return nil, fault.Errorf(fault.Auth, "it has more than %d bytes", sizeLimit)
	}
	if info.Mode().IsRegular() && readableByOthers(info.Mode()) {
		r.options.Warnf("%s can be read by every user of this machine: chmod 600 it", s.name)
	}
	return data, nil
}

// cause is a file error without the path, for messages that name it.
func cause(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}
