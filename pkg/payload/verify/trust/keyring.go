package trust

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/release-x/oc-release-x/internal/boundedfile"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/configmap"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/openpgp"
)

// ReadKeyrings reads the keyrings that a user trusts from files and directories of files. A file is a keyring, armored or
// binary, or holds a ConfigMap, in which each field with keys is a keyring. As in a cluster, a release needs a signature
// for every keyring, and any of its keys suffices. Its errors are fault.Local or Usage.
func ReadKeyrings(paths ...string) ([]openpgp.Keyring, error) {
	var keyrings []openpgp.Keyring
	for _, path := range paths {
		files, err := keyringFiles(path)
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			found, err := readKeyring(file)
			if err != nil {
				return nil, err
			}
			keyrings = append(keyrings, found...)
		}
	}
	return keyrings, nil
}

// keyringFiles lists the file, or the files of the directory in the order of their names. It leaves out hidden ones, which
// are in every mounted ConfigMap.
func keyringFiles(path string) ([]string, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.Errorf(fault.Local, "there is no keyring %s", path)
	case err != nil:
		return nil, fault.Errorf(fault.Local, "reading the keyring: %w", err)
	case !info.IsDir():
		return []string{path}, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, fault.Errorf(fault.Local, "reading the keyrings: %w", err)
	}
	var files []string
	for _, entry := range entries {
		name := filepath.Join(path, entry.Name())
		if info, err := os.Stat(name); err == nil && !strings.HasPrefix(entry.Name(), ".") && !info.IsDir() {
			files = append(files, name)
		}
	}
	if len(files) == 0 {
		return nil, fault.Errorf(fault.Local, "the directory %s holds no keyring", path)
	}
	return files, nil
}

func readKeyring(path string) ([]openpgp.Keyring, error) {
	data, err := readKeyFile(path, openpgp.MaxKeyring)
	if err != nil {
		return nil, err
	}
	if len(data) > 0 && data[0]&0x80 == 0 && bytes.Contains(data, []byte("verifier-public-key-")) {
		return readConfigMap(path, data)
	}
	keyring, err := openpgp.ParseKeyring(path, data)
	if err != nil {
		return nil, err
	}
	return []openpgp.Keyring{keyring}, nil
}

// readConfigMap reads the keys of all ConfigMaps of a file.
func readConfigMap(path string, data []byte) ([]openpgp.Keyring, error) {
	maps, err := configmap.Parse(data)
	if err != nil {
		return nil, fault.Errorf(fault.Usage, "keyring %s: %w", path, err)
	}
	var keyrings []openpgp.Keyring
	for _, m := range maps {
		v, err := m.Verification()
		if err != nil {
			return nil, fault.Errorf(fault.Usage, "keyring %s: %w", path, err)
		}
		keyrings = append(keyrings, v.Keyrings...)
	}
	if len(keyrings) == 0 {
		return nil, fault.Errorf(fault.Usage, "keyring %s: its ConfigMap has no verifier-public-key-…", path)
	}
	return keyrings, nil
}

// readKeyFile reads a file of at most limit bytes. One that is longer is fault.Usage, other errors are fault.Local.
func readKeyFile(path string, limit int64) ([]byte, error) {
	data, err := boundedfile.Read(path, limit)
	if _, ok := errors.AsType[*boundedfile.TooLongError](err); ok {
		return nil, fault.Errorf(fault.Usage, "%s has more than the %d bytes that a keyring may have", path, limit)
	}
	if err != nil {
		return nil, fault.Errorf(fault.Local, "reading a key: %w", err)
	}
	return data, nil
}
