package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"

	"golang.org/x/term"
	"k8s.io/cli-runtime/pkg/genericiooptions"
)

// questions are put to whoever sits at the terminal.
type questions struct {
	in  *bufio.Reader
	out io.Writer
}

// newQuestions is nil where standard input is no terminal: nobody is there to answer.
func newQuestions(streams genericiooptions.IOStreams) *questions {
	if !isTerminal(streams.In) {
		return nil
	}
	return &questions{bufio.NewReader(streams.In), streams.ErrOut}
}

// ask puts a question and returns the answer without spaces around it. It ends with ctx, also while nobody
// answers.
func (q *questions) ask(ctx context.Context, question string) (string, error) {
	fmt.Fprint(q.out, question, " ")
	type line struct {
		text string
		err  error
	}
	answered := make(chan line, 1)
	go func() {
		text, err := q.in.ReadString('\n')
		answered <- line{text, err}
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(q.out)
		return "", errors.New("nobody answered: nothing was done")
	case got := <-answered:
		if got.err != nil && got.text == "" {
			return "", errors.New("the terminal was closed: nothing was done")
		}
		return strings.TrimSpace(got.text), nil
	}
}

// pageThrough shows a text: by $PAGER where it is longer than the terminal that it goes to, or nobody knows how long that is;
// else as it is.
func pageThrough(ctx context.Context, streams genericiooptions.IOStreams, text string) error {
	program := strings.Fields(os.Getenv("PAGER"))
	file, ok := streams.Out.(*os.File)
	if _, height := sizeOf(streams.Out); !ok || !isTerminal(file) || len(program) == 0 || strings.Count(text, "\n") < height {
		_, err := io.WriteString(streams.Out, text)
		return err //nolint:wrapcheck // writing to the terminal
	}
	command := exec.CommandContext(ctx, program[0], program[1:]...) //nolint:gosec // the user's own program
	command.Stdin, command.Stdout, command.Stderr = strings.NewReader(text), file, streams.ErrOut
	command.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, tokenVariable+"=") })
	if os.Getenv("LESS") == "" {
		command.Env = append(command.Env, "LESS=FRX") // what was read stays on the screen when it ends
	}
	if err := command.Run(); err != nil {
		return fmt.Errorf("$PAGER: %w; unset it to print without one", err)
	}
	return nil
}

// isTerminal says whether a stream is one.
func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// sizeOf is the size of a terminal in characters; 0 where a stream is none.
func sizeOf(stream any) (width, height int) {
	if file, ok := stream.(*os.File); ok {
		if width, height, err := term.GetSize(int(file.Fd())); err == nil {
			return width, height
		}
	}
	return 0, 0
}
