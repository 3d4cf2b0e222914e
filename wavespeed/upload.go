package wavespeed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"path/filepath"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
)

// Upload stores a file with the provider for seven days and returns its URL, for use in inputs.
// The media type comes from the name, such as "still.png". The body must have exactly the given
// size in bytes. Upload requests a location, then sends the file there: to another host,
// without the key.
func (c *Client) Upload(ctx context.Context, name string, size int64, body io.Reader) (string, error) {
	r := call{op: opUpload, subject: name, method: http.MethodPost, path: "/media/uploads"}
	switch {
	case name == "":
		return "", c.invalid(r, "the file's name is empty")
	case size <= 0:
		return "", c.invalid(r, fmt.Sprintf("the file's size is %d bytes", size))
	case body == nil:
		return "", c.invalid(r, "the file has no body")
	}
	r.body = uploadBody{Name: name, Size: size, ContentType: mime.TypeByExtension(filepath.Ext(name))}
	var ticket uploadTicket
	if err := c.ask(ctx, r, &ticket); err != nil {
		return "", err
	}
	if err := c.put(ctx, r, ticket, &exactly{from: body, left: size}); err != nil {
		return "", err
	}
	return ticket.DownloadURL, nil
}

type uploadBody struct {
	Name        string `json:"filename"`
	Size        int64  `json:"size"`
	ContentType string `json:"content_type,omitempty"`
}

type uploadTicket struct {
	DownloadURL string `json:"download_url"`
	Upload      struct {
		Method  string            `json:"method"`
		URL     string            `json:"url"`
		Headers map[string]string `json:"headers"`
	} `json:"upload"`
}

// exactly reads this many bytes. If there are more, it fails before the last one, so that a
// part of a file is never mistaken for the whole.
type exactly struct {
	from io.Reader
	left int64
}

func (e *exactly) Read(b []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	n, err := e.from.Read(b[:min(int64(len(b)), e.left)])
	e.left -= int64(n)
	switch {
	case e.left > 0 && err == io.EOF:
		return n, errors.New("the file is shorter than its size")
	case e.left == 0 && more(e.from):
		return 0, errors.New("the file is longer than its size")
	}
	return n, err
}

func more(from io.Reader) bool {
	n, _ := io.ReadFull(from, make([]byte, 1))
	return n > 0
}

// put sends the file with exactly the headers that the ticket requires.
func (c *Client) put(ctx context.Context, r call, ticket uploadTicket, file *exactly) error {
	if ticket.DownloadURL == "" || ticket.Upload.URL == "" {
		return odd(opUpload, r.subject, "the response names no location for the file")
	}
	if _, err := parseAddress(ticket.Upload.URL, c.options.AllowHTTP); err != nil {
		return odd(opUpload, r.subject, "the location for the file "+err.Error())
	}
	ctx, cancel := context.WithTimeout(ctx, c.options.UploadTimeout)
	defer cancel()
	method := ticket.Upload.Method
	if method == "" {
		method = http.MethodPut
	}
	request, err := http.NewRequestWithContext(ctx, method, ticket.Upload.URL, file)
	if err != nil {
		return odd(opUpload, r.subject, "the location for the file cannot be called")
	}
	request.ContentLength = file.left
	request.Header.Set("User-Agent", userAgent)
	for name, value := range ticket.Upload.Headers {
		request.Header.Set(name, value)
	}
	response, err := c.reads.RoundTrip(request)
	if err != nil {
		return c.fault(r, provider.MaybeAccepted, err)
	}
	defer response.Body.Close()
	_, _ = io.CopyN(io.Discard, response.Body, 64<<10)
	if response.StatusCode < 200 || response.StatusCode > 299 {
		said := &report{StatusCode: response.StatusCode, Message: "the file was rejected by " + hostOf(ticket.Upload.URL)}
		return said.of(opUpload, r.subject, acceptance(response.StatusCode))
	}
	return nil
}
