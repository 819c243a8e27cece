package manifest

import (
	"regexp"
	"testing"
)

func TestParseFileName(t *testing.T) {
	tests := []struct {
		name, level, component string
		ok                     bool
	}{
		{"0000_50_foo_.yaml", "50", "foo", true},
		{"0000_5_x_y", "5", "x", true},
		{"0000_05_x_y", "05", "x", true},
		{"0000_100_x_y", "100", "x", true},
		{"0000_50_A0_x", "50", "A0", true},
		{"0000_50_cluster-config-api_featureGate-4-10-SelfManagedHA-Default.yaml", "50", "cluster-config-api", true},
		{"0000_90_service-ca-operator_02_roles.yaml", "90", "service-ca-operator", true},
		{"0000_90_openshift-cluster-image-policy.yaml", "", "", false},
		{"0000_50_", "", "", false},
		{"0000_50-foo", "", "", false},
		{"0000_50_foo.yaml", "", "", false},
		{"0000_50_a--b_x", "", "", false},
		{"0000_50_-a_x", "", "", false},
		{"0000_50_a-_x", "", "", false},
		{"0000_50_a.b_x", "", "", false},
		{"0000__a_x", "", "", false},
		{"0000_5x_a_x", "", "", false},
		{"0001_50_x_y", "", "", false},
		{"99_ingress-operator_01_roles.yaml", "", "", false},
		{"", "", "", false},
	}
	for _, test := range tests {
		level, component, ok := ParseFileName(test.name)
		if level != test.level || component != test.component || ok != test.ok {
			t.Errorf("ParseFileName(%q) = %q, %q, %t, want %q, %q, %t", test.name, level, component, ok, test.level, test.component, test.ok)
		}
	}
}

// The operator has this regular expression.
func FuzzParseFileName(f *testing.F) {
	form := regexp.MustCompile(`^0000_(\d+)_([a-zA-Z0-9]+(-[a-zA-Z0-9]+)*?)_`)
	for _, seed := range []string{"0000_50_a-b_c", "0000_5_a_", "0000_50_a--b_", "0000_٣_a_b", "0000_50_a\n_b", "0000_50__a"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		level, component, ok := ParseFileName(name)
		match := form.FindStringSubmatch(name)
		if ok != (match != nil) {
			t.Fatalf("%q: %t, %q", name, ok, match)
		}
		if ok && (level != match[1] || component != match[2]) {
			t.Fatalf("%q: %q, %q, want %q", name, level, component, match)
		}
	})
}
