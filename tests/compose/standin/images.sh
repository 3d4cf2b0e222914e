#!/bin/bash
# Makes sure that the images are there which docker-compose.yml and the Dockerfile name:
# those that are, else those of the registry, else stand-ins of the same names and tags,
# made from Debian packages and Go modules and labeled as such.
#
#	bash images.sh CACHE_DIRECTORY IMAGE...
#
# A stand-in proves the files that use it, not the image it stands for: PostgreSQL is
# Debian's, entrypoints are Temporal's own or alike, and Alpine is Debian.
set -euo pipefail
mkdir -p "$1"
cache=$(cd "$1" && pwd)
shift
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
export CGO_ENABLED=0 GOWORK=off GOTOOLCHAIN=local DOCKER_BUILDKIT=0
mkdir -p "$cache/bin"
trap 'rm -rf "$cache"/context.* "$cache"/rootfs.*' EXIT

label=org.wavespeed-temporal.standin
debian=wavespeed-temporal/standin-debian

# is_real IMAGE: it is here, or can be had, and is no stand-in.
is_real() {
	if [ -n "$(docker image ls -q "$1")" ]; then
		[ -z "$(docker image inspect -f "{{index .Config.Labels \"$label\"}}" "$1")" ]
	else
		docker pull -q "$1" >/dev/null 2>&1
	fi
}

build() { # TAG NAME DIRECTORY
	docker build -q -t "$1" --label "$label=yes" -f "$here/$2.Dockerfile" "$3" >/dev/null 2>"$cache/build.log" ||
		{ cat "$cache/build.log" >&2; return 1; }
}

# One Debian is the base of all but the empty one.
need_debian() {
	[ -z "$(docker image ls -q "$debian")" ] || return 0
	command -v debootstrap >/dev/null || { echo "images: debootstrap is missing: apt-get install debootstrap" >&2; exit 1; }
	local rootfs
	rootfs=$(mktemp -d "$cache/rootfs.XXXX")
	debootstrap --variant=minbase --include=busybox,ca-certificates,caddy,git,netcat-openbsd,postgresql-15,prometheus,tzdata \
		bookworm "$rootfs" >"$cache/debootstrap.log"
	# As in Alpine: a shell that knows pipefail, wget and nc, and a user of this number.
	ln -sf bash "$rootfs/bin/sh"
	ln -s busybox "$rootfs/bin/wget"
	chroot "$rootfs" useradd --uid 1000 --create-home temporal
	rm -rf "$rootfs"/var/cache/apt/* "$rootfs"/var/lib/apt/lists/* "$rootfs"/usr/share/{doc,man,locale} \
		"$rootfs"/usr/lib/postgresql/15/lib/bitcode
	tar -C "$rootfs" -c . | docker import --change "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" - "$debian" >/dev/null
}

# go_build NAME PACKAGE: a program of a module that the dev server is built from, and
# thereby of its version.
go_build() {
	[ ! -x "$cache/bin/$1" ] || return 0
	local module
	module=$(mktemp -d)
	cp "$root"/devserver/go.{mod,sum} "$module"
	(cd "$module" && GOFLAGS=-mod=mod go build -trimpath -ldflags '-s -w' -o "$cache/bin/$1" "$2")
	rm -rf "$module"
}

source_of() { (cd "$root/devserver" && go list -m -f '{{.Dir}}' "$1"); }

# context FILE...: a new directory with copies of these.
context() {
	local directory
	directory=$(mktemp -d "$cache/context.XXXX")
	cp -r "$@" "$directory"
	chmod -R u+w,a+rX "$directory"
	chmod -f a+x "$directory"/*.sh || true # a module has no executable files
	echo "$directory"
}

stand_in() { # IMAGE
	local directory server ui
	case $1 in
	postgres:*)
		need_debian
		directory=$(context "$here/docker-entrypoint.sh") ;;
	temporalio/server:*)
		need_debian
		go_build temporal-server go.temporal.io/server/cmd/server
		server=$(source_of go.temporal.io/server)
		directory=$(context "$cache/bin/temporal-server" "$server/docker/scripts/sh/entrypoint.sh") ;;
	temporalio/admin-tools:*)
		need_debian
		go_build temporal-sql-tool go.temporal.io/server/cmd/tools/sql
		server=$(source_of go.temporal.io/server)
		directory=$(context "$cache/bin/temporal-sql-tool" "$server/schema") ;;
	temporalio/ui:*)
		need_debian
		go_build ui-server github.com/temporalio/ui-server/v2/cmd/server
		ui=$(source_of github.com/temporalio/ui-server/v2)
		directory=$(context "$cache/bin/ui-server" "$ui/config/docker.yaml" "$ui/docker/start-ui-server.sh") ;;
	golang:*)
		need_debian
		modules
		directory=$(context "$(go env GOROOT)" "$cache/modules/cache/download") ;;
	caddy:*)
		need_debian
		directory=$(context "$here/caddy.Dockerfile") ;;
	prom/prometheus:*)
		need_debian
		directory=$(context "$here/prometheus.Dockerfile") ;;
	gcr.io/distroless/static-*)
		directory=$(context /etc/ssl/certs/ca-certificates.crt /usr/share/zoneinfo "$here/base") ;;
	*)
		echo "images: there is no $1, and nothing can stand in for it" >&2
		exit 1 ;;
	esac
	local name=${1%%:*}
	build "$1" "${name##*/}" "$directory"
}

# modules gathers what the program is built from, as a file tree that serves as proxy:
# a build cannot ask the network for it here.
modules() {
	chmod -R u+w "$cache/modules" 2>/dev/null || true
	rm -rf "$cache/modules"
	(cd "$root" && GOPROXY="file://$(go env GOMODCACHE)/cache/download,$(go env GOPROXY)" GONOSUMDB='*' \
		GOMODCACHE="$cache/modules" go mod download)
	find "$cache/modules" -mindepth 1 -maxdepth 1 ! -name cache -exec chmod -R u+w {} + -exec rm -rf {} +
}

for image; do
	if is_real "$image"; then
		echo "images: $image"
		continue
	fi
	# Modules change more often than images; what is cached makes the others cheap.
	if [ -z "$(docker image ls -q "$image")" ] || [[ $image == golang:* ]]; then
		stand_in "$image"
	fi
	echo "images: $image, by a stand-in"
done
