#version 450
// SPDX-License-Identifier: MIT
// The residual stream takes what a half of a layer made, normed, and its normed row is prepared for what comes next.
#extension GL_GOOGLE_include_directive : require
#include "kernel.glsl"

layout(push_constant) uniform Args { rft_args_post_norm a; };

#include "normed_rows.glsl"

shared float factor; // of y's norm: its sums of squares make place for those of x

float new_x(uint row, uint i)
{
    uint at = row * a.dim + i;
    float v = rft_normed(Floats(a.y).v[at], factor, Floats(a.weight).v[i]);
    if (rft_is_bad(v) != 0u) {
        mark_bad(Rows(a.rows), row);
        v = 0.0;
    }
    v = Floats(a.x).v[at] + v;
    return rft_canonical(v);
}

vec2 new_pair(uint row, uint i)
{
    return vec2(new_x(row, i), i + 1u < a.dim ? new_x(row, i + 1u) : 0.0);
}

void main()
{
    uint row = group_id();
    if (row >= Batch(a.batch).v.n_rows)
        return;
    if (gl_LocalInvocationID.x == 0u)
        factor = norm_factor(Quads(a.h), Rows(a.rows), row, a.dim, a.inverse_dim_bits, a.eps_bits);
    barrier();
    make_row(row);
}
