#!/bin/sh
# Makes .venv: a Python environment with everything that uv.lock names, and chartlake itself.
#
# Run it as often as you like: when nothing changed it does nothing and asks no network. It repairs
# an environment that was half made, moved, or lost its Python.
#   PYTHON=python3.13   use this Python, whatever others there are
#   --quiet             say nothing when there is nothing to do
#   --without-spark     PySpark (450 MB, half a minute or more) may be missing
set -eu

uv_version=0.13.9
python_names="python3.14 python3.13 python3.12 python3.11 python3 python"

cd "$(dirname "$0")/.."
here=$(pwd -P)
venv=.venv
stamp=$venv/.setup-done
quiet= wanted=everything
for option; do
    case $option in
    --quiet) quiet=yes ;;
    --without-spark) wanted='everything but spark' ;;
    esac
done

say() { printf '%s\n' "$*"; }
fail() {
    printf 'setup: %s\n' "$1" >&2
    shift
    for line in "$@"; do printf '       %s\n' "$line" >&2; done
    exit 1
}

# A name on PATH proves little (pyenv leaves names that only print an error), so each is run.
is_suitable() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }
version_of() { "$1" -c 'import platform; print(platform.python_version())' 2>/dev/null || say none; }

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        is_suitable "$PYTHON" ||
            fail "PYTHON=$PYTHON is not a Python of 3.11 or newer (version: $(version_of "$PYTHON"))." \
                "Name another one, or leave PYTHON unset."
        say "$PYTHON"
        return
    fi
    seen=
    for name in $python_names; do
        if is_suitable "$name"; then
            say "$name"
            return
        fi
        version=$(version_of "$name")
        [ "$version" = none ] || seen="$seen; $name is $version"
    done
    fail "chartlake needs Python 3.11 or newer, and there is none on PATH$seen." \
        "Install one (Debian, Ubuntu: sudo apt install python3 python3-venv; macOS: brew install python)" \
        "or name one: make setup PYTHON=/path/to/python3.13"
}

# What the environment depends on: where it stands, and what is to be in it.
place() { say "$here"; }
contents() { cat pyproject.toml uv.lock scripts/setup.sh | cksum; }

is_whole() {
    [ -f "$stamp" ] && [ "$(sed -n 1p "$stamp")" = "$(place)" ] &&
        [ -x $venv/bin/uv ] && is_suitable $venv/bin/python || return 1
    [ -z "${PYTHON:-}" ] || [ "$(version_of "$PYTHON")" = "$(version_of $venv/bin/python)" ]
}
has_everything() { [ "$(sed -n 3p "$stamp")" = everything ]; }
is_current() {
    is_whole && [ "$(sed -n 2p "$stamp")" = "$(contents)" ] &&
        { [ "$wanted" != everything ] || has_everything; }
}

make_environment() {
    python=$(find_python)
    "$python" -c 'import ensurepip, venv' >/dev/null 2>&1 ||
        fail "$python cannot make virtual environments: it comes without ensurepip. This mends it:" \
            "sudo apt install python3-venv"
    say "setup: making $venv with $python ($(version_of "$python"))"
    rm -rf $venv
    "$python" -m venv $venv || fail "$python could not make $venv: its own message is above."
    if ! output=$($venv/bin/python -m pip install --quiet --disable-pip-version-check \
        --retries 1 "uv==$uv_version" 2>&1); then
        printf '%s\n' "$output" >&2
        fail "uv, which installs the rest, could not be had (pip's own words are above)." \
            "The first set-up needs the network, or a mirror that pip is told of. Then: make setup"
    fi
    place >$stamp
}

install_everything() {
    say "setup: installing what uv.lock names"
    unset VIRTUAL_ENV CONDA_PREFIX
    if has_everything; then wanted=everything; fi # what is there stays
    [ "$wanted" = everything ] && without= || without="--no-group spark"
    # shellcheck disable=SC2086 # two words, or none
    UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=$venv \
        $venv/bin/uv sync --quiet --frozen $without --python $venv/bin/python ||
        fail "uv could not install everything (its own words are above)." \
            "If that was the network: once it is back, make setup goes on where it stopped."
    { place && contents && say "$wanted"; } >$stamp
}

if is_current; then
    [ -n "$quiet" ] || say "setup: $venv is ready, nothing to do"
    exit 0
fi
started=$(date +%s)
if ! is_whole; then make_environment; fi
install_everything
say "setup: ready in $(($(date +%s) - started)) s with Python $(version_of $venv/bin/python)"
