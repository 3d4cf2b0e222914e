// Command devserver is a Temporal server for development and tests: the
// server, its web UI and SQLite in one binary that needs nothing else.
//
//	devserver server start-dev --db-filename dev.db
//
// It answers to the flags of "temporal server start-dev", so that either
// program can stand in for the other, and the SDK's testsuite.StartDevServer
// can drive both.
//
// A run goes through the files of this package in this order: flags.go reads
// what was asked, config.go and dynamic.go turn it into a server's
// configuration, database.go makes the database ready, server.go starts
// everything and stops it, and ready.go tells when it really serves.
//
// It differs from the temporal command in three ways. A few server settings
// are tuned for one developer's machine (dynamic.go says which). A database
// file belongs to one process at a time. And search attributes named on a
// later start are added to a database that exists already.
package main
