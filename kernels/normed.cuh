/* SPDX-License-Identifier: MIT */
/* Normed rows: what makes them, and the factor of those who read them (docs/arithmetic.md). */
#ifndef RFT_NORMED_CUH
#define RFT_NORMED_CUH

#include "quantised.cuh"

#define SQUARES_MAX 1024u /* sums of squares that a thread block adds at once: more are added in rounds */

/* Elements 4 quad to 4 quad + 3 of a row of n floats; those past its end are +0. A row whose length is a multiple of 4
 * begins at a multiple of 16 bytes. */
RFT_FN void load_four(const float *row, uint32_t quad, uint32_t n, float v[4])
{
    if (n % 4u == 0u) {
        const Float4 four = reinterpret_cast<const Float4 *>(row)[quad];
        v[0] = four.x;
        v[1] = four.y;
        v[2] = four.z;
        v[3] = four.w;
        return;
    }
    UNROLL
    for (uint32_t i = 0u; i < 4u; i++)
        v[i] = quad * 4u + i < n ? row[quad * 4u + i] : 0.0f;
}

RFT_FN void store_four(float *row, uint32_t quad, uint32_t n, const float v[4])
{
    if (n % 4u == 0u) {
        reinterpret_cast<Float4 *>(row)[quad] = Float4{v[0], v[1], v[2], v[3]};
        return;
    }
    UNROLL
    for (uint32_t i = 0u; i < 4u; i++)
        if (quad * 4u + i < n)
            row[quad * 4u + i] = v[i];
}

/* Stores four neighbouring elements of the residual stream, and what they are in the normed row. Returns their squares,
 * +0 past the row's end. Args: those of an op that writes a normed row. */
template <class Args> RFT_FN Quad store_normed_quad(const Args &a, uint32_t quad, uint32_t row, const float x[4])
{
    float norm[4], squares[4], scaled[4];
    if (quad * 4u >= a.dim)
        return Quad{0u, 0u, 0u, 0u};
    load_four(pointer<const float>(a.norm), quad, a.dim, norm);
    store_four(pointer<float>(a.x) + (size_t)row * a.dim, quad, a.dim, x);
    UNROLL
    for (uint32_t i = 0u; i < 4u; i++) {
        const float y = quad * 4u + i < a.dim ? rft_flush(x[i]) : 0.0f;
        squares[i] = y * y;
        scaled[i] = y * norm[i];
    }
    Words<2> *h = pointer<Words<2>>(a.h) + (size_t)row * (RFT_H_WORDS(a.dim) / 2u) + quad;
    *h = Words<2>{{pair_or_mark(scaled[0], scaled[1], a.rows, row), pair_or_mark(scaled[2], scaled[3], a.rows, row)}};
    return Quad{RFT_BITS(squares[0]), RFT_BITS(squares[1]), RFT_BITS(squares[2]), RFT_BITS(squares[3])};
}

/* Stores the sum of the squares of 16 neighbours, from what store_normed_quad gave for their four quads. */
template <class Args> RFT_FN void store_squares(const Args &a, uint32_t tile, uint32_t row, const Quad *kept)
{
    float sum = 0.0f;
    UNROLL
    for (uint32_t i = 0u; i < TILE_QUADS; i++) {
        sum = sum + RFT_FROM_BITS(kept[i].x);
        sum = sum + RFT_FROM_BITS(kept[i].y);
        sum = sum + RFT_FROM_BITS(kept[i].z);
        sum = sum + RFT_FROM_BITS(kept[i].w);
    }
    pointer<float>(a.h)[(size_t)row * RFT_H_WORDS(a.dim) + RFT_PADDED(a.dim) / 2u + tile] = sum;
}

/* Stores a whole row, by a thread block of up to NORMED_THREADS threads, each of which takes four neighbours at a time:
 * element.four(quad, v) gives them. */
template <class Args, class Elements>
RFT_FN void store_normed_row(const Args &a, uint32_t row, const Elements &elements)
{
    SHARED(Quad, kept, NORMED_THREADS);
    const uint32_t thread = thread_index(), n_quads = RFT_PADDED(a.dim) / 4u;
    NO_UNROLL
    for (uint32_t first = 0u; first < n_quads; first += n_threads()) {
        const uint32_t quad = first + thread, tile = first / TILE_QUADS + thread;
        float x[4] = {0.0f, 0.0f, 0.0f, 0.0f};
        if (quad * 4u < a.dim)
            elements.four(quad, x);
        kept[thread] = store_normed_quad(a, quad, row, x);
        sync_block();
        if (thread < n_threads() / TILE_QUADS && tile * RFT_TILE < a.dim)
            store_squares(a, tile, row, kept + thread * TILE_QUADS);
        sync_block();
    }
    if ((a.flags & RFT_QUANTISED) != 0u)
        quantise_row(normed_rows(a.h, a.dim), row);
}

/* The factor of values that are normed together, from the sum of their squares. */
RFT_FN float factor_of(float total, uint64_t rows, uint32_t row, uint32_t inverse_dim_bits, uint32_t eps_bits)
{
    if (RFT_BITS(total) >= RFT_BITS_SQUARES_BAD) {
        mark_bad(rows, row);
        total = 0.0f;
    }
    return rft_norm_scale(total, RFT_FROM_BITS(inverse_dim_bits), RFT_FROM_BITS(eps_bits));
}

/* The factor of a normed row, by one thread: from the sums of 16 squares behind its elements, which are added in blocks
 * of 64. */
RFT_FN float norm_factor(uint64_t h, uint64_t rows, uint32_t row, uint32_t dim, uint32_t inverse_dim_bits,
                         uint32_t eps_bits)
{
    const Float4 *squares = pointer<const Float4>(h) + ((size_t)row * RFT_H_WORDS(dim) + RFT_PADDED(dim) / 2u) / 4u;
    const uint32_t n = RFT_PADDED(dim) / 64u;
    float total = 0.0f;
    for (uint32_t block = 0u; block < n; block += 16u) {
        float sum = 0.0f;
        for (uint32_t i = block; i < least(block + 16u, n); i++) {
            const Float4 four = squares[i];
            sum = sum + four.x;
            sum = sum + four.y;
            sum = sum + four.z;
            sum = sum + four.w;
        }
        total = total + sum;
    }
    return factor_of(total, rows, row, inverse_dim_bits, eps_bits);
}

/* The sum of n sums of 16 squares in blocks of 64, for those who wait for nothing else: by all threads of the block,
 * who have it then. squares.sum(i) gives the i-th. What that reads may be overwritten afterwards. */
template <class Squares> RFT_FN float total_of_block(const Squares &squares, uint32_t n)
{
    SHARED(float, sums, SQUARES_MAX);
    SHARED(float, block_sums, SQUARES_MAX / RFT_DOT_BLOCK);
    float total = 0.0f;
    NO_UNROLL
    for (uint32_t first = 0u; first < n; first += SQUARES_MAX) {
        const uint32_t n_here = least(n - first, SQUARES_MAX), n_blocks = (n_here + RFT_DOT_BLOCK - 1u) / RFT_DOT_BLOCK;
        for (uint32_t i = thread_index(); i < n_here; i += n_threads())
            sums[i] = squares.sum(first + i);
        sync_block();
        for (uint32_t block = thread_index(); block < n_blocks; block += n_threads()) {
            float sum = 0.0f;
            UNROLL_SOME
            for (uint32_t i = block * RFT_DOT_BLOCK; i < least((block + 1u) * RFT_DOT_BLOCK, n_here); i++)
                sum = sum + sums[i];
            block_sums[block] = sum;
        }
        sync_block();
        for (uint32_t block = 0u; block < n_blocks; block++)
            total = total + block_sums[block];
        /* The next round's first barrier is behind this look at block_sums, and before what follows it. */
    }
    return total;
}

#endif
