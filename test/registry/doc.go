// Package registry tests the program with the reference registry: open, with passwords and with tokens, over TLS with a
// private CA, behind mirrors and a proxy.
package registry
