package auth

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// helperOutput limits the output of a helper program, in bytes.
const helperOutput = 1 << 20

// helperCall is a call of a helper, which is made once.
type helperCall struct{ helper, host string }

type helperAnswer struct {
	credential Credential
	err        error
}

// help asks docker-credential-NAME for the host's credential, once per command.
func (r *Resolver) help(ctx context.Context, name, host string) (Credential, error) {
	call := helperCall{name, host}
	if a, ok := r.helped[call]; ok {
		return a.credential, a.err
	}
	c, err := r.run(ctx, name, host)
	if ctx.Err() != nil {
		return Credential{}, ctx.Err()
	}
	r.helped[call] = helperAnswer{c, err}
	return c, err
}

func (r *Resolver) run(ctx context.Context, name, host string) (Credential, error) {
	if !validHelper(name) {
		return Credential{}, fmt.Errorf("the helper name %q is refused: want letters, digits, dots, dashes and underscores", name)
	}
	program := "docker-credential-" + name
	path, err := lookPath(r.options.Getenv("PATH"), program)
	if err != nil {
		return Credential{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, r.options.HelperTime)
	defer cancel()
	out := &bounded{limit: helperOutput}
	cmd := exec.CommandContext(ctx, path, "get")
	cmd.Stdin = strings.NewReader(serverName(host))
	cmd.Stdout = out
	cmd.WaitDelay = 500 * time.Millisecond // a child process of the helper may keep its output open
	err = cmd.Run()
	switch {
	case out.full:
		return Credential{}, fmt.Errorf("%s printed more than %d bytes", program, helperOutput)
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return Credential{}, fmt.Errorf("%s did not answer within %v", program, r.options.HelperTime)
	case err != nil && strings.Contains(out.buffer.String(), "credentials not found"):
		return Credential{}, nil
	case err != nil:
		return Credential{}, fmt.Errorf("%s failed: %w", program, err)
	}
	return decodeAnswer(program, host, out.buffer.Bytes())
}

// decodeAnswer reads what a helper prints: ServerURL, Username and Secret. Its errors do not quote it.
func decodeAnswer(program, host string, data []byte) (Credential, error) {
	var answer struct{ Username, Secret string }
	if err := json.Unmarshal(data, &answer); err != nil {
		return Credential{}, fmt.Errorf("%s did not print JSON with Username and Secret", program)
	}
	c := Credential{Username: answer.Username, Password: answer.Secret, Key: host + " from " + program}
	if answer.Username == "<token>" {
		c.Username, c.Password, c.IdentityToken = "", "", answer.Secret
	}
	return c, nil
}

// validHelper reports whether a name is safe: not a path, not an option, and without characters of a shell.
func validHelper(name string) bool {
	if name == "" || len(name) > 64 || name[0] == '-' || name[0] == '.' {
		return false
	}
	for _, c := range []byte(name) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '.', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}

// lookPath finds a program in the absolute directories of a PATH.
func lookPath(path, program string) (string, error) {
	for _, dir := range filepath.SplitList(path) {
		if !filepath.IsAbs(dir) {
			continue
		}
		if found, err := exec.LookPath(filepath.Join(dir, program)); err == nil {
			return found, nil
		}
	}
	return "", fmt.Errorf("the helper %s is not in $PATH: install it, or name another file with --authfile", program)
}

// serverName is the name of a host for helpers.
func serverName(host string) string {
	if host == "docker.io" {
		return "https://index.docker.io/v1/"
	}
	return host
}

// bounded keeps a limited amount of output and fails beyond it. The buffer is not embedded, because its ReadFrom would bypass
// the limit.
type bounded struct {
	buffer bytes.Buffer
	limit  int
	full   bool
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.buffer.Len()+len(p) > b.limit {
		b.full = true
		return 0, io.ErrShortBuffer
	}
	return b.buffer.Write(p)
}
