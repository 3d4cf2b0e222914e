package main

import (
	"maps"

	"go.temporal.io/server/common/dynamicconfig"
)

// tuned are the server settings that differ here from a production server's
// defaults. --dynamic-config-value overrides each.
var tuned = dynamicconfig.StaticClient{
	// The server looks at each of its queues of inner tasks at most 20 times a
	// second, which puts 50 ms between two steps of a workflow. That spares a
	// database which thousands of shards share; this one serves one shard, whose
	// queues are looked at only when there is something new. Much more than this
	// costs CPU once tasks pile up.
	dynamicconfig.TransferProcessorMaxPollRPS.Key(): 500,
	dynamicconfig.TimerProcessorMaxPollRPS.Key():    500,
	dynamicconfig.OutboundProcessorMaxPollRPS.Key(): 500,

	// Several partitions of a task queue are for several machines. In one
	// process they hand tasks around, and halve the speed of a backlog.
	dynamicconfig.MatchingNumTaskqueueReadPartitions.Key():  1,
	dynamicconfig.MatchingNumTaskqueueWritePartitions.Key(): 1,

	// Rate limits protect a cluster's tenants from each other. Here they would
	// only slow down a burst of ten thousand workflows, and their waiters.
	dynamicconfig.FrontendRPS.Key():                                         unlimited,
	dynamicconfig.FrontendMaxNamespaceRPSPerInstance.Key():                  unlimited,
	dynamicconfig.FrontendMaxConcurrentLongRunningRequestsPerInstance.Key(): unlimited,
	dynamicconfig.HistoryRPS.Key():                                          unlimited,
	dynamicconfig.MatchingRPS.Key():                                         unlimited,
	dynamicconfig.FrontendPersistenceMaxQPS.Key():                           unlimited,
	dynamicconfig.HistoryPersistenceMaxQPS.Key():                            unlimited,
	dynamicconfig.MatchingPersistenceMaxQPS.Key():                           unlimited,
	dynamicconfig.FrontendMaxNamespaceVisibilityRPSPerInstance.Key():        1000,

	// Nothing leaves the machine unasked.
	dynamicconfig.EnableServerVersionCheck.Key(): false,
}

const unlimited = 100_000

// dynamicConfig is the tuned settings with the user's own on top.
func dynamicConfig(own map[dynamicconfig.Key]any) dynamicconfig.StaticClient {
	merged := maps.Clone(tuned)
	maps.Copy(merged, own)
	return merged
}
