package manifest

import "github.com/release-x/oc-release-x/pkg/payload/document"

// maxParsed is how many bytes of a file of YAML the scanner may leave to the parser.
const maxParsed = 4 << 20

// errParsed is the problem of a document that would make a file too much for the parser.
func errParsed() error {
	return document.Beyond("the file has more than the %d bytes of unusual YAML that this program reads", maxParsed)
}
