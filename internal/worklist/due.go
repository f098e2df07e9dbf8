package worklist

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/preview"
)

// Due is something that ends or is to be reviewed.
type Due struct {
	ID string `json:"id"`
	// What it is: "PermissionGrant hosting/sites", and Event what happens: Ends, Review.
	What  string    `json:"what"`
	Event Event     `json:"event"`
	On    time.Time `json:"on"`
	// Late: that was before the list was made.
	Late bool `json:"late,omitempty"`
	// People it is about, as the manifest names them.
	People []string `json:"people,omitempty"`
}

// Event is what is due.
type Event string

// The events.
const (
	Ends   Event = "Ends"
	Review Event = "Review"
)

// due finds what ends or is to be reviewed.
func due(in Input) (list []Due) {
	if in.Ahead <= 0 {
		return nil
	}
	until := in.Now.Add(in.Ahead)
	enter := func(key preview.Key, event Event, on time.Time, people []string) {
		late := !on.After(in.Now)
		if on.After(until) || late && event == Ends {
			return // what has ended is among the changes
		}
		list = append(list, Due{
			ID: strings.ToLower(fmt.Sprintf("%s/%s/%s/%s", key.Kind, key.Namespace, key.Name, event)), What: key.String(), Event: event,
			On: on.UTC(), Late: late, People: people,
		})
	}
	keys := slices.SortedFunc(maps.Keys(in.Objects), func(a, b preview.Key) int { return strings.Compare(a.String(), b.String()) })
	for _, key := range keys {
		switch object := in.Objects[key].(type) {
		case *v1alpha1.PermissionGrant:
			people := subjects(in, object)
			if object.Spec.ExpiresAt != nil {
				enter(key, Ends, object.Spec.ExpiresAt.Time, people)
			}
			if object.Spec.ReviewBy != nil {
				enter(key, Review, object.Spec.ReviewBy.Time, people)
			}
		case *v1alpha1.Profile:
			if object.Spec.ExpiresAt != nil {
				enter(key, Ends, object.Spec.ExpiresAt.Time, nil)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Due) int { return a.On.Compare(b.On) })
	return list
}

// subjects are those of a grant, as it names them.
func subjects(in Input, grant *v1alpha1.PermissionGrant) (names []string) {
	for _, s := range grant.Spec.Subjects {
		switch {
		case s.ProfileRef != nil:
			names = append(names, "Profile/"+string(s.ProfileRef.Name))
		case s.TeamRef != nil:
			names = append(names, "Team/"+string(s.TeamRef.Name))
		default:
			names = append(names, in.Address(string(s.Email)))
		}
	}
	return names
}
