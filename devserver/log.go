package main

import (
	"io"

	"go.temporal.io/server/common/log"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

const silent = "never" // the log level that prints nothing

var (
	logLevels  = []string{"debug", "info", "warn", "error", silent}
	logFormats = []string{"text", "json", "pretty"}
)

// newLogger returns the server's logger, and a level to silence it later.
func newLogger(level, format string, w io.Writer) (log.Logger, zap.AtomicLevel) {
	threshold := zap.NewAtomicLevelAt(zapcore.InvalidLevel)
	if level != silent {
		threshold.SetLevel(log.ParseZapLevel(level))
	}
	encoder := zapcore.NewConsoleEncoder(log.DefaultZapEncoderConfig)
	if format == "json" {
		encoder = zapcore.NewJSONEncoder(log.DefaultZapEncoderConfig)
	}
	core := zapcore.NewCore(encoder, zapcore.Lock(zapcore.AddSync(w)), threshold)
	return log.NewZapLogger(zap.New(core)), threshold
}
