package gate

import (
	"fmt"
	"testing"
	"time"
)

// crowd is a ledger of one namespace: everybody came within the last days, a few lost something, and
// some wait for a suspension.
func crowd(n int) *Ledger {
	l := NewLedger(long)
	for i := range n {
		source := Source{Namespace: "a", Since: now.Add(-time.Duration(i*7919%n) * (2 * Day / time.Duration(n))), Present: true}
		p := Person{Sources: []Source{source}}
		switch i % 20 {
		case 1:
			source.Removed = now.Add(-time.Duration(i*104729%n) * (Day / time.Duration(n)))
			p.Sources[0] = source
		case 2:
			p.Losses = []Loss{{Namespaces: []string{"a"}, Rights: []string{"r"}, Cause: Suspension, Since: now}}
		}
		l.Update(name(i), p)
	}
	l.complete = true
	return l
}

// BenchmarkVerdict is what one look at a person costs whose loss is new each time, and done each
// second time. With ten times as many people it costs less than twice as much.
func BenchmarkVerdict(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		l := crowd(n)
		loses := person("a", true, now)
		done := Person{Sources: []Source{{Namespace: "a", Since: long, Present: true, Removed: now}}}
		at := now.Add(rules.Settle)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				who := name(i / 2 % 100 * 20)
				if i%2 == 1 {
					l.Update(who, done)
					continue
				}
				verdicts, effects := l.Evaluate(who, loses, rules, at)
				if l.Apply(effects); verdicts[0].Answer != AllowCounted {
					b.Fatal(verdicts)
				}
			}
		})
	}
}

// BenchmarkStart is what it costs to learn of somebody, when all records are read.
func BenchmarkStart(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				crowd(n)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/person")
		})
	}
}
