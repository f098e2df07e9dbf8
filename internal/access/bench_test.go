package access

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// fullRecord is as large as a record gets: 64 grants on 300 accounts each.
func fullRecord() (record v1alpha1.AccessRecord, places Places) {
	accounts := make([]hosting.Place, 300)
	names := make([]v1alpha1.PlaceName, len(accounts))
	for i := range accounts {
		accounts[i] = hosting.Place{ID: int64(i + 1), Name: fmt.Sprintf("account-%03d", i)}
		names[i] = v1alpha1.PlaceName(accounts[i].Name)
	}
	permissions := []v1alpha1.AccountPermission{"Sites", "Domains", "Databases", "FTP", "SSH", "Backups"}
	for i := range 64 {
		record.Spec.Contributions = append(record.Spec.Contributions, v1alpha1.Contribution{
			UID: types.UID(fmt.Sprintf("uid-%02d", i)), Grant: v1alpha1.GrantReference{Namespace: "acme", Name: "g"}, Digest: "d", Via: []string{"email"},
			Accounts: []v1alpha1.AccountPermissions{{Names: names, Permissions: permissions[i%len(permissions):]}},
		})
	}
	return record, PlacesOf(accounts, nil)
}

// The floor is what a record costs anyway: it has to be decoded when it arrives.
func BenchmarkDecidingOverDecoding(b *testing.B) {
	record, places := fullRecord()
	text, err := json.Marshal(record)
	if err != nil {
		b.Fatal(err)
	}
	now := metav1.Unix(0, 0)
	var deciding, decoding time.Duration
	for b.Loop() {
		started := time.Now()
		want := Unite(record.Spec.Contributions, places, nil, hosting.Rights{})
		plan := Decide(want, hosting.Rights{}, Remember(want, Memory{}, Departures{}, now), Departures{}, now)
		decided := time.Now()
		if err := json.Unmarshal(text, &v1alpha1.AccessRecord{}); err != nil || plan.Add.Empty() {
			b.Fatal(err, plan.Add.Len())
		}
		deciding += decided.Sub(started)
		decoding += time.Since(decided)
	}
	b.ReportMetric(float64(deciding)/float64(decoding), "deciding/decoding")
}

// What it takes to know that there is room, over what uniting the contributions takes anyway.
func BenchmarkRoomOverUniting(b *testing.B) {
	contributions, places := crowd(48, subsets(256, 8)), manyAccounts(256)
	var uniting, looking time.Duration
	for b.Loop() {
		started := time.Now()
		want := Unite(contributions, places, nil, hosting.Rights{})
		united := time.Now()
		if full := (Room{Places: places}).Full(want, contributions); len(full) > 0 {
			b.Fatal(len(full))
		}
		uniting += united.Sub(started)
		looking += time.Since(united)
	}
	b.ReportMetric(float64(looking)/float64(uniting), "looking/uniting")
}
