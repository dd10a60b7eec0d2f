#version 450
// SPDX-License-Identifier: MIT
// The greatest score of a part of the vocabulary, for one row, and the sum of the terms against it: a workgroup has both. An
// invocation has the same place in each block of entries; then the blocks are summed, an invocation each.
#extension GL_GOOGLE_include_directive : require
#include "kernel.glsl"

#define BLOCKS (RFT_SAMPLE_PART / RFT_DOT_BLOCK)
#define STRIDE (RFT_DOT_BLOCK + 1u) // so that invocations with neighbouring blocks read from other banks
layout(local_size_x = RFT_DOT_BLOCK, local_size_y = 1, local_size_z = 1) in;
layout(push_constant) uniform Args { rft_args_score a; };

#include "vocabulary.glsl"

shared float scores[BLOCKS * STRIDE]; // then their terms
shared float sums[BLOCKS];
shared uint max_key;

float score_of(uint row, uint id)
{
    if (id >= a.vocab)
        return uintBitsToFloat(RFT_BITS_NO_SCORE);
    return rft_entry_score(Floats(a.logits).v[row * a.vocab + id], has_token(id) ? 1u : 0u);
}

void main()
{
    uint row = group_id() / a.n_parts, part = group_id() % a.n_parts, lane = gl_LocalInvocationID.x;
    if (row >= Batch(a.batch).v.n_rows || Rows(a.rows).v[row].state != RFT_ROW_RUNNING)
        return;
    uint first = part * RFT_SAMPLE_PART, key = 0u;
    uint n_blocks = min((a.vocab - first + RFT_DOT_BLOCK - 1u) / RFT_DOT_BLOCK, BLOCKS);
    if (lane == 0u)
        max_key = 0u;
    barrier();
    for (uint block = 0u; block < n_blocks; block++) {
        float score = score_of(row, first + block * RFT_DOT_BLOCK + lane);
        scores[block * STRIDE + lane] = score;
        key = max(key, rft_sort_key(score));
    }
    atomicMax(max_key, key);
    barrier();
    float maximum = rft_from_sort_key(max_key);
    for (uint block = 0u; block < n_blocks; block++)
        scores[block * STRIDE + lane] = rft_score_term(scores[block * STRIDE + lane], maximum);
    barrier();
    if (lane < n_blocks) {
        float sum = 0.0;
        for (uint i = 0u; i < RFT_DOT_BLOCK; i++)
            sum = sum + scores[lane * STRIDE + i];
        sums[lane] = sum;
    }
    barrier();
    if (lane == 0u) {
        float total = 0.0;
        for (uint block = 0u; block < n_blocks; block++)
            total = total + sums[block];
        uint at = (row * a.n_parts + part) * 2u; // struct rft_score
        Words(a.scores).v[at] = floatBitsToUint(maximum);
        Words(a.scores).v[at + 1u] = floatBitsToUint(total);
    }
}
