package cli

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"k8s.io/cli-runtime/pkg/genericiooptions"
	"sigs.k8s.io/yaml"
)

// story is a document whose commands are run.
type story struct {
	t    *testing.T
	code int
	// ran counts the commands, seen the hours by which files were changed one after another.
	ran, seen int
}

var (
	// act is what a reader does by hand.
	act = regexp.MustCompile(`^<!-- (check|uncheck|replace|copy) (\S+): (.*) -->$`)
	// times and ages are those of the run.
	times = regexp.MustCompile(`\d{4}-\d\d-\d\d( \d\d:\d\d UTC|T\d\d:\d\d:\d\dZ)`)
	ages  = regexp.MustCompile(`\d+ (minutes?|hours?|days?) old`)
)

// TestTheStoryOfARealAccount runs every command of docs/real-account.md, does by hand what it says is done by
// hand, and compares what is printed.
func TestTheStoryOfARealAccount(t *testing.T) {
	body, err := os.ReadFile("../../docs/real-account.md")
	if err != nil {
		t.Fatal(err)
	}
	alone(t)
	s := &story{t: t}
	s.git("init", "--quiet")
	lines := strings.Split(string(body), "\n")
	for at := 0; at < len(lines); at++ {
		if found := act.FindStringSubmatch(lines[at]); found != nil {
			s.byHand(found[1], found[2], found[3])
		}
		kind, fenced := strings.CutPrefix(lines[at], "```")
		if !fenced {
			continue
		}
		var block []string
		for at++; lines[at] != "```"; at++ {
			block = append(block, lines[at])
		}
		switch kind {
		case "console":
			s.console(block)
		case "yaml":
			s.job(strings.Join(block, "\n"))
		case "markdown":
			s.shows("second.md", strings.Join(block, "\n"))
		}
	}
	if s.ran < 15 {
		t.Errorf("only %d commands were run", s.ran)
	}
}

// byHand does what a reader does.
func (s *story) byHand(what, file, how string) {
	body, err := os.ReadFile(file)
	if err != nil {
		s.t.Fatal(err)
	}
	text := string(body)
	switch what {
	case "check", "uncheck":
		parts := strings.Split(how, "|")
		box := [3]string{strings.TrimSpace(parts[0]), strings.TrimSpace(parts[1]), strings.TrimSpace(parts[2])}
		checked(s.t, file, ',', map[string]string{"check": "x"}[what], box)
		// A table is seen after the one before.
		s.seen++
		at := time.Now().Add(time.Duration(s.seen-100) * time.Second)
		if err := os.Chtimes(file, at, at); err != nil {
			s.t.Fatal(err)
		}
		return
	case "copy":
		file = how
	case "replace":
		before, after, _ := strings.Cut(how, " => ")
		if !strings.Contains(text, before) {
			s.t.Fatalf("%s has no %q", file, before)
		}
		text = strings.Replace(text, before, after, 1)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// console runs commands, and compares what they print.
func (s *story) console(block []string) {
	for at := 0; at < len(block); {
		command, isOne := strings.CutPrefix(block[at], "$ ")
		if !isOne {
			s.t.Fatalf("%q is no command", block[at])
		}
		var want []string
		for at++; at < len(block) && !strings.HasPrefix(block[at], "$ "); at++ {
			want = append(want, block[at])
		}
		got := strings.TrimSuffix(s.run(command), "\n")
		if same(got) != same(strings.Join(want, "\n")) {
			s.t.Errorf("$ %s\n%s\nis in the document:\n%s", command, got, strings.Join(want, "\n"))
		}
		s.ran++
	}
}

// same is a text without the times of the run.
func same(text string) string {
	return ages.ReplaceAllString(times.ReplaceAllString(text, "TIME"), "AGE old")
}

// run runs a command line, and gives what a terminal shows.
func (s *story) run(command string) string {
	words := wordsOf(command)
	switch words[0] {
	case "git":
		return s.git(words[1:]...)
	case "cat":
		body, err := os.ReadFile(words[1])
		if err != nil {
			s.t.Fatal(err)
		}
		return string(body)
	case "mv":
		if err := os.Rename(words[1], words[2]); err != nil {
			s.t.Fatal(err)
		}
		return ""
	case "echo":
		return fmt.Sprintln(s.code)
	case "hostgrant":
		var terminal, file bytes.Buffer
		streams := genericiooptions.IOStreams{In: strings.NewReader(""), Out: &terminal, ErrOut: &terminal}
		into := ""
		if last := len(words) - 2; words[last] == ">" {
			streams.Out, into, words = &file, words[last+1], words[:last]
		}
		s.code = Run(s.t.Context(), "hostgrant", words[1:], streams)
		if into != "" {
			if err := os.WriteFile(into, file.Bytes(), 0o600); err != nil {
				s.t.Fatal(err)
			}
		}
		return terminal.String()
	}
	s.t.Fatalf("%q is not run", command)
	return ""
}

// wordsOf are the words of a command line, those in quotes as one.
func wordsOf(command string) (words []string) {
	for _, word := range regexp.MustCompile(`"[^"]*"|\S+`).FindAllString(command, -1) {
		words = append(words, strings.Trim(word, `"`))
	}
	return words
}

func (s *story) git(args ...string) string {
	args = append([]string{"-c", "user.name=n", "-c", "user.email=n@example.com"}, args...)
	out, err := exec.CommandContext(s.t.Context(), "git", args...).CombinedOutput()
	if err != nil {
		s.t.Fatal(err, string(out))
	}
	return string(out)
}

// job runs what a CI job runs of Hostgrant, in the repository of the story.
func (s *story) job(text string) {
	workflow := struct {
		Jobs map[string]struct {
			Steps []struct {
				Run string `json:"run"`
			} `json:"steps"`
		} `json:"jobs"`
	}{}
	if err := yaml.Unmarshal([]byte(text), &workflow); err != nil {
		s.t.Fatal(err)
	}
	ran := 0
	for _, step := range workflow.Jobs["permissions"].Steps {
		command, _, _ := strings.Cut(step.Run, " >>")
		if !strings.HasPrefix(command, "hostgrant ") {
			continue
		}
		allowed := 0
		if strings.Contains(step.Run, "|| test $? = 2") {
			allowed = 2
		}
		if out := s.run(command); s.code != 0 && s.code != allowed {
			s.t.Errorf("%s: ends with %d, says %s", command, s.code, out)
		}
		ran++
	}
	if ran != 3 {
		s.t.Errorf("the job runs hostgrant %d times", ran)
	}
	if kept := s.git("status", "--porcelain", "table.yaml", "hosting"); kept != "" {
		s.t.Errorf("the job reads what is in the repository, and this is not: %s", kept)
	}
}

// shows finds a text in a file.
func (s *story) shows(file, text string) {
	body, err := os.ReadFile(filepath.Clean(file))
	if err != nil || !strings.Contains(same(string(body)), same(text)) {
		s.t.Errorf("%v: %s has no\n%s\n%s", err, file, text, body)
	}
}
