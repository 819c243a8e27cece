package transport

import (
	"net/netip"
	"strings"
)

// IsLinkAddress reports whether an address is link-local, unspecified, or where a cloud keeps its metadata on IPv6: nothing
// that a server outside this machine may send a client to.
func IsLinkAddress(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	return ip.IsLinkLocalUnicast() || ip.IsLinkLocalMulticast() || ip.IsInterfaceLocalMulticast() || ip.IsUnspecified() ||
		ip == netip.AddrFrom16([16]byte{0xfd, 0x00, 0x0e, 0xc2, 15: 0x54, 14: 0x02})
}

// IsLoopbackAddress reports whether an address is this machine's own.
func IsLoopbackAddress(ip netip.Addr) bool { return ip.Unmap().IsLoopback() }

// IsLoopbackName reports whether a host, as it is written, is this machine.
func IsLoopbackName(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && IsLoopbackAddress(ip)
}
