#!/bin/bash
# Does what the entrypoint of the image postgres does, as far as it is used here: hands
# the data directory to its user, becomes it, and creates the cluster when it is empty.
set -euo pipefail

if [ "$(id -u)" = 0 ]; then
	mkdir -p "$PGDATA"
	find "$PGDATA" /var/run/postgresql \! -user postgres -exec chown postgres '{}' +
	exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi

if [ ! -s "$PGDATA/PG_VERSION" ]; then
	initdb --username="$POSTGRES_USER" --pwfile=<(echo "$POSTGRES_PASSWORD") --auth-local=trust \
		--auth-host=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8
	printf "listen_addresses = '*'\n" >>"$PGDATA/postgresql.conf"
	echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
	# As there, a server on a socket only prepares the cluster.
	pg_ctl -w -o "-c listen_addresses=''" start
	psql --username="$POSTGRES_USER" --dbname=postgres -c "CREATE DATABASE \"${POSTGRES_DB:-$POSTGRES_USER}\""
	pg_ctl -m fast -w stop
fi
exec "$@"
