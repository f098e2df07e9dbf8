package invite

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// Somebody's template has a timestamp in it, so that another mail is asked for with every hour:
// whoever is mailed gets a few for it, and whoever asks is told.
func TestAskingHasABoundInAll(t *testing.T) {
	for _, sender := range []v1alpha1.InvitationSender{viaSMTP, viaProvider} {
		m, sent, told := of(v1alpha1.InvitationSent, sender, 1, 0), 0, ""
		for hour := range 48 {
			at := metav1.NewTime(before.Add(time.Duration(hour+1) * time.Hour))
			row := works
			row.Expires = at.Add(48 * time.Hour)
			step := AfterRead(m, ours(sender), row, true, at, idFor)
			if step.Act == Nothing {
				told = step.Dismissed
				if !step.Answered {
					t.Fatalf("%s: still waits for an answer", show(step.Memory))
				}
				continue
			}
			sent++
			m = step.Intent.DeepCopy()
			m.State, m.SentAt, m.ProviderMails = v1alpha1.InvitationSent, &at, nil
		}
		if sent != maxAsked || !strings.Contains(told, "5 mails") {
			t.Errorf("%s: %d mails because somebody asked, and they were told %q", sender, sent, told)
		}
	}
}
