package registry

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"

	"github.com/release-x/oc-release-x/internal/transport"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
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
	case u.Scheme == "http" && !via.Insecure:
		return "", fmt.Errorf("http://%s is not encrypted", u.Host)
	case via.Guard.RefusesName(u.Hostname()):
		return "", fmt.Errorf("%s is a loopback or link-local address", u.Host)
	case !s.credential.Empty() && !s.trustsRealm(u):
		return "", fault.WithHint(fault.Auth, "if it is right, add --allow-realm "+u.Host, "%s belongs to another domain", u.Host)
	}
	if u.Scheme == "http" {
		// regclient asks token servers over https only; the link Plain then uses http for this host.
		s.client.plain.Set(u.Host)
		u.Scheme = "https"
	}
	u.Fragment = ""
	s.mu.Lock()
	defer s.mu.Unlock()
	s.realms[realmKey(u)] = true
	return u.String(), nil
}

// notInURL reports whether RFC 3986 forbids a character; url.Parse accepts all of them in a query.
func notInURL(r rune) bool { return r <= ' ' || r >= 0x7f }

// approved reports whether a request for a token goes to a token server that was approved.
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

// sameDomain reports whether two hosts are the same, or belong to one registrable domain. Addresses must be equal.
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

// challenges is a link that judges the challenges of an answer 401. It leaves those that may and can be answered, in the one form
// that regclient reads as this package does.
func (s *session) challenges(next http.RoundTripper) http.RoundTripper {
	return transport.Func(func(request *http.Request) (*http.Response, error) {
		response, err := next.RoundTrip(request)
		if err != nil || response.StatusCode != http.StatusUnauthorized {
			return response, err
		}
		if err := s.judge(request.URL, response.Header, exchangeOf(request)); err != nil {
			transport.Discard(response)
			return nil, err
		}
		return response, nil
	})
}

// judge rewrites the challenges of a header and keeps in the exchange which there were.
func (s *session) judge(base *url.URL, header http.Header, x *exchange) error {
	values := header.Values("WWW-Authenticate")
	header.Del("WWW-Authenticate")
	if s.credential.RegistryToken != "" {
		return nil // it was sent and refused, and there is nothing else to send
	}
	if strings.Join(values, "") == "" && s.credential.Password != "" {
		values = []string{"Basic"} // a proxy may take the challenge away; the password is for this host in any case
	}
	seen := map[string]bool{}
	for _, c := range parseChallenges(values) {
		if seen[c.scheme] {
			continue
		}
		seen[c.scheme] = true
		switch c.scheme {
		case "basic":
			x.challenged = true
			// A realm of its own tells regclient that the second refusal is the same as the first.
			header.Add("WWW-Authenticate", c.render(s.registry))
		case "bearer":
			realm, err := s.approve(base, c.params["realm"])
			if err != nil {
				return fault.Errorf(fault.Auth, "%s sends its clients to a token server that is refused: %w", s.registry, err)
			}
			x.challenged = true
			header.Add("WWW-Authenticate", c.render(realm))
		default:
			x.scheme = bound(c.scheme, 32)
		}
	}
	return nil
}

// tokenServer is a link that sends a request for a token, which carries the credential, to the token server that was approved
// and nowhere else, and gives its answer in the one form that regclient reads.
func (s *session) tokenServer(next http.RoundTripper) http.RoundTripper {
	return transport.Func(func(request *http.Request) (*http.Response, error) {
		host := request.URL.Host
		if !s.approved(request.URL) {
			return nil, fault.Errorf(fault.Auth, "%s sends its clients to %s, which is no token server of it", s.registry, host)
		}
		response, err := next.RoundTrip(request.WithContext(s.tokenContext()))
		if errors.Is(err, transport.ErrGuarded) {
			return nil, fault.Errorf(fault.Auth, "%s sends its clients to a token server that is refused: %s is a loopback or link-local address", s.registry, host)
		}
		if _, large := errors.AsType[*transport.TooLargeError](err); large {
			return nil, fault.Errorf(fault.Auth, "the token server %s of %s answered more than %d bytes", host, s.registry, tokenLimit)
		}
		if err != nil {
			return nil, err
		}
		if response.StatusCode/100 == 3 {
			return nil, fault.Errorf(fault.Auth, "the token server %s of %s redirects: credentials are not sent there", host, s.registry)
		}
		s.mu.Lock()
		s.tokenHost, s.tokenStatus = host, response.StatusCode
		s.mu.Unlock()
		response.Request = request
		if response.StatusCode != http.StatusOK {
			return response, nil
		}
		body, err := readAll(response)
		if err == nil {
			body, err = plainToken(body)
		}
		if err != nil {
			return nil, fault.Errorf(fault.Auth, "the token server %s of %s %w", host, s.registry, err)
		}
		response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		return response, nil
	})
}

// tokenLimit bounds the answer of a token server, in bytes.
const tokenLimit = 1 << 20

// tokenLife is the longest lifetime of a token that is believed, in seconds.
const tokenLife = 24 * 60 * 60

// plainToken reads the answer of a token server and writes it in the one form that regclient reads. Only the token
// has to be there; optional fields in a form of their own count as absent.
func plainToken(body []byte) ([]byte, error) {
	if isWebPage(body) {
		return nil, errors.New("answered with a web page and no token: it may require an interactive login")
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil {
		return nil, errors.New("answered without a token: its answer is not a JSON object")
	}
	var answer struct {
		Token     string     `json:"token"`
		ExpiresIn int64      `json:"expires_in,omitempty"`
		IssuedAt  *time.Time `json:"issued_at,omitempty"`
		Refresh   string     `json:"refresh_token,omitempty"`
	}
	for _, name := range []string{"access_token", "token"} {
		if answer.Token == "" {
			answer.Token = textField(fields[name])
		}
	}
	if answer.Token == "" {
		return nil, errors.New("answered without a token")
	}
	answer.Refresh = textField(fields["refresh_token"])
	seconds, err := strconv.ParseFloat(strings.Trim(string(fields["expires_in"]), `" `), 64)
	if err == nil && seconds > 0 {
		answer.ExpiresIn = int64(min(seconds, tokenLife))
	}
	if at, err := time.Parse(time.RFC3339, textField(fields["issued_at"])); err == nil {
		answer.IssuedAt = &at
	}
	return json.Marshal(answer)
}

// textField returns a field that is a string, "" for any other.
func textField(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return ""
	}
	return text
}
