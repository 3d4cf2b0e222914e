package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
)

// save keeps an output, which the simulator's end or seven days would take away.
func save(ctx context.Context, dir, name, address string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("HTTP %d", response.StatusCode)
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return "", err
	}
	if u, err := url.Parse(address); err == nil {
		name += path.Ext(u.Path)
	}
	file, err := os.Create(filepath.Join(dir, name)) // #nosec G304 -- a name of ours in a folder of ours
	if err != nil {
		return "", err
	}
	if _, err := io.Copy(file, response.Body); err != nil {
		file.Close()
		return "", err
	}
	return file.Name(), file.Close()
}
