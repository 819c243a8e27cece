// Package sigstore verifies the signatures that cosign leaves beside an image in its registry, at the tag sha256-HEX.sig,
// with a public key and the standard library. It reads that one form: no transparency log, no certificates, no bundles.
//
// Such a signature is of one image's manifest. A list of images never has one: each of its images does.
package sigstore
