package plugin

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/printers"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// imagesFlags are the flags of images.
type imagesFlags struct {
	release releaseFlags
	output  *outputFlags
	groups  []string // nil when the flag is not given
}

// imagesRequest lists the component images of releases.
type imagesRequest struct {
	releaseRequest
	groups      []string
	output      *printers.Output
	releaseFlag bool // --release names the releases
}

func newImagesCommand(f *factory) *cobra.Command {
	c := &imagesFlags{}
	cmd := &cobra.Command{
		Use:   "images [RELEASE] [NAME|GLOB...]",
		Short: "List the component images of a release",
		Long: `List the component images of a release, by name.

NAME is a component, a pattern such as '*-operator', or the name of a component in installers and guides
(kube-apiserver for hyperkube).`,
		Example: examples(f.Name, `
# All component images of a release
%[1]s images 4.14.0

# The pull specs of two components
%[1]s images 4.14.0 etcd kube-apiserver -o pullspec

# The operators of a release in an OCI layout, filtered with jq
%[1]s images oci:release '*-operator' --jq '.items[].metadata.name'

# The release that the connected cluster runs
%[1]s images --pull-secret-from-cluster

# The images for the bootstrap of a manual installation
%[1]s images 4.14.0 --group bootstrap -o wide`),
		RunE: f.run(func(_ context.Context, args []string) (request, error) { return c.complete(f, args) }),
	}
	cmd.Flags().StringSliceVar(&c.groups, "group", nil, "Only the components of this group: "+strings.Join(payload.GroupNames(), ", "))
	c.release.add(cmd, releasesTogether)
	c.output = newOutputFlags(cmd, printers.Forms{Table: true, List: true, Lines: []string{"digest", "name", "pullspec"}})
	return cmd
}

func (c *imagesFlags) complete(f *factory, args []string) (request, error) {
	r := &imagesRequest{groups: c.groups, releaseFlag: len(c.release.fromFlags()) > 0}
	var err error
	if r.output, err = c.output.output(f.Streams); err != nil {
		return nil, err
	}
	if c.groups != nil && len(c.groups) == 0 {
		r.groups = []string{""}
	}
	if err := checkGroups(r.groups); err != nil {
		return nil, err
	}
	r.releaseRequest, err = c.release.request(f, "images", args)
	return r, err
}

func (r *imagesRequest) run(ctx context.Context, s *session) error {
	targets, err := s.resolve(ctx, r.releaseRequest)
	if err != nil {
		return err
	}
	releases, err := s.readAll(ctx, targets, image.ReadOptions{Repository: r.repository})
	if err != nil {
		return err
	}
	payloads := make([]*payload.Release, len(releases))
	for i, release := range releases {
		payloads[i] = release.Release
	}
	selections, err := payload.SelectInAny(payloads, r.names)
	if err != nil {
		return explainNames(err, r.names, r.releaseFlag)
	}
	var lists []*v1alpha1.ComponentImageList
	for i, release := range releases {
		lists = append(lists, v1alpha1.NewComponentImageList(releaseDocument(release), r.choose(s, release, selections[i])))
	}
	list := v1alpha1.Merge(lists)
	if len(list.Items) == 0 && r.output.ShowsTable() {
		fmt.Fprintln(s.ErrOut, "No component images found.")
	}
	return r.output.Print(ctx, s.Out, printers.ComponentImages(list))
}

// choose returns the components that match the names and are in a group of --group.
func (r *imagesRequest) choose(s *session, release *image.Release, selection payload.Selection) []payload.Component {
	inGroups := s.groupMembers(release, r.groups)
	var chosen []payload.Component
	for _, component := range release.Components {
		if len(r.names) > 0 && !selection.Components[component.Name] || len(r.groups) > 0 && !slices.Contains(inGroups, component.Name) {
			continue
		}
		chosen = append(chosen, component)
	}
	return chosen
}

// checkGroups refuses unknown groups.
func checkGroups(groups []string) error {
	for _, group := range groups {
		if payload.GroupMembers(group) == nil {
			return fault.Errorf(fault.Usage, "--group %q: want one of %s", group, strings.Join(payload.GroupNames(), ", "))
		}
	}
	return nil
}

// groupMembers lists the components of a release that are in one of the groups, and warns of members that it does not have.
func (s *session) groupMembers(release *image.Release, groups []string) (names []string) {
	for _, group := range groups {
		for _, member := range payload.GroupMembers(group) {
			if _, ok := release.Component(member); ok {
				names = append(names, member)
			} else {
				s.warnf("release %s has no component %s, which is in the group %s", release.Version, member, group)
			}
		}
	}
	return names
}
