package main

import (
	"context"
	"fmt"
	"io"
	"regexp"

	"github.com/release-x/oc-release-x/bench/internal/contest"
	"github.com/release-x/oc-release-x/bench/internal/pair"
	"github.com/release-x/oc-release-x/bench/internal/report"
)

// Tiny images have about so many bytes of blobs of their own, and a release at most so many of them.
const (
	tinyBytes  = 1000
	tinyImages = 200
)

// runCarries measures pull and load and writes tables and goals to out.
func runCarries(ctx context.Context, o options, only *regexp.Regexp, temp string, out io.Writer, logf func(string, ...any)) error {
	b, err := newCopyBench(o, temp, logf)
	if err != nil {
		return err
	}
	rounds := max(1, o.rounds/7)
	tiny, many := tinyShape(o.tiny)
	jobs := []copyJob{
		{id: "pull", shaped: true, releases: b.releases(1, true), run: func(p copyPlace) (contest.Table, error) {
			return p.Pull(ctx, report.Shaped, p.host, p.releases[0], rounds)
		}},
		{id: "load", releases: b.releases(1, true), run: func(p copyPlace) (contest.Table, error) {
			return p.Load(p.releases[0], rounds)
		}},
		{id: "pull-several", releases: b.releases(severalCounts[2], false), run: func(p copyPlace) (contest.Table, error) {
			return p.PullSeveral(p.releases, severalCounts[:], rounds)
		}},
		{id: "load-several", releases: b.releases(severalCounts[2], false), run: func(p copyPlace) (contest.Table, error) {
			return p.LoadSeveral(p.releases, severalCounts[:], rounds)
		}},
		{id: "many", releases: generate(tiny, many[1], false), run: func(p copyPlace) (contest.Table, error) {
			return p.PullMany(p.releases, many[:], rounds)
		}},
	}
	results, err := b.run(ctx, jobs, only, out, report.Carries)
	if err != nil {
		return err
	}
	growth := append(report.Growth(results, "pull-several", "pull, ", severalCounts), report.Growth(results, "load-several", "load, ", severalCounts)...)
	fmt.Fprint(out, report.Judgements(report.CarryGoals([2]int{many[0] * tiny.Images, many[1] * tiny.Images}), results, growth...))
	return nil
}

// tinyShape is the shape of releases of tiny images that share no image, and how many of them the two rows of the job have.
func tinyShape(images int) (shape pair.Shape, counts [2]int) {
	each := min(tinyImages, images/4)
	return pair.Shape{Images: each, Bytes: int64(each) * tinyBytes, Rebuilt: 1}, [2]int{images / 4 / each, images / each}
}
