package download

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// DefaultMaxBytes is the default maximum file size: 4 GiB.
const DefaultMaxBytes = 4 << 30

// Options are the options of a [Client].
type Options struct {
	// BaseURL is the provider's URL, as configured by the user. Only its host and port may be
	// private. Defaults to none.
	BaseURL string

	// MaxBytes limits each file. Defaults to [DefaultMaxBytes].
	MaxBytes int64

	// Overwrite replaces existing files. Defaults to keeping them.
	Overwrite bool

	// Attempts is the maximum number of requests per file. Defaults to 5.
	Attempts int

	// Backoff is the pause after the first attempt; it doubles with each attempt. Defaults to 1
	// s.
	Backoff time.Duration

	// StallTimeout is the maximum time without data. Defaults to 1 minute.
	StallTimeout time.Duration

	// Parallel is how many files are downloaded concurrently. Defaults to 4.
	Parallel int
}

// Client downloads outputs. It is safe for concurrent use.
type Client struct {
	options Options
	http    *http.Client

	mu    sync.Mutex
	taken names // stems of all items so far
}

// New creates a client. It fails if the base URL has no host.
func New(options Options) (*Client, error) {
	g, err := newGuard(options.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("download: %w", err)
	}
	return newClient(options, g), nil
}

func newClient(o Options, g *guard) *Client {
	if o.MaxBytes <= 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	if o.Attempts <= 0 {
		o.Attempts = 5
	}
	if o.Backoff <= 0 {
		o.Backoff = time.Second
	}
	if o.StallTimeout <= 0 {
		o.StallTimeout = time.Minute
	}
	if o.Parallel <= 0 {
		o.Parallel = 4
	}
	return &Client{options: o, http: &http.Client{Transport: g.transport(), CheckRedirect: g.redirect}, taken: make(names)}
}

// Item is an output with its file name.
type Item struct {
	// Stem is the name without extension, as returned by [Stem].
	Stem string

	// Output is the file's URL, or the content itself.
	Output generation.Output

	// From names the output's origin in messages, such as a prediction.
	From string
}

// Saved is where an output was saved.
type Saved struct {
	Path string

	// Existing is set if a file with the same content already existed.
	Existing bool

	// Taken is the path that the output would have had, if another file has it; "" otherwise.
	Taken string
}

// Result is the outcome for one item: saved, or not saved because of Err.
type Result struct {
	Item
	Saved
	Err error
}

// Save saves items into an existing directory, and reports each as it ends. A failed item does
// not stop the others. Names depend only on the items given to the client, in order. Items with
// equal names get a number appended.
func (c *Client) Save(ctx context.Context, dir string, items []Item, report func(Result)) {
	var reporting sync.Mutex
	var work sync.WaitGroup
	slots := make(chan struct{}, c.options.Parallel)
	for _, item := range c.named(items) {
		slots <- struct{}{}
		work.Go(func() {
			defer func() { <-slots }()
			saved, err := c.save(ctx, dir, item)
			reporting.Lock()
			defer reporting.Unlock()
			report(Result{Item: item, Saved: saved, Err: err})
		})
	}
	work.Wait()
}

// named returns the items, and the files that they refer to, each with a unique stem.
func (c *Client) named(items []Item) []Item {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all, inner []Item
	for _, item := range items {
		item.Stem = c.taken.unique(item.Stem)
		all = append(all, item)
		inner = append(inner, expand(item)...)
	}
	for _, item := range inner {
		item.Stem = c.taken.unique(item.Stem)
		all = append(all, item)
	}
	return all
}

// another reports whether a stem belongs to an item.
func (c *Client) another(stem string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.taken.taken(stem)
}

const fileMode = 0o644

// save writes an output to a temporary file and then renames it, so a file is either complete
// or missing.
func (c *Client) save(ctx context.Context, dir string, item Item) (Saved, error) {
	partial, err := os.CreateTemp(dir, ".partial-*")
	if err != nil {
		return Saved{}, err
	}
	defer os.Remove(partial.Name())
	defer partial.Close()
	extension, err := c.write(ctx, item.Output, partial)
	if err != nil {
		return Saved{}, err
	}
	_ = partial.Chmod(fileMode) // some file systems don't support modes
	// Survive a power failure.
	if err := errors.Join(partial.Sync(), partial.Close()); err != nil {
		return Saved{}, err
	}
	wanted := filepath.Join(dir, item.Stem+extension)
	if c.options.Overwrite {
		return Saved{Path: wanted}, os.Rename(partial.Name(), wanted)
	}
	return place(partial.Name(), dir, item.Stem, extension, c.another)
}

// write writes an output's content and returns the file extension.
func (c *Client) write(ctx context.Context, output generation.Output, file *os.File) (string, error) {
	address := output.URL()
	if address == "" {
		inner := inline(output)
		_, err := file.Write(inner.bytes)
		return inner.extension, err
	}
	contentType, err := c.fetch(ctx, address, file)
	if err != nil {
		return "", err
	}
	if extension := urlExtension(address); extension != "" {
		return extension, nil
	}
	return typeExtension(contentType), nil
}
