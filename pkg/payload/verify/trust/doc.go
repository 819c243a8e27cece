// Package trust says who signed a release. It makes the checks of the signatures, OpenPGP's and sigstore's, and decides
// whose keys count: never those of the release under test, but for keys that this program knows itself.
//
// What an image's bytes are is not decided here: the digests that are checked have to be verified ones.
package trust
