package main

import (
	"time"

	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/metrics"
	"go.temporal.io/server/common/primitives"
)

const (
	clusterName = "active"
	storeName   = "sqlite"
	innerIP     = "127.0.0.1"

	// A database keeps the number of shards that it was created with. The temporal command uses
	// one too, and four were no faster on SQLite, which writes one transaction at a time.
	historyShards = 1
)

var innerServices = []primitives.ServiceName{
	primitives.HistoryService, primitives.MatchingService, primitives.WorkerService,
}

// serverConfig configures a server whose four services share this process. The frontend listens
// where the user wants, the others on loopback.
func serverConfig(opts options, sql *config.SQL, held *ports) (*config.Config, error) {
	services, err := serviceConfigs(opts, held)
	if err != nil {
		return nil, err
	}
	frontend := services[string(primitives.FrontendService)].RPC
	frontendAddress := address(reachable(opts.ip), frontend.GRPCPort)

	conf := &config.Config{
		Persistence: config.Persistence{
			DefaultStore:     storeName,
			VisibilityStore:  storeName,
			NumHistoryShards: historyShards,
			DataStores:       map[string]config.DataStore{storeName: {SQL: sql}},
		},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10,
			MasterClusterName:        clusterName,
			CurrentClusterName:       clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{clusterName: {
				Enabled:                true,
				InitialFailoverVersion: 1,
				RPCAddress:             frontendAddress,
				HTTPAddress:            address(reachable(opts.ip), frontend.HTTPPort),
			}},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		Services:            services,
		PublicClient:        config.PublicClient{HostPort: frontendAddress},
	}
	conf.Global.Membership = config.Membership{MaxJoinDuration: 30 * time.Second, BroadcastAddress: innerIP}
	conf.Archival.History.State = config.ArchivalDisabled
	conf.Archival.Visibility.State = config.ArchivalDisabled
	conf.NamespaceDefaults.Archival.History.State = config.ArchivalDisabled
	conf.NamespaceDefaults.Archival.Visibility.State = config.ArchivalDisabled
	if opts.metricsPort != 0 {
		conf.Global.Metrics = &metrics.Config{Prometheus: &metrics.PrometheusConfig{
			ListenAddress: address(opts.ip, opts.metricsPort),
			HandlerPath:   "/metrics",
		}}
	}
	return conf, nil
}

// serviceConfigs reserves every port that the server will listen on.
func serviceConfigs(opts options, held *ports) (map[string]config.Service, error) {
	if err := held.claim("--port", opts.ip, opts.port); err != nil {
		return nil, err
	}
	if !opts.headless {
		if err := held.claim("--ui-port", opts.uiIP, opts.uiPort); err != nil {
			return nil, err
		}
	}
	if opts.metricsPort != 0 {
		if err := held.claim("--metrics-port", opts.ip, opts.metricsPort); err != nil {
			return nil, err
		}
	}
	frontend := config.RPC{GRPCPort: opts.port, HTTPPort: opts.httpPort, BindOnIP: opts.ip}
	var err error
	if opts.httpPort != 0 {
		err = held.claim("--http-port", opts.ip, opts.httpPort)
	} else {
		frontend.HTTPPort, err = held.anyFree(opts.ip)
	}
	if err != nil {
		return nil, err
	}

	services := map[string]config.Service{string(primitives.FrontendService): {RPC: frontend}}
	for _, name := range innerServices {
		port, err := held.anyFree(innerIP)
		if err != nil {
			return nil, err
		}
		services[string(name)] = config.Service{RPC: config.RPC{GRPCPort: port, BindOnIP: innerIP}}
	}
	return services, nil
}

// staticHosts tells the services where the others are, instead of the gossip with which a
// cluster finds out.
func staticHosts(conf *config.Config) map[primitives.ServiceName]static.Hosts {
	hosts := make(map[primitives.ServiceName]static.Hosts, len(conf.Services))
	for name, service := range conf.Services {
		hosts[primitives.ServiceName(name)] = static.SingleLocalHost(
			address(reachable(service.RPC.BindOnIP), service.RPC.GRPCPort))
	}
	return hosts
}
