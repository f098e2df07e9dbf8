package seed

// everywhere are tests of every permission there is.
var everywhere = []Test{
	{"controllers", "opens exactly what it says, and nothing once it is out of the manifest"},
	{"internal/reference", "TestEveryPermissionByEffect"},
	{"internal/reference/access", "TestEachPermissionOpensItsMenusAndNoOthers"},
	{"internal/reference/web", "TestEveryPermissionByTheForm"},
}

// Further tests of some rows.
var (
	alerts = []Test{
		{"internal/reference", "TestAlertsReachExactlyThoseConcerned"},
		{"internal/reference/web", "TestWhoWouldBeTold"},
		{"test/e2e", "kubectl hostgrant notified names exactly those whom the provider tells"},
	}
	reach     = []Test{{"internal/reference", "TestServerPermissionsReachItsAccountsOnly"}}
	story     = []Test{{"test/browser", "TestFromInvitationToLeaving"}, {"test/browser", "From a grant for an unknown address to leaving and coming back"}}
	twoFactor = []Test{
		{"internal/reference/access", "TestTwoFactorLocksMenusNotMail"},
		{"internal/reference/web", "TestTwoFactorRequiredLocksTheMenusUntilItWasUsed"},
		{"test/browser", "TestFromInvitationToLeaving"},
		{"test/browser", "From a grant for an unknown address to leaving and coming back"},
		{"controllers", "asks for a second factor where the box is checked, and no longer once nobody demands it"},
		{"test/scenarios", "S49 what a person already holds"},
	}
	leaving = []Test{
		{"internal/reference/web", "TestMyPermissionsAreRemovedAllOfAnOwnerAtOnce"},
		{"test/browser", "TestFromInvitationToLeaving"},
		{"test/browser", "From a grant for an unknown address to leaving and coming back"},
		{"test/scenarios", "S36 giving up all one has (I11)"},
	}
	joining = []Test{
		{"internal/reference/web", "TestInitialiseWithoutASecondFactor"},
		{"internal/reference/web", "TestInitialiseWithARequiredSecondFactor"},
		{"test/browser", "TestFromInvitationToLeaving"},
		{"test/browser", "From a grant for an unknown address to leaving and coming back"},
		{"test/crash", "TestCrash"},
		{"test/mta", "is greylisted, and gets one mail with a link that works, whenever the manager dies"},
		{"test/scenarios", "S01 invited, run out, active"},
		{"test/scenarios", "S03 acceptance"},
	}
)
