package daemon

import (
	"io"
	"log"
	"log/slog"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/config"
)

// NewLogger logs one line per event, as JSON or text depending on the settings.
func NewLogger(c config.Config, out io.Writer, terminal bool) *slog.Logger {
	options := &slog.HandlerOptions{Level: c.LogLevel}
	if c.LogFormat == "text" || c.LogFormat == "auto" && terminal {
		return slog.New(slog.NewTextHandler(out, options))
	}
	return slog.New(slog.NewJSONHandler(out, options))
}

// newErrorLog logs net/http's complaints, such as broken handshakes, which are routine on the
// Internet.
func newErrorLog(logger *slog.Logger) *log.Logger {
	return slog.NewLogLogger(logger.Handler(), slog.LevelDebug)
}
