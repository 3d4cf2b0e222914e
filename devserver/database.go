package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/metrics"
	persistencesql "go.temporal.io/server/common/persistence/sql"
	"go.temporal.io/server/common/persistence/sql/sqlplugin"
	"go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	"go.temporal.io/server/common/resolver"
	schema "go.temporal.io/server/schema/sqlite"
	"google.golang.org/protobuf/types/known/durationpb"
)

// retention is how long a namespace keeps ended workflows.
const retention = 72 * time.Hour

// filePragmas are for a database in a file. A write-ahead log that is only synced at
// checkpoints survives the death of the process. A power failure may lose the last moments, but
// never consistency. The exclusive lock keeps a second server from using the same file, which
// neither would notice otherwise.
var filePragmas = map[string]string{
	"journal_mode": "wal",
	"synchronous":  "1",
	"locking_mode": "exclusive",
}

// databaseConfig says where the database is and how it is used.
func databaseConfig(opts options) *config.SQL {
	conf := &config.SQL{PluginName: sqlite.PluginName}
	if opts.dbFilename == "" {
		// The server creates the tables of a database in memory by itself.
		conf.DatabaseName = "devserver"
		conf.ConnectAttributes = map[string]string{"mode": "memory", "cache": "shared"}
	} else {
		conf.DatabaseName = uriPath(opts.dbFilename)
		conf.ConnectAttributes = map[string]string{"mode": "rwc"}
		maps.Copy(conf.ConnectAttributes, filePragmas)
	}
	maps.Copy(conf.ConnectAttributes, opts.pragmas)
	return conf
}

// prepareDatabase creates what the database lacks: file, tables, namespaces,
// search attributes.
func prepareDatabase(conf *config.SQL, opts options) error {
	if opts.dbFilename != "" {
		if err := createTables(conf, opts.dbFilename); err != nil {
			return err
		}
	}
	var namespaces []*schema.NamespaceConfig
	for _, name := range opts.namespaces {
		namespace, err := schema.NewNamespaceConfig(clusterName, name, false, nil)
		if err != nil {
			return fmt.Errorf("cannot create namespace %s: %w", name, err)
		}
		namespace.Detail.Config.Retention = durationpb.New(retention)
		namespaces = append(namespaces, namespace)
	}
	if err := schema.CreateNamespaces(conf, namespaces...); err != nil {
		return fmt.Errorf("cannot create the namespaces: %w", err)
	}
	return opts.searchAttributes.addTo(conf, opts.namespaces)
}

// createTables creates the tables unless the file has them, in one transaction, so that a
// killed process leaves no partial schema.
func createTables(conf *config.SQL, file string) error {
	if dir := filepath.Dir(file); !isDirectory(dir) {
		return fmt.Errorf("--db-filename %q: there is no directory %s", file, dir)
	}
	db, err := openAdmin(conf)
	if err != nil {
		return fileError(file, err)
	}
	defer func() { _ = db.Close() }()
	tables, err := db.ListTables(conf.DatabaseName)
	if err != nil {
		return fileError(file, err)
	}
	if slices.Contains(tables, "executions") {
		return nil
	}
	if len(tables) > 0 {
		return fmt.Errorf("--db-filename %q: this is the database of another program", file)
	}
	if err := db.Exec("BEGIN IMMEDIATE"); err != nil {
		return fileError(file, err)
	}
	if err := schema.SetupSchemaOnDB(db); err != nil {
		return fileError(file, err)
	}
	if err := db.Exec("COMMIT"); err != nil {
		return fileError(file, err)
	}
	return nil
}

// checkpoint moves the write-ahead log into the database file, so that a stopped server leaves
// a single file that can be copied.
func checkpoint(conf *config.SQL) error {
	db, err := openAdmin(conf)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	return db.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
}

func openAdmin(conf *config.SQL) (sqlplugin.AdminDB, error) {
	return persistencesql.NewSQLAdminDB(sqlplugin.DbKindUnknown, conf,
		resolver.NewNoopResolver(), log.NewNoopLogger(), metrics.NoopMetricsHandler)
}

func fileError(file string, err error) error {
	if text := err.Error(); strings.Contains(text, "SQLITE_BUSY") || strings.Contains(text, "SQLITE_LOCKED") {
		return fmt.Errorf("--db-filename %q: another process has this database open", file)
	}
	return fmt.Errorf("--db-filename %q: %w", file, err)
}

func isDirectory(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// uriPath escapes a file name for a SQLite URI.
func uriPath(file string) string {
	return strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(filepath.ToSlash(file))
}
