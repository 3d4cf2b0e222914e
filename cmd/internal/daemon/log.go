package daemon

import (
	"io"
	"log"
	"log/slog"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/config"
)

// NewLogger writes one line an event, in JSON or as text, as the settings say.
func NewLogger(c config.Config, out io.Writer, terminal bool) *slog.Logger {
	options := &slog.HandlerOptions{Level: c.LogLevel}
	if c.LogFormat == "text" || c.LogFormat == "auto" && terminal {
		return slog.New(slog.NewTextHandler(out, options))
	}
	return slog.New(slog.NewJSONHandler(out, options))
}

// newErrorLog takes what net/http complains of: broken handshakes and the like, which
// the Internet brings all day.
func newErrorLog(logger *slog.Logger) *log.Logger {
	return slog.NewLogLogger(logger.Handler(), slog.LevelDebug)
}
