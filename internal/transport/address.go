package transport

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"syscall"
)

// Guard says which addresses a host may not have that a server named and not the user: a redirect or a challenge must not make
// this program ask what only this machine can reach, such as a cloud's metadata.
type Guard int

const (
	Open      Guard = iota // everything is allowed: the user named the host
	LinkLocal              // for a server on this machine, whose other ports are as good
	Local                  // for any other server: neither link-local addresses nor those of this machine
)

// ErrGuarded is in the chain of an error when a guard refused the address of a host.
var ErrGuarded = errors.New("a loopback or link-local address")

// GuardFor is the guard for hosts that a server names. The host of the server has no port.
func GuardFor(server string) Guard {
	if IsLoopbackName(server) {
		return LinkLocal
	}
	return Local
}

// RefusesName judges a host as it is written, without its port.
func (g Guard) RefusesName(host string) bool {
	if g == Local && IsLoopbackName(host) {
		return true
	}
	ip, err := netip.ParseAddr(strings.TrimSuffix(host, "."))
	return err == nil && g.Refuses(ip)
}

// Refuses judges an address.
func (g Guard) Refuses(ip netip.Addr) bool {
	switch g {
	case Open:
		return false
	case LinkLocal:
		return isLinkAddress(ip)
	default:
		return isLinkAddress(ip) || isLoopbackAddress(ip)
	}
}

// control refuses a connection by its address, after names were looked up.
func (g Guard) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	a, err := netip.ParseAddrPort(address)
	if err == nil && g.Refuses(a.Addr()) {
		return ErrGuarded
	}
	return nil
}

// isLinkAddress reports whether an address is link-local, unspecified, or where a cloud keeps its metadata on IPv6.
func isLinkAddress(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	return ip.IsLinkLocalUnicast() || ip.IsLinkLocalMulticast() || ip.IsInterfaceLocalMulticast() || ip.IsUnspecified() ||
		ip == netip.AddrFrom16([16]byte{0xfd, 0x00, 0x0e, 0xc2, 15: 0x54, 14: 0x02})
}

// isLoopbackAddress reports whether an address is this machine's own.
func isLoopbackAddress(ip netip.Addr) bool { return ip.Unmap().IsLoopback() }

// IsLoopbackName reports whether a host, as it is written and without its port, is this machine.
func IsLoopbackName(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && isLoopbackAddress(ip)
}
