package handover

import (
	"fmt"
	"strings"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/status"
)

// resendSubject is where an issue with the annotation is.
const resendSubject = "annotations[" + v1alpha1.AnnotationResendInvitation + "]"

// resendRequest is what a grant's annotation asks for: to mail all of its people who have no profile, or
// those whose records it names.
type resendRequest struct {
	// token stands for the value before "=": another one asks again.
	token string
	// names of records; nil for all.
	names map[string]bool
	// problem says what is wrong with the value. Then nobody is mailed.
	problem string
}

// resendOf reads "TOKEN" or "TOKEN=record,record".
func resendOf(grant *v1alpha1.PermissionGrant) resendRequest {
	value := grant.Annotations[v1alpha1.AnnotationResendInvitation]
	token, list, some := strings.Cut(value, "=")
	request := resendRequest{token: asked(token)}
	if !some {
		return request
	}
	request.names = map[string]bool{}
	for name := range strings.SplitSeq(list, ",") {
		if token == "" || name == "" || strings.ContainsAny(name, "= ") {
			return resendRequest{problem: "nobody is mailed: write TOKEN, or TOKEN=RECORD,RECORD (names of AccessRecords, without spaces), with a TOKEN that the annotation did not have before"}
		}
		request.names[name] = true
	}
	return request
}

// of is what a record is told of the request; empty where it is not meant.
func (r resendRequest) of(record string) string {
	if r.names != nil && !r.names[record] {
		return ""
	}
	return r.token
}

// resendNotes tell what the annotation asks for that cannot be done.
func resendNotes(in Inputs, offers []Offer) []Issue {
	request, known := resendOf(in.Grant), map[string]bool{}
	for _, o := range offers {
		known[o.Name] = true
	}
	var strangers []string
	for name := range request.names {
		if !known[name] {
			strangers = append(strangers, name)
		}
	}
	if len(strangers) > 0 {
		request.problem = fmt.Sprintf("not mailed: %s; this grant names nobody with an AccessRecord of that name; see kubectl get accessrecords", status.Brief(sorted(strangers)))
	}
	if request.problem == "" {
		return nil
	}
	return []Issue{{Subject: resendSubject, Reason: v1alpha1.ReasonResendIgnored, Message: status.Clip(request.problem)}}
}
