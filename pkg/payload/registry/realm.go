package registry

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/fault"

	"golang.org/x/net/publicsuffix"
)

// approve judges the token server that a challenge names, and gives its address as regclient is to ask it. The way
// to it must be encrypted unless the user named it as insecure. A credential goes only to the registry's own, to one
// of the same domain, or to one that the user named; without a credential there is nothing to protect.
func (s *session) approve(base *url.URL, realm string) (string, error) {
	if realm == "" || len(realm) > 4<<10 {
		return "", errors.New("the challenge names none")
	}
	u, err := base.Parse(realm)
	if err != nil || u.Host == "" || strings.ContainsFunc(realm, notInURL) {
		return "", errors.New("what it names is not an address")
	}
	via := s.route(u.Host)
	switch {
	case u.User != nil:
		return "", errors.New("there is a user name in its address")
	case u.Scheme != "https" && u.Scheme != "http":
		return "", fmt.Errorf("%s:// is no way to it", printable(u.Scheme))
	case u.Scheme == "http" && !via.insecure:
		return "", fmt.Errorf("http://%s is not encrypted", u.Host)
	case via.guard.refusesName(u.Hostname()):
		return "", fmt.Errorf("%s is a loopback or link-local address", u.Host)
	case !s.credential.Empty() && !s.trustsRealm(u):
		return "", fault.WithHint(fault.Auth, "if it is right, add --allow-realm "+u.Host, "%s belongs to another domain", u.Host)
	}
	if u.Scheme == "http" {
		// regclient never leaves https; the round tripper knows better.
		s.client.network.setPlain(u.Host)
		u.Scheme = "https"
	}
	u.Fragment = ""
	s.mu.Lock()
	defer s.mu.Unlock()
	s.realms[realmKey(u)] = true
	return u.String(), nil
}

// notInURL says which characters RFC 3986 has no place for; url.Parse keeps them in a query.
func notInURL(r rune) bool { return r <= ' ' || r >= 0x7f }

// approved says whether a request for a token goes where a challenge was approved to lead.
func (s *session) approved(u *url.URL) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.realms[realmKey(u)]
}

// realmKey leaves out the query, to which the request adds its own.
func realmKey(u *url.URL) string { return u.Scheme + "://" + u.Host + u.EscapedPath() }

// trustsRealm compares a token server with its registry.
func (s *session) trustsRealm(u *url.URL) bool {
	for _, allowed := range s.client.options.AllowRealm {
		if strings.EqualFold(allowed, u.Host) || strings.EqualFold(allowed, u.Hostname()) {
			return true
		}
	}
	return sameDomain((&url.URL{Host: s.host}).Hostname(), u.Hostname())
}

// sameDomain says whether two hosts are one, or belong to one registrable domain. Addresses are no names: they must be equal.
func sameDomain(a, b string) bool {
	a, b = strings.TrimSuffix(strings.ToLower(a), "."), strings.TrimSuffix(strings.ToLower(b), ".")
	if a == b {
		return true
	}
	if isAddress(a) || isAddress(b) {
		return false
	}
	domainA, errA := publicsuffix.EffectiveTLDPlusOne(a)
	domainB, errB := publicsuffix.EffectiveTLDPlusOne(b)
	return errA == nil && errB == nil && domainA == domainB
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}
