package main

import (
	"maps"

	"go.temporal.io/server/common/dynamicconfig"
)

// tuned are the server settings that differ from a production server's defaults.
// --dynamic-config-value overrides each.
var tuned = dynamicconfig.StaticClient{
	// The server polls each of its internal task queues at most 20 times a second, which puts
	// 50 ms between two steps of a workflow. That protects a database shared by thousands of
	// shards. This server has one shard, whose queues are only polled when there is something
	// new. A much higher rate costs CPU once tasks pile up.
	dynamicconfig.TransferProcessorMaxPollRPS.Key(): 500,
	dynamicconfig.TimerProcessorMaxPollRPS.Key():    500,
	dynamicconfig.OutboundProcessorMaxPollRPS.Key(): 500,

	// Several partitions of a task queue are for several machines. In one process they forward
	// tasks to each other, which halves the throughput of a backlog.
	dynamicconfig.MatchingNumTaskqueueReadPartitions.Key():  1,
	dynamicconfig.MatchingNumTaskqueueWritePartitions.Key(): 1,

	// Rate limits protect a cluster's tenants from each other. Here they would only slow down
	// bursts of ten thousand workflows.
	dynamicconfig.FrontendRPS.Key():                                         unlimited,
	dynamicconfig.FrontendMaxNamespaceRPSPerInstance.Key():                  unlimited,
	dynamicconfig.FrontendMaxConcurrentLongRunningRequestsPerInstance.Key(): unlimited,
	dynamicconfig.HistoryRPS.Key():                                          unlimited,
	dynamicconfig.MatchingRPS.Key():                                         unlimited,
	dynamicconfig.FrontendPersistenceMaxQPS.Key():                           unlimited,
	dynamicconfig.HistoryPersistenceMaxQPS.Key():                            unlimited,
	dynamicconfig.MatchingPersistenceMaxQPS.Key():                           unlimited,
	dynamicconfig.FrontendMaxNamespaceVisibilityRPSPerInstance.Key():        1000,

	// Send nothing to other machines.
	dynamicconfig.EnableServerVersionCheck.Key(): false,
}

const unlimited = 100_000

// dynamicConfig combines the tuned settings with the user's own.
func dynamicConfig(own map[dynamicconfig.Key]any) dynamicconfig.StaticClient {
	merged := maps.Clone(tuned)
	maps.Copy(merged, own)
	return merged
}
