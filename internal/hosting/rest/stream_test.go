package rest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

// rowWith is a row that holds keys on each of so many accounts, among 300.
func rowWith(id, accounts int, keys, extra string) string {
	var places []string
	for a := range accounts {
		places = append(places, fmt.Sprintf(`{"account":{"href":"/v1/account/%d/"},"permissions":[%s]}`, 1+(id+a)%300, keys))
	}
	return fmt.Sprintf(`{"id":%d,"href":"/v1/permission/%d/","email":"person-%d@example.org","profile":null,"require_2fa":false,"servers":[],"accounts":[%s]%s}`,
		id, id, id, strings.Join(places, ","), extra)
}

// writeTable writes so many rows, and calls each before every one.
func writeTable(w io.Writer, rows int, row func(id int) string, each func(id int)) {
	between := "["
	for id := 1; id <= rows; id++ {
		each(id)
		_, _ = io.WriteString(w, between+row(id))
		between = ","
	}
	_, _ = io.WriteString(w, "]")
}

func live() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// peak is the most memory in use that was noted, in bytes.
type peak struct{ atomic.Uint64 }

func (p *peak) note() { p.Store(max(p.Load(), live())) }

// beyond is by how many MiB it is more than before.
func (p *peak) beyond(before uint64) uint64 { return (max(p.Load(), before) - before) >> 20 }

// TestATableIsReadAsAStream: of a table of 22 MiB no more is in memory, at any time, than what its rows tell. Most
// of it is a field that is not read.
func TestATableIsReadAsAStream(t *testing.T) {
	const rows, step = 11_000, 1_000
	comment := `,"comment":"` + strings.Repeat("x", 2000) + `"`
	var most peak
	p := newProvider(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		writeTable(w, rows, func(id int) string { return rowWith(id, 1, `"site"`, comment) }, func(id int) {
			if id%step == 0 {
				most.note()
			}
		})
	})
	w, before := p.writer(t, func(o *Options) { o.Timeout = 10 * time.Minute }), live() // with the race detector it takes a minute
	table, err := w.Table(t.Context())
	if err != nil || len(table) != rows {
		t.Fatalf("%d rows: %v", len(table), err)
	}
	if held := most.beyond(before); held > 12 {
		t.Errorf("%d MiB were held while the table was read", held)
	}
	runtime.KeepAlive(table)
}

// TestNamesAreKeptOnce: what rows repeat is one string, also where the catalogue lacks it.
func TestNamesAreKeptOnce(t *testing.T) {
	body := "[" + rowWith(1, 1, `"site","newer"`, "") + "," + rowWith(2, 1, `"newer","site"`, "") + "]"
	rows, err := decodeRows(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	first, second := rows[0].Rights.Sorted(), rows[1].Rights.Sorted()
	if len(first) != 2 || len(second) != 2 {
		t.Fatal(first, second)
	}
	for i := range first {
		if a, b := first[i].Name, second[i].Name; a != b || unsafe.StringData(a) != unsafe.StringData(b) {
			t.Errorf("%q and %q are kept apart", a, b)
		}
	}
}

// TestBounds reads what is just within each bound, and what is just beyond.
func TestBounds(t *testing.T) {
	keys := func(count int) string { return strings.TrimSuffix(strings.Repeat(`"a",`, count), ",") }
	padding := func(size int) string {
		row := rowWith(1, 0, "", `,"comment":""`)
		return `,"comment":"` + strings.Repeat("x", size-len(row)) + `"`
	}
	for name, c := range map[string]struct {
		within, beyond func(io.Writer)
		left           int
		says           string
	}{
		"rows": {
			func(w io.Writer) { writeTable(w, hosting.MaxRows, func(int) string { return "{}" }, func(int) {}) },
			func(w io.Writer) { writeTable(w, hosting.MaxRows+1, func(int) string { return "{}" }, func(int) {}) },
			0, "more than 100000 entries",
		},
		"permissions of a row": {
			func(w io.Writer) {
				_, _ = io.WriteString(w, "["+rowWith(1, 1, keys(hosting.MaxRowPermissions), "")+"]")
			},
			func(w io.Writer) {
				_, _ = io.WriteString(w, "["+rowWith(1, 1, keys(hosting.MaxRowPermissions+1), "")+"]")
			},
			hosting.MaxPermissions, "entry 0: place 0: the row holds more than 50000 permissions",
		},
		"permissions in all": {
			func(w io.Writer) {
				writeTable(w, 3, func(id int) string { return rowWith(id, 2, keys(2), "") }, func(int) {})
			},
			func(w io.Writer) {
				writeTable(w, 4, func(id int) string { return rowWith(id, 2, keys(2), "") }, func(int) {})
			},
			12, "entry 3: place 0: the table holds more than 4000000 permissions",
		},
		"bytes of a row": {
			func(w io.Writer) { _, _ = io.WriteString(w, "["+rowWith(1, 0, "", padding(maxItem-1))+"]") },
			func(w io.Writer) { _, _ = io.WriteString(w, "["+rowWith(1, 0, "", padding(maxItem+1))+"]") },
			hosting.MaxPermissions, "longer than 1048576 bytes",
		},
	} {
		t.Run(name, func(t *testing.T) {
			read := func(write func(io.Writer)) ([]hosting.Row, error) {
				var body bytes.Buffer
				write(&body)
				one, read := (&holder{left: c.left}).row, int64(0)
				if name == "rows" { // whatever they are
					one = func(object) (hosting.Row, error) { read++; return hosting.Row{ID: read}, nil }
				}
				return decodeList(&body, one, func(r hosting.Row) int64 { return r.ID })
			}
			if _, err := read(c.within); err != nil {
				t.Errorf("within: %v", err)
			}
			rows, err := read(c.beyond)
			shape := (*shapeError)(nil)
			if !errors.As(err, &shape) || shape.cause != hosting.CauseTooLarge || !strings.Contains(shape.Error(), c.says) || rows != nil {
				t.Errorf("beyond: got %d rows, %v", len(rows), err)
			}
		})
	}
	if got := newHolder().left; got != hosting.MaxPermissions {
		t.Errorf("a table may hold %d permissions", got)
	}
}

// TestAHostileTableIsNotHeld: an entry that does not end is given up at its bound, and a table that is too large is no
// table at all.
func TestAHostileTableIsNotHeld(t *testing.T) {
	var most peak
	p := newProvider(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, err := io.WriteString(w, `[{"comment":"`)
		for sent := 0; err == nil && sent < maxList/2; sent += maxItem {
			_, err = io.WriteString(w, strings.Repeat("x", maxItem))
			most.note()
		}
	})
	w, before := p.writer(t), live()
	rows, err := w.Table(t.Context())
	if failure := failureOf(t, err); failure.Class != hosting.ClassUnavailable || failure.Cause != hosting.CauseTooLarge || rows != nil {
		t.Errorf("got %d rows, %v", len(rows), err)
	}
	if held := most.beyond(before); held > 12 {
		t.Errorf("%d MiB were held of an entry that does not end", held)
	}
}

// BenchmarkTable reads a table of 22 MiB: 10,000 people with 14 permissions on each of 10 accounts.
func BenchmarkTable(b *testing.B) {
	keys := `"technical_contact","usage","resource","statistics","site","domain","mailbox","mailbox_history","database","ftp","ssh","webdav","environment","process"`
	var body bytes.Buffer
	writeTable(&body, 10_000, func(id int) string { return rowWith(id, 10, keys, "") }, func(int) {})
	b.SetBytes(int64(body.Len()))
	b.ReportAllocs()
	before := live()
	var rows []hosting.Row
	for b.Loop() {
		var err error
		if rows, err = decodeRows(bytes.NewReader(body.Bytes())); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(live()-before)/(1<<20), "MiB-kept")
	runtime.KeepAlive(rows)
	runtime.KeepAlive(&body)
}
