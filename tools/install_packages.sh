#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs what rftgen needs on Debian 12, Debian 13 and Ubuntu 24.04, as root or with sudo. The one list of packages: README.md's
# commands and .ci/run use it.
#
#   tools/install_packages.sh build     to build and run
#   tools/install_packages.sh test      and to test with software Vulkan, and with judges that are programs
#   tools/install_packages.sh ci        and what .ci/run needs besides
set -eu
build='gcc libc6-dev cmake ninja-build pkg-config libjansson-dev libpcre2-dev libutf8proc-dev libxxhash-dev libinih-dev
    zlib1g-dev libzstd-dev libgmp-dev libmpfr-dev glslang-tools libvulkan-volk-dev libvulkan-dev libvulkan1'
test='g++ mesa-vulkan-drivers libcmocka-dev bubblewrap python3 jq'
ci='clang clang-format-14 python3-pip spirv-tools vulkan-validationlayers chromium'
case ${1:-} in
    build) packages=$build ;;
    test) packages="$build $test" ;;
    ci) packages="$build $test $ci" ;;
    *) sed -n '3,9s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
command -v apt-get >/dev/null || {
    printf '%s\n' "install_packages.sh: apt-get is not there; install what your distribution calls these:" "$packages" >&2
    exit 1
}
as_root=
[ "$(id -u)" -eq 0 ] || as_root=$(command -v sudo) || { echo "install_packages.sh: be root, or install sudo" >&2; exit 1; }
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get -q update
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends $packages
