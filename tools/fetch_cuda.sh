#!/bin/sh
# SPDX-License-Identifier: MIT
# Puts what building the CUDA backend needs of NVIDIA's toolkit (nvcc, ptxas, cuda.h, nvdisasm; x86-64 and aarch64 Linux, 130 MB to
# load) into a directory, from PyPI: for machines whose distribution has no toolkit, or an old one. NVIDIA's licence applies to it.
# Needs python3-pip. Then build with  -DNVCC=DIRECTORY/bin/nvcc , or put DIRECTORY/bin into PATH.
#
#   tools/fetch_cuda.sh DIRECTORY [VERSION]      VERSION: of the package nvidia-cuda-nvcc; default 13.0.*
set -eu
directory=${1:?usage: tools/fetch_cuda.sh DIRECTORY [VERSION]}
version=${2:-13.0.*}

if [ -e "$directory" ]; then
    echo "$directory is already there" >&2
    exit 1
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for package in nvidia-cuda-nvcc nvidia-cuda-crt nvidia-nvvm nvidia-cuda-runtime; do
    python3 -m pip -q download --no-deps -d "$work/wheels" "$package==$version"
done
python3 -m pip -q download --no-deps -d "$work/wheels" nvidia-cuda-nvdisasm # any version reads all
for wheel in "$work"/wheels/*.whl; do
    python3 -m zipfile -e "$wheel" "$work/root"
done
toolkit=$(dirname "$(find "$work/root" -path '*/bin' -type d -not -path '*/nvvm/*' | head -n 1)")
chmod -R u+rwX,go+rX "$toolkit"
chmod +x "$toolkit"/bin/* "$toolkit"/nvvm/bin/*
mkdir -p "$(dirname "$directory")"
mv "$toolkit" "$directory"
"$directory/bin/nvcc" --version | tail -n 2
