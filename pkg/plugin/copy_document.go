package plugin

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/release-x/oc-release-x/pkg/payload/mirror"
	"github.com/release-x/oc-release-x/pkg/payload/ocilayout"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// mapping lists what is copied, as `oc image mirror -f` reads it.
func mapping(plan *mirror.Plan) []string {
	var lines []string
	for _, image := range mirrorImages(plan) {
		lines = append(lines, image.Source+"="+image.Target)
	}
	return lines
}

// planDocument returns the plan as a document.
func (r *copyRequest) planDocument(ctx context.Context, releases []readRelease, plan *mirror.Plan, missing []string) (*v1alpha1.MirrorPlan, error) {
	document := v1alpha1.MirrorPlan{Blobs: len(plan.Blobs), Size: plan.Size(), MissingSignatures: missing}
	for _, release := range releases {
		document.Releases = append(document.Releases, release.document)
	}
	document.Images = mirrorImages(plan)
	if r.partSize > 0 {
		contents, err := plan.Contents(ctx, nil, 1)
		if err != nil {
			return nil, err
		}
		split, err := ocilayout.NewSplit(contents, r.partSize)
		if err != nil {
			return nil, err
		}
		document.Parts = split.Count()
	}
	return v1alpha1.NewMirrorPlan(document), nil
}

// mirrorImages lists what gets a tag at the target, in the order of the targets.
func mirrorImages(plan *mirror.Plan) (images []v1alpha1.MirrorImage) {
	for _, image := range plan.Images {
		for _, t := range image.Target {
			images = append(images, v1alpha1.MirrorImage{
				Type: image.Kind.String(), Source: image.Source.String(), Target: t.String(),
				Digest: image.Source.Digest.String(), MediaType: image.Root().MediaType, Size: image.Size(),
			})
		}
	}
	slices.SortFunc(images, func(a, b v1alpha1.MirrorImage) int { return strings.Compare(a.Target, b.Target) })
	return images
}

// resultDocument returns what was copied as a document.
func (r *copyRequest) resultDocument(releases []readRelease, plan *mirror.Plan, result mirror.Result, missing []string, took time.Duration) *v1alpha1.MirrorResult {
	document := v1alpha1.MirrorResult{
		Manifests:         v1alpha1.MirrorCount{Copied: result.Manifests, Present: result.Present},
		Blobs:             v1alpha1.MirrorCount{Copied: result.Blobs, Present: result.Skipped, CopiedSize: result.Bytes, PresentSize: result.SkippedSize},
		Seconds:           took.Round(time.Millisecond).Seconds(),
		MissingSignatures: missing, SkippedSignatures: r.skipSignatures,
	}
	for _, release := range releases {
		target, _ := r.layout.Release(release.Name) // the plan has it
		document.Releases = append(document.Releases, v1alpha1.MirrorTarget{Release: release.document, Target: target.String()})
	}
	for _, image := range plan.Images {
		if image.Signs != "" {
			document.Signatures += len(image.Target)
		} else {
			document.Images += len(image.Target)
		}
	}
	return v1alpha1.NewMirrorResult(document)
}
