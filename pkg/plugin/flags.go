package plugin

import (
	"context"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/release-x/oc-release-x/pkg/payload/document"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/image/cache"
	"github.com/release-x/oc-release-x/pkg/payload/registry/mirrors"
)

// globalFlags are the flags of every command.
type globalFlags struct {
	registry  registryFlags
	limits    limitFlags
	arch      archFlags
	cache     cacheFlags
	cluster   clusterFlags
	timeout   time.Duration
	strict    bool
	verbosity int

	errorFormat errorFormat
}

func (g *globalFlags) add(flags *pflag.FlagSet) {
	group(flags, releaseGroup, func() { g.arch.add(flags) })
	group(flags, registryGroup, func() { g.registry.add(flags) })
	group(flags, limitGroup, func() { g.limits.add(flags) })
	group(flags, cacheGroup, func() { g.cache.add(flags) })
	group(flags, clusterGroup, func() { g.cluster.add(flags) })
	flags.DurationVar(&g.timeout, "timeout", 0, "Give up after this time, such as 30s or 2m; 0 means no limit")
	flags.BoolVar(&g.strict, "strict", false, "Exit with code 7 if there are warnings about the release")
	g.errorFormat = textErrors
	flags.Var(&g.errorFormat, errorFormatFlag, "Format of errors: text, or json for one object with code, kind, message and hint")
	flags.IntVarP(&g.verbosity, "v", "v", 0, "Log level on standard error: 1 shows what was resolved and each retry, 6 each request to a registry")
}

// check refuses flags that exclude each other or have impossible values. It reads the files of cluster flags.
func (g *globalFlags) check() error {
	if g.cluster.pullSecret && g.registry.authFile != "" {
		return fault.Errorf(fault.Usage, "--pull-secret-from-cluster and --authfile both say where credentials are: give one of them")
	}
	if n := g.registry.maxPerRegistry; n.given && n.value < 1 {
		return fault.Errorf(fault.Usage, "--max-per-registry %d: at least one request is needed", n.value)
	}
	if err := g.cluster.check(); err != nil {
		return err
	}
	return g.arch.check()
}

// deadline limits a command to --timeout.
func (g *globalFlags) deadline(ctx context.Context) (context.Context, context.CancelFunc, error) {
	switch {
	case g.timeout < 0:
		return nil, nil, fault.Errorf(fault.Usage, "--timeout %s: want a time that is not negative, such as 30s", g.timeout)
	case g.timeout == 0:
		ctx, cancel := context.WithCancel(ctx)
		return ctx, cancel, nil
	}
	cause := fault.Errorf(fault.Network, "not finished within --timeout %s", g.timeout)
	ctx, cancel := context.WithTimeoutCause(ctx, g.timeout, cause)
	return ctx, cancel, nil
}

// strictError returns the error of --strict for a number of warnings.
func (g *globalFlags) strictError(warnings int) error {
	switch {
	case warnings == 0 || !g.strict:
		return nil
	case warnings == 1:
		return fault.Errorf(fault.Partial, "there was a warning, and --strict was given")
	default:
		return fault.Errorf(fault.Partial, "there were %d warnings, and --strict was given", warnings)
	}
}

// optional is the value of a string flag that distinguishes an empty value from a flag that was not given.
type optional struct {
	text  string
	given bool
}

// Set stores the value of a flag that was given.
func (o *optional) Set(text string) error {
	o.text, o.given = text, true
	return nil
}

func (o *optional) String() string { return o.text }

// Type returns the type of the value for help.
func (o *optional) Type() string { return "string" }

// optionalInt is the value of a number flag whose default depends on the command.
type optionalInt struct {
	value int
	given bool
}

// Set stores the value of a flag that was given.
func (o *optionalInt) Set(text string) (err error) {
	o.value, err = strconv.Atoi(text)
	o.given = err == nil
	return err
}

func (o *optionalInt) String() string {
	if !o.given {
		return ""
	}
	return strconv.Itoa(o.value)
}

// Type returns the type of the value for help.
func (o *optionalInt) Type() string { return "int" }

// or returns the value, or fallback if the flag was not given.
func (o *optionalInt) or(fallback int) int {
	if o.given {
		return o.value
	}
	return fallback
}

// archFlags choose an image from a manifest list.
type archFlags struct {
	arch     string
	filterOS string
}

func (a *archFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&a.arch, "arch", "", "Architecture to choose from a manifest list: amd64 (x86_64), arm64 (aarch64), ppc64le or s390x")
	flags.StringVar(&a.filterOS, "filter-by-os", "", "The same as --arch, written linux/ARCH")
}

// value returns the architecture as Go names it, "" when no flag is given.
func (a *archFlags) value() string {
	arch, _ := image.ParseArch(a.given()) // check refuses invalid ones
	return arch
}

// given returns the architecture as the user wrote it.
func (a *archFlags) given() string {
	if a.arch != "" {
		return a.arch
	}
	return strings.TrimPrefix(a.filterOS, "linux/")
}

// check refuses architectures that releases do not support.
func (a *archFlags) check() error {
	if a.arch != "" && a.filterOS != "" {
		return fault.Errorf(fault.Usage, "--arch and --filter-by-os say the same: give one of them")
	}
	if a.filterOS != "" && !strings.HasPrefix(a.filterOS, "linux/") {
		return fault.Errorf(fault.Usage, "--filter-by-os %q: want linux/ARCH, releases are for Linux only", a.filterOS)
	}
	if _, err := image.ParseArch(a.given()); a.given() != "" && err != nil {
		return fault.Errorf(fault.Usage, "--arch %q: want amd64 (x86_64), arm64 (aarch64), ppc64le or s390x", a.given())
	}
	return nil
}

// registryFlags configure access to registries.
type registryFlags struct {
	authFile       string
	insecure       bool
	caFile         string
	maxPerRegistry optionalInt
	allowRealm     []string
	mirrors        mirrors.Files
}

func (r *registryFlags) add(flags *pflag.FlagSet) {
	flags.StringVarP(&r.authFile, "registry-config", "a", "", "File with registry credentials, such as a pull secret")
	flags.StringVar(&r.authFile, "authfile", "", "The same as --registry-config")
	flags.BoolVar(&r.insecure, "insecure", false, "Do not verify certificates of registries that the command line names, and fall back to plain HTTP")
	flags.StringVar(&r.caFile, "certificate-authority", "", "File with CA certificates to trust in addition to the system's")
	flags.Var(&r.maxPerRegistry, "max-per-registry", "Maximum number of parallel requests to one registry (default 8)")
	flags.StringSliceVar(&r.mirrors.IDMS, "idms-file", nil, "File with ImageDigestMirrorSets, the mirrors of images referenced by digest")
	flags.StringSliceVar(&r.mirrors.ITMS, "itms-file", nil, "File with ImageTagMirrorSets, the mirrors of images referenced by tag")
	flags.StringSliceVar(&r.mirrors.ICSP, "icsp-file", nil, "File with ImageContentSourcePolicies, the older form of --idms-file")
	flags.StringVar(&r.mirrors.Conf, "registries-conf", "", "File registries.conf with mirrors, as podman and CRI-O read it")
	flags.StringSliceVar(&r.allowRealm, "allow-realm", nil, "Host of a token server that may get credentials although it is outside the registry's domain")
}

// limitFlags limit the resources that a hostile image can use.
type limitFlags struct {
	payload, layer, file    string
	parsed, expanded        string
	files, ratio, documents int64
}

func (l *limitFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&l.payload, "max-payload-size", "96Mi", "Refuse a payload larger than this, all layers together")
	flags.StringVar(&l.layer, "max-layer-size", "512Mi", "Refuse a layer that unpacks to more than this, or layers that together unpack to four times this")
	flags.StringVar(&l.file, "max-file-size", "64Mi", "Refuse a payload with a file larger than this")
	flags.Int64Var(&l.files, "max-files", 100_000, "Refuse a layer with more entries than this")
	flags.Int64Var(&l.documents, "max-documents", 20_000, "Refuse a payload with more manifests than this")
	flags.StringVar(&l.parsed, "max-parsed-size", "64Mi", "Refuse a payload with more YAML and JSON than this")
	flags.StringVar(&l.expanded, "max-expanded-size", "16Mi", "Refuse a payload whose YAML aliases expand to more than this")
	flags.Int64Var(&l.ratio, "max-compression-ratio", 200, "Refuse a layer that unpacks to more than 64Mi and to more than this many times its size")
}

// limits returns the limits of reading an image and of reading its manifests.
func (l *limitFlags) limits() (image.Limits, document.Limits, error) {
	if l.files <= 0 || l.ratio <= 0 || l.documents <= 0 {
		return image.Limits{}, document.Limits{}, fault.Errorf(fault.Usage, "--max-files, --max-documents and --max-compression-ratio must be positive")
	}
	images := image.Limits{Files: l.files, Ratio: l.ratio}
	documents := document.Limits{Documents: l.documents}
	for _, flag := range []struct {
		name, text string
		into       *int64
	}{
		{"max-payload-size", l.payload, &images.PayloadSize},
		{"max-layer-size", l.layer, &images.LayerSize},
		{"max-file-size", l.file, &images.FileSize},
		{"max-parsed-size", l.parsed, &documents.Parsed},
		{"max-expanded-size", l.expanded, &documents.Expanded},
	} {
		value, err := size(flag.name, flag.text)
		if err != nil {
			return image.Limits{}, document.Limits{}, err
		}
		*flag.into = value
	}
	return images, documents, nil
}

// size parses a size in the syntax of Kubernetes: 512Mi, 1G, 1000.
func size(flag, text string) (int64, error) {
	q, err := resource.ParseQuantity(text)
	if err != nil || q.Sign() <= 0 {
		return 0, fault.Errorf(fault.Usage, "--%s %q: want a positive size such as 512Mi or 1G", flag, text)
	}
	return q.Value(), nil
}

// cacheFlags configure the cache of downloads.
type cacheFlags struct {
	dir     string
	none    bool
	offline bool
}

func (c *cacheFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&c.dir, "cache-dir", "", "Directory for downloads (default: oc-release-x in the user's cache directory)")
	flags.BoolVar(&c.none, "no-cache", false, "Neither read nor write the cache")
	flags.BoolVar(&c.offline, "offline", false, "Contact no server; what is not in the cache is an error")
}

// options returns the options of the cache. Dir is "" when the user has no cache directory.
func (c *cacheFlags) options(env Environment, l *log) cache.Options {
	dir := c.dir
	if dir == "" && env.CacheHome != "" {
		dir = filepath.Join(env.CacheHome, "oc-release-x")
	}
	build := buildVersion()
	return cache.Options{Dir: dir, Program: build.Version + " " + build.Commit, Notef: l.notef}
}

// open returns the cache of downloads, nil with --no-cache or without a directory. It does not touch the directory.
func (c *cacheFlags) open(options cache.Options) *cache.Cache {
	if c.none || options.Dir == "" {
		return nil
	}
	return cache.New(options)
}

// refuseDial refuses every connection.
func refuseDial(context.Context, string, string) (net.Conn, error) {
	return nil, fault.Errorf(fault.Network, "--offline was given, so no registry is asked")
}
