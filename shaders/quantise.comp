#version 450
// SPDX-License-Identifier: MIT
// Activation rows quantised: an invocation has a block of 32 elements.
#extension GL_GOOGLE_include_directive : require
#include "kernel.glsl"

layout(push_constant) uniform Args { rft_args_quantise a; };

#define LOCAL 64u
layout(local_size_x = LOCAL, local_size_y = 1, local_size_z = 1) in;

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

void main()
{
    uint row = group_id();
    if (row >= Batch(a.batch).v.n_rows)
        return;
    Quads x = Quads(a.x);
    uint first = row * (a.stride / 4u), quantised = first + a.quantised / 4u;
    for (uint block = gl_LocalInvocationID.x; block < RFT_PADDED(a.k) / RFT_QUANT_BLOCK; block += LOCAL) {
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
            x.v[quantised + block * 2u + half_block] = bytes;
            sums[half_block] = sum;
        }
        float scaled_sum = scale * float(sums.x + sums.y);
        x.v[quantised + RFT_PADDED(a.k) / 16u + block] =
            uvec4(floatBitsToUint(scale), floatBitsToUint(scaled_sum), uint(sums.x), uint(sums.y));
    }
}
