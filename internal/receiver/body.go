package receiver

import (
	"errors"
	"io"
	"net/http"
	"sync"
	"time"
)

const (
	// overread is how many times the limit is read of a body to verify its signature.
	overread = 4

	// A body must arrive within readTimeout. A larger one must arrive at readRate, in bytes per
	// second.
	readTimeout = 10 * time.Second
	readRate    = 1 << 20

	// writeTimeout limits the response to a slow body.
	writeTimeout = 10 * time.Second
)

var buffers = sync.Pool{New: func() any { return new([32 << 10]byte) }}

// read reads the body.
func (d *delivery) read() string {
	limit := overread * min(d.handler.options.MaxBodyBytes, 1<<40)
	if d.request.ContentLength > limit {
		return reasonTooLarge
	}
	pace := d.handler.places.pace(d.target.Nonce, http.NewResponseController(d.writer))
	defer pace.end()
	source := http.MaxBytesReader(d.writer, d.request.Body, limit)
	buffer := buffers.Get().(*[32 << 10]byte)
	defer buffers.Put(buffer)
	for pace.goesOn(d.size) {
		n, err := source.Read(buffer[:])
		_, _ = d.body.Write(buffer[:n])
		d.size += int64(n)
		var tooLarge *http.MaxBytesError
		switch {
		case errors.Is(err, io.EOF):
			return ""
		case errors.As(err, &tooLarge):
			return reasonTooLarge
		case err != nil && pace.goesOn(d.size):
			d.err = err
			return reasonUnreadable
		}
	}
	return reasonBusy
}
