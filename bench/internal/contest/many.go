package contest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// atOnce is how many programs a loop of a peer runs at once: as many as the plugin reads releases.
const atOnce = 8

// Several is the job to list the component images of all releases of the job.
func Several(releases int) Job {
	images := func(p Place) []string {
		args := []string{"images"}
		for _, r := range p.All {
			args = append(args, "--release", p.tag(r))
		}
		return args
	}
	return Job{ID: "several", Title: fmt.Sprintf("List the component images of %d releases", releases), Contestants: []Contestant{
		ours("cold", "release-x images --release …, cold", false, listsAllOfAll, images),
		ours("warm-tag", "release-x images --release …, warm, by tag", true, listsAllOfAll, images),
		looped(oc("oc", "oc adm release info", `"$0" adm release info @plain "$1"`, nil)),
		looped(oc("oc-file", "oc adm release extract --file", `"$0" adm release extract @plain --file image-references "$1"`, nil)),
		looped(regctl("regctl-file", "regctl image get-file", getFile, nil)),
		looped(regctl("regctl-blob", "regctl manifest get; regctl blob get | tar", regctlBlob+"tar -xzO "+file, nil, "tar")),
		looped(regctl("regctl-blob-1", "regctl manifest get; regctl blob get | tar --occurrence=1", regctlBlob+"tar -xzO --occurrence=1 "+file, nil, "tar")),
		looped(crane("crane-1", "crane export | tar --occurrence=1", craneExport+"tar -xO --occurrence=1 "+file, nil, "tar")),
	}}
}

// looped has a peer read all releases of the job, several at once, each into a file, and prints the files.
func looped(c Contestant) Contestant {
	one := c.Args
	c.Name += fmt.Sprintf(", %d at once", atOnce)
	c.Needs = append(c.Needs, "xargs")
	c.Check = listsAllOfAll
	c.Args = func(p Place) []string {
		// What peer makes: /bin/sh -c SCRIPT PROGRAM RELEASE DIRECTORY. xargs gives the last two.
		args := one(p)
		script, program := filepath.Join(p.Work, "script"), args[3]
		var lines strings.Builder
		for _, r := range p.All {
			fmt.Fprintf(&lines, "%s %s\n", p.tag(r), filepath.Join(p.Work, r.Repository))
		}
		list := filepath.Join(p.Work, "releases")
		for name, text := range map[string]string{script: "exec >\"$2.out\"\n" + args[2] + "\n", list: lines.String()} {
			if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
				return []string{"/bin/sh", "-c", `echo "$0" >&2; exit 1`, err.Error()}
			}
		}
		run := fmt.Sprintf(`"$1" -a "$2" -P %d -n 2 /bin/sh -c "$(cat "$3")" "$0" && cat ./*.out`, atOnce)
		return []string{"/bin/sh", "-c", run, program, p.Programs["xargs"], list, script}
	}
	return c
}

// listsAllOfAll checks that every component of every release is named with its digest.
func listsAllOfAll(p Place, stdout []byte) error {
	for i, r := range p.All {
		if err := listsAll(p.choose(i), stdout); err != nil {
			return fmt.Errorf("%s: %w", r.Repository, err)
		}
	}
	return nil
}

// Multiples is the job to read releases whose payloads have this many times the text of a real one, for memory.
func Multiples(times []int) Job {
	job := Job{ID: "multiples", Title: "Read payloads with several times the text"}
	manifests := func(p Place) []string { return []string{"manifests", p.byTag()} }
	for i, n := range times {
		job.Contestants = append(job.Contestants,
			ours(MultipleID("manifests", n), fmt.Sprintf("release-x manifests, cold, text ×%d", n), false, listsObjects, manifests).of(i),
			ours(MultipleID("extract", n), fmt.Sprintf("release-x extract, cold, text ×%d", n), false, extractsAll, extract).of(i),
		)
	}
	return job
}

// MultipleID is the row of a command that reads a payload with so many times the text.
func MultipleID(command string, times int) string { return fmt.Sprintf("%s-%d", command, times) }

// of is the contestant with one of the releases of the job.
func (c Contestant) of(i int) Contestant {
	args, check := c.Args, c.Check
	c.Args = func(p Place) []string { return args(p.choose(i)) }
	c.Check = func(p Place, stdout []byte) error { return check(p.choose(i), stdout) }
	return c
}

// choose is the place with one of the releases of the job.
func (p Place) choose(i int) Place {
	p.Release = p.All[i]
	return p
}
