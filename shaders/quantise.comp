#version 450
// SPDX-License-Identifier: MIT
// Activation rows quantised: an invocation has a block of 32 elements.
#extension GL_GOOGLE_include_directive : require
#include "kernel.glsl"

layout(push_constant) uniform Args { rft_args_quantise a; };

#define LOCAL 64u
layout(local_size_x = LOCAL, local_size_y = 1, local_size_z = 1) in;

#include "quantised.glsl"

void main()
{
    uint row = group_id();
    if (row >= Batch(a.batch).v.n_rows)
        return;
    for (uint block = gl_LocalInvocationID.x; block < RFT_PADDED(a.k) / RFT_QUANT_BLOCK; block += LOCAL)
        quantise_activations(a.y, row, a.k, block);
}
