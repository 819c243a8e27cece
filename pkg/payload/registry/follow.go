package registry

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// redirectMost is how many redirects one request may take: registries need one, to their storage.
const redirectMost = 5

// hostError says at which host a request failed: a registry, its storage or its token server.
type hostError struct {
	host string
	err  error
}

func (e *hostError) Error() string { return e.host + ": " + e.err.Error() }
func (e *hostError) Unwrap() error { return e.err }

// follow sends one GET or HEAD and goes where redirects lead. Another host gets neither credentials nor cookies.
func (s stack) follow(ctx context.Context, method string, target *url.URL, header http.Header) (*http.Response, error) {
	at := target
	seen := map[string]bool{}
	for hop := 0; ; hop++ {
		seen[at.String()] = true
		req, err := http.NewRequestWithContext(ctx, method, at.String(), nil)
		if err != nil {
			return nil, fault.Errorf(fault.Network, "%s redirects to what is not an address", s.registry)
		}
		req.Header = header.Clone()
		if at.Host != s.host {
			req.Header.Del("Authorization")
			req.Header.Del("Cookie")
		}
		response, err := s.client.network.send(req, s.route(at.Host))
		if err != nil {
			return nil, s.refusedAddress(at, err)
		}
		if !redirects(response.StatusCode) {
			return response, s.foreign(at, response)
		}
		location := response.Header.Get("Location")
		discard(response)
		next, err := s.redirect(at, location)
		if err != nil {
			return nil, fault.Errorf(fault.Network, "%s redirects %w", at.Host, err)
		}
		if hop == redirectMost || seen[next.String()] {
			return nil, fault.Errorf(fault.Network, "%s redirects in circles, %d in a row", s.host, hop+1)
		}
		at = next
	}
}

// route decides how a host is reached: the registry as the user wants it, any other verified and not on this machine.
func (s *session) route(host string) route {
	if host == s.host {
		return route{host: host, insecure: s.insecure}
	}
	return route{host: host, insecure: s.client.insecure(host), guard: s.guard()}
}

// guard is the guard for what this registry names.
func (s *session) guard() guard {
	return guardFor((&url.URL{Host: s.host}).Hostname())
}

// redirect checks where a redirect leads.
func (s stack) redirect(at *url.URL, location string) (*url.URL, error) {
	if location == "" || len(location) > 16<<10 {
		return nil, errors.New("without saying where to")
	}
	next, err := at.Parse(location)
	if err != nil || next.Host == "" {
		return nil, errors.New("to what is not an address")
	}
	switch {
	case next.User != nil:
		return nil, errors.New("to an address with a user name in it")
	case next.Scheme != "https" && (next.Scheme != "http" || s.scheme(at) == "https"):
		return nil, errors.New("to " + next.Scheme + "://" + next.Host + ", which is not encrypted")
	case next.Host != s.host && s.guard().refusesName(next.Hostname()):
		return nil, errors.New("to " + next.Host + ", a loopback or link-local address")
	}
	next.Fragment = ""
	return next, nil
}

// scheme is what at was really asked by: an insecure host may have been asked in the clear.
func (s stack) scheme(at *url.URL) string {
	if at.Scheme == "https" && s.client.network.isPlain(at.Host) {
		return "http"
	}
	return at.Scheme
}

// refusedAddress tells a guard's refusal from a failure to connect.
func (s stack) refusedAddress(at *url.URL, err error) error {
	if errors.Is(err, errGuarded) {
		return fault.Errorf(fault.Network, "%s redirects to %s, a loopback or link-local address", s.host, at.Host)
	}
	return &hostError{at.Host, err}
}

// foreign refuses the challenge of a host that the registry redirected to: it has no claim to credentials.
func (s stack) foreign(at *url.URL, response *http.Response) error {
	if at.Host == s.host || response.StatusCode != http.StatusUnauthorized && response.StatusCode != http.StatusForbidden {
		return nil
	}
	status := response.Status
	discard(response)
	return fault.Errorf(fault.Auth, "%s redirects to %s, which answers %s", s.host, at.Host, printable(status))
}

func redirects(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// printable bounds a short text from a server and keeps it on one line.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, bound(s, 80))
}
