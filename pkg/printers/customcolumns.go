package printers

import (
	"fmt"
	"io"
	"os"
	"strings"

	"k8s.io/cli-runtime/pkg/printers"
	"k8s.io/client-go/util/jsonpath"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// customColumns is a table that the user defines, with a heading and a JSONPath for each column.
type customColumns struct {
	headings []string
	paths    []*jsonpath.JSONPath
}

// parseColumns reads HEADING:PATH[,HEADING:PATH…].
func parseColumns(specification string) (*customColumns, error) {
	if specification == "" {
		return nil, fault.Errorf(fault.Usage, "-o custom-columns: no columns given, want custom-columns=NAME:.metadata.name,IMAGE:.image")
	}
	c := &customColumns{}
	for _, column := range strings.Split(specification, ",") {
		heading, path, found := strings.Cut(column, ":")
		if !found || heading == "" || path == "" {
			return nil, fault.Errorf(fault.Usage, "-o custom-columns: unexpected column %q, want HEADING:PATH", column)
		}
		if err := c.add(heading, path); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// readColumns reads a file with headings in its first line and paths in its second, separated by spaces.
func readColumns(file string) (*customColumns, error) {
	if file == "" {
		return nil, fault.Errorf(fault.Usage, "-o custom-columns-file: no file given")
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fault.Errorf(fault.Local, "-o custom-columns-file: %w", err)
	}
	lines := strings.Split(strings.TrimRight(string(data), "\r\n"), "\n")
	if len(lines) != 2 {
		return nil, fault.Errorf(fault.Usage, "-o custom-columns-file: %s has %d lines, want headings in the first and paths in the second", file, len(lines))
	}
	headings, paths := strings.Fields(lines[0]), strings.Fields(lines[1])
	if len(headings) != len(paths) {
		return nil, fault.Errorf(fault.Usage, "-o custom-columns-file: %s has %d headings and %d paths", file, len(headings), len(paths))
	}
	c := &customColumns{}
	for i, heading := range headings {
		if err := c.add(heading, paths[i]); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c *customColumns) add(heading, path string) error {
	parsed, err := relaxedPath(path)
	if err != nil {
		return fault.Errorf(fault.Usage, "-o custom-columns: the column %s: %w", heading, err)
	}
	c.headings = append(c.headings, heading)
	c.paths = append(c.paths, parsed)
	return nil
}

// print writes a row for each item of a list, or one row for another document.
func (c *customColumns) print(w io.Writer, document any, noHeaders bool) error {
	_, rows := splitList(document)
	if rows == nil {
		rows = []any{document}
	}
	table := printers.GetNewTabWriter(w)
	if !noHeaders {
		fmt.Fprintln(table, strings.Join(c.headings, "\t"))
	}
	for _, row := range rows {
		values, err := toValues(row)
		if err != nil {
			return err
		}
		cells := make([]string, len(c.paths))
		for i, path := range c.paths {
			if cells[i], err = cell(path, values); err != nil {
				return fault.Errorf(fault.Usage, "-o custom-columns: the column %s: %w", c.headings[i], err)
			}
		}
		fmt.Fprintln(table, strings.Join(cells, "\t"))
	}
	return table.Flush()
}

// cell returns all values that a path finds, separated by commas; <none> if there is none.
func cell(path *jsonpath.JSONPath, item any) (string, error) {
	found, err := path.FindResults(item)
	if err != nil {
		return "", err
	}
	var texts []string
	for _, results := range found {
		for _, value := range results {
			if value.IsValid() && value.CanInterface() && value.Interface() != nil {
				texts = append(texts, SafeLine(fmt.Sprint(value.Interface())))
			}
		}
	}
	if len(texts) == 0 {
		return "<none>", nil
	}
	return strings.Join(texts, ","), nil
}
