#version 450
// SPDX-License-Identifier: MIT
// Attention over pages. A workgroup has a row and a key-value head, with the query heads that share it, four at a time: their
// scores, then their exponentials, lie side by side in scratch as [key][4]. First an invocation has four keys, then a block of
// 64 keys (whose exponentials it adds), then a few neighbouring dimensions of the values of a block.
//
// The width does not show in the bits. Narrow groups suit processors, which pay for every barrier of every invocation, every turn
// of a loop and every load. Wide ones suit GPUs: neighbouring invocations read neighbouring words, so little shared memory and few
// registers are needed, and many groups hide each other's waits.
// variant narrow: LOCAL=32u VALUES_AT_ONCE=16u DIMENSIONS=8
// variant wide: LOCAL=64u VALUES_AT_ONCE=4u DIMENSIONS=2
#extension GL_GOOGLE_include_directive : require
#include "kernel.glsl"

layout(local_size_x = LOCAL, local_size_y = 1, local_size_z = 1) in;
layout(push_constant) uniform Args { rft_args_attention a; };
layout(buffer_reference, std430, buffer_reference_align = 16) buffer Scores { vec4 v[]; };

#include "pages.glsl"
#include "quantised.glsl"

shared uint max_keys[4];
#define DIMENSIONS_OF_TURN 64u
shared vec4 block_sums[DIMENSIONS * LOCAL]; // of four heads
shared vec4 totals[DIMENSIONS_OF_TURN];     // of a dimension, of four heads
shared vec4 inverse_sums;

// Keys of one kind of pages: where the row's list of those pages begins, and the place of their scores. Both kinds begin with
// a page, in scratch as well, so that whole pages can be worked on: the exponentials of keys past the last one and of those
// before the window are +0, which changes no sum. Pages that lie before the window are not looked at.
struct Segment {
    bool is_prompt;
    uint table;
    uint scratch;
    uint first; // the first key that is seen
    uint n;     // keys up to the last one; 0: none is seen
};

uint whole_pages(uint n)
{
    return (n + RFT_PAGE_TOKENS - 1u) / RFT_PAGE_TOKENS * RFT_PAGE_TOKENS;
}

Segment segment(uint row, bool is_prompt, uint scratch)
{
    Rows rows = Rows(a.rows);
    uint n = rows.v[row].position + 1u, n_prompt = min(n, rows.v[row].n_prompt);
    uint first = n - min(n, a.window), first_prompt = min(first, n_prompt);
    return is_prompt ? Segment(true, rows.v[row].prompt_table, scratch, first, first < n_prompt ? n_prompt : 0u)
                     : Segment(false, rows.v[row].own_table, scratch + whole_pages(n_prompt), first - first_prompt, n - n_prompt);
}

// The first key of the first page that is looked at.
uint first_of_pages(Segment s)
{
    return s.first / RFT_PAGE_TOKENS * RFT_PAGE_TOKENS;
}

uvec4 quad_at(bool is_prompt, uint at)
{
    return is_prompt ? Quads(a.prompt_kv).v[at] : Quads(a.own_kv).v[at];
}

// First words of four query heads; heads past the group repeat the last one, and nobody reads their results.
uvec4 query_words(uint row, uint kv_head, uint first_head)
{
    uint group = a.n_heads / a.n_kv_heads;
    uvec4 heads = min(uvec4(first_head) + uvec4(0u, 1u, 2u, 3u), uvec4(group - 1u)) + kv_head * group;
    return (row * a.n_heads + heads) * (a.head_dim / 2u);
}

#define MULTIPLY_KEYS(q, k)                                                                                                \
    {                                                                                                                  \
        vec4 low = uintBitsToFloat((q) << 16), high = uintBitsToFloat((q) & 0xffff0000u);                              \
        s0 = fma(low, vec4(uintBitsToFloat((k).x << 16)), s0);                                                         \
        s1 = fma(low, vec4(uintBitsToFloat((k).y << 16)), s1);                                                         \
        s2 = fma(low, vec4(uintBitsToFloat((k).z << 16)), s2);                                                         \
        s3 = fma(low, vec4(uintBitsToFloat((k).w << 16)), s3);                                                         \
        s0 = fma(high, vec4(uintBitsToFloat((k).x & 0xffff0000u)), s0);                                                \
        s1 = fma(high, vec4(uintBitsToFloat((k).y & 0xffff0000u)), s1);                                                \
        s2 = fma(high, vec4(uintBitsToFloat((k).z & 0xffff0000u)), s2);                                                \
        s3 = fma(high, vec4(uintBitsToFloat((k).w & 0xffff0000u)), s3);                                                \
    }

// Products of four neighbouring keys with four queries, in blocks of 64 dimensions. at: uvec4 of their first dimensions.
void key_products(bool is_prompt, uint at, uvec4 q, out vec4 t0, out vec4 t1, out vec4 t2, out vec4 t3)
{
    Quads queries = Quads(a.q);
    t0 = t1 = t2 = t3 = vec4(0.0);
    for (uint block = 0u; block < a.head_dim / 2u; block += RFT_DOT_BLOCK / 2u) {
        vec4 s0 = vec4(0.0), s1 = vec4(0.0), s2 = vec4(0.0), s3 = vec4(0.0);
        for (uint i = block; i < min(block + RFT_DOT_BLOCK / 2u, a.head_dim / 2u); i += 4u) {
            uvec4 q0 = queries.v[(q.x + i) / 4u], q1 = queries.v[(q.y + i) / 4u];
            uvec4 q2 = queries.v[(q.z + i) / 4u], q3 = queries.v[(q.w + i) / 4u];
            uvec4 k0 = quad_at(is_prompt, at), k1 = quad_at(is_prompt, at + 4u);
            uvec4 k2 = quad_at(is_prompt, at + 8u), k3 = quad_at(is_prompt, at + 12u);
            MULTIPLY_KEYS(uvec4(q0.x, q1.x, q2.x, q3.x), k0)
            MULTIPLY_KEYS(uvec4(q0.y, q1.y, q2.y, q3.y), k1)
            MULTIPLY_KEYS(uvec4(q0.z, q1.z, q2.z, q3.z), k2)
            MULTIPLY_KEYS(uvec4(q0.w, q1.w, q2.w, q3.w), k3)
            at += RFT_PAGE_TOKENS;
        }
        t0 = t0 + s0;
        t1 = t1 + s1;
        t2 = t2 + s2;
        t3 = t3 + s3;
    }
}

uvec4 sort_keys(vec4 v)
{
    return uvec4(rft_sort_key(v.x), rft_sort_key(v.y), rft_sort_key(v.z), rft_sort_key(v.w));
}

// Scales a key's products, puts the scores into scratch, and keeps the greatest as sort keys.
void store_score(Segment s, uint key, vec4 products, uint row, uint n_used, inout uvec4 greatest)
{
    if (key < s.first || key >= s.n)
        return;
    vec4 score = products * vec4(uintBitsToFloat(a.scale_bits));
    uvec4 bad = uvec4(rft_is_bad(score.x), rft_is_bad(score.y), rft_is_bad(score.z), rft_is_bad(score.w));
    if (bad != uvec4(0u)) {
        for (uint head = 0u; head < 4u; head++) {
            if (bad[head] != 0u && head < n_used)
                mark_bad(Rows(a.rows), row);
            score[head] = bad[head] != 0u ? 0.0 : score[head];
        }
    }
    score = flush(score);
    greatest = max(greatest, sort_keys(score));
    Scores(a.scratch).v[s.scratch + key] = score;
}

void find_scores(Segment s, uint row, uint kv_head, uint n_used, uvec4 q, inout uvec4 greatest)
{
    for (uint key = first_of_pages(s) + gl_LocalInvocationID.x * 4u; key < s.n; key += LOCAL * 4u) {
        vec4 t0, t1, t2, t3;
        uint at = (page_word(s.table, key, kv_head) + key % RFT_PAGE_TOKENS) / 4u;
        key_products(s.is_prompt, at, q, t0, t1, t2, t3);
        store_score(s, key, t0, row, n_used, greatest);
        store_score(s, key + 1u, t1, row, n_used, greatest);
        store_score(s, key + 2u, t2, row, n_used, greatest);
        store_score(s, key + 3u, t3, row, n_used, greatest);
    }
}

// Capped scores in place of scores. A pass of its own costs little where there is no cap (kernel.glsl: soft_caps).
void cap_scores(Segment s, inout uvec4 greatest)
{
    for (uint i = s.first + gl_LocalInvocationID.x; i < s.n; i += LOCAL) {
        vec4 score = flush(soft_caps(Scores(a.scratch).v[s.scratch + i], a.cap_bits, a.inverse_cap_bits));
        greatest = max(greatest, sort_keys(score));
        Scores(a.scratch).v[s.scratch + i] = score;
    }
}

void find_exponentials(Segment s)
{
    vec4 maxima = vec4(rft_from_sort_key(max_keys[0]), rft_from_sort_key(max_keys[1]), rft_from_sort_key(max_keys[2]),
                       rft_from_sort_key(max_keys[3]));
    for (uint i = first_of_pages(s) + gl_LocalInvocationID.x; i < whole_pages(s.n); i += LOCAL) {
        vec4 e = vec4(0.0);
        if (i >= s.first && i < s.n) {
            vec4 difference = Scores(a.scratch).v[s.scratch + i] - maxima;
            e = flush(vec4(rft_exp(difference.x), rft_exp(difference.y), rft_exp(difference.z), rft_exp(difference.w)));
        }
        Scores(a.scratch).v[s.scratch + i] = e;
    }
}

// total + the sums of a segment's blocks, in ascending order: an invocation adds up a block, the first one the blocks.
vec4 add_blocks(Segment s, vec4 total)
{
    uint n = whole_pages(s.n), n_blocks = (n + RFT_DOT_BLOCK - 1u) / RFT_DOT_BLOCK;
    for (uint round = s.first / RFT_DOT_BLOCK; round < n_blocks; round += LOCAL) {
        uint block = round + gl_LocalInvocationID.x;
        if (block < n_blocks) {
            vec4 sum = vec4(0.0);
            uint first = max(block * RFT_DOT_BLOCK, first_of_pages(s));
            [[dont_unroll]] for (uint i = first; i < min((block + 1u) * RFT_DOT_BLOCK, n); i += VALUES_AT_ONCE)
                [[unroll]] for (uint j = 0u; j < VALUES_AT_ONCE; j++)
                    sum = sum + Scores(a.scratch).v[s.scratch + i + j];
            block_sums[gl_LocalInvocationID.x] = sum;
        }
        barrier();
        if (gl_LocalInvocationID.x == 0u)
            for (uint i = 0u; i < min(LOCAL, n_blocks - round); i++)
                total = total + block_sums[i];
        barrier();
    }
    return total;
}

void round_weights(Segment s)
{
    for (uint i = first_of_pages(s) + gl_LocalInvocationID.x; i < s.n; i += LOCAL) {
        vec4 e = Scores(a.scratch).v[s.scratch + i];
        Scores(a.scratch).v[s.scratch + i] = vec4(rft_low_bf16(rft_to_bf16(e.x)), rft_low_bf16(rft_to_bf16(e.y)),
                                                  rft_low_bf16(rft_to_bf16(e.z)), rft_low_bf16(rft_to_bf16(e.w)));
    }
}

#define ADD_VALUE(low, high, word)                                                                                     \
    low = fma(weight, vec4(uintBitsToFloat((word) << 16)), low);                                                       \
    high = fma(weight, vec4(uintBitsToFloat((word) & 0xffff0000u)), high);

// Weighted sums of a block of values, in DIMENSIONS dimensions from this one, into the invocation's part of block_sums.
void sum_block(Segment s, uint kv_head, uint block, uint dimension)
{
    uint to = DIMENSIONS * gl_LocalInvocationID.x;
    vec4 v0 = vec4(0.0), v1 = vec4(0.0);
#if DIMENSIONS == 8
    vec4 v2 = vec4(0.0), v3 = vec4(0.0), v4 = vec4(0.0), v5 = vec4(0.0), v6 = vec4(0.0), v7 = vec4(0.0);
#endif
    uint first = max(block * RFT_DOT_BLOCK, first_of_pages(s));
    for (uint page = first; page < min((block + 1u) * RFT_DOT_BLOCK, s.n); page += RFT_PAGE_TOKENS) {
        uint at = page_word(s.table, page, kv_head) + RFT_PAGE_TOKENS / 2u * a.head_dim + dimension / 2u;
        [[dont_unroll]] for (uint key = page; key < page + RFT_PAGE_TOKENS; key += VALUES_AT_ONCE) {
            [[unroll]] for (uint j = 0u; j < VALUES_AT_ONCE; j++) {
                vec4 weight = Scores(a.scratch).v[s.scratch + key + j];
#if DIMENSIONS == 8
                uvec4 words = quad_at(s.is_prompt, at / 4u);
                ADD_VALUE(v0, v1, words.x)
                ADD_VALUE(v2, v3, words.y)
                ADD_VALUE(v4, v5, words.z)
                ADD_VALUE(v6, v7, words.w)
#else
                uint word = s.is_prompt ? Words(a.prompt_kv).v[at] : Words(a.own_kv).v[at];
                ADD_VALUE(v0, v1, word)
#endif
                at += a.head_dim / 2u;
            }
        }
    }
    block_sums[to] = v0;
    block_sums[to + 1u] = v1;
#if DIMENSIONS == 8
    block_sums[to + 2u] = v2;
    block_sums[to + 3u] = v3;
    block_sums[to + 4u] = v4;
    block_sums[to + 5u] = v5;
    block_sums[to + 6u] = v6;
    block_sums[to + 7u] = v7;
#endif
}

// totals of n dimensions from `first` += the sums of a segment's blocks, in ascending order. Several blocks at once; then an
// invocation has a dimension.
void add_values(Segment s, uint kv_head, uint first, uint n)
{
    uint n_lanes = n / DIMENSIONS, n_at_once = LOCAL / n_lanes;
    uint n_blocks = (s.n + RFT_DOT_BLOCK - 1u) / RFT_DOT_BLOCK;
    uint lane = gl_LocalInvocationID.x % n_lanes, of_round = gl_LocalInvocationID.x / n_lanes;
    for (uint round = s.first / RFT_DOT_BLOCK; round < n_blocks; round += n_at_once) {
        if (of_round < n_at_once && round + of_round < n_blocks)
            sum_block(s, kv_head, round + of_round, first + DIMENSIONS * lane);
        barrier();
        for (uint i = gl_LocalInvocationID.x; i < n; i += LOCAL) {
            vec4 total = totals[i];
            for (uint block = 0u; block < min(n_at_once, n_blocks - round); block++)
                total = total + block_sums[block * n + i];
            totals[i] = total;
        }
        barrier();
    }
}

void store_outputs(uint row, uint kv_head, uint first_head, uint n_used, uint first, uint n)
{
    uint head = kv_head * (a.n_heads / a.n_kv_heads) + first_head;
    uint at = row * RFT_ROW_WORDS(a.n_heads * a.head_dim) + (head * a.head_dim + first) / 2u;
    for (uint i = gl_LocalInvocationID.x; i < n_used * (n / 2u); i += LOCAL) {
        uint word = i % (n / 2u), of_head = i / (n / 2u);
        float y_low = rft_flush(totals[2u * word][of_head]) * inverse_sums[of_head];
        float y_high = rft_flush(totals[2u * word + 1u][of_head]) * inverse_sums[of_head];
        Words(a.y).v[at + of_head * (a.head_dim / 2u) + word] = pair_or_mark(y_low, y_high, Rows(a.rows), row);
    }
}

// Everything about (at most) four query heads of the group, from the first_head-th.
void attend(uint row, uint kv_head, uint first_head, uint scratch)
{
    Segment prompt = segment(row, true, scratch), own = segment(row, false, scratch);
    uint n_used = min(4u, a.n_heads / a.n_kv_heads - first_head);
    uvec4 q = query_words(row, kv_head, first_head), greatest = uvec4(0u);
    if (gl_LocalInvocationID.x < 4u)
        max_keys[gl_LocalInvocationID.x] = 0u;
    find_scores(prompt, row, kv_head, n_used, q, greatest);
    find_scores(own, row, kv_head, n_used, q, greatest);
    memory_barrier();
    if (a.cap_bits != 0u) {
        greatest = uvec4(0u);
        cap_scores(prompt, greatest);
        cap_scores(own, greatest);
    }
    atomicMax(max_keys[0], greatest.x);
    atomicMax(max_keys[1], greatest.y);
    atomicMax(max_keys[2], greatest.z);
    atomicMax(max_keys[3], greatest.w);
    memory_barrier();
    find_exponentials(prompt);
    find_exponentials(own);
    memory_barrier();
    vec4 total = add_blocks(own, add_blocks(prompt, vec4(0.0)));
    memory_barrier();
    if (gl_LocalInvocationID.x == 0u)
        inverse_sums = vec4(rft_reciprocal(total.x), rft_reciprocal(total.y), rft_reciprocal(total.z), rft_reciprocal(total.w));
    round_weights(prompt);
    round_weights(own);
    memory_barrier();
    for (uint first = 0u; first < a.head_dim; first += DIMENSIONS_OF_TURN) {
        uint n = min(DIMENSIONS_OF_TURN, a.head_dim - first);
        for (uint i = gl_LocalInvocationID.x; i < n; i += LOCAL)
            totals[i] = vec4(0.0);
        barrier();
        add_values(prompt, kv_head, first, n);
        add_values(own, kv_head, first, n);
        store_outputs(row, kv_head, first_head, n_used, first, n);
        barrier();
    }
}

// The outputs of a key-value head, which are whole blocks.
void quantise_outputs(uint row, uint kv_head)
{
    uint k = a.n_heads * a.head_dim, n = k / a.n_kv_heads / RFT_QUANT_BLOCK;
    memory_barrier();
    for (uint block = gl_LocalInvocationID.x; block < n; block += LOCAL)
        quantise_activations(a.y, row, k, kv_head * n + block);
}

void main()
{
    uint row = group_id() / a.n_kv_heads, kv_head = group_id() % a.n_kv_heads;
    uint group = a.n_heads / a.n_kv_heads;
    if (row >= Batch(a.batch).v.n_rows || Rows(a.rows).v[row].state != RFT_ROW_RUNNING)
        return;
    uint n_keys = a.scratch_floats / ((group + 3u) / 4u * 4u);
    for (uint first_head = 0u; first_head < group; first_head += 4u)
        attend(row, kv_head, first_head, group_id() * (a.scratch_floats / 4u) + first_head / 4u * n_keys);
    if ((a.flags & RFT_QUANTISED) != 0u)
        quantise_outputs(row, kv_head);
}
