package registry

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"syscall"
)

// guard says which addresses a host may not have that someone else than the user named: a redirect or a challenge
// must not make this program ask what only this machine can reach, such as a cloud's metadata.
type guard int

const (
	open      guard = iota // the user named it
	linkLocal              // named by a registry on this machine: its other ports are fair
	local                  // named by any other registry
)

var errGuarded = errors.New("an address of this machine or its link")

// guardFor is the guard for what a registry at this host names.
func guardFor(registry string) guard {
	if isLoopbackName(registry) {
		return linkLocal
	}
	return local
}

// refusesName judges a host as it is written.
func (g guard) refusesName(host string) bool {
	if g == local && isLoopbackName(host) {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && g.refuses(ip)
}

// refuses judges an address that a name stands for.
func (g guard) refuses(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	switch g {
	case open:
		return false
	case linkLocal:
		return isMetadata(ip)
	default:
		return isMetadata(ip) || ip.IsLoopback()
	}
}

// isMetadata is link-local, unspecified, or where a cloud keeps its metadata on IPv6.
func isMetadata(ip netip.Addr) bool {
	return ip.IsLinkLocalUnicast() || ip.IsLinkLocalMulticast() || ip.IsInterfaceLocalMulticast() || ip.IsUnspecified() ||
		ip == netip.AddrFrom16([16]byte{0xfd, 0x00, 0x0e, 0xc2, 15: 0x54, 14: 0x02})
}

func isLoopbackName(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// control refuses a connection by its address, after names were looked up.
func (g guard) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	a, err := netip.ParseAddrPort(address)
	if err == nil && g.refuses(a.Addr()) {
		return errGuarded
	}
	return nil
}
