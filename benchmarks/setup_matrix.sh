#!/bin/sh
# The set-up, shown to work where machines differ: one clone of this checkout for each case, then
# `./run demo`, and `./run demo --help` on what is then set up. Prints a Markdown table; exit status
# 1 where a case failed.
#
#   benchmarks/setup_matrix.sh [CASE...]        all cases, or those named
#   MATRIX_WORDS="test"  other words for ./run   MATRIX_DIR=...  where the clones go (and stay)
#   MATRIX_RECORD=yes    append the table to benchmarks/RESULTS.md
#
# Downloads are shared between the cases, except `clone`, `killed` and `no-hosts`, which start with
# nothing. Cases that this machine cannot show (another user, without root) are listed as not shown.
set -u

here=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd -P)
words=${MATRIX_WORDS:-demo}
place=${MATRIX_DIR:-$(mktemp -d)}
mkdir -p "$place/home" "$place/logs"
chmod 755 "$place"
failed=0
bare_path=/usr/local/bin:/usr/bin:/bin
own_path=$(dirname "$(command -v python3)"):$bare_path
user=corrigible-trial

now() { date +%s; }

clone() { git clone -q "$here" "$1"; }

# Nothing of this shell's environment but what the case names.
bare() {
    env -i HOME="$place/home" TERM=dumb LANG=C.UTF-8 PATH="$own_path" UV_CACHE_DIR="$place/cache" "$@"
}

# report CASE STATUS FIRST SECOND
report() {
    verdict=passed
    if [ "$2" != 0 ]; then
        verdict="**failed**, status $2"
        failed=1
    fi
    printf '| %s | %s | %s s | %s |\n' "$1" "$verdict" "$3" "${4:+$4 s}"
}

# twice CASE COMMAND...: the command with the words, timed; then with --help, which sets up nothing
twice() {
    name=$1
    shift
    began=$(now)
    "$@" >"$place/logs/$name" 2>&1 </dev/null
    status=$?
    first=$(($(now) - began))
    second=
    if [ "$status" = 0 ]; then
        began=$(now)
        "$@" --help >>"$place/logs/$name" 2>&1 </dev/null || status=$?
        second=$(($(now) - began))
        if [ "$(grep -c '^run: setting up' "$place/logs/$name")" -gt 1 ]; then status='set up twice'; fi
    fi
    report "$name" "$status" "$first" "$second"
}

case_clone() {
    clone "$place/clone"
    twice clone bare UV_CACHE_DIR="$place/empty cache" "$place/clone/run" $words
    rm -rf "$place/empty cache"
}

case_no_ensurepip() {
    clone "$place/no-ensurepip"
    mkdir -p "$place/tools/block/ensurepip"
    echo 'raise ImportError("no ensurepip here")' >"$place/tools/block/ensurepip/__init__.py"
    real=$(PATH=$own_path command -v python3)
    printf '#!/bin/sh\nPYTHONPATH=%s exec %s "$@"\n' "$place/tools/block" "$real" >"$place/tools/python3"
    chmod +x "$place/tools/python3"
    if bare PATH="$place/tools:$own_path" python3 -m ensurepip --version >/dev/null 2>&1; then
        report no-ensurepip "not shown: ensurepip is still there" 0
        return
    fi
    twice no-ensurepip bare PATH="$place/tools:$own_path" "$place/no-ensurepip/run" $words
}

case_require_virtualenv() {
    clone "$place/venv"
    twice require-virtualenv bare PIP_REQUIRE_VIRTUALENV=1 "$place/venv/run" $words
}

case_system_python() {
    clone "$place/system"
    twice system-python bare PATH=/usr/bin:/bin "$place/system/run" $words
}

case_space() {
    clone "$place/a path with a space"
    twice space bare "$place/a path with a space/run" $words
}

case_no_node() {
    clone "$place/no-node"
    mkdir -p "$place/bin"
    for tool in /bin/* /usr/bin/*; do
        case ${tool##*/} in
        node | nodejs | npm | npx | corepack) ;;
        *) [ -e "$place/bin/${tool##*/}" ] || ln -s "$tool" "$place/bin/${tool##*/}" ;;
        esac
    done
    twice no-node bare PATH="$place/bin" "$place/no-node/run" $words
}

case_no_terminal() {
    clone "$place/no-terminal"
    twice no-terminal bare setsid -w "$place/no-terminal/run" $words
}

case_no_home() {
    clone "$place/no-home"
    twice no-home env -i PATH="$own_path" HOME=/nonexistent "$place/no-home/run" $words
}

case_other_folder() {
    clone "$place/other"
    mkdir -p "$place/else where"
    (
        cd "$place/else where" || exit 1
        twice other-folder bare ../other/run $words
        [ -z "$(ls -A)" ] || echo "left behind in the caller's folder: $(ls -A)"
    )
}

# Killed, with everything it started, after so many seconds; then run again.
case_killed() {
    for after in 0.5 1 2 4 7; do
        clone "$place/killed-$after"
        # The leader of a group of its own says which, so that the whole group can be killed.
        bare UV_CACHE_DIR="$place/cache-$after" setsid sh -c 'echo $$ >"$1"; shift; exec "$@"' sh "$place/group" \
            "$place/killed-$after/run" $words >"$place/logs/before-$after" 2>&1 </dev/null &
        sleep "$after"
        if ! kill -s KILL -- "-$(cat "$place/group")" 2>/dev/null; then
            echo "(killed-$after: it had ended before)" >&2
        fi
        wait "$!" 2>/dev/null
        twice "killed-after-$after-s" bare UV_CACHE_DIR="$place/cache-$after" "$place/killed-$after/run" $words
    done
}

case_two_at_once() {
    clone "$place/two"
    began=$(now)
    bare "$place/two/run" $words >"$place/logs/two-a" 2>&1 </dev/null &
    other=$!
    status=0
    bare "$place/two/run" $words >"$place/logs/two-b" 2>&1 </dev/null || status=$?
    wait "$other" || status=$?
    report two-at-once "$status" "$(($(now) - began))"
}

case_moved() {
    clone "$place/before"
    bare "$place/before/run" $words >"$place/logs/moved-before" 2>&1 </dev/null
    mv "$place/before" "$place/after"
    twice moved bare "$place/after/run" $words
}

# The lock's hosts out of reach, as behind a company mirror that only pip knows.
case_no_hosts() {
    clone "$place/no-hosts"
    twice no-hosts bare UV_OFFLINE=1 UV_CACHE_DIR="$place/no-hosts/.uv/cache" "$place/no-hosts/run" $words
}

case_other_user() {
    if [ "$(id -u)" != 0 ] || ! command -v useradd >/dev/null 2>&1; then
        echo "| other-user | not shown: needs root to make one | | |"
        return
    fi
    useradd -m "$user" 2>/dev/null
    home=$(getent passwd "$user" | cut -d: -f6)
    git clone -q "$here" "$home/checkout" && chown -R "$user" "$home/checkout"
    twice other-user runuser -u "$user" -- env -i HOME="$home" \
        PATH="$bare_path" TERM=dumb "$home/checkout/run" $words
    userdel -r "$user" 2>/dev/null
}

all="clone no_ensurepip require_virtualenv system_python space no_node no_terminal no_home"
all="$all other_folder killed two_at_once moved no_hosts other_user"
if [ $# = 0 ]; then set -- $all; fi

table() {
    echo "| case | ./run $words | with set-up | --help, once set up |"
    echo "|---|---|---|---|"
    for one in "$@"; do "case_$(echo "$one" | tr - _)"; done
    [ "$failed" = 0 ] || : >"$place/failed"
}

rm -f "$place/failed"
table "$@" | tee "$place/table"
if [ -n "${MATRIX_RECORD:-}" ]; then
    results=$here/benchmarks/RESULTS.md
    heading='## `benchmarks/setup_matrix.sh`'
    grep -qxF "$heading" "$results" || printf '\n%s\n' "$heading" >>"$results"
    printf '\n%s, %s, %s cores, one after another\n\n' "$(date -u +%F)" \
        "$(git -C "$here" describe --always)" "$(getconf _NPROCESSORS_ONLN)" >>"$results"
    cat "$place/table" >>"$results"
fi
if [ -e "$place/failed" ]; then
    echo "logs: $place/logs" >&2
    exit 1
fi
[ -n "${MATRIX_DIR:-}" ] || rm -rf "$place"
