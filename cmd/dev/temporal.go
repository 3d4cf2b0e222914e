package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"strconv"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"

	"github.com/wavespeed-temporal/wavespeed-temporal/webhook/signaler"
	"google.golang.org/grpc"
)

const (
	temporalPort = 7233
	uiPort       = 8233
	listenHost   = "127.0.0.1"
)

// startTemporal runs a Temporal server with its UI, on the usual ports if they are
// free.
func startTemporal(ctx context.Context) (server *testsuite.DevServer, ui string, err error) {
	program, err := temporalProgram()
	if err != nil {
		return nil, "", err
	}
	port, uiPort := free(temporalPort), free(uiPort)
	server, err = testsuite.StartDevServer(ctx, testsuite.DevServerOptions{
		ExistingPath: program,
		EnableUI:     true,
		UIPort:       strconv.Itoa(uiPort),
		LogLevel:     "error",
		Stdout:       io.Discard,
		Stderr:       io.Discard,
		ClientOptions: &client.Options{
			HostPort: net.JoinHostPort(listenHost, strconv.Itoa(port)),
			Logger:   log.NewStructuredLogger(quiet),
			ConnectionOptions: client.ConnectionOptions{
				DialOptions: []grpc.DialOption{signaler.DialOption()},
			},
		},
	})
	if err != nil {
		return nil, "", fmt.Errorf("start Temporal with %s: %w", program, err)
	}
	return server, fmt.Sprintf("http://%s:%d", listenHost, uiPort), nil
}

// temporalProgram is what DEVSERVER names, or else a temporal found on the PATH.
func temporalProgram() (string, error) {
	if program := os.Getenv("DEVSERVER"); program != "" {
		if _, err := os.Stat(program); err == nil { // #nosec G703 -- whoever runs this names it
			return program, nil
		}
	}
	program, err := exec.LookPath("temporal")
	if err != nil {
		return "", fmt.Errorf("no Temporal server: run make devserver, or put the temporal CLI on the PATH")
	}
	return program, nil
}

// free is the port, if nothing listens on it, or any other that is free.
func free(port int) int {
	for _, candidate := range []int{port, 0} {
		listener, err := net.Listen("tcp", net.JoinHostPort(listenHost, strconv.Itoa(candidate)))
		if err != nil {
			continue
		}
		defer listener.Close()
		return listener.Addr().(*net.TCPAddr).Port
	}
	return port
}

// quiet shows what needs a person; progress is shown otherwise.
var quiet = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
