#version 450
// SPDX-License-Identifier: MIT
// Takes the best candidate of each running row as its next token and moves the row on, or ends it. A workgroup has a row: draw
// leaves thousands of candidates. The greatest key has no order, the lowest id with it neither.
#extension GL_GOOGLE_include_directive : require
#include "kernel.glsl"

#define LOCAL 256u
layout(local_size_x = LOCAL, local_size_y = 1, local_size_z = 1) in;
layout(push_constant) uniform Args { rft_args_advance a; };

shared uint best_key;
shared uint best_id;

// The best candidate of the row, ties to the lowest id, in best_key and best_id.
void find_best(uint row)
{
    uint key = 0u, id = 0u;
    if (gl_LocalInvocationID.x == 0u) {
        best_key = 0u;
        best_id = 0xffffffffu;
    }
    barrier();
    for (uint part = gl_LocalInvocationID.x; part < a.n_parts; part += LOCAL) {
        uint at = (row * a.n_parts + part) * 2u;
        uint candidate = Words(a.candidates).v[at];
        if (candidate > key) {
            key = candidate;
            id = Words(a.candidates).v[at + 1u];
        }
    }
    atomicMax(best_key, key);
    barrier();
    if (key == best_key && key != 0u)
        atomicMin(best_id, id);
    barrier();
}

void main()
{
    uint row = group_id();
    Rows rows = Rows(a.rows);
    if (row >= Batch(a.batch).v.n_rows || rows.v[row].state != RFT_ROW_RUNNING)
        return;
    find_best(row);
    if (gl_LocalInvocationID.x != 0u)
        return;
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
