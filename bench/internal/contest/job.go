package contest

// Job is what all contestants of a table do.
type Job struct {
	ID          string
	Title       string
	Contestants []Contestant // the one that the others are set in relation to first
}

const file = "release-manifests/image-references"

// The scripts of peers. The directory that skopeo writes names layers by digest; the last one is the payload's.
const (
	regctlBlob = `mkdir "$3/out" && d=$("$0" @plain manifest get --format '{{range .Layers}}{{println .Digest}}{{end}}' "$1" | tail -n1) &&
"$0" @plain blob get "$2" "$d" | tar `
	skopeoCopy = `"$0" copy -q --insecure-policy @plain "docker://$1" "dir:$2/image" &&
tar -xzf "$2/image/$(sed -n 's/.*sha256:\([0-9a-f]*\).*/\1/p' "$2/image/manifest.json" | tail -n1)" `
)

// peer is a contestant that a shell script runs; $0 is its program, $1 the release by tag, $2 the directory of the run.
func peer(id, name, program, flag, script string, check func(Place, []byte) error, others ...string) Contestant {
	return Contestant{
		ID: id, Name: name, Needs: append([]string{program}, others...), Check: check,
		Args: func(p Place) []string { return p.shell(flag, script, p.Programs[program], p.byTag(), p.Work) },
	}
}

// regctlBlobGet is a peer whose script needs the repository as $2 and the directory of the run as $3.
func regctlBlobGet(name, tar string, check func(Place, []byte) error) Contestant {
	return Contestant{
		ID: "regctl-blob", Name: name, Needs: []string{"regctl", "tar"}, Check: check,
		Args: func(p Place) []string {
			return p.shell("--host reg="+p.Address+",tls=disabled", regctlBlob+tar, p.Programs["regctl"], p.byTag(), p.repository(), p.Work)
		},
	}
}

// ours is a contestant that runs the plugin.
func ours(id, name string, warm bool, check func(Place, []byte) error, args func(Place) []string) Contestant {
	return Contestant{
		ID: id, Name: name, Needs: []string{Plugin}, Warm: warm, Check: check,
		Args: func(p Place) []string { return p.plugin(args(p)...) },
	}
}

// List is the job to list the component images of a release.
func List() Job {
	return Job{ID: "list", Title: "List the component images", Contestants: []Contestant{
		ours("cold", "release-x images, cold", false, listsAll, func(p Place) []string { return []string{"images", p.byTag()} }),
		ours("no-cache", "release-x images, --no-cache", false, listsAll, func(p Place) []string { return []string{"images", p.byTag(), "--no-cache"} }),
		ours("warm-digest", "release-x images, warm, by digest", true, listsAll, func(p Place) []string { return []string{"images", p.byDigest()} }),
		ours("warm-tag", "release-x images, warm, by tag", true, listsAll, func(p Place) []string { return []string{"images", p.byTag()} }),
		ours("offline", "release-x images, warm, by tag, --offline", true, listsAll, func(p Place) []string { return []string{"images", p.byTag(), "--offline"} }),
		peer("oc", "oc adm release info", "oc", "--insecure", `"$0" adm release info @plain "$1"`, listsAll),
		{
			ID: "regctl-file", Name: "regctl image get-file", Needs: []string{"regctl"}, Check: listsAll,
			Args: func(p Place) []string {
				return p.unlessTLS([]string{p.Programs["regctl"], "image", "get-file", p.byTag(), file}, "--host", "reg="+p.Address+",tls=disabled")
			},
		},
		regctlBlobGet("regctl manifest get; regctl blob get | tar", "-xzO "+file, listsAll),
		peer("crane", "crane export | tar", "crane", "--insecure", `"$0" @plain export "$1" - | tar -xO `+file, listsAll, "tar"),
		peer("skopeo", "skopeo copy; tar", "skopeo", "--src-tls-verify=false", skopeoCopy+"-O "+file, listsAll, "tar"),
	}}
}

// Query is the job to print name and image of every component with a jq program.
func Query() Job {
	const (
		expr    = `.items[] | .metadata.name + " " + .image`
		ocExpr  = `.references.spec.tags[] | .name + " " + .from.name`
		refExpr = `.spec.tags[] | .name + " " + .from.name`
	)
	piped := func(id, name string, warm bool, reference func(Place) string) Contestant {
		return Contestant{
			ID: id, Name: name, Needs: []string{Plugin, "jq"}, Warm: warm, Check: listsNameAndImage,
			Args: func(p Place) []string {
				return p.shell("--insecure", `"$0" images @plain "$1" --cache-dir "$2" -o json | "$3" -r '`+expr+`'`,
					p.Programs[Plugin], reference(p), p.Cache, p.Programs["jq"])
			},
		}
	}
	return Job{ID: "jq", Title: "Query the component images with jq", Contestants: []Contestant{
		ours("cold", "release-x images --jq, cold", false, listsNameAndImage, func(p Place) []string { return []string{"images", p.byTag(), "--jq", expr} }),
		ours("warm", "release-x images --jq, warm, by digest", true, listsNameAndImage, func(p Place) []string { return []string{"images", p.byDigest(), "--jq", expr} }),
		piped("cold-pipe", "release-x images -o json | jq, cold", false, Place.byTag),
		piped("warm-pipe", "release-x images -o json | jq, warm, by digest", true, Place.byDigest),
		ours("info-cold", "release-x info --jq (the query of oc), cold", false, listsNameAndImage, func(p Place) []string { return []string{"info", p.byTag(), "--jq", ocExpr} }),
		ours("info-warm", "release-x info --jq (the query of oc), warm, by digest", true, listsNameAndImage, func(p Place) []string { return []string{"info", p.byDigest(), "--jq", ocExpr} }),
		peer("oc", "oc adm release info -o json | jq", "oc", "--insecure", `"$0" adm release info @plain -o json "$1" | jq -r '`+ocExpr+`'`, listsNameAndImage, "jq"),
		{
			ID: "regctl-file", Name: "regctl image get-file | jq", Needs: []string{"regctl", "jq"}, Check: listsNameAndImage,
			Args: func(p Place) []string {
				return p.shell("--host reg="+p.Address+",tls=disabled", `"$0" @plain image get-file "$1" `+file+` | "$2" -r '`+refExpr+`'`,
					p.Programs["regctl"], p.byTag(), p.Programs["jq"])
			},
		},
		peer("crane", "crane export | tar | jq", "crane", "--insecure", `"$0" @plain export "$1" - | tar -xO `+file+` | jq -r '`+refExpr+`'`, listsNameAndImage, "tar", "jq"),
	}}
}

// Objects is the job to list all objects of a release in apply order, which no peer does.
func Objects() Job {
	return Job{ID: "manifests", Title: "List the objects of the payload in apply order", Contestants: []Contestant{
		ours("cold", "release-x manifests, cold", false, listsObjects, func(p Place) []string { return []string{"manifests", p.byTag()} }),
		ours("warm", "release-x manifests, warm, by digest", true, listsObjects, func(p Place) []string { return []string{"manifests", p.byDigest()} }),
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
	return []Contestant{
		ours("cold", "release-x extract, cold", false, extractsAll, func(p Place) []string { return []string{"extract", p.byTag(), "--to", p.out()} }),
		ours("warm", "release-x extract, warm, by digest", true, extractsAll, func(p Place) []string { return []string{"extract", p.byDigest(), "--to", p.out()} }),
		peer("oc", "oc adm release extract", "oc", "--insecure", `"$0" adm release extract @plain --to "$2/out" "$1"`, extractsAll),
		regctlBlobGet("regctl manifest get; regctl blob get | tar", `-xz -C "$3/out"`, extractsAll),
		peer("crane", "crane export | tar", "crane", "--insecure", `mkdir "$2/out" && "$0" @plain export "$1" - | tar -x -C "$2/out" release-manifests`, extractsAll, "tar"),
		peer("skopeo", "skopeo copy; tar", "skopeo", "--src-tls-verify=false", `mkdir "$2/out" && `+skopeoCopy+`-C "$2/out"`, extractsAll, "tar"),
	}
}

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
