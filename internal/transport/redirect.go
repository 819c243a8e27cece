package transport

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// redirectMost is how many redirects one request may take: registries need one, to their storage.
const redirectMost = 5

// Redirect goes where redirects lead. Another host than the first gets neither credentials nor cookies, and its answers 401 and
// 403 are errors of kind fault.Auth, because it has no right to ask for credentials. A redirect to plain HTTP, in circles, or to
// an address that GuardFor the first host refuses is an error of kind fault.Network. A request with a body follows only
// redirects that keep its method. What fails beyond the first host is a *HostError, like every failure of a request.
func Redirect() Link {
	return func(next http.RoundTripper) http.RoundTripper {
		return Func(func(request *http.Request) (*http.Response, error) { return follow(next, request) })
	}
}

func follow(next http.RoundTripper, request *http.Request) (*http.Response, error) {
	origin, sent := request.URL.Host, request
	seen := map[string]bool{}
	for hop := 0; ; hop++ {
		seen[sent.URL.String()] = true
		response, err := next.RoundTrip(sent)
		if err != nil {
			return nil, failedAt(origin, sent.URL.Host, err)
		}
		if !isRedirect(response.StatusCode) {
			return foreign(origin, sent.URL.Host, response)
		}
		location, status, scheme := response.Header.Get("Location"), response.StatusCode, sent.URL.Scheme
		if response.Request != nil {
			scheme = response.Request.URL.Scheme // Plain may have chosen another one
		}
		Discard(response)
		target, err := locate(origin, sent.URL, scheme, location)
		if err == nil && !keepsMethod(sent, status) {
			err = errors.New("a " + sent.Method + " in a way that changes its method")
		}
		if err != nil {
			return nil, fault.Errorf(fault.Network, "%s redirects %w", sent.URL.Host, err)
		}
		if hop == redirectMost || seen[target.String()] {
			return nil, fault.Errorf(fault.Network, "%s redirects in circles, %d in a row", origin, hop+1)
		}
		if sent, err = redirected(request, target, origin); err != nil {
			return nil, err
		}
	}
}

// redirected is a request to another address.
func redirected(request *http.Request, target *url.URL, origin string) (*http.Request, error) {
	again, err := reopen(request)
	if err != nil {
		return nil, err
	}
	if again == request {
		again = request.Clone(request.Context())
	}
	again.URL, again.Host = target, ""
	if target.Host != origin {
		again.Header.Del("Authorization")
		again.Header.Del("Cookie")
	}
	return again, nil
}

// locate checks where a redirect leads. scheme is what the redirecting host was really asked by.
func locate(origin string, at *url.URL, scheme, location string) (*url.URL, error) {
	if location == "" || len(location) > 16<<10 {
		return nil, errors.New("without saying where to")
	}
	target, err := at.Parse(location)
	if err != nil || target.Host == "" {
		return nil, errors.New("to what is not an address")
	}
	switch {
	case target.User != nil:
		return nil, errors.New("to an address with a user name in it")
	case target.Scheme != "https" && (target.Scheme != "http" || scheme == "https"):
		return nil, errors.New("to " + target.Scheme + "://" + target.Host + ", which is not encrypted")
	case target.Host != origin && GuardFor((&url.URL{Host: origin}).Hostname()).RefusesName(target.Hostname()):
		return nil, errors.New("to " + target.Host + ", " + ErrGuarded.Error())
	}
	target.Fragment = ""
	return target, nil
}

// failedAt says where a request failed, unless the error has been explained. A guard's refusal is not a failure to connect.
func failedAt(origin, host string, err error) error {
	if _, explained := errors.AsType[*fault.Error](err); explained {
		return err
	}
	if !errors.Is(err, ErrGuarded) {
		return &HostError{host, err}
	}
	if host == origin {
		return fault.Errorf(fault.Network, "%s is %w", host, ErrGuarded)
	}
	return fault.Errorf(fault.Network, "%s redirects to %s, %w", origin, host, ErrGuarded)
}

// foreign refuses the challenge of a host that the first one redirected to.
func foreign(origin, host string, response *http.Response) (*http.Response, error) {
	status := response.StatusCode
	if host == origin || status != http.StatusUnauthorized && status != http.StatusForbidden {
		return response, nil
	}
	Discard(response)
	return nil, fault.Errorf(fault.Auth, "%s redirects to %s, which answers %s", origin, host, StatusText(status))
}

func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// keepsMethod reports whether a redirect asks for the same request at another address.
func keepsMethod(r *http.Request, status int) bool {
	if r.Method == "" || r.Method == http.MethodGet || r.Method == http.MethodHead {
		return true
	}
	return status == http.StatusTemporaryRedirect || status == http.StatusPermanentRedirect
}
