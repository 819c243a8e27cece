package report

import "fmt"

// The links on which jobs are done.
const (
	Loopback = "loopback"
	Shaped   = "link"
)

// BinaryBudget is how many bytes the stripped program may have.
const BinaryBudget = 50_000_000

// Goals are what the plugin shall reach.
func Goals() []Goal {
	goals := []Goal{
		// The manifest, the layer, and the configuration beside it: the tag names an architecture, which is compared.
		requests("cold list", At{"list", Loopback, "cold"}, "3 GET"),
		requests("warm list by digest", At{"list", Loopback, "warm-digest"}, "0"),
		requests("warm list by tag", At{"list", Loopback, "warm-tag"}, "1 HEAD"),
		requests("warm list --offline", At{"list", Loopback, "offline"}, "0"),
		requests("warm manifests by digest", At{"manifests", Loopback, "warm"}, "0"),
		{Text: "`version`, time", Metric: Wall, Ours: At{"start", Loopback, "version"}, AtMost: 20},
		// The flags of cli-runtime cost both the same.
		{Text: "warm list by digest, CPU beyond that of `version`", Metric: CPU, Ours: At{"list", Loopback, "warm-digest"}, Beyond: At{"start", Loopback, "version"}, AtMost: 15},
		{Text: "warm `manifests --hash`, CPU", Metric: CPU, Ours: At{"hash", Loopback, "warm"}, AtMost: 120},
		{Text: "`diff` cold, in the time of a cold list of one release", Metric: Wall, Ours: At{"diff", Loopback, "cold"}, Theirs: At{"diff", Loopback, "one"}, AtMost: 1.3},
		{Text: "`images --changed` cold, in the time of a cold list of one release", Metric: Wall, Ours: At{"diff", Loopback, "changed"}, Theirs: At{"diff", Loopback, "one"}, AtMost: 1.3},
		{Text: "`diff` warm, CPU", Metric: CPU, Ours: At{"diff", Loopback, "warm"}, AtMost: 150},
		{Text: "`diff` warm, peak memory", Metric: RSS, Ours: At{"diff", Loopback, "warm"}, AtMost: 100},
		{Text: "20 releases cold, time, link", Metric: Wall, Ours: At{"several", Shaped, "cold"}, AtMost: 3500},
		{Text: "20 releases warm by tag, time, link", Metric: Wall, Ours: At{"several", Shaped, "warm-tag"}, AtMost: 350},
	}
	for _, link := range []string{Loopback, Shaped} {
		for _, row := range []struct{ id, name string }{{"cold", "cold list"}, {"no-cache", "list --no-cache"}, {"warm-digest", "warm list by digest"}, {"warm-tag", "warm list by tag"}} {
			goals = append(goals, Goal{Text: row.name + ", peak memory, " + link, Metric: RSS, Ours: At{"list", link, row.id}, AtMost: 40})
		}
	}
	return append(append(goals, againstOc()...), extraction()...)
}

func requests(text string, at At, want string) Goal {
	return Goal{Text: text + ", requests", Metric: Requests, Ours: at, Requests: want}
}

func againstOc() []Goal {
	cold, oc := At{"list", Loopback, "cold"}, At{"list", Loopback, "oc"}
	goals := []Goal{
		{Text: "cold list in oc's time, loopback", Metric: Wall, Ours: cold, Theirs: oc, AtMost: 0.4},
		{Text: "cold list in oc's time, link", Metric: Wall, Ours: At{"list", Shaped, "cold"}, Theirs: At{"list", Shaped, "oc"}, AtMost: 0.65},
		{Text: "cold list in oc's CPU time", Metric: CPU, Ours: cold, Theirs: oc, AtMost: 0.4},
		{Text: "cold list in oc's memory", Metric: RSS, Ours: cold, Theirs: oc, AtMost: 0.4},
		{Text: "warm list by digest, times faster than oc, loopback", Metric: Wall, Ours: At{"list", Loopback, "warm-digest"}, Theirs: oc, AtLeast: 15},
		{Text: "warm list by digest, times faster than oc, link", Metric: Wall, Ours: At{"list", Shaped, "warm-digest"}, Theirs: At{"list", Shaped, "oc"}, AtLeast: 40},
	}
	for _, link := range []string{Loopback, Shaped} {
		oc := At{"jq", link, "oc-jq"}
		goals = append(goals,
			Goal{Text: "built-in jq cold in the time of oc | jq, " + link, Metric: Wall, Ours: At{"jq", link, "cold"}, Theirs: oc, AtMost: 1.0 / 3},
			Goal{Text: "built-in jq warm in the time of oc | jq, " + link, Metric: Wall, Ours: At{"jq", link, "warm"}, Theirs: oc, AtMost: 1.0 / 15})
	}
	return goals
}

func extraction() []Goal {
	large, oc := At{"large", Loopback, "cold"}, At{"large", Loopback, "oc"}
	goals := []Goal{}
	for _, state := range []string{"cold", "warm"} {
		for _, link := range []string{Loopback, Shaped} {
			goals = append(goals, Goal{
				Text: fmt.Sprintf("extract %s in the time of regctl blob get | tar, %s", state, link), Metric: Wall,
				Ours: At{"extract", link, state}, Theirs: At{"extract", link, "regctl-blob"}, AtMost: 0.8,
			})
		}
		goals = append(goals, Goal{Text: "extract " + state + ", CPU", Metric: CPU, Ours: At{"extract", Loopback, state}, AtMost: 100})
	}
	return append(goals, []Goal{
		{Text: "extract, times fewer bytes than the image has", Metric: Bytes, Ours: large, Image: true, AtLeast: 100},
		{Text: "extract, times fewer bytes than oc reads", Metric: Bytes, Ours: large, Theirs: oc, AtLeast: 100},
		{Text: "extract, times faster than oc, loopback", Metric: Wall, Ours: large, Theirs: oc, AtLeast: 5},
		{Text: "extract, times faster than oc, link", Metric: Wall, Ours: At{"large", Shaped, "cold"}, Theirs: At{"large", Shaped, "oc"}, AtLeast: 20},
	}...)
}
