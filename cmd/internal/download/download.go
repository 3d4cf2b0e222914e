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

// DefaultMaxBytes is the largest file that is downloaded by default: 4 GiB.
const DefaultMaxBytes = 4 << 30

// Options are those of a [Client].
type Options struct {
	// BaseURL is the provider's, as the user configured it. Its host and port may be
	// private; no other may. Defaults to none.
	BaseURL string

	// MaxBytes bounds each file. Defaults to [DefaultMaxBytes].
	MaxBytes int64

	// Overwrite replaces files that have an output's name. Defaults to keeping them.
	Overwrite bool

	// Attempts is how often a file is requested, at most. Defaults to 5.
	Attempts int

	// Backoff is the pause after the first attempt; it doubles with each. Defaults to 1 s.
	Backoff time.Duration

	// StallTimeout is how long no data may arrive. Defaults to 1 minute.
	StallTimeout time.Duration

	// Parallel is how many files are downloaded at a time. Defaults to 4.
	Parallel int
}

// Client downloads outputs. It may be used by many goroutines at once.
type Client struct {
	options Options
	http    *http.Client

	mu    sync.Mutex
	taken names // stems of all items so far
}

// New makes a client. It fails if the base URL has no host.
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

// Item is an output with the name of its file.
type Item struct {
	// Stem is the name without its extension, as [Stem] makes them.
	Stem string

	// Output is the file's URL, or the content itself.
	Output generation.Output

	// From says in a message what the output is of, such as a prediction.
	From string
}

// Saved is where an output is now.
type Saved struct {
	Path string

	// Existing is set where a file of the same content was there before.
	Existing bool

	// Taken is the path that the output would have had, and another file has; "" if none.
	Taken string
}

// Result is what became of one item: saved, or not because of Err.
type Result struct {
	Item
	Saved
	Err error
}

// Save saves items into a directory, which must exist, and reports each as it ends. One that
// fails stops no other. Names depend only on what the client was given, in its order: items
// of equal names get a number after it.
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

// named are items, and the files that they refer to, each with a stem of its own.
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

// another tells whether a stem is that of an item.
func (c *Client) another(stem string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.taken.taken(stem)
}

const fileMode = 0o644

// save writes an output aside and then gives it its name, so that a file is whole or not
// there.
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
	_ = partial.Chmod(fileMode) // some file systems have no modes
	// What is on the disk outlives a power failure.
	if err := errors.Join(partial.Sync(), partial.Close()); err != nil {
		return Saved{}, err
	}
	wanted := filepath.Join(dir, item.Stem+extension)
	if c.options.Overwrite {
		return Saved{Path: wanted}, os.Rename(partial.Name(), wanted)
	}
	return place(partial.Name(), dir, item.Stem, extension, c.another)
}

// write writes an output's content and returns the extension for it.
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
