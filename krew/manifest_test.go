package krew_test

// plugin is a krew manifest; the names are krew's.
type plugin struct {
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Metadata   metadata `json:"metadata"`
	Spec       spec     `json:"spec"`
}

type metadata struct {
	Name string `json:"name"`
}

type spec struct {
	Version          string     `json:"version"`
	Homepage         string     `json:"homepage"`
	ShortDescription string     `json:"shortDescription"`
	Description      string     `json:"description"`
	Caveats          string     `json:"caveats"`
	Platforms        []platform `json:"platforms"`
}

type platform struct {
	Selector *selector       `json:"selector"`
	URI      string          `json:"uri"`
	Sha256   string          `json:"sha256"`
	Files    []fileOperation `json:"files"`
	Bin      string          `json:"bin"`
}

// selector is the part of a label selector that this manifest uses: krew knows expressions too.
type selector struct {
	MatchLabels map[string]string `json:"matchLabels"`
}

type fileOperation struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// goreleaser is the part of .goreleaser.yml that decides what a release's files are called.
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
	Krews []struct {
		Name             string
		SkipUpload       bool `json:"skip_upload"`
		Homepage         string
		ShortDescription string `json:"short_description"`
		Description      string
		Caveats          string
	}
}
