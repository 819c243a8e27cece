package plugin

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/diff"
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
	changed bool
}

// imagesRequest lists the component images of releases.
type imagesRequest struct {
	releaseRequest
	groups      []string
	output      *printers.Output
	releaseFlag bool // --release names the releases
	changed     bool // only the components whose images differ between the releases
}

func newImagesCommand(f *factory) *cobra.Command {
	c := &imagesFlags{}
	cmd := &cobra.Command{
		Use:   "images [RELEASE] [NAME|GLOB...]",
		Short: "List the component images of a release",
		Long: `List the component images of a release, by name.

NAME is a component, a pattern such as '*-operator', or the name of a component in installers and guides
(kube-apiserver for hyperkube).

With --release more than once, the table has a column of digests for each release, and -o wide a row for
each image of each release.`,
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
%[1]s images 4.14.0 --group bootstrap -o wide

# The images that differ between three releases
%[1]s images --release 4.14.0 --release 4.14.1 --release 4.14.2 --changed`),
		RunE: f.run(func(_ context.Context, args []string) (request, error) { return c.complete(f, args) }),
	}
	cmd.Flags().StringSliceVar(&c.groups, "group", nil, "Only the components of this group: "+strings.Join(payload.GroupNames(), ", "))
	cmd.Flags().BoolVar(&c.changed, "changed", false, "Only the components whose images differ between the releases")
	c.release.add(cmd, releasesTogether)
	c.output = newOutputFlags(cmd, printers.Forms{Table: true, List: true, Lines: []string{"digest", "name", "pullspec"}})
	return cmd
}

func (c *imagesFlags) complete(f *factory, args []string) (request, error) {
	r := &imagesRequest{groups: c.groups, releaseFlag: len(c.release.fromFlags()) > 0, changed: c.changed}
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
	if c.changed && len(c.release.fromFlags()) < 2 {
		return nil, fault.Errorf(fault.Usage, "--changed compares releases: name two or more of them with --release")
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
	chosen := make([][]payload.Component, len(releases))
	for i, release := range releases {
		chosen[i] = r.choose(s, release, selections[i])
	}
	if r.changed {
		keepDiffering(chosen)
	}
	var lists []*v1alpha1.ComponentImageList
	for i, release := range releases {
		lists = append(lists, v1alpha1.NewComponentImageList(releaseDocument(release), chosen[i]))
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

// keepDiffering removes the components whose images are the same in all releases.
func keepDiffering(releases [][]payload.Component) {
	differing := diff.Differing(releases)
	for i, components := range releases {
		releases[i] = slices.DeleteFunc(components, func(c payload.Component) bool { return !differing[c.Name] })
	}
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
