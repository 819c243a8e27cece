package contest

// file is what peers print to list the components.
const file = "release-manifests/image-references"

// The scripts of peers, each with $0, $1 and $2 as in peer. The last layer of a release is its payload. The directory that
// skopeo writes names layers by digest.
const (
	getFile    = `"$0" @plain image get-file "$1" ` + file
	regctlBlob = `d=$("$0" @plain manifest get --format '{{range .Layers}}{{println .Digest}}{{end}}' "$1" | tail -n1) &&
"$0" @plain blob get "${1%:*}" "$d" | `
	craneExport = `"$0" @plain export "$1" - | `
	craneBlob   = `d=$("$0" @plain manifest "$1" | grep -o 'sha256:[0-9a-f]*' | tail -n1) &&
"$0" @plain blob "${1%:*}@$d" | `
	skopeoCopy = `"$0" copy -q --insecure-policy @plain "docker://$1" "dir:$2/image" &&
tar -xzf "$2/image/$(sed -n 's/.*sha256:\([0-9a-f]*\).*/\1/p' "$2/image/manifest.json" | tail -n1)" `
)

// peer is a contestant that a shell script runs; $0 is its program, $1 the release by tag, $2 the directory of the run.
func peer(program, id, name, script string, check func(Place, []byte) error, others ...string) Contestant {
	return Contestant{
		ID: id, Name: name, Needs: append([]string{program}, others...), Check: check,
		Args: func(p Place) []string {
			return p.shell(withoutTLS(program, p.Address), script, p.Programs[program], p.byTag(), p.Work)
		},
	}
}

// withoutTLS is the flag with which a peer reads a registry without TLS.
func withoutTLS(program, address string) string {
	switch program {
	case "regctl":
		return "--host reg=" + address + ",tls=disabled"
	case "skopeo":
		return "--src-tls-verify=false"
	default:
		return "--insecure"
	}
}

func oc(id, name, script string, check func(Place, []byte) error, others ...string) Contestant {
	return peer("oc", id, name, script, check, others...)
}

func regctl(id, name, script string, check func(Place, []byte) error, others ...string) Contestant {
	return peer("regctl", id, name, script, check, others...)
}

func crane(id, name, script string, check func(Place, []byte) error, others ...string) Contestant {
	return peer("crane", id, name, script, check, others...)
}

func skopeo(id, name, script string, check func(Place, []byte) error, others ...string) Contestant {
	return peer("skopeo", id, name, script, check, others...)
}
