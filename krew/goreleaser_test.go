package main

// goreleaser has the settings of .goreleaser.yml that decide the names and contents of a release's files.
type goreleaser struct {
	ProjectName string `json:"project_name"`
	Release     struct {
		GitHub struct{ Owner, Name string }
	}
	Builds []struct {
		ID, Main, Binary string
		Targets          []string
	}
	Archives []struct {
		NameTemplate    string `json:"name_template"`
		Formats         []string
		FormatOverrides []struct {
			Goos    string
			Formats []string
		} `json:"format_overrides"`
		Files []struct{ Src string }
	}
	NFPMs []struct {
		Contents []struct{ Src, Type string }
	}
}
