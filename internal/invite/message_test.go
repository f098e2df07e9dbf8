package invite

import (
	"errors"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

func valid() Message {
	return Message{
		MessageID: MessageID("owner@example.org", 7, 1, "example.org"),
		To:        "person@example.org", DisplayName: "Zoé", Language: "en",
		Owner: "owner@example.org", Link: "https://hosting.example/profile/?token=s3cr3t-token&x=1",
		Rights: hosting.NewRights(hosting.Right{Scope: hosting.ScopeAccount, ID: 1, Name: "SSLCertificates"}),
		Places: map[Place]string{{hosting.ScopeAccount, 1}: "shop"},
	}
}

func TestMessageIDIsADigest(t *testing.T) {
	id := MessageID("Owner@Example.org", 7, 1, "Example.org")
	if !idForm.MatchString(id) {
		t.Errorf("%q is no message id", id)
	}
	if id != MessageID("owner@example.org", 7, 1, "example.org") {
		t.Error("letter case changes the id")
	}
	parsed, err := netmail.ParseAddress(id)
	if err != nil || "<"+parsed.Address+">" != id {
		t.Errorf("%q does not parse: %v", id, err)
	}
	seen := map[string]bool{id: true}
	for _, other := range []string{
		MessageID("other@example.org", 7, 1, "example.org"),
		MessageID("owner@example.org", 8, 1, "example.org"),
		MessageID("owner@example.org", 7, 2, "example.org"),
		MessageID("owner@example.org 7", 1, 1, "example.org"),
		MessageID("owner@example.org", 71, 1, "example.org"),
	} {
		if seen[other] {
			t.Errorf("%q stands for two mails", other)
		}
		seen[other] = true
	}
	for _, domain := range []string{"", "a b", "x>\r\nBcc: y", "é.fr", strings.Repeat("a", 254), ".x", "x."} {
		if got := MessageID("o@x.org", 1, 1, domain); !strings.HasSuffix(got, "@hostgrant.invalid>") {
			t.Errorf("domain %q gives %q", domain, got)
		}
	}
	if got := MessageID("o@x.org", 1, 1, strings.Repeat("a.", 126)+"a"); len(got) > maxMessageID {
		t.Errorf("%d bytes", len(got))
	}
}

func TestCheckNamesTheField(t *testing.T) {
	long := strings.Repeat("l", 60) + "@" + strings.Repeat(strings.Repeat("d", 61)+".", 3) + "example"
	if len(long) != 254 {
		t.Fatalf("%d bytes", len(long))
	}
	for name, tt := range map[string]struct {
		change func(*Message)
		field  string
	}{
		"valid":               {func(*Message) {}, ""},
		"no name, no rights":  {func(m *Message) { m.DisplayName, m.Rights, m.Language = "", hosting.Rights{}, "" }, ""},
		"plus sign":           {func(m *Message) { m.To = "person+tag@example.org" }, ""},
		"apostrophe":          {func(m *Message) { m.To = "o'neil@example.org" }, ""},
		"quoted local part":   {func(m *Message) { m.To = `"a..b"@example.org` }, ""},
		"UTF-8 local part":    {func(m *Message) { m.To = "zoé@example.org" }, ""},
		"UTF-8 domain":        {func(m *Message) { m.To = "zoe@hébergé.fr" }, ""},
		"254 bytes":           {func(m *Message) { m.To = long }, ""},
		"255 bytes":           {func(m *Message) { m.To = "x" + long }, "to"},
		"local part too long": {func(m *Message) { m.To = strings.Repeat("x", 65) + "@example.org" }, "to"},
		"open quote":          {func(m *Message) { m.To = `"secret@example.org` }, "to"},
		"two dots":            {func(m *Message) { m.To = "se..cret@example.org" }, "to"},
		"angle brackets":      {func(m *Message) { m.To = "a<secret@example.org" }, "to"},
		"two addresses":       {func(m *Message) { m.To = "secret@example.org,b@example.org" }, "to"},
		"comment":             {func(m *Message) { m.To = "secret(x)@example.org" }, "to"},
		"no address":          {func(m *Message) { m.To = "secret" }, "to"},
		"empty address":       {func(m *Message) { m.To = "" }, "to"},
		"NUL":                 {func(m *Message) { m.To = "sec\x00ret@example.org" }, "to"},
		"NUL in name":         {func(m *Message) { m.DisplayName = "sec\x00ret" }, "displayName"},
		"Unicode line end":    {func(m *Message) { m.DisplayName = "sec\u2028ret" }, "displayName"},
		"NUL in link":         {func(m *Message) { m.Link += "\x00secret" }, "link"},
		"encoded line end":    {func(m *Message) { m.To = "secret%0aBcc@example.org" }, "to"},
		"encoded in owner":    {func(m *Message) { m.Owner = "secret%0D%0A@example.org" }, "owner"},
		"percent sign":        {func(m *Message) { m.To = "100%off@example.org" }, ""},
		"header in to":        {func(m *Message) { m.To = "secret@example.org\r\nBcc: b@example.org" }, "to"},
		"header in name":      {func(m *Message) { m.DisplayName = "secret\nBcc: b@example.org" }, "displayName"},
		"CR in name":          {func(m *Message) { m.DisplayName = "secret\rBcc: b@example.org" }, "displayName"},
		"header in id":        {func(m *Message) { m.MessageID += "\r\nBcc: secret@example.org" }, "messageID"},
		"header in owner":     {func(m *Message) { m.Owner += "\nBcc: secret@example.org" }, "owner"},
		"header in link":      {func(m *Message) { m.Link += "\r\n\r\nsecret" }, "link"},
		"header in language":  {func(m *Message) { m.Language = "en\r\nBcc: secret@example.org" }, "language"},
		"not UTF-8":           {func(m *Message) { m.DisplayName = "secret\xff" }, "displayName"},
		"no id":               {func(m *Message) { m.MessageID = "" }, "messageID"},
		"bare id":             {func(m *Message) { m.MessageID = "secret@example.org" }, "messageID"},
		"no owner":            {func(m *Message) { m.Owner = "" }, "owner"},
		"other language":      {func(m *Message) { m.Language = "de" }, "language"},
		"no link":             {func(m *Message) { m.Link = "" }, "link"},
		"plain link":          {func(m *Message) { m.Link = "http://secret.example/" }, "link"},
		"script link":         {func(m *Message) { m.Link = "javascript:secret()" }, "link"},
		"link with password":  {func(m *Message) { m.Link = "https://secret:x@hosting.example/" }, "link"},
		"link with a space":   {func(m *Message) { m.Link = "https://hosting.example/ secret" }, "link"},
		"link too long":       {func(m *Message) { m.Link = "https://hosting.example/" + strings.Repeat("secret", 400) }, "link"},
	} {
		t.Run(name, func(t *testing.T) {
			m := valid()
			tt.change(&m)
			_, err := m.check(false)
			var wrong *FieldError
			switch {
			case tt.field == "":
				if err != nil {
					t.Error(err)
				}
			case !errors.As(err, &wrong) || wrong.Field != tt.field:
				t.Errorf("got %v, want an error on %s", err, tt.field)
			case strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "Bcc"):
				t.Errorf("the error repeats the value: %v", err)
			}
		})
	}
	m := valid()
	m.Link = "http://127.0.0.1:8080/"
	if _, err := m.check(true); err != nil {
		t.Errorf("plain link where allowed: %v", err)
	}
}

func TestGreeting(t *testing.T) {
	for name, want := range map[string]string{
		"Zoé d'Arc-Ünal":          "Zoé d'Arc-Ünal",
		"J.R.R. Tolkien":          "J. R. R. Tolkien",
		" a \t b\u00a0c ":         "a b c",
		"x\u202ey\u200bz\x07":     "x y z",
		"http://evil.example/x":   "http //evil. example/x",
		"mail bob@evil.example":   "mail bob evil. example",
		"a...b":                   "a. . . b",
		strings.Repeat("é", 64):   strings.Repeat("é", 64),
		strings.Repeat("é", 1000): strings.Repeat("é", 63) + "…",
		"":                        "",
	} {
		if got := greeting(name); got != want {
			t.Errorf("greeting(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestRenderIsDeterministic(t *testing.T) {
	e, err := valid().check(false)
	if err != nil {
		t.Fatal(err)
	}
	from := &netmail.Address{Address: "hostgrant@example.org"}
	first, err := render(e, from, time.Unix(1e9, 0))
	if err != nil {
		t.Fatal(err)
	}
	second, err := render(e, from, time.Unix(1e9, 0))
	if err != nil || string(first) != string(second) {
		t.Errorf("the same message gave other bytes (%v)", err)
	}
}

func TestDetailHoldsNothingPrivate(t *testing.T) {
	m := valid()
	m.To = "bobsmith@example.org"
	e, err := m.check(false)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"550 5.1.1 <bobsmith@example.org>: no such user",
		"550 5.1.1 user BobSmith unknown",
		"550 bounce+bobsmith=40example.org@list.example failed",
		"554 blocked: https://hosting.example/profile/?token=s3cr3t-token&x=1",
		"554 blocked: s3cr3t-token",
		"535 5.7.8 hunter22 is not the password",
	} {
		got := detailOf(stageRcpt, errors.New(text), append(e.secrets(), "hunter22"))
		for _, secret := range []string{"bobsmith", "BobSmith", "s3cr3t", "hunter22", "@"} {
			if strings.Contains(got, secret) {
				t.Errorf("%q became %q", text, got)
			}
		}
	}
	long := detailOf(stageEnd, errors.New("554 "+strings.Repeat("é\x00\r\n", 500)), nil)
	if n := len([]rune(long)); n > maxDetail || strings.ContainsAny(long, "\x00\r\n") {
		t.Errorf("%d characters: %q", n, long)
	}
}
