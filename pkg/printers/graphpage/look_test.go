package graphpage_test

import (
	"bytes"
	"image/color"
	"image/png"
	"testing"

	"github.com/release-x/oc-release-x/pkg/payload/graph"
)

// A release of real size, looked at: colours, contrast, width, time. With $RELEASE_X_PICTURES it leaves pictures of
// the page in that folder.
func TestLooks(t *testing.T) {
	b := browse(t)
	for _, theme := range []string{"light", "dark"} {
		for _, strategy := range []graph.Strategy{graph.Update, graph.Install} {
			b.window(1440, 1000, theme)
			b.visit(write(t, realDocument(t, strategy)), "")
			name := string(strategy) + "-" + theme
			if strategy == graph.Install {
				b.eval("document.getElementById('s1').scrollIntoView()", nil)
			}
			painted(t, b.picture(name), theme)
			contrast(b, name)
		}
		b.visit(write(t, realDocument(t, graph.Update)), "")
		b.eval("document.getElementById('s12').scrollIntoView()", nil)
		b.click("#n39 summary")
		b.picture("open-" + theme)
		contrast(b, "opened "+theme)
		b.key("/")
		b.write("etcd role")
		b.want("document.querySelectorAll('mark').length > 5", "true")
		b.picture("search-" + theme)
		contrast(b, "searched "+theme)
	}
	const firstCard = "document.querySelector('.box').getBoundingClientRect().bottom"
	b.window(1400, 800, "light")
	b.visit(write(t, realDocument(t, graph.Update)), "")
	b.want(firstCard+" < 450", "true") // the first screen shows steps
	b.window(400, 800, "light")
	b.visit(write(t, realDocument(t, graph.Update)), "")
	b.want(firstCard+" < 650", "true") // that of a phone too
	b.picture("narrow-light")
	b.click("#open")
	b.want("document.documentElement.scrollWidth", "400")
	b.want("[...document.querySelectorAll('tbody td:nth-child(2)')].filter((kind) => kind.offsetHeight > 30).length", "0") // on one line
	b.want("[...document.querySelectorAll('.group th')].filter((heading) => heading.offsetWidth < 200).length", "0")
	b.eval("document.getElementById('n20').scrollIntoView()", nil)
	b.picture("narrow-open-light")
	b.print("paper")
	b.calm()
	var took float64
	b.eval("performance.getEntriesByType('navigation')[0].loadEventEnd", &took)
	t.Logf("loaded in %.0f ms", took)
}

// painted holds that a picture has the theme's ground in its corner, and something on it.
func painted(t *testing.T, picture []byte, theme string) {
	t.Helper()
	decoded, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	ground := color.RGBA{245, 246, 248, 255}
	if theme == "dark" {
		ground = color.RGBA{19, 22, 27, 255}
	}
	if corner := color.RGBAModel.Convert(decoded.At(2, 2)); corner != ground {
		t.Errorf("%s: the corner is %v, want %v", theme, corner, ground)
	}
	colours := map[color.Color]bool{}
	for x := 0; x < decoded.Bounds().Dx(); x += 2 {
		for y := 0; y < decoded.Bounds().Dy(); y += 2 {
			colours[decoded.At(x, y)] = true
		}
	}
	if len(colours) < 50 {
		t.Errorf("%s: a picture of %d colours", theme, len(colours))
	}
}

// contrast holds that every text stands out from what is behind it, as WCAG 2 (1.4.3, AA) asks.
func contrast(b *browser, what string) {
	b.t.Helper()
	var weak []string
	b.eval(`(() => {
		const numbers = (text) => text.match(/[\d.]+/g).map(Number);
		const light = ([r, g, b]) => {
			const [x, y, z] = [r, g, b].map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
			return 0.2126 * x + 0.7152 * y + 0.0722 * z;
		};
		const behind = (element) => {
			for (; element; element = element.parentElement) {
				const colour = numbers(getComputedStyle(element).backgroundColor);
				if (colour.length < 4 || colour[3] === 1) return colour;
			}
		};
		const weak = new Set();
		let looked = 0;
		const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
		while (texts.nextNode()) {
			const element = texts.currentNode.parentElement;
			if (!texts.currentNode.textContent.trim() || !element.checkVisibility()) continue;
			looked++;
			const [a, z] = [light(numbers(getComputedStyle(element).color)), light(behind(element))].sort((x, y) => y - x);
			const ratio = (a + 0.05) / (z + 0.05);
			if (ratio < 4.5) weak.add(element.tagName + '.' + element.className + ' ' + ratio.toFixed(2));
		}
		if (looked < 100) weak.add('only ' + looked + ' texts');
		return [...weak];
	})()`, &weak)
	for _, text := range weak {
		b.t.Errorf("%s: too little contrast: %s", what, text)
	}
}
