package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
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

// leastServer is the oldest server that has all features we use. The newest of them is text on
// events, which the UI shows.
var leastServer = [2]int{1, 28}

// startTemporal runs a Temporal server with its UI, on the usual ports if they are free. If
// file is set, it keeps the database there.
func startTemporal(ctx context.Context, out io.Writer, database string) (server *testsuite.DevServer, ui string, err error) {
	program, err := temporalProgram(ctx, out)
	if err != nil {
		return nil, "", err
	}
	fmt.Fprintln(out, "Starting Temporal with its UI …")
	port, uiPort := free(temporalPort), free(uiPort)
	server, err = testsuite.StartDevServer(ctx, testsuite.DevServerOptions{
		ExistingPath: program,
		DBFilename:   database,
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

// temporalProgram returns the program named by DEVSERVER. Otherwise it returns a recent enough
// temporal command on the PATH, which needs no build, or else our own dev server, built if
// necessary.
func temporalProgram(ctx context.Context, out io.Writer) (string, error) {
	if program := os.Getenv("DEVSERVER"); program != "" {
		return program, nil
	}
	if program, err := exec.LookPath("temporal"); err == nil {
		problem := unfit(ctx, program)
		if problem == "" {
			fmt.Fprintf(out, "Using %s.\n", program)
			return program, nil
		}
		fmt.Fprintf(out, "Not using %s: %s.\n", program, problem)
	}
	built := filepath.Join("bin", "devserver")
	build := exec.CommandContext(ctx, "sh", filepath.Join("devserver", "build.sh"), built) // #nosec G204 -- ours
	build.Stdout, build.Stderr = os.Stdout, os.Stderr
	if err := build.Run(); err != nil {
		return "", fmt.Errorf("build the Temporal dev server: %w. If the temporal command is on the PATH, no build is needed: https://docs.temporal.io/cli", err)
	}
	return built, nil
}

var serverVersion = regexp.MustCompile(`Server (\d+)\.(\d+)`)

// unfit explains why a temporal command can't be used; "" if it can.
func unfit(ctx context.Context, program string) string {
	output, err := exec.CommandContext(ctx, program, "--version").CombinedOutput() // #nosec G204 -- it is on the PATH
	found := serverVersion.FindSubmatch(output)
	if err != nil || found == nil {
		return "it does not report its version"
	}
	major, _ := strconv.Atoi(string(found[1]))
	minor, _ := strconv.Atoi(string(found[2]))
	if slices.Compare([]int{major, minor}, leastServer[:]) < 0 {
		return fmt.Sprintf("its server is %d.%d, and this needs %d.%d or newer", major, minor, leastServer[0], leastServer[1])
	}
	return ""
}

// free returns the port if it is free, or another free port.
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

// quiet shows only problems; progress is printed elsewhere.
var quiet = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
