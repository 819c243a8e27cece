package plugin

import (
	"fmt"

	"github.com/spf13/cobra"
)

// newReleaseTopic is the help about the forms of RELEASE. It is no command: it cannot be run.
func newReleaseTopic(name string) *cobra.Command {
	return &cobra.Command{
		Use:   "release",
		Short: "The forms of RELEASE",
		Long: fmt.Sprintf(`RELEASE names the release that a command reads:

  4.14.0            a version: its image is looked up in the connected cluster, then in --release-repository
  4.14.0-x86_64     a version for one architecture; 4.14.0-multi for all of them
  HOST/REPO:TAG     an image in a registry, such as quay.io/org/repo:tag; also HOST/REPO@sha256:...
  oci:DIR           an image in an OCI layout; oci:DIR:TAG or oci:DIR@sha256:... if the layout has several releases
  oci-archive:FILE  an image in a tar file, plain or gzip; also docker-archive:FILE
  dir:DIR           the files of a release, as extract writes them
  file:FILE         an image-references file, or the JSON of info -o json
  -                 the same, from standard input

Without RELEASE, a command reads $OCP_RELEASE_IMAGE, or else the release that the connected cluster runs.

With --release RELEASE, every argument is a NAME:

  %[1]s images --release "$OCP_RELEASE_IMAGE" etcd

If the image is for several architectures, --arch chooses one.`, name),
	}
}
