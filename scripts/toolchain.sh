# Sourced by the launchers beside it. Afterwards the working directory is the project's folder, `bun` on PATH is
# the version pinned in package.json, and the locked dependencies are installed.
#
# Needs a POSIX shell and npm (or any Bun). What is missing is installed under .bun and node_modules, never
# system-wide; when nothing is missing, nothing is asked of the network.

step() { printf 'authy2: %s\n' "$*" >&2; }

is_pinned_bun() { [ -x "$1" ] && [ "$("$1" --version 2>/dev/null)" = "$pinned" ]; }

# npm does not run install scripts unless told to, and then `.bin/bun` is only a shell script that says so. The
# program itself is in the @oven package that npm chose for this machine. More than one may be there.
find_bun() {
  for candidate in "$(command -v bun)" "${HOME:-}/.bun/bin/bun" \
    "$root"/.bun/node_modules/@oven/bun-*/bin/bun "$root/.bun/node_modules/.bin/bun"; do
    if is_pinned_bun "$candidate"; then
      printf '%s\n' "$candidate"
      return
    fi
  done
  return 1
}

install_bun() {
  step "installing Bun $pinned into .bun"
  mkdir -p .bun
  if command -v npm >/dev/null; then
    npm install --prefix .bun --no-save --no-package-lock --ignore-scripts --no-audit --no-fund \
      --loglevel=error "bun@$pinned" >/dev/null
  elif command -v bun >/dev/null; then
    [ -f .bun/package.json ] || printf '{}\n' >.bun/package.json
    bun add --cwd .bun --exact --ignore-scripts --silent "bun@$pinned"
  else
    step "neither npm nor Bun is here; install one of them first"
    return 1
  fi
}

install_dependencies() {
  checksum=$(cksum <bun.lock)
  stamp=node_modules/.installed-lockfile
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$checksum" ]; then
    return
  fi
  step "installing the locked dependencies"
  bun install --frozen-lockfile --no-progress --no-summary >&2
  mkdir -p node_modules
  printf '%s\n' "$checksum" >"$stamp"
}

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
cd -- "$root"
pinned=$(sed -n 's/.*"packageManager": *"bun@\([^"]*\)".*/\1/p' package.json)

if ! bun=$(find_bun); then
  install_bun
  if ! bun=$(find_bun); then
    step "Bun $pinned does not run on this machine ($(uname -sm)); see https://bun.com/docs/installation"
    exit 1
  fi
fi
PATH=$(dirname -- "$bun"):$PATH
export PATH
install_dependencies
