#!/bin/sh
# Builds the Temporal dev server unless it is up to date:
#
#	sh devserver/build.sh bin/devserver
#
# The first build compiles some 1800 packages and takes minutes, so it shows
# that it lives: a line that changes on a terminal, one every ten seconds
# elsewhere. Needs Go and nothing else.
set -eu

if [ $# -ne 1 ]; then
	echo "usage: sh build.sh OUTPUT" >&2
	exit 2
fi
case $1 in
/*) out=$1 ;;
*) out=$(pwd)/$1 ;;
esac
cd "$(dirname "$0")"
if ! command -v go >/dev/null; then
	echo "devserver: cannot build without Go (https://go.dev/dl)" >&2
	exit 1
fi
export CGO_ENABLED=0 GOWORK=off

# The stamp beside the binary tells what it was built from.
stamp=$({ go version && go env GOOS GOARCH && cat -- *.go go.mod go.sum build.sh; } | cksum)
if [ -x "$out" ] && [ "$(cat "$out.stamp" 2>/dev/null)" = "$stamp" ]; then
	exit 0
fi

log=$(mktemp)
new=$out.$$
trap 'rm -f "$log" "$new"' EXIT
trap 'kill "$build" 2>/dev/null || :; exit 130' INT TERM
mkdir -p "$(dirname "$out")"
start=$(date +%s)

took() {
	seconds=$(($(date +%s) - start))
	printf '%dm%02ds' $((seconds / 60)) $((seconds % 60))
}

# With -v, go names each module that it downloads and each package that it
# compiles; anything else in its output is a complaint and has a space in it.
progress() {
	printf 'devserver: %s, %d modules downloaded, %s of about %s packages compiled' "$(took)" \
		"$(grep -c '^go: downloading' "$log")" "$(thousands "$(grep -vc ' ' "$log")")" "$(thousands $packages)"
}

# Where nothing is cached yet, the standard library included.
packages=1780

thousands() {
	if [ "$1" -lt 1000 ]; then
		echo "$1"
	else
		printf '%d,%03d\n' $(($1 / 1000)) $(($1 % 1000))
	fi
}

echo "devserver: building the Temporal dev server: the first time takes some minutes"
go build -v -trimpath -buildvcs=false -ldflags '-s -w' -o "$new" . 2>"$log" &
build=$!
ticks=0
while kill -0 "$build" 2>/dev/null; do
	sleep 1
	ticks=$((ticks + 1))
	if [ -t 1 ]; then
		printf '\r%s ' "$(progress)"
	elif [ $((ticks % 10)) -eq 0 ]; then
		echo "$(progress)"
	fi
done
[ ! -t 1 ] || echo

status=0
wait "$build" || status=$?
if [ "$status" -ne 0 ]; then
	grep ' ' "$log" | grep -v '^go: downloading' >&2 || :
	echo "devserver: the build failed after $(took)" >&2
	exit "$status"
fi
mv "$new" "$out"
echo "$stamp" >"$out.stamp"
echo "devserver: built $out in $(took)"
