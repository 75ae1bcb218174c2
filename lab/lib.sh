# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034
# Shared by the lab's commands: where things are, and how to say so.

LAB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
REPOSITORY=$(dirname "$LAB")
CACHE=${XENJAVA_LAB_CACHE:-$HOME/.cache/xenjava-lab}
DEFAULT_SUITE=bookworm

QUIET=

say() { [[ -n $QUIET ]] || printf 'lab: %s\n' "$*" >&2; }
die() { printf 'lab: %s\n' "$*" >&2; exit "${DIE_STATUS:-1}"; }

# The comment at the top of a command is its manual.
usage() { sed -n '3,/^[^#]/{s/^# \{0,1\}//p}' "$0"; }

need() {
    local tool missing=()
    for tool; do
        command -v "$tool" >/dev/null || missing+=("$tool")
    done
    [[ ${#missing[@]} == 0 ]] || die "missing: ${missing[*]} (lab/install-deps installs them)"
}

# Reads the suite's row into SUITE, XEN_VERSION, JAVA_PACKAGE and DEVICE_MODEL_PACKAGE.
load_suite() {
    local row
    row=$(awk -v suite="$1" '$1 == suite' "$LAB/suites")
    [[ -n $row ]] || die "unknown suite '$1'; lab/suites has: $(awk '!/^#/ {print $1}' "$LAB/suites" | xargs)"
    read -r SUITE XEN_VERSION JAVA_PACKAGE DEVICE_MODEL_PACKAGE <<<"$row"
    export SUITE XEN_VERSION JAVA_PACKAGE DEVICE_MODEL_PACKAGE
}
