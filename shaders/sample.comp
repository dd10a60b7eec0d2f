#version 450
// SPDX-License-Identifier: MIT
// The best candidate of a part of the vocabulary, for one row: a workgroup has both, an invocation four entries at a time,
// which share one call of the random generator. A maximum has no order.
#extension GL_GOOGLE_include_directive : require
#include "kernel.glsl"

#define LOCAL 64u
layout(local_size_x = LOCAL, local_size_y = 1, local_size_z = 1) in;
layout(push_constant) uniform Args { rft_args_sample a; };

#include "vocabulary.glsl"

shared uint best_key;
shared uint best_id;

bool is_kept(uint row, float s, uint id)
{
    uint at = row * 4u; // struct rft_cutoff: key, id, max_bits
    uint cutoff_key = Words(a.cutoffs).v[at], key = rft_sort_key(s);
    float difference = s - uintBitsToFloat(Words(a.cutoffs).v[at + 2u]);
    if (key < cutoff_key || (key == cutoff_key && id > Words(a.cutoffs).v[at + 1u]))
        return false;
    return !(rft_exp(difference) < uintBitsToFloat(a.min_p_bits));
}

void look_at(Drawing d, uint row, uint id, uint random, inout uint key, inout uint key_id)
{
    if (id >= a.vocab || !has_token(id))
        return;
    float logit = Floats(a.logits).v[row * a.vocab + id];
    if (rft_is_bad(logit) != 0u) {
        mark_bad(Rows(a.rows), row);
        return;
    }
    float s = rft_scaled_logit(logit, d.inverse_temperature);
    if (!d.is_greedy) {
        if ((a.flags & RFT_SAMPLE_FILTERED) != 0u && !is_kept(row, s, id))
            return;
        s = s + rft_gumbel(random);
    }
    uint candidate = rft_sort_key(s);
    if (candidate > key) {
        key = candidate;
        key_id = id;
    }
}

void main()
{
    uint row = group_id() / a.n_parts, part = group_id() % a.n_parts;
    if (row >= Batch(a.batch).v.n_rows || Rows(a.rows).v[row].state != RFT_ROW_RUNNING)
        return;
    Drawing d = drawing_of(row);
    uint key = 0u, key_id = 0u;
    if (gl_LocalInvocationID.x == 0u) {
        best_key = 0u;
        best_id = 0xffffffffu;
    }
    barrier();
    for (uint i = gl_LocalInvocationID.x; i < RFT_SAMPLE_PART / 4u; i += LOCAL) {
        uint id = part * RFT_SAMPLE_PART + i * 4u;
        if (id >= a.vocab)
            break;
        rft_philox random = random_words(d, id);
        look_at(d, row, id, random.x0, key, key_id);
        look_at(d, row, id + 1u, random.x1, key, key_id);
        look_at(d, row, id + 2u, random.x2, key, key_id);
        look_at(d, row, id + 3u, random.x3, key, key_id);
    }
    atomicMax(best_key, key);
    barrier();
    if (key == best_key && key != 0u)
        atomicMin(best_id, key_id);
    barrier();
    if (gl_LocalInvocationID.x == 0u) {
        uint at = (row * a.n_parts + part) * 2u;
        Words(a.candidates).v[at] = best_key;
        Words(a.candidates).v[at + 1u] = best_key != 0u ? best_id : 0u;
    }
}
