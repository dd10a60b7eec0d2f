# SPDX-License-Identifier: MIT
"""Writes data/quantised.bin: for every quantised format its name in 8 bytes, the number of blocks in 4, the blocks, and the
elements that the gguf package makes of them as f32, all of it little-endian. Some blocks are what the package quantises, where it can; the
others are random, with finite scales and minima, of which some are zero, subnormal or as large as they can be. Needs:
pip install gguf.
"""
import pathlib

import gguf
import numpy as np
from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType

# where a block has its f16s
HALVES = {"Q8_0": [0], "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q2_K": [80, 82], "Q3_K": [108],
          "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208], "IQ4_NL": [0], "IQ4_XS": [0]}
EXTREME = [0x0000, 0x8000, 0x0001, 0x83ff, 0x0400, 0x7bff, 0xfbff]


def blocks_of(name, rng):
    kind = GGMLQuantizationType[name]
    n_elements, n_bytes = GGML_QUANT_SIZES[kind]
    n_blocks = 12 if n_elements == 32 else 3
    blocks = rng.integers(0, 256, (n_blocks, n_bytes), dtype=np.uint8)
    for at in HALVES[name]:
        halves = rng.integers(0, 0x10000, n_blocks).astype("<u2")
        halves[(halves & 0x7c00) == 0x7c00] ^= 0x4000
        halves[1::2] = rng.choice(EXTREME, n_blocks // 2)
        blocks[:, at:at + 2] = halves.view(np.uint8).reshape(n_blocks, 2)
    try:
        made = gguf.quants.quantize(rng.normal(0, 0.05, (2, n_elements)).astype(np.float32), kind)
        blocks[:2] = made.reshape(2, n_bytes)
    except NotImplementedError:
        pass
    return blocks, gguf.quants.dequantize(blocks, kind).astype("<f4")


def main():
    rng = np.random.default_rng(18)
    path = pathlib.Path(__file__).parent / "data" / "quantised.bin"
    with path.open("wb") as file:
        for name in HALVES:
            blocks, elements = blocks_of(name, rng)
            file.write(name.encode().ljust(8, b"\0") + len(blocks).to_bytes(4, "little"))
            file.write(blocks.tobytes() + elements.tobytes())
    print(f"{path}: {len(HALVES)} formats, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
