package pair

import (
	"net/http/httptest"
	"testing"
)

// TargetServer serves the target for helpers that push to a server.
func (p *Pair) TargetServer(t *testing.T) *httptest.Server {
	server := httptest.NewServer(p.target)
	t.Cleanup(server.Close)
	return server
}
