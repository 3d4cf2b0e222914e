#!/bin/sh
# Makes sure that there is a Compose v2, and links it to PROGRAM: the one that is
# installed, or else one compiled from its Go module.
#
#	sh compose.sh PROGRAM
set -eu
program=$1
if [ -x "$program" ]; then
	exit 0
fi
for plugin in "$HOME/.docker/cli-plugins" /usr/local/lib/docker/cli-plugins /usr/local/libexec/docker/cli-plugins \
	/usr/lib/docker/cli-plugins /usr/libexec/docker/cli-plugins; do
	if [ -x "$plugin/docker-compose" ]; then
		mkdir -p "$(dirname "$program")"
		ln -s "$plugin/docker-compose" "$program"
		exit 0
	fi
done

echo "compose: no Compose v2 is installed; compiling one takes some minutes"
module=$(mktemp -d)
trap 'rm -rf "$module"' EXIT
cd "$module"
export CGO_ENABLED=0 GOFLAGS=-mod=mod GOWORK=off GOTOOLCHAIN=local
go mod init compose 2>/dev/null
go get github.com/docker/compose/v2/cmd@v2.40.3 2>/dev/null
go build -trimpath -ldflags '-s -w' -o "$program" github.com/docker/compose/v2/cmd
