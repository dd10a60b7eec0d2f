// SPDX-License-Identifier: MIT
// The matrix products: one text for the ops that have one, in three variants with the same bits, because the contract
// fixes the order within an output and nothing else. An output's sum takes blocks of 64 elements; four neighbouring matrix
// rows, a "quad", are read together.
//
//   rows   an invocation has a quad and COLUMNS activation rows: nothing is shared, so it suits processors
//   lanes  a workgroup has a tile of 16 matrix rows; its lanes take blocks in turn and hand over whole block sums: reads as
//          many weights at once as possible, for few activation rows on a GPU
//   tiled  a workgroup has 64 matrix rows and 32 activation rows, both staged in shared memory block by block: many rows
//
// Each is for a matrix of bf16 (products_bf16.glsl) or, with INTEGERS, of integers (products_integers.glsl), with DOT by dot
// products of bytes where the device has them.
//
// variant rows_1: VARIANT_ROWS COLUMNS=1
// variant rows_2: VARIANT_ROWS COLUMNS=2
// variant rows_4: VARIANT_ROWS COLUMNS=4
// variant rows_5: VARIANT_ROWS COLUMNS=5
// variant rows_8: VARIANT_ROWS COLUMNS=8
// variant lanes_1: VARIANT_LANES COLUMNS=1
// variant lanes_2: VARIANT_LANES COLUMNS=2
// variant lanes_4: VARIANT_LANES COLUMNS=4
// variant tiled: VARIANT_TILED
// variant integers_rows_1: INTEGERS VARIANT_ROWS COLUMNS=1
// variant integers_rows_5: INTEGERS VARIANT_ROWS COLUMNS=5
// variant integers_rows_8: INTEGERS VARIANT_ROWS COLUMNS=8
// variant integers_lanes_2: INTEGERS VARIANT_LANES COLUMNS=2
// variant integers_tiled: INTEGERS VARIANT_TILED
// variant dot_lanes_1: INTEGERS DOT VARIANT_LANES COLUMNS=1
// variant dot_lanes_4: INTEGERS DOT VARIANT_LANES COLUMNS=4
// variant dot_tiled: INTEGERS DOT VARIANT_TILED
//
// The including kernel defines, before: INPUT, N_ROWS_OF_MATRIX, K, STRIDE (words of an activation row); NORMED if sums are
// multiplied with each row's factor, which is computed unless IS_LEFT_ALONE(row); BIASED if they have a.bias added; and after
// this text
//   void store_quad(uint quad, uint row, vec4 results, out uvec4 kept)
// which receives the results of matrix rows 4 quad .. 4 quad + 3. With TILES, what it returns is kept, and handed on for each tile:
//   void store_tile(uint tile, uint row, uvec4 kept0, uvec4 kept1, uvec4 kept2, uvec4 kept3)
// With QUADS_OF_BLOCK, the quads whose results are a block of 32 outputs, these are quantised where RFT_QUANTISED says so, by
//   void quantise_outputs(uint row, uint block)
// For that a workgroup has whole blocks. Lanes have a tile otherwise; those of a matrix of bf16, behind which there is rarely one
// of integers, take the block's tiles in turn.
#if defined(VARIANT_ROWS)
#define LOCAL 16u
#define QUADS_OF_GROUP LOCAL
#define ROWS_OF_GROUP uint(COLUMNS)
#elif defined(VARIANT_LANES)
#if defined(QUADS_OF_BLOCK) && defined(INTEGERS)
#define QUADS_OF_GROUP QUADS_OF_BLOCK
#define LANES (QUADS_OF_GROUP * ROWS_OF_GROUP > 32u ? 8u : 16u) // what they hand over are at most 8 KiB
#else
#define QUADS_OF_GROUP 4u
#define LANES 16u
#endif
#define LOCAL (QUADS_OF_GROUP * LANES)
#define ROWS_OF_GROUP uint(COLUMNS)
#elif defined(VARIANT_TILED)
#define LOCAL 128u
#define QUADS_OF_GROUP 16u
#define ROWS_OF_GROUP 32u
#define STAGED_QUADS 768u // as many as the products need: of integers fewer
#endif
layout(local_size_x = LOCAL, local_size_y = 1, local_size_z = 1) in;

void store_quad(uint quad, uint row, vec4 results, out uvec4 kept);
#if defined(TILES)
void store_tile(uint tile, uint row, uvec4 kept0, uvec4 kept1, uvec4 kept2, uvec4 kept3);
#endif

uint n_quads()
{
    return (N_ROWS_OF_MATRIX + RFT_TILE - 1u) / RFT_TILE * 4u;
}

#if !defined(IS_LEFT_ALONE)
#define IS_LEFT_ALONE(row) false
#endif

#if defined(NORMED)
shared float factors[ROWS_OF_GROUP];

// The factors of the group's activation rows.
void find_factors(uint first, uint n_rows)
{
    for (uint i = gl_LocalInvocationID.x; i < ROWS_OF_GROUP; i += LOCAL)
        if (first + i < n_rows && !IS_LEFT_ALONE(first + i))
            factors[i] = norm_factor(Quads(INPUT), Rows(a.rows), first + i, a.dim, a.inverse_dim_bits, a.eps_bits);
}

vec4 scaled_sums(vec4 sums, float factor)
{
    return vec4(rft_scaled_sum(sums.x, factor), rft_scaled_sum(sums.y, factor), rft_scaled_sum(sums.z, factor),
                rft_scaled_sum(sums.w, factor));
}
#define SCALED(i, sums) scaled_sums(sums, factors[i])
#else
#define SCALED(i, sums) (sums)
#endif

#if defined(BIASED)
// Every invocation has one quad. Adding the +0 of no bias changes nothing, since no sum is -0.
vec4 bias_of(uint quad)
{
    vec4 bias = vec4(0.0);
    if (a.bias != uvec2(0u) && quad < n_quads())
        bias = uintBitsToFloat(Quads(a.bias).v[quad]);
    return bias;
}
#define RESULTS(i, sums) (SCALED(i, sums) + bias)
#define DECLARE_BIAS(quad) vec4 bias = bias_of(quad);
#else
#define RESULTS(i, sums) SCALED(i, sums)
#define DECLARE_BIAS(quad)
#endif

#if defined(TILES)
#if defined(VARIANT_TILED)
#define KEPT(quad, i) stage[(quad) * ROWS_OF_GROUP + (i)]
#else
shared uvec4 kept_quads[QUADS_OF_GROUP * ROWS_OF_GROUP];
#define KEPT(quad, i) kept_quads[(quad) * ROWS_OF_GROUP + (i)]
#endif
#define KEEP(quad, i, kept) KEPT(quad, i) = kept;
#else
#define KEEP(quad, i, kept)
#endif

#define STORE(quad_in_group, i, first, first_quad, n_rows, sums)                                                       \
    if ((first) + (i) < (n_rows) && (first_quad) + (quad_in_group) < n_quads()) {                                      \
        uvec4 kept;                                                                                                    \
        store_quad((first_quad) + (quad_in_group), (first) + (i), RESULTS(i, sums), kept);                             \
        KEEP(quad_in_group, i, kept)                                                                                   \
    }

#if defined(VARIANT_TILED)
shared uvec4 stage[STAGED_QUADS];
#define STAGED_WORD(word, row) stage[STAGED_ROWS + (word) * 8u + (row) / 4u]
#else
#include "columns.glsl"
#endif
#if defined(INTEGERS)
#include "products_integers.glsl"
#else
#include "products_bf16.glsl"
#endif

#if defined(VARIANT_TILED)
void stage_rows(uint block, uint first, uint n_rows)
{
    for (uint i = gl_LocalInvocationID.x; i < BLOCK_QUADS * 32u; i += LOCAL) {
        uint row = i % 32u, part = i / 32u;
        uvec4 words = Quads(INPUT).v[ROW_PLACE(min(first + row, n_rows - 1u)) + block * BLOCK_QUADS + part];
        STAGED_WORD(part * 4u, row)[row % 4u] = words.x;
        STAGED_WORD(part * 4u + 1u, row)[row % 4u] = words.y;
        STAGED_WORD(part * 4u + 2u, row)[row % 4u] = words.z;
        STAGED_WORD(part * 4u + 3u, row)[row % 4u] = words.w;
    }
}

void multiply(uint first, uint first_quad, uint n_rows)
{
    uint quad = gl_LocalInvocationID.x % 16u, row = gl_LocalInvocationID.x / 16u * 4u;
    vec4 total0 = vec4(0.0), total1 = vec4(0.0), total2 = vec4(0.0), total3 = vec4(0.0);
    for (uint block = 0u; block < RFT_PADDED(K) / 64u; block++) {
        vec4 acc0 = vec4(0.0), acc1 = vec4(0.0), acc2 = vec4(0.0), acc3 = vec4(0.0);
        stage_weights(block, first_quad);
        stage_rows(block, first, n_rows);
#if defined(INTEGERS)
        stage_quantised_blocks(block, first, n_rows);
#endif
        barrier();
        MULTIPLY_STAGED(quad, row)
        total0 = total0 + acc0;
        total1 = total1 + acc1;
        total2 = total2 + acc2;
        total3 = total3 + acc3;
        barrier();
    }
    DECLARE_BIAS(first_quad + quad)
    STORE(quad, row, first, first_quad, n_rows, total0)
    STORE(quad, row + 1u, first, first_quad, n_rows, total1)
    STORE(quad, row + 2u, first, first_quad, n_rows, total2)
    STORE(quad, row + 3u, first, first_quad, n_rows, total3)
}
#else
#define DECLARE_X(c) uint x##c = ROW_PLACE(min(first + uint(c), n_rows - 1u));

#if defined(VARIANT_ROWS)
#define DECLARE_TOTAL(c) vec4 total##c = vec4(0.0);
#define ADD_BLOCK(c) total##c = total##c + acc##c;
#define COLLECT(c) totals[c] = total##c;

void multiply(uint first, uint first_quad, uint n_rows)
{
    Quads weights = Quads(a.weight), input_words = Quads(INPUT);
    uint quad = min(first_quad + gl_LocalInvocationID.x, n_quads() - 1u);
    uint at = quad / 4u * TILE_QUADS + quad % 4u;
    EACH_COLUMN(DECLARE_X)
    EACH_COLUMN(DECLARE_TOTAL)
    EACH_COLUMN(DECLARE_ACC)
    for (uint block = 0u; block < RFT_PADDED(K) / 64u; block++) {
        uint nothing = FETCHED_AHEAD(at, block + 1u);
        MULTIPLY_BLOCK(block)
        EACH_COLUMN(ADD_BLOCK)
        at += nothing;
    }
    // One copy of the code that stores, not one for each column: drivers compile it in a fraction of the time.
    DECLARE_BIAS(first_quad + gl_LocalInvocationID.x)
    vec4 totals[COLUMNS];
    EACH_COLUMN(COLLECT)
    [[dont_unroll]] for (uint i = 0u; i < uint(COLUMNS); i++) {
        STORE(gl_LocalInvocationID.x, i, first, first_quad, n_rows, totals[i])
    }
}
#else
#define SUMS_OF_LANE (ROWS_OF_GROUP * QUADS_OF_GROUP)
shared vec4 block_sums[LANES * SUMS_OF_LANE]; // [lane][row][quad]
#define KEEP_BLOCK(c) block_sums[lane * SUMS_OF_LANE + uint(c) * QUADS_OF_GROUP + quad] = acc##c;

void multiply(uint first, uint first_quad, uint n_rows)
{
    Quads weights = Quads(a.weight), input_words = Quads(INPUT);
    uint lane = gl_LocalInvocationID.x / 4u % LANES; // neighbours read the same tile
    uint quad = gl_LocalInvocationID.x / (4u * LANES) * 4u + gl_LocalInvocationID.x % 4u;
    uint at = min(first_quad + quad, n_quads() - 1u) / 4u * TILE_QUADS + quad % 4u;
    uint n_blocks = RFT_PADDED(K) / 64u;
    vec4 total = vec4(0.0);
    EACH_COLUMN(DECLARE_X)
    EACH_COLUMN(DECLARE_ACC)
    for (uint round = 0u; round < n_blocks; round += LANES) {
        if (round + lane < n_blocks) {
            MULTIPLY_BLOCK(round + lane)
            EACH_COLUMN(KEEP_BLOCK)
        }
        barrier();
        if (gl_LocalInvocationID.x < SUMS_OF_LANE)
            for (uint i = 0u; i < min(LANES, n_blocks - round); i++)
                total = total + block_sums[i * SUMS_OF_LANE + gl_LocalInvocationID.x];
        barrier();
    }
    if (gl_LocalInvocationID.x < SUMS_OF_LANE) {
        uint row = gl_LocalInvocationID.x / QUADS_OF_GROUP, of_row = gl_LocalInvocationID.x % QUADS_OF_GROUP;
        DECLARE_BIAS(first_quad + of_row)
        STORE(of_row, row, first, first_quad, n_rows, total)
    }
}
#endif
#endif

#if defined(TILES)
void store_tiles(uint first, uint first_quad, uint n_rows)
{
    for (uint i = gl_LocalInvocationID.x; i < QUADS_OF_GROUP / 4u * ROWS_OF_GROUP; i += LOCAL) {
        uint row = i % ROWS_OF_GROUP, quad = i / ROWS_OF_GROUP * 4u;
        if (first + row < n_rows && first_quad + quad < n_quads())
            store_tile((first_quad + quad) / 4u, first + row, KEPT(quad, row), KEPT(quad + 1u, row), KEPT(quad + 2u, row),
                       KEPT(quad + 3u, row));
    }
}
#endif

void make_outputs(uint first, uint first_quad, uint n_rows)
{
    multiply(first, first_quad, n_rows);
#if defined(TILES)
    barrier();
    store_tiles(first, first_quad, n_rows);
#endif
}

#if defined(QUADS_OF_BLOCK)
#include "quantised.glsl"

void quantise_outputs(uint row, uint block);

void quantise_blocks(uint first, uint first_quad, uint n_blocks, uint n_rows)
{
    memory_barrier();
    for (uint i = gl_LocalInvocationID.x; i < n_blocks * ROWS_OF_GROUP; i += LOCAL)
        if (first + i % ROWS_OF_GROUP < n_rows)
            quantise_outputs(first + i % ROWS_OF_GROUP, first_quad / QUADS_OF_BLOCK + i / ROWS_OF_GROUP);
}
#endif

#if defined(QUADS_OF_BLOCK) && defined(VARIANT_LANES) && !defined(INTEGERS)
#define TAKES_TURNS
#define QUADS_TAKEN ((a.flags & RFT_QUANTISED) != 0u ? QUADS_OF_BLOCK : QUADS_OF_GROUP)
#else
#define QUADS_TAKEN QUADS_OF_GROUP
#endif

void main()
{
    uint n_rows = Batch(a.batch).v.n_rows;
    uint n_row_groups = (n_rows + ROWS_OF_GROUP - 1u) / ROWS_OF_GROUP; // neighbours read the same weights
    if (n_rows == 0u || group_id() / n_row_groups * QUADS_TAKEN >= n_quads())
        return;
    uint first = group_id() % n_row_groups * ROWS_OF_GROUP;
    uint first_quad = group_id() / n_row_groups * QUADS_TAKEN;
#if defined(NORMED)
    find_factors(first, n_rows);
    barrier();
#endif
#if defined(TAKES_TURNS)
    [[dont_unroll]] for (uint turn = first_quad; turn < min(first_quad + QUADS_TAKEN, n_quads()); turn += QUADS_OF_GROUP) {
        make_outputs(first, turn, n_rows);
        barrier();
    }
#else
    make_outputs(first, first_quad, n_rows);
#endif
#if defined(QUADS_OF_BLOCK)
    if ((a.flags & RFT_QUANTISED) != 0u)
        quantise_blocks(first, first_quad, QUADS_TAKEN / QUADS_OF_BLOCK, n_rows);
#endif
}
