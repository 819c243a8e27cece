package payload

// File is one file of a payload folder.
type File struct {
	Name string // as in the folder, without a path
	Size int64  // bytes
	Data []byte // nil when the reader was asked for names only
}

// Files are the two folders of a release image, each in bytewise order of names.
type Files struct {
	Operator []File // /manifests: the operator's own, Go templates
	Release  []File // /release-manifests: image-references, release-metadata and the components' manifests
}

// The names in /release-manifests that are not manifests.
const (
	ReferencesName = "image-references"
	MetadataName   = "release-metadata"
)
