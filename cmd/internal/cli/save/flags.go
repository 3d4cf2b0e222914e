package save

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/download"
)

// Flags are the flags of commands that download outputs.
type Flags struct {
	Output    string
	overwrite bool
	maxSize   sizeFlag
}

// Add adds the flags.
func (o *Flags) Add(flags *pflag.FlagSet) {
	o.maxSize = download.DefaultMaxBytes
	flags.StringVarP(&o.Output, "output", "o", "", "download the outputs into this `directory`; existing files are kept")
	flags.BoolVar(&o.overwrite, "overwrite", false, "with --output, replace existing files")
	flags.Var(&o.maxSize, "max-size", "with --output, the maximum `size` of a file")
}

// sizeFlag is a number of bytes, such as 4GiB.
type sizeFlag int64

// String, Set and Type implement pflag.Value.
func (s *sizeFlag) String() string {
	return strings.ReplaceAll(download.FormatSize(int64(*s)), " ", "")
}

func (s *sizeFlag) Set(text string) error {
	n, err := download.ParseSize(text)
	*s = sizeFlag(n)
	return err
}

func (s *sizeFlag) Type() string { return "size" }

// Prepare creates the directory and checks that it is writable, before anything is paid for.
func (o Flags) Prepare() error {
	if o.Output == "" {
		return nil
	}
	if err := os.MkdirAll(o.Output, 0o750); err != nil {
		return fmt.Errorf("--output: %w", err)
	}
	probe, err := os.CreateTemp(o.Output, ".partial-*")
	if err != nil {
		return fmt.Errorf("--output: %w", err)
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}
