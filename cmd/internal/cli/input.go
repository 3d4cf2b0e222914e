package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"mime"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/config"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/text"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline/file"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
)

const maxInputBytes = 1 << 20

// readInput is the object of --input with the pairs in it.
func (p *program) readInput(ctx context.Context, c config.Config, o generateOptions, pairs []string) (map[string]any, error) {
	input := make(map[string]any)
	if o.input != "" {
		var err error
		if input, err = p.readInputFile(o.input); err != nil {
			return nil, fmt.Errorf("--input: %w", err)
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

// readInputFile reads an object of JSON or YAML, from stdin if name is "-".
func (p *program) readInputFile(name string) (map[string]any, error) {
	in := p.In
	if name == "-" {
		name = "stdin"
	} else {
		opened, err := os.Open(name) // #nosec G304 -- whoever runs the program names it
		if err != nil {
			return nil, err
		}
		defer opened.Close()
		in = opened
	}
	content, err := text.Read(name, in, maxInputBytes)
	if err != nil {
		return nil, err
	}
	value, err := file.Value(name, content)
	if err != nil {
		return nil, err
	}
	input, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf(`%s: must hold an object, such as {"prompt": "a cat"}`, name)
	}
	return input, nil
}

// value is JSON if the text is, an uploaded file if it begins with @, and the text
// itself otherwise.
func (p *program) value(ctx context.Context, c config.Config, account, given string) (any, error) {
	if !utf8.ValidString(given) {
		return nil, errNotUTF8
	}
	if path, ok := strings.CutPrefix(given, "@"); ok {
		return p.upload(ctx, c, account, path)
	}
	if !json.Valid([]byte(given)) {
		return given, nil
	}
	return file.Value("value", []byte(given))
}

func (p *program) upload(ctx context.Context, c config.Config, account, path string) (string, error) {
	if account == "" {
		account = generation.DefaultAccount
	}
	client, err := wavespeed.New(wavespeed.Options{APIKey: c.Accounts[account].APIKey, BaseURL: c.BaseURL, AllowHTTP: c.AllowHTTP})
	if err != nil {
		return "", fmt.Errorf("upload of %s: %w; set WAVESPEED_API_KEY", path, err)
	}
	opened, err := os.Open(path) // #nosec G304 -- whoever runs the program names it
	if err != nil {
		return "", err
	}
	defer opened.Close()
	info, err := opened.Stat()
	if err != nil {
		return "", err
	}
	fmt.Fprintf(p.Err, "uploading %s\n", path)
	return client.Upload(ctx, wavespeed.UploadRequest{
		Name: filepath.Base(path), ContentType: mime.TypeByExtension(filepath.Ext(path)), Size: info.Size(), Body: opened,
	})
}
