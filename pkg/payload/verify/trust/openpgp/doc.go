// Package openpgp verifies the OpenPGP messages that sign releases: whole signed messages, not detached signatures, whose
// body is a claim about a digest.
//
// Keys, self-signatures, bindings of subkeys, revocations and the arithmetic are go-crypto's. Two things are this
// package's own: the shape of a message, because the library skips packets that it does not know, and signatures of
// version 3 (RFC 4880, section 5.2.2), which Red Hat's older releases carry and the library no longer reads.
//
// A message that a cluster refuses is refused here too, so one with several signatures, or with its signature before the
// document. Signatures over SHA-1 and SHA-224, which a cluster takes, do not count either.
//
// A key counts as it is now, not as it was when it signed: an expired or revoked key verifies nothing, and a key whose
// lifetime was extended goes on verifying what it signed before. It is pure: bytes in, values out.
package openpgp
