// Command devserver is a Temporal server for development and tests: server, web UI and SQLite
// in one self-contained binary.
//
//	devserver server start-dev --db-filename dev.db
//
// It accepts the flags of "temporal server start-dev". Either program can replace the other,
// and the SDK's testsuite.StartDevServer works with both.
//
// A run goes through the files of this package in this order: flags.go parses the command line,
// config.go and dynamic.go turn it into a server configuration, database.go prepares the
// database, server.go starts and stops everything, and ready.go waits until it serves.
//
// It differs from the temporal command in three ways. A few server settings are tuned for a
// developer's machine (see dynamic.go). Only one process at a time can use a database file.
// Search attributes named on a later start are added to an existing database.
package main
