// Package registry holds the program against the reference registry: open, with passwords and with tokens, over TLS
// with a private authority, behind mirrors and a proxy.
package registry
