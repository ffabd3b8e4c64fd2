#!/bin/sh
# Run a command with a PostgreSQL of its own: a private cluster in a temporary directory, reached
# through a socket there (no port to clash), gone afterwards. APONIA_TEST_POSTGRES tells its address.
set -eu
bin=$(dirname "$(command -v initdb 2>/dev/null || ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null | sort -V | tail -n 1)")
[ -x "$bin/initdb" ] || { echo "with_postgres.sh: no PostgreSQL is installed (Debian: apt-get install postgresql)" >&2; exit 1; }
home=$(mktemp -d /tmp/aponia-pg.XXXXXX)
# PostgreSQL refuses to run as root.
if [ "$(id -u)" = 0 ]; then
    id postgres >/dev/null 2>&1 || useradd --system --no-create-home postgres
    chown postgres "$home"
    as() { runuser -u postgres -- "$@"; }
else
    as() { "$@"; }
fi
stop() {
    (cd / && as "$bin/pg_ctl" -D "$home/data" -m immediate -w stop) >/dev/null 2>&1 || true
    rm -rf "$home"
}
trap stop EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
here=$(pwd)
cd /
as "$bin/initdb" -D "$home/data" -U aponia -A trust -E UTF8 --locale=C.UTF-8 >"$home.log" 2>&1 || { cat "$home.log" >&2; rm -f "$home.log"; exit 1; }
rm -f "$home.log"
# Readers from other accounts must reach the socket.
chmod 755 "$home"
as "$bin/pg_ctl" -D "$home/data" -l "$home/data/log" -w -o "-c listen_addresses= -c unix_socket_directories=$home -c max_connections=100" start >/dev/null
cd "$here"
export APONIA_TEST_POSTGRES="postgresql+psycopg://aponia@/postgres?host=$home"
"$@"
