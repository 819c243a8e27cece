// Package graphpage draws a release's task graph as one HTML page to look at: steps down the page, what runs side by side
// in them, every object on a click, search, dark and light. The page is one file that asks no network for anything,
// works without its script, and prints.
package graphpage
