package mirror

import (
	"cmp"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/configmap"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/sigstore"
)

// Release is a release to copy.
type Release struct {
	Name       Name
	Image      oci.PullSpec // by digest: the manifest list, or one image
	Components []payload.Component
	Demand     Demand
}

// NewRelease is what to copy of a release that was read from a registry: its manifest list, or with oneArch the image that was
// read. An unknown version, and components without a digest are fault.Integrity; a release that is not from a registry is
// fault.Usage.
func NewRelease(r *image.Release, oneArch bool) (Release, error) {
	id := r.Identity
	if id.Repository.IsZero() || id.Digest == "" {
		return Release{}, fault.Errorf(fault.Usage, "%s is not in a registry: only releases from registries are copied", r.Reference.Text)
	}
	root, arch := id.Digest, image.TagArch(r.Architecture())
	if id.ListDigest != "" && !oneArch {
		root, arch = id.ListDigest, "multi"
	}
	if r.Version == "" || arch == "" {
		return Release{}, fault.Errorf(fault.Integrity, "%s: the release has no version or no architecture to name its copy by", r.Reference.Text)
	}
	release := Release{
		Name:  Name{Version: r.Version, Arch: arch, Tag: id.Tag, Digest: root},
		Image: id.Repository.Digest(root), Components: r.Components,
	}
	if oneArch && id.ListDigest != "" {
		release.Name.Tag = "" // it is the tag of the list
	}
	for _, c := range r.Components {
		if c.Digest == "" {
			return release, fault.Errorf(fault.Integrity, "%s: the component %s is not referenced by a digest: %s", r.Reference.Text, c.Name, payload.HideUserinfo(c.Image))
		}
	}
	var err error
	release.Demand, err = demandOf(r.Files)
	return release, err
}

// demandOf reads from a payload which signatures its clusters need: those of the ClusterImagePolicies that every cluster has,
// and the OpenPGP signature for which the payload brings keys.
func demandOf(files payload.Files) (Demand, error) {
	policies, err := sigstore.FindPolicies(files)
	if err != nil {
		return Demand{}, err
	}
	verification, err := configmap.FindVerification(files)
	if err != nil {
		return Demand{}, err
	}
	return Demand{
		OpenPGP: verification != nil,
		Sigstore: func(r oci.Repository) bool {
			for _, p := range policies {
				if p.Always() && p.Covers(r.String()) {
					return true
				}
			}
			return false
		},
	}, nil
}

// Wanted lists the images of releases with their targets: the components, and the release images themselves. An image that
// several components or releases have is one with several tags.
func (l Layout) Wanted(releases []Release) ([]Wanted, error) {
	var list wantedList
	for _, r := range releases {
		for _, c := range r.Components {
			source, err := oci.ParsePullSpec(c.Image)
			if err != nil {
				return nil, fault.Errorf(cmp.Or(fault.KindOf(err), fault.Integrity), "the component %s: %w", c.Name, err)
			}
			target, err := l.Component(r.Name, c.Name)
			if err != nil {
				return nil, err
			}
			list.add(KindComponent, source.Repository.Digest(source.Digest), target)
		}
		target, err := l.Release(r.Name)
		if err != nil {
			return nil, err
		}
		list.add(KindRelease, r.Image, target)
	}
	return list.images, nil
}

// wantedList is a list of images, each once.
type wantedList struct {
	images []Wanted
	index  map[oci.PullSpec]int
}

func (l *wantedList) add(kind Kind, source, target oci.PullSpec) {
	i, known := l.index[source]
	if !known {
		if l.index == nil {
			l.index = map[oci.PullSpec]int{}
		}
		i = len(l.images)
		l.index[source] = i
		l.images = append(l.images, Wanted{Kind: kind, Source: source})
	}
	l.images[i].Kind = max(l.images[i].Kind, kind)
	l.images[i].Target = appendNew(l.images[i].Target, target)
}
