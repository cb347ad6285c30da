# SPDX-License-Identifier: MIT OR Apache-2.0
# Sourced by examples/run, tests/run and .ci/run: says what happens, installs missing Debian
# packages, configures and builds.

# What every build needs, and what else tests, checks and fuzzers want.
PACKAGES_BUILD="gcc libc6-dev meson ninja-build pkg-config python3 libuv1-dev libvulkan-dev libvulkan1
    glslang-tools libjansson-dev spirv-headers"
PACKAGES_TEST="check g++ libsubunit-dev spirv-tools vulkan-tools vulkan-validationlayers man-db"
PACKAGES_LINT="clang clang-tidy cppcheck libclang-rt-14-dev"

say() { printf '\033[1m== %s\033[0m\n' "$*"; }
die() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

# Installs those of the named packages that are missing. Root, or through sudo.
need_packages() {
    local missing="" p sudo=""
    for p in "$@"; do
        dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
    done
    [ -n "$missing" ] || return 0
    command -v apt-get >/dev/null || die "needs these Debian packages and finds no apt-get:$missing"
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || die "run as root, or install sudo; missing packages:$missing"
        sudo=sudo
    fi
    say "installing$missing"
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq update ||
        die "apt-get update failed; missing packages:$missing"
    # shellcheck disable=SC2086 # a list of words
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install $missing \
        >/dev/null || die "apt-get could not install:$missing"
}

# configure FOLDER [meson options]: creates or reconfigures a build folder.
configure() {
    local build=$1
    shift
    if [ -f "$build/build.ninja" ]; then
        meson configure "$build" "$@" >/dev/null || die "meson could not configure $build"
    else
        say "configuring $build"
        meson setup "$build" "$root" "$@" >"$build.log" 2>&1 ||
            { tail -20 "$build.log" >&2; die "meson setup failed (whole output: $build.log)"; }
    fi
}

# build FOLDER [targets]: builds quietly, shows the end of the output when it fails.
build() {
    local build=$1
    shift
    say "building in $build"
    ninja -C "$build" "$@" >"$build/build.log" 2>&1 ||
        { grep -E 'error|warning|FAILED' "$build/build.log" | head -20 >&2
          tail -5 "$build/build.log" >&2
          die "the build failed (whole output: $build/build.log)"; }
}
