package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"os"
	"path/filepath"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/config"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/strict"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
)

const maxInputBytes = 1 << 20

// readInput is the object of --input with the pairs in it.
func (p *program) readInput(ctx context.Context, c config.Config, o generateOptions, pairs []string) (map[string]any, error) {
	input := make(map[string]any)
	if o.input != "" {
		text, err := p.readInputFile(o.input)
		if err != nil {
			return nil, err
		}
		if err := strict.Decode(text, &input); err != nil || input == nil {
			return nil, fmt.Errorf("--input: %s is not a JSON object%s", o.input, reason(err))
		}
	}
	for _, pair := range pairs {
		key, text, ok := strings.Cut(pair, "=")
		if !ok || key == "" {
			return nil, fmt.Errorf("%q is not of the form key=value", pair)
		}
		value, err := p.value(ctx, c, o.request.Account, text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		input[key] = value
	}
	return input, nil
}

func (p *program) readInputFile(name string) ([]byte, error) {
	in := p.In
	if name != "-" {
		file, err := os.Open(name) // #nosec G304 -- whoever runs the program names it
		if err != nil {
			return nil, fmt.Errorf("--input: %w", err)
		}
		defer file.Close()
		in = file
	}
	text, err := io.ReadAll(io.LimitReader(in, maxInputBytes+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("--input: %w", err)
	case len(text) > maxInputBytes:
		return nil, fmt.Errorf("--input: more than %d bytes; upload media with key=@file", maxInputBytes)
	default:
		return text, nil
	}
}

// reason is an error in brackets.
func reason(err error) string {
	if err == nil {
		return ""
	}
	return " (" + err.Error() + ")"
}

// value is JSON if the text is, an uploaded file if it begins with @, and the text
// itself otherwise.
func (p *program) value(ctx context.Context, c config.Config, account, text string) (any, error) {
	if path, ok := strings.CutPrefix(text, "@"); ok {
		return p.upload(ctx, c, account, path)
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil || decoder.More() {
		return text, nil
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return text, nil
	}
	return value, nil
}

func (p *program) upload(ctx context.Context, c config.Config, account, path string) (string, error) {
	if account == "" {
		account = generation.DefaultAccount
	}
	client, err := wavespeed.New(wavespeed.Options{APIKey: c.Accounts[account].APIKey, BaseURL: c.BaseURL, AllowHTTP: c.AllowHTTP})
	if err != nil {
		return "", fmt.Errorf("upload of %s: %w; set WAVESPEED_API_KEY", path, err)
	}
	file, err := os.Open(path) // #nosec G304 -- whoever runs the program names it
	if err != nil {
		return "", err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return "", err
	}
	fmt.Fprintf(p.Err, "uploading %s\n", path)
	return client.Upload(ctx, wavespeed.UploadRequest{
		Name: filepath.Base(path), ContentType: mime.TypeByExtension(filepath.Ext(path)), Size: info.Size(), Body: file,
	})
}
