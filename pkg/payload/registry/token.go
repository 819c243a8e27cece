package registry

import (
	"errors"
	"net/http"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// token sends a request for a token, which carries the credential, to the token server that was approved and
// nowhere else.
func (s stack) token(req *http.Request) (*http.Response, error) {
	if !s.approved(req.URL) {
		return nil, fault.Errorf(fault.Auth, "%s sends its clients to %s, which is no token server of it", s.registry, req.URL.Host)
	}
	ctx := s.tokenContext()
	send := func() (*http.Response, error) { return s.askToken(req.Clone(ctx)) }
	var response *http.Response
	var err error
	if req.Method == http.MethodGet {
		response, err = s.client.retry(ctx, req.URL.Host, send)
	} else if response, err = send(); err != nil {
		err = explain(req.URL.Host, err, 1)
	}
	if err != nil {
		return nil, err
	}
	response.Request = req
	return response, nil
}

func (s stack) askToken(req *http.Request) (*http.Response, error) {
	via := s.route(req.URL.Host)
	response, err := s.client.network.send(req, via)
	if errors.Is(err, errGuarded) {
		return nil, fault.Errorf(fault.Auth, "%s sends its clients to a token server that is refused: %s is an address of this machine or its link", s.registry, req.URL.Host)
	}
	if err != nil {
		return nil, &hostError{req.URL.Host, err}
	}
	if redirects(response.StatusCode) {
		discard(response)
		return nil, fault.Errorf(fault.Auth, "the token server %s of %s redirects: a credential does not follow", req.URL.Host, s.registry)
	}
	if retriable(response.StatusCode) && req.Method == http.MethodGet {
		return response, nil
	}
	if _, err := readLimited(response, tokenLimit); err != nil {
		if errors.Is(err, errTooLarge) {
			return nil, fault.Errorf(fault.Auth, "the token server %s of %s answered more than %d bytes", req.URL.Host, s.registry, tokenLimit)
		}
		return nil, &hostError{req.URL.Host, err}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokenHost, s.tokenStatus = req.URL.Host, response.StatusCode
	return response, nil
}
