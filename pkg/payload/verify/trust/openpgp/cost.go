package openpgp

import (
	"slices"

	"github.com/ProtonMail/go-crypto/openpgp/v2"
)

// maxSelfSignatures is how many signatures the keys of a limited keyring may carry that they would have made themselves. Each
// costs a computation with the key before anybody knows whether it is forged. Real release keys carry fewer than ten.
const maxSelfSignatures = 500

// selfSignatures counts the signatures that go-crypto may have to verify to find out what keys are good for. Those of other
// keys are not among them.
func selfSignatures(entities v2.EntityList) int {
	n := 0
	for _, e := range entities {
		n += len(e.Revocations) + len(e.DirectSignatures)
		for _, identity := range e.Identities {
			n += len(identity.SelfCertifications) + len(identity.Revocations)
		}
		for _, sub := range e.Subkeys {
			n += len(sub.Bindings) + len(sub.Revocations)
		}
	}
	return n
}

// withID are the keys that have an id, or a subkey that has it, without their other subkeys: go-crypto would verify what
// binds every subkey before it looks for the one with the id. What it finds out stays with the signatures, which the copies
// share.
func withID(entities v2.EntityList, id uint64) v2.EntityList {
	var found v2.EntityList
	for _, e := range entities {
		of := *e
		of.Subkeys = slices.DeleteFunc(slices.Clone(e.Subkeys), func(sub v2.Subkey) bool { return sub.PublicKey.KeyId != id })
		if of.PrimaryKey.KeyId == id || len(of.Subkeys) > 0 {
			found = append(found, &of)
		}
	}
	return found
}
