#version 450
// SPDX-License-Identifier: MIT
// Takes the best candidate of each running row as its next token and moves the row on, or ends it. An invocation has a row.
#extension GL_GOOGLE_include_directive : require
#include "kernel.glsl"

#define LOCAL 64u
layout(local_size_x = LOCAL, local_size_y = 1, local_size_z = 1) in;
layout(push_constant) uniform Args { rft_args_advance a; };

void main()
{
    uint row = group_id() * LOCAL + gl_LocalInvocationID.x;
    Rows rows = Rows(a.rows);
    uint best_key = 0u, best_id = 0u;
    if (row >= Batch(a.batch).v.n_rows || rows.v[row].state != RFT_ROW_RUNNING)
        return;
    for (uint part = 0u; part < a.n_parts; part++) {
        uint at = (row * a.n_parts + part) * 2u;
        uint key = Words(a.candidates).v[at];
        if (key > best_key) {
            best_key = key;
            best_id = Words(a.candidates).v[at + 1u];
        }
    }
    if (rows.v[row].bad != 0u || best_key == 0u) {
        rows.v[row].state = RFT_ROW_NOT_FINITE;
        return;
    }
    uint n_new = rows.v[row].n_new;
    uint state = n_new + 1u == rows.v[row].n_new_max ? RFT_ROW_LENGTH : RFT_ROW_RUNNING;
    Words(a.tokens).v[row * a.tokens_stride + n_new] = best_id;
    for (uint i = 0u; i < a.n_eos; i++)
        state = Words(a.eos).v[i] == best_id ? RFT_ROW_STOP : state;
    rows.v[row].token = best_id;
    rows.v[row].position++;
    rows.v[row].n_new = n_new + 1u;
    rows.v[row].state = state;
}
