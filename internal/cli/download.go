package cli

import (
	"context"
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
		name := outputName(result, i)
		file, err := saveOutput(ctx, dir, name, output)
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("output %d of prediction %s: %w; WaveSpeed keeps it for 7 days", i, result.PredictionID, err)
		}
		fmt.Fprintf(p.Err, "saved %s\n", file)
	}
	return nil
}

// outputName is made of the key, the prediction and the kind of file, never of what a
// URL says beyond that.
func outputName(result generation.Result, i int) string {
	name := fmt.Sprintf("%s-%s-%d", safe(result.Key), safe(result.PredictionID), i)
	address := result.Outputs[i].URL()
	if address == "" {
		return name + ".txt"
	}
	if u, err := url.Parse(address); err == nil {
		name += safe(path.Ext(u.Path))
	}
	return name
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

// saveOutput writes beside the name and renames, so that a file is there whole or not
// at all.
func saveOutput(ctx context.Context, dir, name string, output generation.Output) (file string, err error) {
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
	return file, os.Link(partial.Name(), file)
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
