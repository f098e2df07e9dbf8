// Package browser drives the reference backend's web pages in a real browser, alone and as the
// end of the whole story that begins with a manifest; it looks for barriers with axe-core, and
// takes pictures of every page. `make test-browser` runs it.
package browser

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	. "github.com/onsi/gomega"
)

const (
	// patience bounds one act in the browser; two cores may have other work.
	patience = time.Minute
	// Widths in CSS pixels: a desk, a phone, and the narrowest that WCAG asks pages to fit.
	desk, phone, narrowest = 1280, 390, 320
	height                 = 800
)

// setting is an environment variable, or what holds without it.
func setting(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

// browser is somebody in front of a screen.
type browser struct {
	t   testing.TB
	g   Gomega
	ctx context.Context
	// origin of the site looked at.
	origin string
	// status of the page shown.
	status int64
	// shots is where its pictures go.
	shots string
}

// newBrowser starts Chromium with an empty profile that trusts the site's certificate and
// nothing else unusual. Pictures go below the folder named, in shots.
func newBrowser(t testing.TB, origin string, authority []byte, shots string) *browser {
	t.Helper()
	b := startBrowser(t, shots, chromedp.Flag("ignore-certificate-errors-spki-list", keyDigest(t, origin, authority)))
	b.origin = origin
	return b
}

// startBrowser starts Chromium with an empty profile, and with these options beside the usual ones.
func startBrowser(t testing.TB, shots string, more ...chromedp.ExecAllocatorOption) *browser {
	t.Helper()
	program := setting("CHROMIUM", "/usr/bin/chromium")
	if _, err := os.Stat(program); err != nil {
		t.Fatalf("%v: run make test-browser, or name a Chromium in CHROMIUM", err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.UserDataDir(t.TempDir()), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("lang", "en"),
	)
	alive, stop := chromedp.NewExecAllocator(context.Background(), append(options, more...)...)
	ctx, end := chromedp.NewContext(alive)
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil {
			t.Log("closing the browser:", err)
		}
		end()
		stop()
	})
	b := &browser{t: t, g: NewWithT(t), ctx: ctx, shots: filepath.Join(setting("SCREENSHOTS", "../../bin/screenshots"), shots)}
	b.g.Expect(chromedp.Do(ctx)).To(Succeed(), "start %s", program)
	b.size(desk, height)
	return b
}

// keyDigest names the site's certificate to Chromium, by its public key, after checking it
// against the certificate authority. Chromium has no other way to trust one for a while.
func keyDigest(t testing.TB, origin string, authority []byte) string {
	t.Helper()
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(authority)
	dialer := &tls.Dialer{Config: &tls.Config{RootCAs: pool}}
	conn, err := dialer.DialContext(t.Context(), "tcp", strings.TrimPrefix(origin, "https://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	sum := sha256.Sum256(conn.(*tls.Conn).ConnectionState().PeerCertificates[0].RawSubjectPublicKeyInfo)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// do acts in the browser.
func (b *browser) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	b.g.Expect(chromedp.Do(ctx, actions...)).To(Succeed())
}

// lead acts in the browser and waits for the page that this leads to.
func (b *browser) lead(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	response, err := chromedp.RunResponse(ctx, actions...)
	b.g.Expect(err).NotTo(HaveOccurred())
	b.g.Expect(response).NotTo(BeNil())
	b.status = response.Status
}

// get asks the browser for something.
func get[T any](b *browser, action chromedp.Action[T]) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, action)
	b.g.Expect(err).NotTo(HaveOccurred())
	return value
}

// eval evaluates an expression in the page, and waits for what it promises.
func eval[T any](b *browser, expression string) T {
	b.t.Helper()
	return get(b, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// size has the window be so wide and high; phones are touch screens with their own scale.
func (b *browser) size(width, height int64) {
	b.t.Helper()
	var as []chromedp.EmulateViewportOption
	if width <= phone {
		as = append(as, chromedp.EmulateMobile)
	}
	b.do(chromedp.EmulateViewport(width, height, as...))
}

// open shows the page at an address of the site, or a whole one.
func (b *browser) open(address string) *browser {
	b.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = b.origin + address
	}
	b.lead(chromedp.Navigate(address))
	return b
}

// fill types into the field with the id, instead of what was there.
func (b *browser) fill(id, text string) *browser {
	b.t.Helper()
	field := byID(id)
	eval[string](b, fmt.Sprintf(`document.querySelector(%q).value = ""`, field))
	b.do(chromedp.SendKeys(field, text))
	return b
}

func byID(id string) chromedp.CSS { return chromedp.CSS(fmt.Sprintf(`[id=%q]`, id)) }

// tick clicks a checkbox, opening what it is folded into.
func (b *browser) tick(id string) *browser {
	b.t.Helper()
	box := byID(id)
	if eval[bool](b, fmt.Sprintf(`!!document.querySelector(%q).closest("details:not([open])")`, box)) {
		b.do(chromedp.Click(chromedp.Search(fmt.Sprintf(`//*[@id=%q]/ancestor::details/summary`, id))))
	}
	b.do(chromedp.ScrollIntoView(box), chromedp.Click(box))
	return b
}

// click clicks what leads to another page: the link or button with the text, seen or read
// out.
func (b *browser) click(text string) *browser {
	b.t.Helper()
	b.lead(chromedp.Click(chromedp.Search(fmt.Sprintf(`//*[self::a or self::button][normalize-space()=%q]`, text)), chromedp.NodeVisible))
	return b
}

// clickOn clicks the first element that a CSS selector finds, which leads to another page.
func (b *browser) clickOn(selector chromedp.CSS) *browser {
	b.t.Helper()
	b.lead(chromedp.Click(selector, chromedp.NodeVisible))
	return b
}

// press presses keys where the focus is.
func (b *browser) press(keys ...string) *browser {
	b.t.Helper()
	for _, key := range keys {
		b.do(chromedp.KeyEvent(key))
	}
	return b
}

// enter presses Enter where it leads to another page.
func (b *browser) enter() *browser {
	b.t.Helper()
	b.lead(chromedp.KeyEvent(kb.Enter))
	return b
}

// text is what the page's main part says.
func (b *browser) text() string {
	b.t.Helper()
	return eval[string](b, `document.querySelector("main").innerText`)
}

// path of the page shown.
func (b *browser) path() string {
	b.t.Helper()
	return eval[string](b, `location.pathname`)
}

// screenshot takes a picture of the whole page, in the width that the window has.
func (b *browser) screenshot(name string) {
	b.t.Helper()
	b.g.Expect(os.MkdirAll(b.shots, 0o755)).To(Succeed())
	picture := get(b, chromedp.FullScreenshot(100))
	b.g.Expect(os.WriteFile(filepath.Join(b.shots, name+".png"), picture, 0o600)).To(Succeed())
}

// look looks at the page as people do: on a desk and on a phone, without barriers, nothing
// wider than the screen; and takes pictures.
func (b *browser) look(name string) *browser {
	b.t.Helper()
	for _, width := range []int64{narrowest, phone, desk} {
		b.size(width, height)
		b.g.Expect(eval[int64](b, `document.documentElement.scrollWidth`)).To(BeNumerically("<=", width), "%s has to be scrolled sideways on %d pixels", name, width)
		if width == narrowest {
			continue
		}
		b.axe(fmt.Sprintf("%s at %d pixels", name, width))
		b.screenshot(fmt.Sprintf("%s-%d", name, width))
	}
	return b
}
