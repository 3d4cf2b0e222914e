package values

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/models"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline/file"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
)

// Any is JSON if the text is, an uploaded file if it begins with @, and the text
// itself otherwise.
func Any(ctx context.Context, s *session.Session, account, given string) (any, error) {
	if !utf8.ValidString(given) {
		return nil, errNotUTF8
	}
	if path, ok := strings.CutPrefix(given, "@"); ok {
		return upload(ctx, s, account, path)
	}
	if !json.Valid([]byte(given)) {
		return given, nil
	}
	return file.Value("value", []byte(given))
}

func upload(ctx context.Context, s *session.Session, account, path string) (string, error) {
	client, err := models.Provider(s, account, wavespeed.Options{})
	if err != nil {
		return "", fmt.Errorf("upload of %s: %w; set WAVESPEED_API_KEY", path, err)
	}
	opened, err := os.Open(path) // #nosec G304 -- the user names the file
	if err != nil {
		return "", err
	}
	defer opened.Close()
	info, err := opened.Stat()
	if err != nil {
		return "", err
	}
	fmt.Fprintf(s.Err, "uploading %s\n", path)
	return client.Upload(ctx, filepath.Base(path), info.Size(), opened)
}
