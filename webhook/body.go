package webhook

import (
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
)

const (
	// maxWholeBytes is the size up to which a body is kept whole, as nearly all are.
	maxWholeBytes = 256 << 10

	// overread is how many times the limit is read of a body, to verify its signature.
	overread = 4

	// A body must come within readTimeout, and at readRate, in bytes per second, if it is
	// larger than that allows.
	readTimeout = 10 * time.Second
	readRate    = 1 << 20

	// writeTimeout bounds the answer to a body that was long in coming.
	writeTimeout = 10 * time.Second
)

// body is what is kept of a delivery's body: all of a small one, and what a signal needs
// of a large one.
type body struct {
	size  int64
	whole []byte
	large *trimmer // nil while it is kept whole
}

func (b *body) Write(part []byte) (int, error) {
	b.size += int64(len(part))
	if b.large == nil && b.size <= maxWholeBytes {
		b.whole = append(b.whole, part...)
		return len(part), nil
	}
	if b.large == nil {
		b.large = new(trimmer)
		_, _ = b.large.Write(b.whole)
		b.whole = nil
	}
	return b.large.Write(part)
}

// prediction is what the body says. Its outputs are omitted if they are too large for a
// signal; its input holds at least the seed.
func (b *body) prediction() (prediction provider.Prediction, omitted bool, err error) {
	text := b.whole
	if b.large != nil {
		if text, err = b.large.object(); err != nil {
			return prediction, false, err
		}
		omitted = b.large.omitted
	}
	prediction, err = wavespeed.ParsePrediction(text)
	return prediction, omitted, err
}

var buffers = sync.Pool{New: func() any { return new([32 << 10]byte) }}

// read takes the body, and has the signature follow it.
func (d *delivery) read(signature *signature) Reason {
	limit := overread * min(d.handler.options.MaxBodyBytes, 1<<40)
	if d.request.ContentLength > limit {
		return reasonTooLarge
	}
	pace := d.handler.places.pace(d.target.Nonce, http.NewResponseController(d.writer))
	defer pace.end()
	source := http.MaxBytesReader(d.writer, d.request.Body, limit)
	buffer := buffers.Get().(*[32 << 10]byte)
	defer buffers.Put(buffer)
	for pace.goesOn(d.body.size) {
		n, err := source.Read(buffer[:])
		_, _ = signature.Write(buffer[:n])
		_, _ = d.body.Write(buffer[:n])
		var tooLarge *http.MaxBytesError
		switch {
		case errors.Is(err, io.EOF):
			return ""
		case errors.As(err, &tooLarge):
			return reasonTooLarge
		case err != nil && pace.goesOn(d.body.size):
			d.err = err
			return reasonUnreadable
		}
	}
	return reasonBusy
}
