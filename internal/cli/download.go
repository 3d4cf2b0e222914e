package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

const (
	downloadTimeout  = 30 * time.Minute
	maxDownloadBytes = 4 << 30
)

// download puts every output into a file of the directory, and names the files. It
// overwrites nothing: a file of that name holds this output already.
func (p *program) download(ctx context.Context, dir string, result generation.Result) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("--output: %w", err)
	}
	for i, output := range result.Outputs {
		if err := p.save(ctx, dir, outputName(result, i), output, os.Link); err != nil {
			return fmt.Errorf("output %d of prediction %s: %w; WaveSpeed keeps it for 7 days", i, result.PredictionID, err)
		}
	}
	return nil
}

// saveOutput saves an output of a pipeline under its name there, in the place of an
// earlier run's.
func (p *program) saveOutput(ctx context.Context, dir, name, text string) error {
	encoded, err := json.Marshal(text)
	if err != nil {
		return err
	}
	output := generation.Output(encoded)
	if err := p.save(ctx, dir, safe(name)+extension(output), output, os.Rename); err != nil {
		return fmt.Errorf("output %s: %w; WaveSpeed keeps it for 7 days", name, err)
	}
	return nil
}

func (p *program) save(ctx context.Context, dir, name string, output generation.Output, put func(from, to string) error) error {
	file, err := saveOutput(ctx, dir, name, output, put)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	fmt.Fprintf(p.Err, "saved %s\n", file)
	return nil
}

// outputName is made of the key, the prediction and the kind of file, never of what a
// URL says beyond that.
func outputName(result generation.Result, i int) string {
	return fmt.Sprintf("%s-%s-%d", safe(result.Key), safe(result.PredictionID), i) + extension(result.Outputs[i])
}

func extension(output generation.Output) string {
	u, err := url.Parse(output.URL())
	switch {
	case output.URL() == "":
		return ".txt"
	case err != nil:
		return ""
	default:
		return safe(path.Ext(u.Path))
	}
}

func safe(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '.':
			return r
		default:
			return '_'
		}
	}, text)
	return text[:min(len(text), 80)]
}

// saveOutput writes beside the name and then puts the file there, so that it is there
// whole or not at all.
func saveOutput(ctx context.Context, dir, name string, output generation.Output, put func(from, to string) error) (file string, err error) {
	body, err := openOutput(ctx, output)
	if err != nil {
		return "", err
	}
	defer body.Close()
	partial, err := os.CreateTemp(dir, ".partial-*")
	if err != nil {
		return "", err
	}
	defer os.Remove(partial.Name())
	defer partial.Close()
	n, err := io.Copy(partial, io.LimitReader(body, maxDownloadBytes+1))
	switch {
	case err != nil:
		return "", err
	case n > maxDownloadBytes:
		return "", fmt.Errorf("is larger than %d bytes", int64(maxDownloadBytes))
	}
	if err := partial.Chmod(0o644); err != nil {
		return "", err
	}
	file = filepath.Join(dir, name)
	return file, put(partial.Name(), file)
}

func openOutput(ctx context.Context, output generation.Output) (io.ReadCloser, error) {
	address := output.URL()
	if address == "" {
		return io.NopCloser(strings.NewReader(output.String())), nil
	}
	client := &http.Client{Timeout: downloadTimeout}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		response.Body.Close()
		return nil, fmt.Errorf("download: HTTP %d", response.StatusCode)
	}
	return response.Body, nil
}
