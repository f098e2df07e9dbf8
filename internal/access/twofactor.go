package access

import (
	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// TwoFactorOf says whether somebody has the second factor that their row requires; nil stands
// for no row.
func TwoFactorOf(row *hosting.Row) v1alpha1.TwoFactorState {
	switch {
	case row == nil || !row.Rights.Has(hosting.TwoFactorRight):
		return v1alpha1.TwoFactorNotRequired
	case !row.Active() || row.TwoFactor == nil:
		return v1alpha1.TwoFactorUnknown
	case *row.TwoFactor:
		return v1alpha1.TwoFactorEnabled
	}
	return v1alpha1.TwoFactorMissing
}
