package main

import (
	"strings"

	uiserver "github.com/temporalio/ui-server/v2/server"
	uiconfig "github.com/temporalio/ui-server/v2/server/config"
	uioptions "github.com/temporalio/ui-server/v2/server/server_options"
)

// newUI returns the web UI as a client of the frontend at the given address.
func newUI(opts options, frontend string) *uiserver.Server {
	return uiserver.NewServer(uioptions.WithConfigProvider(&uiconfig.Config{
		TemporalGRPCAddress: frontend,
		Host:                bracketed(opts.uiIP),
		Port:                opts.uiPort,
		PublicPath:          opts.uiPublicPath,
		EnableUI:            true,
		UIAssetPath:         opts.uiAssetPath,
		Codec:               uiconfig.Codec{Endpoint: opts.uiCodecEndpoint},
		DisableNewsFetch:    opts.uiDisableNewsFeed,
		DefaultNamespace:    opts.namespaces[0],
		// Cookies go over plain HTTP here.
		CORS:     uiconfig.CORS{CookieInsecure: true},
		HideLogs: true,
	}))
}

// uiURL returns the URL of the web UI for programs on this machine.
func uiURL(opts options) string {
	return "http://" + address(reachable(opts.uiIP), opts.uiPort) + opts.uiPublicPath
}

// bracketed formats an IP address for appending a port.
func bracketed(ip string) string {
	if strings.Contains(ip, ":") {
		return "[" + ip + "]"
	}
	return ip
}
