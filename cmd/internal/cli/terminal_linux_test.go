package cli_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// terminal is a pseudo-terminal: the person's end and the program's end.
func terminal(t *testing.T) (person, program *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = person.Close() })
	var unlock, number int32
	for request, argument := range map[uintptr]*int32{syscall.TIOCSPTLCK: &unlock, syscall.TIOCGPTN: &number} {
		_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, person.Fd(), request, uintptr(unsafe.Pointer(argument)))
		require.Zero(t, errno)
	}
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = program.Close() })
	return person, program
}

// converse runs a command on a terminal where a person answers its question.
func converse(t *testing.T, env []string, answer string, args ...string) (code int, read string) {
	t.Helper()
	person, program := terminal(t)
	var screen buffer
	go func() { // until the terminal is closed
		chunk := make([]byte, 4096)
		for {
			n, err := person.Read(chunk)
			_, _ = screen.Write(chunk[:n])
			if err != nil {
				return
			}
		}
	}()
	ended := make(chan int, 1)
	var out buffer
	go func() {
		ended <- cli.Run(context.Background(), args, env, cli.Streams{In: program, Out: &out, Err: program})
	}()
	asked := false
	stack.Eventually(t, "the command did not end", func() bool {
		if !asked && strings.Contains(screen.String(), "[y/N]") {
			asked = true
			_, _ = person.WriteString(answer + "\n")
		}
		select {
		case code = <-ended:
			return true
		default:
			return false
		}
	})
	_, err := program.WriteString(endOfScreen)
	require.NoError(t, err)
	stack.Eventually(t, "the screen does not show all", func() bool { return strings.Contains(screen.String(), endOfScreen) })
	return code, strings.TrimSuffix(screen.String(), endOfScreen)
}

// endOfScreen follows a command's complete output.
const endOfScreen = "(the end)"

// TestRunAsks on a terminal before it spends more than PIPELINE_ASK_ABOVE.
func TestRunAsks(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{Duration: 10 * time.Millisecond})
	film := written(t, "film.yaml", filmFile) // $0.212
	open := written(t, "film.yaml", "steps:\n  clip: {model: wavespeed-ai/wan-2.1/i2v-480p, input: {prompt: x, image: 'https://x.test/a.png'}}\n  large: {model: wavespeed-ai/ultimate-video-upscaler, input: {video: '${{ steps.clip.output }}'}}\n")
	for name, c := range map[string]struct {
		above  string
		answer string
		args   []string
		asked  string
		code   int
	}{
		"less":           {above: "1", args: []string{film}},
		"more, yes":      {above: "0.2", answer: "y", args: []string{film}, asked: "This run may cost more than $0.20. Start it? [y/N]"},
		"more, no":       {above: "0.2", answer: "no", args: []string{film}, asked: "This run may cost more than $0.20. Start it? [y/N]", code: 130},
		"more, nothing":  {above: "0", answer: "", args: []string{film}, asked: "This run may cost more than $0.00. Start it? [y/N]", code: 130},
		"more, --yes":    {above: "0.2", args: []string{film, "--yes"}},
		"more, capped":   {above: "0.2", args: []string{film, "--budget", "0.2", "--detach"}},
		"no end, yes":    {above: "1", answer: "YES", args: []string{open}, asked: "This run has no cost limit. Use --budget to set one. Start it? [y/N]"},
		"no end, capped": {above: "1", args: []string{open, "--budget", "1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := append([]string{"PIPELINE_ASK_ABOVE=" + c.above}, s.env...)
			code, read := converse(t, env, c.answer, append([]string{"pipeline", "run"}, c.args...)...)
			require.Equal(t, c.code, code, read)
			require.Contains(t, read, "Estimate: ")
			require.Equal(t, c.asked != "", strings.Contains(read, "[y/N]"), read)
			require.Contains(t, read, c.asked)
			require.Equal(t, c.code != 0, strings.Contains(read, "nothing was started"), read)
		})
	}
}

// TestRunAsksWhereTheBalanceMayNotDo, and refuses if it can't ask.
func TestRunAsksWhereTheBalanceMayNotDo(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{Duration: 10 * time.Millisecond, Accounts: []wavespeedtest.Account{{Balance: 0.1}}})
	film := written(t, "film.yaml", `steps:
  stills: {for_each: [a, b], model: wavespeed-ai/flux-dev, input: {prompt: "${{ item }}"}}
  clips: {for_each: "${{ filter(steps.stills.items, false) }}", model: wavespeed-ai/wan-2.1/i2v-480p, input: {prompt: x, image: "${{ item.output }}"}}
`)
	code, read := converse(t, s.env, "n", "pipeline", "run", film)
	require.Equal(t, 130, code, read)
	require.Contains(t, read, "Estimate: $0.024 to $0.424, balance $0.10")
	require.Contains(t, read, "The balance of $0.10 may not cover this run, which would then stop and keep its results. Start it? [y/N]")
	code, _, said := s.run(t, "pipeline", "run", film)
	require.Equal(t, 2, code, said)
	require.Contains(t, said, "the balance of $0.10 may not cover the estimate of $0.024 to $0.424: top up, set a --budget, or add --yes")
	require.Empty(t, s.Simulator.Ledger())
	for _, args := range [][]string{{film, "--yes"}, {film, "--budget", "0.05"}} {
		code, _, said = s.run(t, append([]string{"pipeline", "run"}, args...)...)
		require.Zero(t, code, said)
	}
}
