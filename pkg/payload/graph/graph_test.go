package graph_test

import (
	"math/rand"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/testmanifest"
	"github.com/release-x/oc-release-x/pkg/payload/graph"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// Examples of the operator's rules.
func TestRules(t *testing.T) {
	tests := []struct {
		name     string
		strategy graph.Strategy
		files    []string
		want     string
	}{
		{
			"A levels of one component merge", graph.Update,
			[]string{"0000_10_a_1", "0000_20_b_1"},
			"0[10_a_1 20_b_1]",
		},
		{
			"B components of a level go side by side", graph.Update,
			[]string{"0000_10_a", "0000_20_b_1", "0000_20_c_1", "0000_20_c_2", "0000_30_d"},
			"0[]>1 1[10_a]>2,3 2[20_b_1]>4 3[20_c_1 20_c_2]>4 4[30_d]",
		},
		{
			"C a name without a level cuts its level in two", graph.Update,
			[]string{
				"0000_90_a_1", "0000_90_cluster-update-keys_configmap.yaml", "0000_90_openshift-cluster-image-policy.yaml",
				"0000_90_service-ca-operator_02", "0000_90_service-ca-operator_03_x",
			},
			"0[]>1,2 1[90_a_1]>3 2[90_cluster-update-keys_configmap.yaml]>3 " +
				"3[90_openshift-cluster-image-policy.yaml 90_service-ca-operator_02 90_service-ca-operator_03_x]",
		},
		{
			"D the operator's directory is not merged with the release's", graph.Update,
			[]string{"0000_00_cvo_1", "0000_30_cvo_1", "0000_90_cvo_sm", "0000_00_apiserver_1", "0000_03_config_1", "0000_03_quota_1"},
			"0[]>1 1[00_cvo_1 30_cvo_1 90_cvo_sm 00_apiserver_1]>2,3 2[03_config_1] 3[03_quota_1]",
		},
		{
			"E an empty node between two parallel levels", graph.Update,
			[]string{"0000_10_a_1", "0000_10_b_1", "0000_20_c_1", "0000_20_d_1"},
			"0[]>1,2 1[10_a_1]>3 2[10_b_1]>3 3[]>4,5 4[20_c_1] 5[20_d_1]",
		},
		{"G one node when nothing has a level", graph.Update, []string{"a", "b", "c"}, "0[a b c]"},
		{"G three nodes when nothing has a level, at installation", graph.Install, []string{"a", "b", "c"}, "0[]>1,2,3 1[a] 2[b] 3[c]"},
		{"G one object", graph.Update, []string{"0000_10_a_1"}, "0[10_a_1]"},
		{"G one object, at installation", graph.Install, []string{"a"}, "0[a]"},
		{"G no object", graph.Update, nil, "0[]"},
		{
			"H a component is not gathered", graph.Update,
			[]string{"0000_10_a_1", "0000_10_b_1", "0000_10_a_2"},
			"0[]>1,2,3 1[10_a_1] 2[10_b_1] 3[10_a_2]",
		},
		{
			"I a job is a barrier", graph.Update,
			[]string{"0000_01_x_1", "0000_01_x_job", "0000_01_x_2"},
			"0[01_x_job]>2 1[01_x_1]>0 2[01_x_2]",
		},
		{
			"I each side of a job goes its own way", graph.Update,
			[]string{"0000_01_a_1", "0000_01_b_1", "0000_01_b_job", "0000_01_c_1", "0000_01_d_1"},
			"0[01_b_job]>2 1[]>3,4 2[]>6,7 3[01_a_1]>5 4[01_b_1]>5 5[]>0 6[01_c_1] 7[01_d_1]",
		},
		{
			"I two jobs", graph.Update,
			[]string{"0000_01_a_job", "0000_01_a_1", "0000_01_b_job"},
			"0[01_a_job]>2 1[01_b_job] 2[01_a_1]>1",
		},
		{"J 05 and 5 are two levels", graph.Update, []string{"0000_05_a_1", "0000_5_b_1"}, "0[05_a_1 5_b_1]"},
		{
			"K feature gates belong to the config API", graph.Update,
			[]string{"0000_50_cluster-config-api_featureGate-4-10-SelfManagedHA-Default.yaml", "0000_50_cluster-config-api_x", "0000_50_d_x"},
			"0[]>1,2 1[50_cluster-config-api_featureGate-4-10-SelfManagedHA-Default.yaml 50_cluster-config-api_x] 2[50_d_x]",
		},
		{
			"installation puts all levels side by side", graph.Install,
			[]string{"0000_10_a_1", "0000_20_b_1", "0000_20_b_2", "0000_20_c_1", "x"},
			"0[]>1,2,3,4 1[10_a_1] 2[20_b_1 20_b_2] 3[20_c_1] 4[x]",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g := build(t, test.strategy, 0, testmanifest.Entries(test.files...))
			if diff := cmp.Diff(test.want, shape(g)); diff != "" {
				t.Errorf("graph (-want +got):\n%s", diff)
			}
		})
	}
}

// Only batch/v1 Jobs are barriers.
func TestOtherJobs(t *testing.T) {
	for _, kind := range [][3]string{{"batch", "v1", "CronJob"}, {"batch", "v1beta1", "Job"}, {"", "v1", "Job"}} {
		entries := testmanifest.Entries("0000_01_a_1", "0000_01_a_2", "0000_01_a_3")
		entries[1].Group, entries[1].Version, entries[1].Kind = kind[0], kind[1], kind[2]
		if got := shape(build(t, graph.Update, 0, entries)); got != "0[01_a_1 01_a_2 01_a_3]" {
			t.Errorf("%v: %s", kind, got)
		}
	}
}

// The graph has only loaded objects.
func TestNotLoaded(t *testing.T) {
	entries := testmanifest.Entries("0000_01_a_1", "0000_01_b_1")
	entries[0].Loaded = false
	if got := shape(build(t, graph.Update, 0, entries)); got != "0[01_b_1]" {
		t.Error(got)
	}
}

func TestUnknownStrategy(t *testing.T) {
	if _, err := graph.New(nil, "sideways", 0); err == nil || err.Error() != `unknown strategy "sideways"` {
		t.Error(err)
	}
}

// The operator shuffles the chunks of an installation with math/rand, seeded with attempt/8, and rotates the order for the eight
// attempts with the same seed.
func TestReconcile(t *testing.T) {
	for _, files := range [][]string{
		{"a", "b", "c"},
		{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"},
	} {
		for _, attempt := range []int{0, 1, 5, 7, 8, 13, 16, 1007} {
			order := slices.Clone(files)
			rand.New(rand.NewSource(int64(attempt/8))).Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
			shift := attempt % 8 % len(order)
			if len(order) >= 8 {
				shift = attempt % 8 * len(order) / 8
			}
			order = append(order[shift:], order[:shift]...)

			var got []string
			for _, node := range build(t, graph.Reconcile, attempt, testmanifest.Entries(files...)).Nodes[1:] {
				got = append(got, node.Objects[0].File)
			}
			if diff := cmp.Diff(order, got); diff != "" {
				t.Errorf("attempt %d (-want +got):\n%s", attempt, diff)
			}
		}
	}
}

// The nodes on both sides of a job use one generator, in their order.
func TestReconcileAroundJobs(t *testing.T) {
	left, right := []string{"a", "b", "c", "d"}, []string{"e", "f", "g"}
	generator := rand.New(rand.NewSource(0))
	for _, part := range [][]string{left, right} {
		generator.Shuffle(len(part), func(i, j int) { part[i], part[j] = part[j], part[i] })
	}
	g := build(t, graph.Reconcile, 0, testmanifest.Entries("a", "b", "c", "d", "job", "e", "f", "g"))
	var got []string
	for _, node := range g.Nodes {
		if len(node.Objects) == 1 && !node.IsJob() {
			got = append(got, node.Objects[0].File)
		}
	}
	if diff := cmp.Diff(append(left, right...), got); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

// The order of an attempt is the same on all machines and with all versions of Go.
func TestReconcileIsFixed(t *testing.T) {
	got := shape(build(t, graph.Reconcile, 0, testmanifest.Entries("a", "b", "c", "d", "e")))
	if want := "0[]>1,2,3,4,5 1[c] 2[d] 3[b] 4[a] 5[e]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// New does not change the entries.
func TestEntriesStay(t *testing.T) {
	entries := testmanifest.Entries("0000_10_a_1", "0000_20_b_1", "0000_20_c_1", "0000_30_d_1", "0000_40_e_1", "x")
	before := slices.Clone(entries)
	for _, strategy := range []graph.Strategy{graph.Update, graph.Install, graph.Reconcile} {
		build(t, strategy, 3, entries)
	}
	if !slices.EqualFunc(before, entries, func(a, b manifest.Entry) bool { return a == b }) {
		t.Error("the entries changed their order")
	}
}

// For any names, no object is lost, and none begins before the objects that it waits for.
func FuzzGraph(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 5, 6, 7}, 3)
	names := []string{"0000_10_a_1", "0000_10_b_1", "0000_20_a_1", "0000_20_c_job", "x", "0000_30_d_1", "job", "0000_30_a.b_1"}
	f.Fuzz(func(t *testing.T, picks []byte, attempt int) {
		var files []string
		for _, pick := range picks[:min(len(picks), 60)] {
			files = append(files, names[int(pick)%len(names)])
		}
		entries := testmanifest.Entries(files...)
		build(t, graph.Reconcile, attempt, entries)
		build(t, graph.Install, 0, entries)
		g := build(t, graph.Update, 0, entries)
		last := 0
		for _, step := range g.Steps() {
			first, end := len(entries)+1, 0
			for _, node := range step {
				first, end = min(first, node.Objects[0].Index), max(end, node.Objects[len(node.Objects)-1].Index)
			}
			if first <= last {
				t.Fatalf("a step begins with %d, the one before ends with %d: %v", first, last, files)
			}
			last = end
		}
	})
}
