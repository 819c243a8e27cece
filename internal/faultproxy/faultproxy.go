// Package faultproxy simulates faults of networks and servers in tests. A Proxy wraps a handler and delays, slows, resets, stalls,
// truncates or corrupts its answers, or answers with a status or a wrong range.
//
//	proxy := faultproxy.New(registry,
//		faultproxy.Rule{Path: "/blobs/", Times: 1, Fault: faultproxy.Reset(64 << 10)},
//		faultproxy.Rule{Path: "/manifests/", Times: 2, Fault: faultproxy.Status(503, nil)},
//	)
//	server := httptest.NewServer(proxy)
//
// The handler may be in the process or, with To, another server.
package faultproxy

import (
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
)

// Fault changes how a handler answers one request.
type Fault func(http.Handler) http.Handler

// Rule selects the requests of a fault.
type Rule struct {
	Path  string // a part of the path; empty for every path
	After int    // how many matching requests pass first
	Times int    // how many requests get the fault; 0 for all
	Fault Fault
}

// Proxy is a handler with faults.
type Proxy struct {
	next http.Handler

	mu     sync.Mutex
	rules  []Rule
	counts []int // the number of matching requests of each rule
}

// New returns next with faults. A request that matches several rules gets all of their faults, the first one outermost.
func New(next http.Handler, rules ...Rule) *Proxy {
	return &Proxy{next: next, rules: rules, counts: make([]int, len(rules))}
}

// To returns a handler that forwards requests to a server.
func To(target *url.URL) http.Handler { return httputil.NewSingleHostReverseProxy(target) }

// ServeHTTP answers one request with the faults of the matching rules.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	handler := p.next
	faults := p.match(r.URL.Path)
	for i := len(faults) - 1; i >= 0; i-- {
		handler = faults[i](handler)
	}
	handler.ServeHTTP(w, r)
}

// match returns the faults for a request, and counts it.
func (p *Proxy) match(path string) []Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	var faults []Fault
	for i, rule := range p.rules {
		if !strings.Contains(path, rule.Path) {
			continue
		}
		p.counts[i]++
		if n := p.counts[i] - rule.After; n > 0 && (rule.Times == 0 || n <= rule.Times) {
			faults = append(faults, rule.Fault)
		}
	}
	return faults
}
