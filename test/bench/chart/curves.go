package main

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/hostgrant/hostgrant/test/bench/result"
)

// The drawing, and the rectangle within it that curves are in, in pixels.
const (
	width, height            = 700, 440
	left, right, top, bottom = 72, 656, 76, 376
)

// curve is one line: how many grants, and seconds.
type curve struct {
	name, class string
	points      [][2]float64
}

// curvesOf are the floor and the phases that are drawn. What took no time has no place among powers of ten.
func curvesOf(runs []result.Grants) []curve {
	curves := []curve{{name: "floor: a bare client", class: "floor"}}
	for i, name := range drawn {
		curves = append(curves, curve{name: name, class: fmt.Sprint("c", i+1)})
	}
	for _, g := range runs {
		curves[0].add(g.Grants, g.FloorSeconds)
		for i, name := range drawn {
			p, _ := g.Phase(name)
			curves[i+1].add(g.Grants, p.Seconds)
		}
	}
	return curves
}

func (c *curve) add(grants int, seconds float64) {
	if seconds > 0 {
		c.points = append(c.points, [2]float64{float64(grants), seconds})
	}
}

// axis is a scale in powers of ten between two values, drawn between two places.
type axis struct {
	low, high float64
	from, to  float64
}

// axisOf has room for all values, from a tick to a tick.
func axisOf(values []float64, from, to float64) axis {
	if len(values) == 0 {
		values = []float64{1}
	}
	a := axis{low: tickBelow(slices.Min(values)), high: tickAbove(slices.Max(values)), from: from, to: to}
	if a.low == a.high {
		a.low, a.high = tickBelow(a.low*0.99), tickAbove(a.high*1.01)
	}
	return a
}

func (a axis) at(x float64) float64 {
	return a.from + (a.to-a.from)*(math.Log10(x)-math.Log10(a.low))/(math.Log10(a.high)-math.Log10(a.low))
}

// ticks are 1, 2 and 5 of each power of ten; powers of ten alone where those are more than eight.
func (a axis) ticks() (ticks []float64) {
	for x := a.low; x <= a.high*1.0001; x = tickAbove(x * 1.01) {
		ticks = append(ticks, x)
	}
	if len(ticks) > 8 {
		ticks = slices.DeleteFunc(ticks, func(x float64) bool {
			power := math.Log10(x)
			return math.Abs(power-math.Round(power)) > 1e-6
		})
	}
	return ticks
}

// tickBelow is the highest tick that is not above x, tickAbove the lowest that is not below.
func tickBelow(x float64) float64 {
	power := math.Pow10(int(math.Floor(math.Log10(x) + 1e-9)))
	for _, step := range []float64{5, 2} {
		if step*power <= x*(1+1e-9) {
			return step * power
		}
	}
	return power
}

func tickAbove(x float64) float64 {
	power := math.Pow10(int(math.Floor(math.Log10(x) + 1e-9)))
	for _, step := range []float64{1, 2, 5} {
		if step*power >= x*(1-1e-9) {
			return step * power
		}
	}
	return 10 * power
}

// style has colours that people who see few colours tell apart, and others for dark pages.
const style = `<style>
text { font: 14px system-ui, sans-serif; fill: #1f2328; }
.page { fill: #ffffff; } .grid { stroke: #d1d9e0; stroke-width: 1; } .axis { stroke: #59636e; stroke-width: 1.5; }
.line { fill: none; stroke: currentColor; stroke-width: 2.5; } .mark { fill: currentColor; }
.floor { color: #59636e; } .floor .line { stroke-dasharray: 6 5; } .c1 { color: #0072b2; } .c2 { color: #c04f00; } .c3 { color: #007a5a; }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc; } .page { fill: #0d1117; } .grid { stroke: #3d444d; } .axis { stroke: #9198a1; }
.floor { color: #9198a1; } .c1 { color: #56b4e9; } .c2 { color: #f0883e; } .c3 { color: #3fd0a4; }
}
</style>
`

// drawing is curves.svg: seconds over the number of grants, both in powers of ten.
func drawing(runs []result.Grants) string {
	curves := curvesOf(runs)
	var grants, seconds []float64
	for _, c := range curves {
		for _, p := range c.points {
			grants, seconds = append(grants, p[0]), append(seconds, p[1])
		}
	}
	x, y := axisOf(grants, left, right), axisOf(seconds, bottom, top)
	svg := &strings.Builder{}
	fmt.Fprintf(svg, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-labelledby="title">`+"\n", width, height, width, height)
	fmt.Fprint(svg, `<title id="title">Seconds for all grants at once, over the number of grants</title>`+"\n", style)
	fmt.Fprintf(svg, `<rect class="page" width="%d" height="%d" rx="6"/>`+"\n", width, height)
	axes(svg, x, y)
	place := 24.0
	for _, c := range curves {
		fmt.Fprintf(svg, `<g class="%s">`, c.class)
		var points []string
		for _, p := range c.points {
			points = append(points, fmt.Sprintf("%.1f,%.1f", x.at(p[0]), y.at(p[1])))
		}
		fmt.Fprintf(svg, `<polyline class="line" points="%s"/>`, strings.Join(points, " "))
		for _, p := range c.points {
			mark(svg, c.class, x.at(p[0]), y.at(p[1]))
		}
		fmt.Fprintf(svg, `<path class="line" d="M%.0f 28h26"/>`, place)
		mark(svg, c.class, place+13, 28)
		fmt.Fprintf(svg, `<text x="%.0f" y="33">%s</text></g>`+"\n", place+33, c.name)
		place += 53 + 7.4*float64(len(c.name))
	}
	fmt.Fprint(svg, "</svg>\n")
	return svg.String()
}

// axes draws both, with their ticks and units.
func axes(svg *strings.Builder, x, y axis) {
	for _, tick := range x.ticks() {
		at := x.at(tick)
		fmt.Fprintf(svg, `<path class="grid" d="M%.1f %dV%d"/><text x="%.1f" y="%d" text-anchor="middle">%s</text>`+"\n", at, top, bottom, at, bottom+22, number(tick))
	}
	for _, tick := range y.ticks() {
		at := y.at(tick)
		fmt.Fprintf(svg, `<path class="grid" d="M%d %.1fH%d"/><text x="%d" y="%.1f" text-anchor="end">%s</text>`+"\n", left, at, right, left-10, at+5, number(tick))
	}
	fmt.Fprintf(svg, `<path class="axis" fill="none" d="M%d %dV%dH%d"/>`+"\n", left, top, bottom, right)
	fmt.Fprintf(svg, `<text x="%d" y="%d">seconds</text><text x="%d" y="%d" text-anchor="end">grants, each of one person</text>`+"\n", left-48, top-16, right, bottom+48)
}

// mark is a sign for a point of a curve, another one for each.
func mark(svg *strings.Builder, class string, x, y float64) {
	switch class {
	case "floor":
		fmt.Fprintf(svg, `<path class="mark" d="M%.1f %.1fl6 6-6 6-6-6z"/>`, x, y-6)
	case "c1":
		fmt.Fprintf(svg, `<circle class="mark" cx="%.1f" cy="%.1f" r="5"/>`, x, y)
	case "c2":
		fmt.Fprintf(svg, `<path class="mark" d="M%.1f %.1fh9v9h-9z"/>`, x-4.5, y-4.5)
	default:
		fmt.Fprintf(svg, `<path class="mark" d="M%.1f %.1fl6 10.5h-12z"/>`, x, y-7)
	}
}
