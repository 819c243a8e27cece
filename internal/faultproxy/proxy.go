// Package faultproxy stands between a client and a server in tests and does to their traffic what networks and
// servers do: it delays, slows, resets, stalls, cuts, changes bytes, answers statuses and lies about ranges.
//
//	proxy := faultproxy.New(registry,
//		faultproxy.Rule{Path: "/blobs/", Times: 1, Fault: faultproxy.Reset(64 << 10)},
//		faultproxy.Rule{Path: "/manifests/", Times: 2, Fault: faultproxy.Status(503, nil)},
//	)
//	server := httptest.NewServer(proxy)
//
// What stands behind may be a handler in the process or, with To, a server elsewhere.
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

// Rule says which requests meet a fault.
type Rule struct {
	Path  string // a part of the path; "" is every path
	After int    // so many matching requests pass first
	Times int    // so many meet the fault; 0 is all of them
	Fault Fault
}

// Proxy is the handler with its faults.
type Proxy struct {
	next http.Handler

	mu    sync.Mutex
	rules []Rule
	met   []int // by rule: how many requests matched
}

// New puts rules before a handler. A request that matches several meets all of them, the first outermost.
func New(next http.Handler, rules ...Rule) *Proxy {
	return &Proxy{next: next, rules: rules, met: make([]int, len(rules))}
}

// To is a handler that forwards to a server.
func To(target *url.URL) http.Handler { return httputil.NewSingleHostReverseProxy(target) }

// ServeHTTP answers one request with the faults that are due.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	handler := p.next
	due := p.due(r.URL.Path)
	for i := len(due) - 1; i >= 0; i-- {
		handler = due[i](handler)
	}
	handler.ServeHTTP(w, r)
}

func (p *Proxy) due(path string) []Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	var due []Fault
	for i, rule := range p.rules {
		if !strings.Contains(path, rule.Path) {
			continue
		}
		p.met[i]++
		if n := p.met[i] - rule.After; n > 0 && (rule.Times == 0 || n <= rule.Times) {
			due = append(due, rule.Fault)
		}
	}
	return due
}
