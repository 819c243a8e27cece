// Package extract decides which files of a payload are written and what is in them: byte for byte, without the
// documents that a cluster would leave out, or as oc writes them. It is pure: bytes in, bytes out.
package extract
