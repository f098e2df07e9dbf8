package access

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// StoreLive writes what a row holds into a record's status, with the names of places. Where there is no
// room for all of it, storing the memory shortens it.
func StoreLive(status *v1alpha1.AccessRecordStatus, live hosting.Rights, names Names) {
	status.Live, status.LiveDigest = named(Bundle(live), names, NamesIn(status.Live)), ""
}

// LiveOf is what a record's status lists of the row.
func LiveOf(status v1alpha1.AccessRecordStatus) hosting.Rights { return Unbundle(bare(status.Live)) }

// NamedAs says whether no place in a record's status has another name now.
func NamedAs(status v1alpha1.AccessRecordStatus, names Names) bool {
	for place, name := range NamesIn(status.Live) {
		if now, listed := names[place]; listed && now != name {
			return false
		}
	}
	return true
}

// unname leaves out the names of places.
func unname(status *v1alpha1.AccessRecordStatus) { status.Live = named(bare(status.Live), nil, nil) }

// shorten leaves only these rights of what a row holds, and a digest of it all.
func shorten(status *v1alpha1.AccessRecordStatus, ours hosting.Rights) {
	live := LiveOf(*status)
	if ours.Contains(live) {
		return // there is nothing else
	}
	if status.LiveDigest == "" {
		status.LiveDigest = digestOf(live)
	}
	status.Live = named(Bundle(live.Intersect(ours)), nil, NamesIn(status.Live))
}

func digestOf(rights hosting.Rights) string {
	sum := sha256.Sum256(fmt.Append(nil, rights.Sorted()))
	return hex.EncodeToString(sum[:16])
}

// LiveIs says whether a record's status tells of a row that holds exactly these rights.
func LiveIs(status v1alpha1.AccessRecordStatus, rights hosting.Rights) bool {
	if status.LiveDigest != "" {
		return status.LiveDigest == digestOf(rights)
	}
	return equality.Semantic.DeepEqual(Bundle(rights), bare(status.Live))
}

// HeldMore says whether the row, when last read, held more than what is due to go.
func HeldMore(status v1alpha1.AccessRecordStatus) bool {
	owed := MemoryOf(status).Owed.Rights()
	if status.LiveDigest != "" {
		return status.LiveDigest != digestOf(owed) // of the rest, nothing is due
	}
	return !owed.Contains(LiveOf(status))
}
