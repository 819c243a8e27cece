package completion

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// shell runs some commands, completes a line, and returns the inserted words, separated by blanks.
type shell struct {
	name  string
	needs func(t *testing.T)
	ask   func(t *testing.T, m *machine, setup []string, line string) string
}

func shells() []shell {
	return []shell{
		{"bash", needsBashCompletion, askBash},
		{"zsh", func(t *testing.T) { t.Helper(); needs(t, "zsh") }, askZsh},
		{"fish", func(t *testing.T) { t.Helper(); needs(t, "fish") }, askFish},
	}
}

// source returns the command that loads a completion script into a shell.
func source(tool, shell string) string {
	if shell == "fish" {
		return tool + " completion fish | source"
	}
	return "source <(" + tool + " completion " + shell + ")"
}

// Completion works in every way that the help describes.
func TestShells(t *testing.T) {
	for _, sh := range shells() {
		own, tools := source("kubectl release-x", sh.name), source("kubectl", sh.name)
		for _, way := range []struct {
			name    string
			tool    string
			setup   []string
			scripts bool
		}{
			{"the scripts, through kubectl's own completion", "kubectl", []string{tools}, true},
			{"the shell's script", "kubectl", []string{own}, false},
			{"the shell's script, for oc", "oc", []string{own}, false},
			{"the shell's script behind kubectl's own", "kubectl", []string{tools, own, own}, false},
			{"both", "kubectl", []string{tools, own}, true},
		} {
			t.Run(sh.name+"/"+way.name, func(t *testing.T) {
				sh.needs(t)
				needs(t, "kubectl")
				m := newMachine(t).withOC(t)
				if way.scripts {
					m.withScripts(t)
				}
				for _, q := range questions(way.tool) {
					if strings.HasPrefix(q.line, "kubectl-release_x") && len(way.setup) == 1 && way.scripts {
						continue // kubectl completes what follows kubectl
					}
					if got := sh.ask(t, m, way.setup, q.line); got != q.want {
						t.Errorf("%s: got %q, want %q", q.line, got, q.want)
					}
				}
				if len(way.setup) > 1 {
					if got := sh.ask(t, m, way.setup, "kubectl api-v"); got != "api-versions" {
						t.Errorf("kubectl's own completion is gone: got %q", got)
					}
				}
				if _, err := os.Stat(filepath.Join(m.home, "evil")); err == nil {
					t.Error("a name of the release was run")
				}
			})
		}
	}
}

// askBash does the same as readline: it splits the line into words, also at colons, and calls the function of the
// command.
func askBash(t *testing.T, m *machine, setup []string, line string) string {
	t.Helper()
	const ask = `
COMP_LINE=$1 COMP_POINT=${#1} COMP_TYPE=9 COMP_KEY=9
rest=$1 word="^ *([^ :]+|:)(.*)$"
while [[ $rest =~ $word ]]; do COMP_WORDS+=("${BASH_REMATCH[1]}") rest=${BASH_REMATCH[2]}; done
case $1 in *" " | *:) COMP_WORDS+=("") ;; esac
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
[[ $(complete -p "${COMP_WORDS[0]}") =~ -F\ ([^ ]+) ]]
"${BASH_REMATCH[1]}" "${COMP_WORDS[0]}" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}" 2>/dev/null
echo "${COMPREPLY[*]}"
`
	commands := append([]string{"source " + bashCompletion}, setup...)
	got := strings.TrimSpace(m.run(t, "bash", "--norc", "-c", strings.Join(commands, "\n")+ask, "bash", line))
	// Readline replaces what is behind the last colon with the word.
	if word := line[strings.LastIndexByte(line, ' ')+1:]; got != "" && strings.Contains(word, ":") {
		got = word[:strings.LastIndexByte(word, ':')+1] + got
	}
	return got
}

func askFish(t *testing.T, m *machine, setup []string, line string) string {
	t.Helper()
	commands := append(setup[:len(setup):len(setup)], "complete -C $argv[1]")
	var words []string
	for _, found := range strings.Split(m.run(t, "fish", "--no-config", "-c", strings.Join(commands, "\n"), line), "\n") {
		word, _, _ := strings.Cut(found, "\t") // behind it is a description
		words = append(words, word)
	}
	return strings.TrimSpace(strings.Join(words, " "))
}

// askZsh types the line and a tab into an interactive zsh, and lets it print the resulting line.
func askZsh(t *testing.T, m *machine, setup []string, line string) string {
	t.Helper()
	const ask = `
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PROMPT=; autoload -Uz compinit; compinit -u -d $HOME/zcompdump; bindkey '^I' complete-word; unsetopt beep; source $HOME/setup; print READ''Y"
zpty -r shell out '*READY*'
show() { print -r -- "<$BUFFER>"; BUFFER=; zle accept-line; }
zpty -w shell "$(functions show); zle -N show; bindkey '^X' show; print BOUN''D"
zpty -r shell out '*BOUND*'
zpty -w -n shell "$1"$'\t\C-x'
all=
while zpty -r shell out; do all+=$out; [[ $all == *'<'*'>'* ]] && break; done
print -r -- "${${all##*<}%%>*}"
zpty -d shell
`
	if err := os.WriteFile(filepath.Join(m.home, "setup"), []byte(strings.Join(setup, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := strings.TrimSpace(m.run(t, "zsh", "-f", "-c", ask, "zsh", line))
	if got == strings.TrimSpace(line) && !strings.HasSuffix(line, ":") {
		return "" // nothing was inserted
	}
	return got[strings.LastIndexByte(got, ' ')+1:]
}
