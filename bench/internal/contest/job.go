package contest

// Job is what all contestants of a table do.
type Job struct {
	ID          string
	Title       string
	Contestants []Contestant // the one that the others are set in relation to first
}

// Peers are the contestants that are not the plugin.
func (j Job) Peers() []Contestant {
	var peers []Contestant
	for _, c := range j.Contestants {
		if c.Needs[0] != Plugin {
			peers = append(peers, c)
		}
	}
	return peers
}

// ours is a contestant that runs the plugin.
func ours(id, name string, warm bool, check func(Place, []byte) error, args func(Place) []string) Contestant {
	return Contestant{
		ID: id, Name: name, Needs: []string{Plugin}, Warm: warm, Check: check,
		Args: func(p Place) []string { return p.plugin(args(p)...) },
	}
}

// List is the job to list the component images of a release. Peers need print no more than image-references.
func List() Job {
	const tar, first = "-xO " + file, "-xO --occurrence=1 " + file
	return Job{ID: "list", Title: "List the component images", Contestants: []Contestant{
		ours("cold", "release-x images, cold", false, listsAll, func(p Place) []string { return []string{"images", p.byTag()} }),
		ours("no-cache", "release-x images, --no-cache", false, listsAll, func(p Place) []string { return []string{"images", p.byTag(), "--no-cache"} }),
		ours("warm-digest", "release-x images, warm, by digest", true, listsAll, func(p Place) []string { return []string{"images", p.byDigest()} }),
		ours("warm-tag", "release-x images, warm, by tag", true, listsAll, func(p Place) []string { return []string{"images", p.byTag()} }),
		ours("offline", "release-x images, warm, by tag, --offline", true, listsAll, func(p Place) []string { return []string{"images", p.byTag(), "--offline"} }),
		oc("oc", "oc adm release info", `"$0" adm release info @plain "$1"`, listsAll),
		oc("oc-file", "oc adm release extract --file", `"$0" adm release extract @plain --file image-references "$1"`, listsAll),
		regctl("regctl-file", "regctl image get-file", getFile, listsAll),
		regctl("regctl-blob", "regctl manifest get; regctl blob get | tar", regctlBlob+"tar -z "+tar, listsAll, "tar"),
		regctl("regctl-blob-1", "regctl manifest get; regctl blob get | tar --occurrence=1", regctlBlob+"tar -z "+first, listsAll, "tar"),
		crane("crane", "crane export | tar", craneExport+"tar "+tar, listsAll, "tar"),
		crane("crane-1", "crane export | tar --occurrence=1", craneExport+"tar "+first, listsAll, "tar"),
		crane("crane-blob-1", "crane manifest; crane blob | tar --occurrence=1", craneBlob+"tar -z "+first, listsAll, "tar"),
		skopeo("skopeo", "skopeo copy; tar", skopeoCopy+"-O "+file, listsAll, "tar"),
		skopeo("skopeo-1", "skopeo copy; tar --occurrence=1", skopeoCopy+"-O --occurrence=1 "+file, listsAll, "tar"),
	}}
}

// The programs that print name and image of every component, of the documents of the plugin and of oc, and of image-references.
const (
	queryItems      = `.items[] | .metadata.name + " " + .image`
	queryRelease    = `.references.spec.tags[] | .name + " " + .from.name`
	queryReferences = `.spec.tags[] | .name + " " + .from.name`
)

// Query is the job to print name and image of every component with a jq program.
func Query() Job {
	job := Job{ID: "jq", Title: "Query the component images with jq", Contestants: []Contestant{
		ours("cold", "release-x images --jq, cold", false, listsNameAndImage, func(p Place) []string { return []string{"images", p.byTag(), "--jq", queryItems} }),
		ours("warm", "release-x images --jq, warm, by digest", true, listsNameAndImage, func(p Place) []string { return []string{"images", p.byDigest(), "--jq", queryItems} }),
		ours("info-cold", "release-x info --jq (the query of oc), cold", false, listsNameAndImage, func(p Place) []string { return []string{"info", p.byTag(), "--jq", queryRelease} }),
		ours("info-warm", "release-x info --jq (the query of oc), warm, by digest", true, listsNameAndImage, func(p Place) []string { return []string{"info", p.byDigest(), "--jq", queryRelease} }),
	}}
	for _, jq := range []string{"jq", "gojq"} {
		filter := func(query string) string { return jq + " -r '" + query + "'" }
		piped := func(id, name string, warm bool, reference func(Place) string) Contestant {
			return Contestant{
				ID: id + "-" + jq, Name: "release-x images -o json | " + jq + ", " + name, Needs: []string{Plugin, jq}, Warm: warm, Check: listsNameAndImage,
				Args: func(p Place) []string {
					return p.shell("--insecure", `"$0" images @plain "$1" --cache-dir "$2" -o json | `+filter(queryItems), p.Programs[Plugin], reference(p), p.Cache)
				},
			}
		}
		job.Contestants = append(job.Contestants,
			piped("cold", "cold", false, Place.byTag),
			piped("warm", "warm, by digest", true, Place.byDigest),
			oc("oc-"+jq, "oc adm release info -o json | "+jq, `"$0" adm release info @plain -o json "$1" | `+filter(queryRelease), listsNameAndImage, jq),
			oc("oc-file-"+jq, "oc adm release extract --file | "+jq, `"$0" adm release extract @plain --file image-references "$1" | `+filter(queryReferences), listsNameAndImage, jq),
			regctl("regctl-file-"+jq, "regctl image get-file | "+jq, getFile+" | "+filter(queryReferences), listsNameAndImage, jq),
			crane("crane-"+jq, "crane export | tar | "+jq, craneExport+"tar -xO "+file+" | "+filter(queryReferences), listsNameAndImage, "tar", jq),
			crane("crane-1-"+jq, "crane export | tar --occurrence=1 | "+jq, craneExport+"tar -xO --occurrence=1 "+file+" | "+filter(queryReferences), listsNameAndImage, "tar", jq),
		)
	}
	return job
}

// Objects is the job to list all objects of a release in apply order, which no peer does.
func Objects() Job {
	return Job{ID: "manifests", Title: "List the objects of the payload in apply order", Contestants: []Contestant{
		ours("cold", "release-x manifests, cold", false, listsObjects, func(p Place) []string { return []string{"manifests", p.byTag()} }),
		ours("warm", "release-x manifests, warm, by digest", true, listsObjects, func(p Place) []string { return []string{"manifests", p.byDigest()} }),
	}}
}

// Compare is the job to compare the two releases of the job, which no peer does offline. Listing the images of one is beside it for
// the relation.
func Compare() Job {
	both := func(p Place, args ...string) []string {
		for _, r := range p.All {
			args = append(args, p.tag(r))
		}
		return args
	}
	return Job{ID: "diff", Title: "Compare two releases", Contestants: []Contestant{
		ours("cold", "release-x diff, cold", false, comparesBoth, func(p Place) []string { return both(p, "diff") }),
		ours("warm", "release-x diff, warm, by tag", true, comparesBoth, func(p Place) []string { return both(p, "diff") }),
		ours("impact", "release-x diff --impact, cold", false, printsSomething, func(p Place) []string { return both(p, "diff", "--impact") }),
		ours("changed", "release-x images --release … --changed, cold", false, printsSomething, func(p Place) []string {
			args := []string{"images", "--changed"}
			for _, r := range p.All {
				args = append(args, "--release", p.tag(r))
			}
			return args
		}),
		ours("one", "release-x images of one of them, cold", false, listsAll, func(p Place) []string { return []string{"images", p.byTag()} }),
	}}
}

// Hash is the job to compute the hash that a cluster reports of a release, which no peer does.
func Hash() Job {
	return Job{ID: "hash", Title: "Compute the hash of the payload", Contestants: []Contestant{
		ours("cold", "release-x manifests --hash, cold", false, printsSomething, func(p Place) []string { return []string{"manifests", p.byTag(), "--hash"} }),
		ours("warm", "release-x manifests --hash, warm, by digest", true, printsSomething, func(p Place) []string { return []string{"manifests", p.byDigest(), "--hash"} }),
	}}
}

// Extract is the job to write all files of the payload into a directory.
func Extract() Job {
	return Job{ID: "extract", Title: "Extract all manifests", Contestants: extractors()}
}

// ExtractLarge is the same job on an image with large layers below the payload.
func ExtractLarge() Job {
	return Job{ID: "large", Title: "Extract all manifests, 200 MB of base layers", Contestants: extractors()}
}

func extractors() []Contestant {
	const all = `-C "$2/out"`
	return []Contestant{
		ours("cold", "release-x extract, cold", false, extractsAll, extract),
		ours("warm", "release-x extract, warm, by digest", true, extractsAll, func(p Place) []string { return []string{"extract", p.byDigest(), "--to", p.out()} }),
		oc("oc", "oc adm release extract", `"$0" adm release extract @plain --to "$2/out" "$1"`, extractsAll),
		oc("oc-image", "oc image extract --path /release-manifests/:DIR REF[-1]", `mkdir "$2/out" && "$0" image extract @plain --path "/release-manifests/:$2/out" "$1[-1]"`, extractsAll),
		regctl("regctl-blob", "regctl manifest get; regctl blob get | tar", `mkdir "$2/out" && `+regctlBlob+"tar -xz "+all, extractsAll, "tar"),
		crane("crane", "crane export | tar", `mkdir "$2/out" && `+craneExport+"tar -x "+all+" release-manifests", extractsAll, "tar"),
		crane("crane-blob", "crane manifest; crane blob | tar", `mkdir "$2/out" && `+craneBlob+"tar -xz "+all, extractsAll, "tar"),
		skopeo("skopeo", "skopeo copy; tar", `mkdir "$2/out" && `+skopeoCopy+all, extractsAll, "tar"),
	}
}

func extract(p Place) []string { return []string{"extract", p.byTag(), "--to", p.out()} }

// Start is the job to start and say which version this is.
func Start() Job {
	version := func(id, name, program string, args ...string) Contestant {
		return Contestant{
			ID: id, Name: name, Needs: []string{program}, Check: printsSomething,
			Args: func(p Place) []string { return append([]string{p.Programs[program]}, args...) },
		}
	}
	return Job{ID: "start", Title: "Start", Contestants: []Contestant{
		version("version", "release-x version", Plugin, "version"),
		version("oc", "oc version --client", "oc", "version", "--client"),
		version("regctl", "regctl version", "regctl", "version"),
		version("crane", "crane version", "crane", "version"),
		version("skopeo", "skopeo --version", "skopeo", "--version"),
	}}
}
