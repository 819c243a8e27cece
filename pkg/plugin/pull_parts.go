package plugin

import (
	"context"

	"github.com/release-x/oc-release-x/pkg/payload/mirror"
	"github.com/release-x/oc-release-x/pkg/payload/ocilayout"
)

// partsTarget is an archive in several files. What goes into which file depends on the whole plan, so they are opened when there
// is one.
type partsTarget struct {
	*layoutTarget
	file    string
	size    int64 // of each part
	options ocilayout.Options
	names   []string
}

func (t *partsTarget) isReady() bool { return false }

func (t *partsTarget) parts() []string { return t.names }

func (t *partsTarget) prepare(ctx context.Context, plan *mirror.Plan, releases []readRelease) error {
	contents, err := plan.Contents(ctx, t.options.Base, t.session.perRegistry)
	if err != nil {
		return err
	}
	for _, r := range releases {
		for _, message := range t.openPGP(r) {
			contents.Signatures = append(contents.Signatures, len(message))
		}
	}
	split, err := ocilayout.NewSplit(contents, t.size)
	if err != nil {
		return err
	}
	t.names = split.Names(t.file)
	if t.Layout, err = ocilayout.OpenParts(t.file, split, t.options); err != nil {
		return err
	}
	return t.layoutTarget.prepare(ctx, plan, releases)
}

func (t *partsTarget) close() {
	if t.Layout != nil {
		_ = t.Layout.Close()
	}
}
