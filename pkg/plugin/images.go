package plugin

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/printers"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// imagesCommand lists the component images of a release.
type imagesCommand struct {
	*factory
	release releaseFlags
	output  *outputFlags
	groups  []string
}

func newImagesCommand(f *factory) *cobra.Command {
	c := &imagesCommand{factory: f}
	cmd := &cobra.Command{
		Use:   "images [RELEASE] [NAME|GLOB...]",
		Short: "List the component images of a release",
		Long: `List the component images of a release, by name.

A NAME is a component, a pattern over component names such as '*-operator', or one of
the names that installers and guides use for a component (kube-apiserver for hyperkube).`,
		Example: examples(f.Name, `
# All component images of a release
%[1]s images 4.14.0

# The pull specs of two of them
%[1]s images quay.io/openshift-release-dev/ocp-release:4.14.0-x86_64 etcd kube-apiserver -o pullspec

# Name and image of every operator of an image that lies in a folder
%[1]s images oci:release '*-operator' --jq '.items[] | "\(.metadata.name) \(.image)"'

# Those of the release that the connected cluster runs
%[1]s images --pull-secret-from-cluster

# What the bootstrap of a manual installation needs
%[1]s images 4.14.0 --group bootstrap -o wide`),
		RunE: f.run(func(ctx context.Context, args []string) error { return c.run(ctx, args) }),
	}
	c.release.add(cmd, releasesTogether)
	c.output = newOutputFlags(cmd, printers.Forms{Table: true, List: true, Lines: []string{"digest", "name", "pullspec"}})
	cmd.Flags().StringSliceVar(&c.groups, "group", nil, "Only the components of a group: "+strings.Join(payload.GroupNames(), ", "))
	return cmd
}

func (c *imagesCommand) run(ctx context.Context, args []string) error {
	output, err := c.output.output(c.Streams)
	if err != nil {
		return err
	}
	if len(c.groups) == 0 && c.output.command.Flags().Changed("group") {
		c.groups = []string{""}
	}
	for _, group := range c.groups {
		if payload.GroupMembers(group) == nil {
			return fault.Errorf(fault.Usage, "--group %q: want one of %s", group, strings.Join(payload.GroupNames(), ", "))
		}
	}
	references, names, err := c.release.references(ctx, c.factory, "images", args)
	if err != nil {
		return err
	}
	var lists []*v1alpha1.ComponentImageList
	for _, ref := range references {
		release, err := c.load(ctx, ref, c.release.repository, readOptions{})
		if err != nil {
			return err
		}
		components, err := c.choose(release, names)
		if err != nil {
			return err
		}
		lists = append(lists, v1alpha1.NewComponentImageList(release.document(), components))
	}
	list := v1alpha1.Merge(lists)
	if len(list.Items) == 0 && output.ShowsTable() {
		fmt.Fprintln(c.ErrOut, "No component images found.")
	}
	return output.Print(ctx, c.Out, printers.ComponentImages(list))
}

// choose picks components by name and by group: those that are in both when both are given.
func (c *imagesCommand) choose(release *loaded, names []string) ([]payload.Component, error) {
	selection, err := release.Select(names)
	if err != nil {
		return nil, c.release.explain(err, names)
	}
	inGroups := map[string]bool{}
	for _, group := range c.groups {
		for _, member := range payload.GroupMembers(group) {
			inGroups[member] = true
			if _, ok := release.Component(member); !ok {
				c.warnf("release %s has no component %s, which is in the group %s", release.Version, member, group)
			}
		}
	}
	var chosen []payload.Component
	for _, component := range release.Components {
		if len(names) > 0 && !selection.Components[component.Name] || len(c.groups) > 0 && !inGroups[component.Name] {
			continue
		}
		chosen = append(chosen, component)
	}
	return chosen, nil
}
