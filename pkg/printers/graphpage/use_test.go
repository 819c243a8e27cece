package graphpage_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/pkg/payload/graph"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// small is a release with all that a page can show.
func small() []string {
	return []string{
		"0000_10_etcd-operator_1", "0000_10_etcd-operator_2", "0000_20_dns_1", "0000_20_ingress_1", "0000_20_ingress_2",
		"0000_30_migration_job", "0000_40_console_1", "x.yaml",
	}
}

func TestInABrowser(t *testing.T) {
	b := browse(t)
	b.window(1280, 900, "light")
	content := write(t, document(t, graph.Update, loaded(small()...)))
	for _, test := range []struct {
		name  string
		check func(b *browser)
	}{
		{"a click opens and closes a box", clicks},
		{"search", searches},
		{"search in one place", searchesPlaces},
		{"search for kinds", searchesKinds},
		{"keys", keys},
		{"links", links},
		{"theme", themes},
		{"marks of what waits", marks},
		{"paper", paper},
	} {
		t.Run(test.name, func(t *testing.T) {
			b.t = t
			b.visit(content, "")
			test.check(b)
			b.calm()
		})
	}
}

const openBoxes = `[...document.querySelectorAll('.box')].filter((box) => box.open).map((box) => box.id)`

// seen are the texts of elements that are to be seen.
func seen(selector string) string {
	return fmt.Sprintf(`[...document.querySelectorAll('%s')].filter((e) => e.checkVisibility()).map((e) => e.textContent)`, selector)
}

func clicks(b *browser) {
	b.want(openBoxes, "")
	b.want(seen("tbody td:nth-child(4)"), "")
	b.click("#n3 summary")
	b.want(openBoxes, "n3")
	b.want(seen("tbody td:nth-child(4)"), "object-1,object-2")
	b.click("#n3 summary")
	b.want(openBoxes, "")
	b.click("#open")
	b.want(seen("tbody td:nth-child(4)")+".length", "8")
	b.click("#close")
	b.want(openBoxes, "")
}

func searches(b *browser) {
	b.click("#n3 summary")
	b.key("/")
	b.want("document.activeElement.id", "query")
	b.want("document.activeElement.value", "")
	b.write("ing")
	b.want("document.getElementById('found').textContent", "2 objects in 1 component")
	b.want("document.getElementById('found').getAttribute('aria-live')", "polite")
	b.want(seen(".box h3"), "ingress")
	b.want(seen("tbody td:nth-child(4)"), "object-4,object-5")
	b.want(seen("mark"), "ing,ing,ing") // of the card, and of the files
	b.want("document.querySelectorAll('.step:not([hidden])').length", "1")
	b.write(" Object-5")
	b.want(seen("tbody td:nth-child(4)"), "object-5")
	b.want("document.getElementById('found').textContent", "1 object in 1 component")
	b.want(seen("mark"), "ing,object-5,ing")
	b.want(`getComputedStyle(document.querySelector('.box:not([hidden]) [data-found]'), '::before').content`, `"1 of "`)
	b.write(" nowhere")
	b.want("document.getElementById('found').textContent", "Nothing found")
	b.want(seen("#none")+".length", "1")
	b.key("Escape")
	b.want("document.getElementById('query').value", "")
	b.want("document.getElementById('found').textContent", "")
	b.want("document.querySelectorAll('mark, .step[hidden], .box[hidden], tr[hidden], #none:not([hidden])').length", "0")
	b.want(openBoxes, "n3") // as before the search
	b.want("document.activeElement.id", "query")
	b.key("Escape")
	b.want("document.activeElement.tagName", "BODY")
}

func searchesPlaces(b *browser) {
	b.want("document.querySelectorAll('#n2 wbr').length", "5") // of 0000_40_console_1, and of two ConfigMaps
	for query, want := range map[string]string{
		"file:40_console":     "object-7",
		"kind:job":            "object-6",
		"level:10":            "object-1,object-2",
		"ns:space name:ect-3": "object-3",
		"component:dns":       "object-3",
		"file:x.yaml":         "object-8",
		"api:batch":           "object-6",
		"SPACE/":              "", // no such text in one place
		"level 10":            "object-1,object-2",
		"Levels 10 operator":  "object-1,object-2",
		"no level":            "object-8",
		"step 3":              "object-6",
		"0000_20_dns_1":       "object-3",
		"batch/v1":            "object-6",
		"40_console":          "object-7",
		"[.*":                 "",
		"kind:":               "", // nothing is asked yet: all boxes are shut
	} {
		b.eval(fmt.Sprintf(`(() => { const q = document.getElementById('query'); q.value = %q; q.dispatchEvent(new Event('input')); })()`, query), nil)
		b.want(seen("tbody td:nth-child(4)"), want)
	}
	b.key("/")
	b.key("Escape")
	b.want("document.querySelectorAll('#n2 wbr').length", "5") // marks leave nothing behind
}

// searchesKinds looks for whole kinds, as kubectl takes them.
func searchesKinds(b *browser) {
	entries := loaded("0000_10_a_1", "0000_10_a_2", "0000_10_a_3", "0000_10_a_4", "0000_10_a_5", "0000_10_a_6", "x.yaml")
	for i, kind := range []string{"Role", "RoleBinding", "ClusterRole", "Deployment", "NetworkPolicy", "Ingress"} {
		entries[i].Kind = kind
		entries[i].Group = []string{"rbac.authorization.k8s.io", "rbac.authorization.k8s.io", "rbac.authorization.k8s.io", "apps", "networking.k8s.io", "config.openshift.io"}[i]
	}
	entries[1].State, entries[1].Reason = manifest.Excluded, "disabled capability Console"
	b.visit(write(b.t, document(b.t, graph.Update, entries)), "")
	const marked = `[...document.querySelectorAll('mark')].map((m) => m.textContent)`
	for query, want := range map[string][2]string{
		"kind:role":                           {"Role", "Role"},
		"kind:Roles":                          {"Role", "Role"},
		"kind:role.rbac":                      {"", ""},
		"KIND:role.RBAC.authorization.k8s.io": {"Role", "Role"},
		"kind:deployments.apps":               {"Deployment", "Deployment"},
		"kind:deployment.v1.apps":             {"Deployment", "Deployment"},
		"kind:deployment.":                    {"", ""},
		"deployment.apps":                     {"Deployment", "Deployment"},
		"deployments":                         {"Deployment", "Deployment"},
		"networkpolicies":                     {"NetworkPolicy", "NetworkPolicy"},
		"ingresses.config.openshift.io":       {"Ingress", "Ingress"},
		"kind:configmaps.":                    {"ConfigMap", "ConfigMap"},
		"kind:configmap.v1":                   {"ConfigMap", "ConfigMap"},
		"role":                                {"Role,RoleBinding,ClusterRole", "Role,Role,Role"},
		"bind object-2":                       {"RoleBinding", "Bind,object-2"},
		"x.yaml":                              {"ConfigMap", "x.yaml,x.yaml,x.yaml"}, // of the card, of its group and of the file
		"disabled capability":                 {"RoleBinding", ""},
		"name:console":                        {"", ""}, // the reason is no name
	} {
		b.eval(fmt.Sprintf(`(() => { const q = document.getElementById('query'); q.value = %q; q.dispatchEvent(new Event('input')); })()`, query), nil)
		b.want(seen("tbody td:nth-child(2)"), want[0])
		b.want(marked, want[1])
	}
	b.eval(`(() => { const q = document.getElementById('query'); q.value = 'x.yaml'; q.dispatchEvent(new Event('input')); })()`, nil)
	b.want("document.getElementById('found').textContent", "1 object")
}

func keys(b *browser) {
	b.eval("document.body.focus()", nil)
	b.key("Tab")
	b.want("document.activeElement.className", "skip")
	b.want("document.activeElement.getBoundingClientRect().left >= 0", "true")
	b.key("Enter")
	b.want("document.activeElement.id", "steps")
	b.key("Tab") // the first box: nothing comes before it in the first step
	b.want("document.activeElement.parentElement.id", "n3")
	b.want("getComputedStyle(document.activeElement).outlineStyle", "solid")
	b.key("Enter")
	b.want(openBoxes, "n3")
	b.key(" ")
	b.want(openBoxes, "")
	b.key("ArrowRight")
	b.key("ArrowRight")
	b.want("document.activeElement.querySelector('h3').textContent", "ingress")
	b.key("ArrowLeft")
	b.want("document.activeElement.querySelector('h3').textContent", "dns")
	b.key("/")
	b.write("console")
	b.key("Enter")
	b.want("document.activeElement.querySelector('h3').textContent", "console + x.yaml")
	b.key("Escape") // clears from wherever one is
	b.want("document.getElementById('query').value", "")
	b.want("document.querySelectorAll('.box[hidden]').length", "0")
}

func links(b *browser) {
	b.click("#n3 summary")
	b.click("#n3 .after a")
	b.want("document.activeElement.querySelector('h3').textContent", "dns")
	b.want("document.querySelectorAll('.box[open]').length", "2")
	b.want("document.activeElement.getBoundingClientRect().top > document.querySelector('.tools').getBoundingClientRect().bottom - 1", "true")
	b.key("/")
	b.write("ingress")
	b.want(seen(".box h3"), "ingress")
	b.click("#n5 .before a") // to a box that the search does not show
	b.want("document.activeElement.querySelector('h3').textContent", "etcd-operator")
	b.want("document.querySelectorAll('.box[hidden]').length", "0")
	b.visit(write(b.t, document(b.t, graph.Update, loaded(small()...))), "n3")
	b.want(openBoxes, "n3")
}

func themes(b *browser) {
	const ground = "getComputedStyle(document.body).backgroundColor"
	b.want(ground, "rgb(245, 246, 248)")
	b.want("document.getElementById('theme').getAttribute('aria-pressed')", "false")
	b.click("#theme")
	b.want(ground, "rgb(19, 22, 27)")
	b.want("document.getElementById('theme').getAttribute('aria-pressed')", "true")
	for range 20 { // the browser takes what is stored from its tab in its own time
		b.reload()
		var now string
		if b.eval(ground, &now); now == "rgb(19, 22, 27)" {
			break
		}
	}
	b.want(ground, "rgb(19, 22, 27)")
	b.click("#theme")
	b.want(ground, "rgb(245, 246, 248)")

	// Without a choice the system's theme holds, and storage that is forbidden takes nothing away.
	var script struct{ Identifier string }
	b.call("Page.addScriptToEvaluateOnNewDocument", map[string]any{
		"source": `Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('forbidden', 'SecurityError'); } })`,
	}, &script)
	b.window(1280, 900, "dark")
	b.visit(write(b.t, document(b.t, graph.Update, loaded(small()...))), "")
	b.want(ground, "rgb(19, 22, 27)")
	b.click("#theme")
	b.want(ground, "rgb(245, 246, 248)")
	b.call("Page.removeScriptToEvaluateOnNewDocument", map[string]any{"identifier": script.Identifier}, nil)
	b.window(1280, 900, "light")
}

func marks(b *browser) {
	b.eval("document.querySelector('#n0 summary').focus()", nil) // the job
	const name = `.map((step) => step.querySelector('h2').textContent)`
	b.want("[...document.querySelectorAll('.is-before')]"+name, "Step 2: Level 20")
	b.want("[...document.querySelectorAll('.is-after')]"+name, "Step 4: Level 40 and none")
	b.eval("document.getElementById('s2').scrollIntoView()", nil)
	b.picture("marks")
	b.eval("document.getElementById('query').focus()", nil)
	b.want("document.querySelectorAll('.is-before, .is-after').length", "0")
}

func paper(b *browser) {
	b.click("#theme") // dark, which paper must not be
	b.call("Emulation.setEmulatedMedia", map[string]any{"media": "print"}, nil)
	b.want("getComputedStyle(document.body).backgroundColor", "rgb(255, 255, 255)")
	b.want("getComputedStyle(document.body).color", "rgb(26, 31, 39)")
	b.want(seen("tbody td:nth-child(4)")+".length", "8")
	b.want(seen(".tools, nav")+".length", "0")
	b.want(seen(".sorts, .bar")+".length", "0") // colours are explained where they are
	b.window(1280, 900, "light")
	b.call("Emulation.setEmulatedMedia", map[string]any{"media": ""}, nil)
	b.want(openBoxes, "")
	b.eval("dispatchEvent(new Event('beforeprint'))", nil)
	b.want("document.querySelectorAll('.box:not([open])').length", "0")
	b.eval("dispatchEvent(new Event('afterprint'))", nil)
	b.want(openBoxes, "")
	if sheet := b.print("small"); !bytes.HasPrefix(sheet, []byte("%PDF-")) {
		b.t.Errorf("printing gives %.20q", sheet)
	}
	b.click("#theme")
}

// Without scripts, the page shows everything, its boxes open, and tools that need scripts are hidden.
func TestWithoutScript(t *testing.T) {
	b := browse(t)
	b.window(1280, 900, "light")
	content := write(t, document(t, graph.Update, loaded(small()...)))
	b.visit(bytes.Replace(content, []byte("; script-src "), []byte("; script-src 'none'; "), 1), "")
	b.want(seen(".tools")+".length", "0")
	b.click("#n3 summary")
	b.want(openBoxes, "n3")
	b.want(seen("tbody td:nth-child(4)"), "object-1,object-2")
	b.mu.Lock()
	refused := strings.Contains(strings.Join(b.trouble, "\n"), "script-src")
	b.mu.Unlock()
	if !refused {
		t.Error("the script ran against the page's policy")
	}
}

// Hostile names have no effect in a browser, neither when the page loads nor when they are searched and marked.
func TestHostileNamesInABrowser(t *testing.T) {
	b := browse(t)
	b.call("Page.addScriptToEvaluateOnNewDocument", map[string]any{"source": "window.alert = () => { document.title = 'attacked'; }"}, nil)
	for _, name := range names() {
		b.visit(write(t, called(name)), "")
		b.key("/")
		b.write("a")
		b.want("document.getElementById('found').textContent !== ''", "true")
		b.click("#open")
		b.want("document.querySelectorAll('main script, main img, main svg:not(.bar), main style, main base').length", "0")
		b.want("document.title === 'attacked'", "false")
	}
	b.calm()
}
