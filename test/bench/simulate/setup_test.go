package simulate_test

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/hosting/rest"
	"github.com/hostgrant/hostgrant/internal/plan"
	"github.com/hostgrant/hostgrant/internal/provider"
)

const (
	// accounts of the owner, and of how many of them each person has something.
	accounts, accountsEach = 300, 2
	// teams are namespaces that share half of the people; the other half is one namespace's.
	teams = 500
)

// setup is a backend whose provider has a row for each person, and their records.
type setup struct {
	backend    *v1alpha1.HostingBackend
	clock      *clocktesting.FakeClock
	connection *provider.Connection
	view       provider.View
	records    []v1alpha1.AccessRecord
	// wakes are who was woken and not looked at yet.
	wakes *[]string
}

func newSetup(t *testing.T, people int) setup {
	backend := &v1alpha1.HostingBackend{ObjectMeta: metav1.ObjectMeta{Namespace: "hosting", Name: "acme"}}
	backend.Spec.Mode, backend.Spec.Interval.Duration = v1alpha1.ModeEnforce, time.Hour
	backend.Spec.RemovalLimit = v1alpha1.RemovalLimit{Percent: 25, Settle: &metav1.Duration{Duration: 15 * time.Second}}
	s := setup{backend: backend, clock: clocktesting.NewFakeClock(time.Unix(1_800_000_000, 0)), wakes: &[]string{}}
	wakes := s.wakes
	connections := provider.NewConnections(s.clock, func(_ types.NamespacedName, key string) { *wakes = append(*wakes, key) })
	s.connection = connections.Ensure(types.NamespacedName{Namespace: backend.Namespace, Name: backend.Name})
	client := serve(t, people)
	s.connection.Configure("owner", "configuration", "mark", client, client)
	s.records = make([]v1alpha1.AccessRecord, people)
	return s
}

// serve is a provider on a loopback address that tells its table as it writes it, and a client for it.
func serve(t *testing.T, people int) hosting.Writer {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Path {
		case "/v1/customer/":
			list(w, 1, func(int) string { return `{"id":1,"href":"/v1/customer/1/","email":"owner@acme.example"}` })
		case "/v1/account/":
			list(w, accounts, func(id int) string {
				return fmt.Sprintf(`{"id":%d,"href":"/v1/account/%d/","name":"account-%d"}`, id, id, id)
			})
		case "/v1/server/":
			list(w, 0, nil)
		case "/v1/permission/":
			list(w, people, row)
		default:
			http.NotFound(w, r)
		}
	}))
	server.EnableHTTP2, server.Config.ErrorLog = true, log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	client, err := rest.NewWriter(rest.Options{
		URL: server.URL + "/v1/", Token: "token", AllowPrivate: true, Timeout: 10 * time.Minute,
		CABundle: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}),
		Budget:   rest.NewBudget(1000, 1000, clock.RealClock{}),
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// list writes so many entries, from id 1 on.
func list(w io.Writer, entries int, entry func(id int) string) {
	between := "["
	for id := 1; id <= entries; id++ {
		_, _ = io.WriteString(w, between+entry(id))
		between = ","
	}
	if entries == 0 {
		_, _ = io.WriteString(w, "[")
	}
	_, _ = io.WriteString(w, "]")
}

// accountsOf are the ids of the accounts on which a person has something.
func accountsOf(id int) [accountsEach]int {
	return [accountsEach]int{id%accounts + 1, (id+1)%accounts + 1}
}

func addressOf(id int) string { return fmt.Sprintf("person-%d@acme.example", id) }

// namespaceOf is whose grant names a person.
func namespaceOf(id int) string {
	if id%2 == 0 {
		return "everybody"
	}
	return fmt.Sprintf("team-%d", id/2%teams)
}

func row(id int) string {
	at := accountsOf(id)
	const place = `{"account":{"href":"/v1/account/%d/"},"permissions":["site","database"]}`
	return fmt.Sprintf(`{"id":%d,"href":"/v1/permission/%d/","email":%q,"profile":{"href":"/v1/profile/%d/"},"require_2fa":false,"servers":[],"accounts":[`+place+`,`+place+`]}`,
		id, id, addressOf(id), id, at[0], at[1])
}

// makeRecords makes everybody's record as it was written down before: Sites and Databases on two accounts, given by one
// grant a week ago. Each is read from JSON, as the cache of a manager does.
func (s *simulation) makeRecords() {
	for i := range s.records {
		body, err := json.Marshal(s.recordOf(i + 1))
		if err == nil {
			err = json.Unmarshal(body, &s.records[i])
		}
		if err != nil {
			s.Fatal(err)
		}
	}
}

func (s *simulation) recordOf(id int) v1alpha1.AccessRecord {
	grant := v1alpha1.GrantReference{Namespace: namespaceOf(id), Name: v1alpha1.ObjectName(fmt.Sprintf("grant-%d", id))}
	uid := types.UID(fmt.Sprintf("00000000-0000-4000-8000-%012d", id))
	c := v1alpha1.Contribution{UID: uid, Grant: grant, Digest: "digest", Via: []string{"email"}}
	places := v1alpha1.AccountPermissions{Permissions: []v1alpha1.AccountPermission{"Sites", "Databases"}}
	var held []hosting.Right
	for _, at := range accountsOf(id) {
		places.Names = append(places.Names, v1alpha1.PlaceName(fmt.Sprintf("account-%d", at)))
		for _, name := range []string{"Sites", "Databases"} {
			held = append(held, hosting.Right{Scope: hosting.ScopeAccount, ID: int64(at), Name: name})
		}
	}
	c.Accounts = []v1alpha1.AccountPermissions{places}
	rights, email := hosting.NewRights(held...), addressOf(id)
	record := v1alpha1.AccessRecord{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.backend.Namespace, Name: access.RecordName(s.backend.Name, email), UID: uid, Generation: 1},
		Spec:       v1alpha1.AccessRecordSpec{Email: v1alpha1.Email(email), Contributions: []v1alpha1.Contribution{c}},
		Status: v1alpha1.AccessRecordStatus{
			ObservedGeneration: 1, RowID: int64(id), Person: v1alpha1.PersonActive, Permissions: int32(rights.Len()),
			Contributions: []v1alpha1.ContributionStatus{{UID: uid, Grant: &grant, Digest: c.Digest, State: v1alpha1.ContributionLive}},
			Sources:       []v1alpha1.SourceNamespace{{Namespace: grant.Namespace, Since: metav1.NewTime(s.now().AddDate(0, 0, -7))}},
		},
	}
	record.Spec.BackendRef.Name = v1alpha1.ObjectName(s.backend.Name)
	access.StoreLive(&record.Status, rights, s.view.Snapshot.Names)
	entry := access.Entry{Namespaces: []string{grant.Namespace}}
	access.Memory{Applied: access.RightMap[access.Entry]{{Rights: rights, Value: entry}}}.Store(&record.Status)
	return record
}

func (s *setup) now() metav1.Time { return metav1.NewTime(s.clock.Now()) }

// woken are who was woken since it was last asked.
func (s *setup) woken() []string {
	woken := *s.wakes
	*s.wakes = nil
	return woken
}

// recalled are inputs with what a record remembers.
func recalled(in plan.Inputs) plan.Inputs {
	in.Memory, in.Invitation = access.MemoryOf(in.Record.Status), in.Record.Status.Invitation
	return in
}
