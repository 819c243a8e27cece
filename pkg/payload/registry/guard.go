package registry

import (
	"context"
	"errors"
	"net/netip"
	"syscall"

	"github.com/release-x/oc-release-x/internal/transport"
)

// guard says which addresses a host may not have that someone else than the user named: a redirect or a challenge
// must not make this program ask what only this machine can reach, such as a cloud's metadata.
type guard int

const (
	open      guard = iota // the user named it
	linkLocal              // named by a registry on this machine: its other ports are fair
	local                  // named by any other registry
)

var errGuarded = errors.New("a loopback or link-local address")

// guardFor is the guard for what a registry at this host names.
func guardFor(registry string) guard {
	if transport.IsLoopbackName(registry) {
		return linkLocal
	}
	return local
}

// refusesName judges a host as it is written.
func (g guard) refusesName(host string) bool {
	if g == local && transport.IsLoopbackName(host) {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && g.refuses(ip)
}

// refuses judges an address that a name stands for.
func (g guard) refuses(ip netip.Addr) bool {
	switch g {
	case open:
		return false
	case linkLocal:
		return transport.LinkLocal.Refuses(ip)
	default:
		return transport.Local.Refuses(ip)
	}
}

// control refuses a connection by its address, after names were looked up.
func (g guard) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	a, err := netip.ParseAddrPort(address)
	if err == nil && g.refuses(a.Addr()) {
		return errGuarded
	}
	return nil
}
