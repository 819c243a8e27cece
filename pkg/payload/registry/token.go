package registry

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/release-x/oc-release-x/internal/transport"
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
		return nil, fault.Errorf(fault.Auth, "%s sends its clients to a token server that is refused: %s is a loopback or link-local address", s.registry, req.URL.Host)
	}
	if err != nil {
		return nil, &hostError{req.URL.Host, err}
	}
	if redirects(response.StatusCode) {
		discard(response)
		return nil, fault.Errorf(fault.Auth, "the token server %s of %s redirects: credentials are not sent there", req.URL.Host, s.registry)
	}
	if transport.IsTransientStatus(response.StatusCode) && req.Method == http.MethodGet {
		return response, nil
	}
	body, err := readLimited(response, tokenLimit)
	if err != nil {
		if errors.Is(err, errTooLarge) {
			return nil, fault.Errorf(fault.Auth, "the token server %s of %s answered more than %d bytes", req.URL.Host, s.registry, tokenLimit)
		}
		return nil, &hostError{req.URL.Host, err}
	}
	s.mu.Lock()
	s.tokenHost, s.tokenStatus = req.URL.Host, response.StatusCode
	s.mu.Unlock()
	if response.StatusCode != http.StatusOK {
		return response, nil
	}
	plain, err := plainToken(body)
	if err != nil {
		return nil, fault.Errorf(fault.Auth, "the token server %s of %s %w", req.URL.Host, s.registry, err)
	}
	response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(plain)), int64(len(plain))
	return response, nil
}

// tokenLife is the longest life of a token that is believed, in seconds: a day.
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

// textField is a field that is a string, "" for any other.
func textField(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return ""
	}
	return text
}
