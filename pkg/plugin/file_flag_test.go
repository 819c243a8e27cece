package plugin_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/release-x/oc-release-x/pkg/plugin"
)

// fileFlag is a flag that names a file, and what a command says of a file that it cannot use. FILE stands for its path.
type fileFlag struct {
	name     string // before the file: "--overrides ", "-o jsonpath-file="
	commands []string
	missing  result
	wrong    result
	content  string // of the wrong file
}

const (
	serviceObject = "apiVersion: v1\nkind: Service\nmetadata:\n  name: x\n"
	binaryFile    = "\x7fELF\x02\x01\x01\x00"
)

// readingCommands are the commands that read a release, RELEASE in the place of their argument.
func readingCommands() []string {
	return []string{
		"images RELEASE", "env RELEASE", "info RELEASE", "manifests RELEASE", "graph RELEASE", "extract RELEASE --to -",
		"diff RELEASE oci:../../examples/release", "verify RELEASE", "check RELEASE --mirror registry.example.com/a", "cache add RELEASE",
	}
}

func fileFlags() []fileFlag {
	printing := []string{"images RELEASE", "env RELEASE", "info RELEASE", "manifests RELEASE", "graph RELEASE", "diff RELEASE RELEASE", "verify RELEASE", "check RELEASE --mirror registry.example.com/a", "cache list"}
	including := []string{"manifests RELEASE", "graph RELEASE", "extract RELEASE --to - --included", "diff oci:a RELEASE"}
	all := append(readingCommands(), "cache list", "cache clean", "version")
	fails := func(code int, text string) result { return result{code: code, err: "error: " + text + "\n"} }
	mirrors := func(name string) fileFlag {
		return fileFlag{
			name: name, commands: all, content: serviceObject,
			missing: fails(8, strings.TrimSpace(name)+": reading mirrors: open FILE: no such file or directory"),
			wrong:   fails(2, strings.TrimSpace(name)+`: reading mirrors from FILE: there is no ImageDigestMirrorSet, ImageTagMirrorSet or ImageContentSourcePolicy in it: it is a Kubernetes object of kind "Service"`),
		}
	}
	credentials := func(name string) fileFlag {
		return fileFlag{
			name: name, commands: all, content: serviceObject,
			missing: fails(4, "--authfile: reading credentials from FILE: no such file or directory"),
			wrong:   fails(4, "--authfile: reading credentials from FILE: it is not valid JSON, at byte 1"),
		}
	}
	template := func(name, form string) fileFlag {
		return fileFlag{
			name: name, commands: printing, content: binaryFile,
			missing: fails(8, "-o "+form+": reading the template: open FILE: no such file or directory"),
			wrong:   fails(2, "-o "+form+": FILE is not a template but a binary file"),
		}
	}
	signature := fileFlag{
		name: "--signature ", commands: []string{"verify RELEASE", "check RELEASE --mirror registry.example.com/a", "cache add RELEASE"}, content: serviceObject,
		missing: fails(8, "--signature: there is no directory or file FILE to read signatures from"),
		wrong:   fails(6, "--signature: FILE is neither an OpenPGP message nor a ConfigMap: it holds no ConfigMap"),
	}
	emptySignature := signature
	emptySignature.content, emptySignature.wrong = "", fails(6, "--signature: FILE is neither an OpenPGP message nor a ConfigMap: it is empty")
	kubeconfig := func(content string) fileFlag {
		return fileFlag{
			name: "--kubeconfig ", commands: all, content: content,
			missing: fails(8, "--kubeconfig: stat FILE: no such file or directory"),
			wrong:   fails(2, `--kubeconfig "FILE": it is not a kubeconfig: want YAML or JSON with kind: Config`),
		}
	}
	return []fileFlag{
		{
			"--to-authfile ",
			[]string{"mirror RELEASE --to registry.example.com/a"},
			fails(4, "--to-authfile: reading credentials from FILE: no such file or directory"),
			fails(4, "--to-authfile: reading credentials from FILE: it is not valid JSON, at byte 1"), serviceObject,
		},
		credentials("--authfile "), credentials("--registry-config "),
		mirrors("--idms-file "), mirrors("--itms-file "), mirrors("--icsp-file "),
		template("-o go-template-file=", "go-template-file"), template("-o jsonpath-file=", "jsonpath-file"),
		template("-o go-template-file --template ", "go-template-file"),
		signature, emptySignature,
		kubeconfig(serviceObject), kubeconfig(`{"auths": {}}`),
		{
			"--certificate-authority ", all,
			fails(8, "reading --certificate-authority: open FILE: no such file or directory"),
			fails(8, "reading --certificate-authority: there is not PEM certificate in FILE"), serviceObject,
		},
		{
			"--registries-conf ", all,
			fails(8, "--registries-conf: reading mirrors: open FILE: no such file or directory"),
			fails(2, `--registries-conf: reading mirrors from FILE: it is not a registries.conf but a Kubernetes object of kind "Service"`), serviceObject,
		},
		{
			"--client-certificate ", all,
			fails(8, "--client-certificate: open FILE: no such file or directory"),
			fails(2, "--client-certificate FILE: want a PEM file with certificates: data does not contain any valid RSA or ECDSA certificates"), serviceObject,
		},
		{
			"--client-key ", all,
			fails(8, "--client-key: open FILE: no such file or directory"),
			fails(2, "--client-key FILE: want a PEM file with a private key that needs no password: data does not contain a valid RSA or ECDSA private key"), serviceObject,
		},
		{
			"-o custom-columns-file=",
			[]string{"images RELEASE", "manifests RELEASE", "cache list"},
			fails(8, "-o custom-columns-file: open FILE: no such file or directory"),
			fails(2, "-o custom-columns-file: FILE has 4 lines, want headings in the first and paths in the second"), serviceObject,
		},
		{
			"--install-config ", including,
			fails(8, "--install-config: open FILE: no such file or directory"),
			fails(2, "--install-config FILE: this is not an install config: its kind is Service (apiVersion v1)"), serviceObject,
		},
		{
			"--overrides ", including,
			fails(8, "--overrides: open FILE: no such file or directory"),
			fails(2, "--overrides FILE: its kind is Service: want a ClusterVersion, as printed by `oc get clusterversion version -o yaml`, or the list of its overrides"), serviceObject,
		},
		{
			"--keyring ",
			[]string{"verify RELEASE"},
			fails(8, "--keyring: there is no keyring FILE"),
			fails(2, `--keyring: keyring FILE: it holds no public key: it begins with "apiVersion: v1\nkind:"`), serviceObject,
		},
		{
			"--key ",
			[]string{"verify RELEASE"},
			fails(8, "--key: reading a key: stat FILE: no such file or directory"),
			fails(2, "--key: the public key FILE: it is not PEM (-----BEGIN PUBLIC KEY-----)"), serviceObject,
		},
	}
}

// Every command reads the files that its flags name before it looks for the release, whether or not it would need them.
func TestFilesOfFlagsAreCheckedFirst(t *testing.T) {
	var requests atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests.Add(1) }))
	t.Cleanup(server.Close)
	missing, wrong := filepath.Join(t.TempDir(), "none"), filepath.Join(t.TempDir(), "file")
	releases := []string{"oci:../../examples/release", "oci:" + missing, host(server) + "/org/release:4.14.0 --insecure"}
	for _, flag := range fileFlags() {
		if err := os.WriteFile(wrong, []byte(flag.content), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, command := range flag.commands {
			for _, release := range releases {
				line := strings.Replace(command, "RELEASE", release, 1) + " " + flag.name
				for path, text := range map[string]result{missing: flag.missing, wrong: flag.wrong} {
					got := run(t, strings.Fields(line+path)...)
					if text.err = strings.ReplaceAll(text.err, "FILE", path); got != text {
						t.Errorf("%s\ngot  %+v\nwant %+v", line+path, got, text)
					}
				}
			}
		}
	}
	if n := requests.Load(); n > 0 {
		t.Errorf("%d requests", n)
	}
}

// Every flag whose help says that it names a file is in the table.
func TestEveryFileFlagIsChecked(t *testing.T) {
	known := map[string]bool{}
	for _, flag := range fileFlags() {
		known[strings.TrimSpace(strings.TrimPrefix(flag.name, "--"))] = true
	}
	check := func(flag *pflag.Flag) {
		if isFile := strings.HasPrefix(flag.Usage, "File ") || strings.HasPrefix(flag.Usage, "Path to "); isFile && !known[flag.Name] {
			t.Errorf("--%s names a file, but fileFlags has no line for it", flag.Name)
		}
	}
	var visit func(*cobra.Command)
	visit = func(cmd *cobra.Command) {
		cmd.LocalFlags().VisitAll(check)
		for _, sub := range cmd.Commands() {
			visit(sub)
		}
	}
	visit(plugin.NewCommand(plugin.Environment{Streams: plugin.Streams{Out: io.Discard, ErrOut: io.Discard}}))
}

// A client certificate and a key that do not belong together, and a certificate in place of the key, are refused; a pair
// is taken.
func TestClientPairIsChecked(t *testing.T) {
	certificate, key := clientPair(t)
	otherCertificate, _ := clientPair(t)
	release := "oci:../../examples/release"
	good(t, run(t, "images", release, "-o", "name", "--client-certificate", certificate, "--client-key", key))
	good(t, run(t, "images", release, "-o", "name", "--client-certificate", certificate))
	want(t, run(t, "images", release, "--client-certificate", otherCertificate, "--client-key", key), 2, "",
		"error: --client-key "+key+" is not the key of --client-certificate "+otherCertificate+": tls: private key does not match public key\n")
	want(t, run(t, "images", release, "--client-key", certificate), 2, "",
		"error: --client-key "+certificate+": want a PEM file with a private key that needs no password: data does not contain a valid RSA or ECDSA private key\n")
	dir := t.TempDir()
	want(t, run(t, "images", release, "--client-key", dir), 8, "", "error: --client-key: read "+dir+": is a directory\n")
}

// An empty kubeconfig and one that says nothing but its kind are kubeconfigs without clusters.
func TestEmptyKubeconfigIsNone(t *testing.T) {
	for _, content := range []string{"", "\n", "kind: Config\n", "apiVersion: v1\nkind: Config\nclusters: []\n"} {
		good(t, run(t, "images", "oci:../../examples/release", "-o", "name", "--kubeconfig", writeFile(t, "kubeconfig", content)))
	}
}

// clientPair writes a certificate and its key into files.
func clientPair(t *testing.T) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	certificate = writeFile(t, "client.crt", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	return certificate, writeFile(t, "client.key", string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyDER})))
}
