# Read by the other scripts; not run by itself.

# Every script works from any directory.
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"

tools='mrdl-infer mrdl-inspect mrdl-validate mrdl-convert mrdl-train'

# Where `Scripts/build` puts the commands.
tool_directory=$root/.build/tools

say() { printf '%s\n' "$*"; }

# A heading, in bold on a terminal.
heading() {
  if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
    printf '\n\033[1m%s\033[0m\n' "$*"
  else
    printf '\n%s\n' "$*"
  fi
}

fail() {
  printf '%s: error: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

seconds() { date +%s; }
