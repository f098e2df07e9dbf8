package browser

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	. "github.com/onsi/gomega"
)

var (
	// whens are times and ages, which are those of the run.
	whens = regexp.MustCompile(`\d+ [A-Z][a-z]+ \d{4}, \d\d:\d\d UTC|\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d)?( UTC|Z)?)?|\d+ (minutes?|hours?|days?) old`)
	// header is what every PNG file begins with: its signature, and the chunk that says how large it is.
	header = 8 + 4 + 4 + 13 + 4
	// keyword is of the chunk in which a picture keeps the words that it shows.
	keyword = []byte("iTXtShown\x00\x00\x00\x00\x00")
)

// picture compares the words of a part of the page, and the boxes checked in it, with those that a picture in the documents shows. With
// PICTURES=write it takes the picture, in which its words are kept: so none can be there without the other.
func (b *browser) picture(name, part string) {
	b.t.Helper()
	b.size(pictureWidth, height)
	text := eval[string](b, fmt.Sprintf(`(part => [part.innerText, ...[...part.querySelectorAll("input:checked")].map(box => "checked: " +
		document.querySelector("label[for='" + box.id + "']").textContent)].join(" "))(document.querySelector(%q))`, part))
	words := strings.Join(strings.Fields(whens.ReplaceAllString(text, "TIME")), " ")
	file := filepath.Join(pictures, name+".png")
	if os.Getenv("PICTURES") == "write" {
		shot, err := png.Decode(bytes.NewReader(get(b, chromedp.Screenshot(chromedp.CSS(part)))))
		b.g.Expect(err).NotTo(HaveOccurred())
		b.g.Expect(os.MkdirAll(pictures, 0o755)).To(Succeed())
		b.g.Expect(os.WriteFile(file, encoded(b.g, shot, words), 0o644)).To(Succeed())
	}
	body, err := os.ReadFile(file)
	b.g.Expect(err).NotTo(HaveOccurred(), "make pictures takes it")
	b.g.Expect(len(body)).To(BeNumerically("<=", pictureBytes), "%s is small enough for a page", file)
	b.g.Expect(wordsOf(body)).To(Equal(words), "%s shows what was: make pictures takes it anew; look at it before you commit it", file)
}

// encoded is a picture as a small PNG file that keeps some words.
func encoded(g Gomega, shot image.Image, words string) []byte {
	var out bytes.Buffer
	g.Expect((&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, indexed(shot))).To(Succeed())
	chunk := append(slices.Clone(keyword), words...)
	text := binary.BigEndian.AppendUint32(nil, uint32(len(chunk)-4))
	text = binary.BigEndian.AppendUint32(append(text, chunk...), crc32.ChecksumIEEE(chunk))
	return slices.Insert(out.Bytes(), header, text...)
}

// wordsOf are the words that a picture keeps.
func wordsOf(body []byte) string {
	at := bytes.Index(body, keyword)
	if at < 4 {
		return ""
	}
	end := at + 4 + int(binary.BigEndian.Uint32(body[at-4:]))
	if end > len(body) {
		return ""
	}
	return string(body[at+len(keyword) : end])
}

// indexed has the 256 colours that a picture has most of, and the nearest of these for others.
func indexed(shot image.Image) *image.Paletted {
	counts, bounds := map[color.RGBA]int{}, shot.Bounds()
	each := func(see func(x, y int, c color.RGBA)) {
		for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
			for x := bounds.Min.X; x < bounds.Max.X; x++ {
				see(x, y, color.RGBAModel.Convert(shot.At(x, y)).(color.RGBA))
			}
		}
	}
	each(func(_, _ int, c color.RGBA) { counts[c]++ })
	most := slices.SortedFunc(maps.Keys(counts), func(a, b color.RGBA) int {
		return cmp.Or(counts[b]-counts[a], int(a.R)-int(b.R), int(a.G)-int(b.G), int(a.B)-int(b.B))
	})
	few := image.NewPaletted(bounds, nil)
	for _, c := range most[:min(len(most), 256)] {
		few.Palette = append(few.Palette, c)
	}
	nearest := map[color.RGBA]uint8{}
	each(func(x, y int, c color.RGBA) {
		at, known := nearest[c]
		if !known {
			at = uint8(few.Palette.Index(c))
			nearest[c] = at
		}
		few.SetColorIndex(x, y, at)
	})
	return few
}

// A picture keeps its words on its way into a file, and is the same picture.
func TestAPictureKeepsItsWords(t *testing.T) {
	g := NewWithT(t)
	shot := image.NewRGBA(image.Rect(0, 0, 30, 30))
	for i := range 900 {
		shot.Set(i%30, i/30, color.RGBA{R: uint8(i / 8), G: 7, B: 200, A: 255})
	}
	body := encoded(g, shot, "Déjà vu – for Bob")
	g.Expect(wordsOf(body)).To(Equal("Déjà vu – for Bob"))
	again, err := png.Decode(bytes.NewReader(body))
	g.Expect(err).NotTo(HaveOccurred())
	for i := range 900 {
		g.Expect(color.RGBAModel.Convert(again.At(i%30, i/30))).To(Equal(shot.At(i%30, i/30)))
	}
	g.Expect(wordsOf(body[:header+30])).To(BeEmpty())
	g.Expect(wordsOf(nil)).To(BeEmpty())
}
