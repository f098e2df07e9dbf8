package queue

import (
	"fmt"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"
)

// crowd is a mail limiter with so many people who wait, in 20 namespaces.
func crowd(people int) (m *MailLimiter, keys, namespaces []string) {
	c := clocktesting.NewFakeClock(time.Unix(1000, 0))
	m = NewMailLimiter(c, time.Minute, func(string) {}, func(string) bool { return true })
	for i := range people + 20 {
		keys, namespaces = append(keys, fmt.Sprint("record-", i)), append(namespaces, fmt.Sprint("team-", i%20))
		m.Reserve(keys[i], namespaces[i], 20)
	}
	return m, keys[20:], namespaces[20:]
}

// BenchmarkMailQuestion is one question of somebody who waits, among 1,000 and among 10,000.
func BenchmarkMailQuestion(b *testing.B) {
	for _, people := range []int{1_000, 10_000} {
		b.Run(fmt.Sprint(people), func(b *testing.B) {
			m, keys, namespaces := crowd(people)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				at := i * 7919 % people
				if ok, _ := m.Reserve(keys[at], namespaces[at], 20); ok {
					b.Fatal("is served")
				}
			}
		})
	}
}

// BenchmarkWriteTurn is one turn of somebody who waits to be written to, among 1,000 and among 10,000: they come last,
// and who waited longest is served.
func BenchmarkWriteTurn(b *testing.B) {
	for _, people := range []int{1_000, 10_000} {
		b.Run(fmt.Sprint(people), func(b *testing.B) {
			var served string
			q := NewFairQueue(func(key string) { served = key })
			keys := make([]string, people)
			for i := range keys {
				keys[i] = fmt.Sprint("record-", i)
				q.Acquire(keys[i], WriteRequest{Namespace: "team"})
			}
			served = keys[0]
			b.ReportAllocs()
			for b.Loop() {
				last := served
				q.Release(last)
				q.Acquire(last, WriteRequest{Namespace: "team"})
			}
		})
	}
}

// TestAQuestionLooksAtNobodyElse: what a question takes does not grow with those who wait.
func TestAQuestionLooksAtNobodyElse(t *testing.T) {
	taken := func(people int) float64 {
		m, keys, namespaces := crowd(people)
		i := 0
		return testing.AllocsPerRun(200, func() {
			i++
			m.Reserve(keys[i*7919%people], namespaces[i*7919%people], 20)
			m.Waits(keys[i*7919%people])
		})
	}
	if few, many := taken(100), taken(10_000); many > few {
		t.Errorf("%v pieces of memory among 10,000 who wait, %v among 100", many, few)
	}
}
