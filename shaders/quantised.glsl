// SPDX-License-Identifier: MIT
// The quantised part of rows (op_args.h: rft_quantised_block). A block depends on its own 32 elements only, so whoever has stored
// them quantises them. Places in rows are counted in uvec4.

uint greater_magnitude(uint greatest, uint word)
{
    return max(greatest, max((word << 16) & 0x7fffffffu, word & 0x7fff0000u));
}

// Four integers in the bytes of a word, from two words of bf16; their sum is added.
uint bytes_of(uint low, uint high, float factor, inout int sum)
{
    int i0 = rft_quantised(rft_low_bf16(low), factor), i1 = rft_quantised(rft_high_bf16(low), factor);
    int i2 = rft_quantised(rft_low_bf16(high), factor), i3 = rft_quantised(rft_high_bf16(high), factor);
    sum += i0 + i1 + i2 + i3;
    return (uint(i0) & 0xffu) | (uint(i1) & 0xffu) << 8 | (uint(i2) & 0xffu) << 16 | uint(i3) << 24;
}

// Block `block` of a row of k elements that begins at `first`, if it has such a block. quantised: where that part of it begins,
// from there.
void quantise_block(Quads x, uint first, uint quantised, uint k, uint block)
{
    if (block * RFT_QUANT_BLOCK >= k)
        return;
    uint greatest = 0u;
    for (uint i = 0u; i < 4u; i++) {
        uvec4 words = x.v[first + block * 4u + i];
        greatest = greater_magnitude(greater_magnitude(greatest, words.x), words.y);
        greatest = greater_magnitude(greater_magnitude(greatest, words.z), words.w);
    }
    float factor = rft_quantised_factor(uintBitsToFloat(greatest)), scale = rft_quantised_scale(uintBitsToFloat(greatest));
    ivec2 sums = ivec2(0);
    for (uint half_block = 0u; half_block < 2u; half_block++) {
        uvec4 a0 = x.v[first + block * 4u + half_block * 2u], a1 = x.v[first + block * 4u + half_block * 2u + 1u];
        uvec4 bytes;
        int sum = 0;
        bytes.x = bytes_of(a0.x, a0.y, factor, sum);
        bytes.y = bytes_of(a0.z, a0.w, factor, sum);
        bytes.z = bytes_of(a1.x, a1.y, factor, sum);
        bytes.w = bytes_of(a1.z, a1.w, factor, sum);
        x.v[first + quantised + block * 2u + half_block] = bytes;
        sums[half_block] = sum;
    }
    float scaled_sum = scale * float(sums.x + sums.y);
    x.v[first + quantised + RFT_PADDED(k) / 16u + block] =
        uvec4(floatBitsToUint(scale), floatBitsToUint(scaled_sum), uint(sums.x), uint(sums.y));
}

// Blocks of an activation row, and of a normed row.
void quantise_activations(uvec2 y, uint row, uint k, uint block)
{
    quantise_block(Quads(y), row * RFT_ROW_WORDS(k) / 4u, RFT_ROW_QUANTISED(k) / 4u, k, block);
}

void quantise_normed(uvec2 h, uint row, uint dim, uint block)
{
    quantise_block(Quads(h), row * RFT_H_WORDS(dim) / 4u, RFT_H_QUANTISED(dim) / 4u, dim, block);
}
