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

shared uint max_key;
shared float terms[LOCAL];

// The log-probability of the token that the row has drawn; invocation 0's is right.
float logprob_of(uint row, uint id)
{
    uint scores = row * a.n_scores * 2u, lane = gl_LocalInvocationID.x, key = 0u; // struct rft_score: max_bits, sum_bits
    float logit = Floats(a.logits).v[row * a.vocab + id], total = 0.0;
    if (lane == 0u)
        max_key = 0u;
    barrier();
    for (uint part = lane; part < a.n_scores; part += LOCAL)
        key = max(key, rft_sort_key(Floats(a.scores).v[scores + part * 2u]));
    atomicMax(max_key, key);
    barrier();
    float maximum = rft_from_sort_key(max_key);
    for (uint first = 0u; first < a.n_scores; first += LOCAL) {
        uint part = first + lane, end = min(a.n_scores - first, LOCAL);
        if (part < a.n_scores) {
            float term = rft_score_term(Floats(a.scores).v[scores + part * 2u], maximum);
            terms[lane] = Floats(a.scores).v[scores + part * 2u + 1u] * term;
        }
        barrier();
        for (uint block = 0u; lane == 0u && block < end; block += RFT_DOT_BLOCK) {
            float sum = 0.0;
            for (uint i = block; i < min(block + RFT_DOT_BLOCK, end); i++)
                sum = sum + terms[i];
            total = total + sum;
        }
        barrier();
    }
    return rft_logprob(rft_flush(logit), maximum, total);
}

void main()
{
    uint row = group_id();
    Rows rows = Rows(a.rows);
    if (row >= Batch(a.batch).v.n_rows || rows.v[row].state != RFT_ROW_RUNNING)
        return;
    find_best(row);
    bool is_drawn = rows.v[row].bad == 0u && best_key != 0u;
    float logprob = 0.0;
    if (a.logprobs != uvec2(0u) && is_drawn)
        logprob = logprob_of(row, best_id);
    if (gl_LocalInvocationID.x != 0u)
        return;
    if (!is_drawn) {
        rows.v[row].state = RFT_ROW_NOT_FINITE;
        return;
    }
    uint n_new = rows.v[row].n_new;
    uint state = n_new + 1u == rows.v[row].n_new_max ? RFT_ROW_LENGTH : RFT_ROW_RUNNING;
    Words(a.tokens).v[row * a.tokens_stride + n_new] = best_id;
    if (a.logprobs != uvec2(0u))
        Floats(a.logprobs).v[row * a.tokens_stride + n_new] = logprob;
    for (uint i = 0u; i < a.n_eos; i++)
        state = Words(a.eos).v[i] == best_id ? RFT_ROW_STOP : state;
    rows.v[row].token = best_id;
    rows.v[row].position++;
    rows.v[row].n_new = n_new + 1u;
    rows.v[row].state = state;
}
