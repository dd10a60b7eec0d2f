/* SPDX-License-Identifier: MIT */
/* The matrix products: one text for the ops that have one, in variants with the same bits, because the contract fixes
 * the order within an output and nothing else. An output's sum takes blocks of 64 columns; a matrix is read as 16
 * bytes, a word of each of four matrix rows (a "quad").
 *
 *   lanes   lanes of threads take blocks of 64 columns in turn and hand over whole block sums: as many weights as
 *           possible are on their way at once, for the few rows of a decode step. What a lane is, and how it multiplies
 *           its block, says a Form (matmul_bf16.cuh, matmul_integers.cuh)
 *   tiled   a thread block has many matrix rows and many activation rows, and takes one block of columns after the
 *           other: weights are used often, for prefills and many slots
 *
 * An op describes itself by a struct (kernels/<op>.cu):
 *   Args                              its arguments
 *   is_normed, has_tail               rows have a factor; the four quads of a tile have something to do together
 *   n_matrix_rows(a), k(a)            the matrix
 *   input(a), input_words(a), quantised_words(a)   the rows that it is multiplied with: address, stride, and where a
 *                                     row's quantised part begins
 *   is_left_alone(a, row)             nothing is to be stored for this row
 *   factor(a, row)                    of the row, if is_normed
 *   Quad store_quad(a, quad, row, sums, factor)        takes the sums of matrix rows 4 quad to 4 quad + 3
 *   store_tile(a, tile, row, kept)    takes what store_quad gave for the four quads of the tile
 *   BLOCK_TILES                       tiles that a whole block of 32 outputs comes from, if `flags` may ask for them to
 *                                     be quantised; else 1
 *   outputs(a)                        the rows that it writes, if BLOCK_TILES > 1 */
#ifndef RFT_MATMUL_CUH
#define RFT_MATMUL_CUH

#include "normed.cuh"

/* That kernels are compiled for: as a rule more than a block has, so that a thread takes at most 128 registers. */
#define MATMUL_THREADS 512u

/* Adds the bias of a quad's matrix rows, if there is one (address 0: none). */
RFT_FN void add_bias(uint64_t bias, uint32_t quad, float v[4])
{
    if (bias == 0u)
        return;
    const Float4 four = pointer<const Float4>(bias)[quad];
    v[0] = v[0] + four.x;
    v[1] = v[1] + four.y;
    v[2] = v[2] + four.z;
    v[3] = v[3] + four.w;
}

/* What ops that read normed rows have in common. */
template <class A> struct Normed {
    typedef A Args;
    static constexpr bool is_normed = true, has_tail = false;
    static constexpr uint32_t BLOCK_TILES = 1u;

    RFT_FN uint32_t k(const Args &a)
    {
        return a.dim;
    }
    RFT_FN uint64_t input(const Args &a)
    {
        return a.h;
    }
    RFT_FN uint32_t input_words(const Args &a)
    {
        return RFT_H_WORDS(a.dim);
    }
    RFT_FN uint32_t quantised_words(const Args &a)
    {
        return RFT_H_QUANTISED(a.dim);
    }
    RFT_FN bool is_left_alone(const Args &, uint32_t)
    {
        return false;
    }
    RFT_FN float factor(const Args &a, uint32_t row)
    {
        return norm_factor(a.h, a.rows, row, a.dim, a.inverse_dim_bits, a.eps_bits);
    }
    RFT_FN void store_tile(const Args &, uint32_t, uint32_t, const Quad *)
    {
    }
    /* A quad's sums times the row's factor, and their bias. */
    RFT_FN void scale_sums(const Args &a, uint32_t quad, const Float4 &sums, float factor, float v[4])
    {
        v[0] = rft_scaled_sum(sums.x, factor);
        v[1] = rft_scaled_sum(sums.y, factor);
        v[2] = rft_scaled_sum(sums.z, factor);
        v[3] = rft_scaled_sum(sums.w, factor);
        add_bias(a.bias, quad, v);
    }
};

/* What follows the sums, by all threads of the block, with a barrier behind whatever wrote them. sums: [row][quad],
 * shared, the block's quads and activation rows from first_quad and first_row on; they are overwritten. */
template <class Op, uint32_t QUADS, uint32_t ROWS>
RFT_FN void finish(const typename Op::Args &a, Float4 *sums, const float *factors, uint32_t first_quad,
                   uint32_t first_row, uint32_t n_rows)
{
    const uint32_t n_quads = (Op::n_matrix_rows(a) + RFT_TILE - 1u) / RFT_TILE * TILE_QUADS;
    Quad *kept = reinterpret_cast<Quad *>(sums);
    NO_UNROLL
    for (uint32_t i = thread_index(); i < QUADS * ROWS; i += n_threads()) {
        const uint32_t quad = first_quad + i % QUADS, row = first_row + i / QUADS;
        if (row >= n_rows || quad >= n_quads || Op::is_left_alone(a, row))
            continue;
        const Float4 four = sums[i];
        const Quad result = Op::store_quad(a, quad, row, four, Op::is_normed ? factors[i / QUADS] : 1.0f);
        if (Op::has_tail)
            kept[i] = result;
    }
    if (!Op::has_tail)
        return;
    sync_block();
    NO_UNROLL
    for (uint32_t i = thread_index(); i < QUADS / TILE_QUADS * ROWS; i += n_threads()) {
        const uint32_t tile = i % (QUADS / TILE_QUADS), row = first_row + i / (QUADS / TILE_QUADS);
        if (row >= n_rows || first_quad + tile * TILE_QUADS >= n_quads || Op::is_left_alone(a, row))
            continue;
        Op::store_tile(a, first_quad / TILE_QUADS + tile, row,
                       kept + i / (QUADS / TILE_QUADS) * QUADS + tile * TILE_QUADS);
    }
}

/* Quantises what `finish` stored, if that is wanted: of QUADS quads, which are whole blocks of outputs then. */
template <class Op, uint32_t QUADS, uint32_t ROWS>
RFT_FN void quantise_outputs(const typename Op::Args &a, uint32_t first_quad, uint32_t first_row, uint32_t n_rows)
{
    if constexpr (Op::BLOCK_TILES > 1u) {
        constexpr uint32_t BLOCK_QUADS = Op::BLOCK_TILES * TILE_QUADS;
        if ((a.flags & RFT_QUANTISED) == 0u)
            return;
        sync_block();
        quantise_blocks(Op::outputs(a), first_quad / BLOCK_QUADS, QUADS / BLOCK_QUADS, nullptr, first_row,
                        least(n_rows - first_row, ROWS));
    }
}

/* What a Form says, of a thread block of COLUMNS activation rows and QUADS quads of matrix rows:
 *   LANES, THREADS                    lanes at most, and threads of each
 *   INPUT_QUADS                       of a block of an activation row in shared memory, where activations are
 *                                     [block][column][INPUT_QUADS] and a quad more for each block, so that lanes do
 *                                     not share banks
 *   load(a, inputs, first, n, first_row, n_rows, n_copiers)   copies n blocks of each activation row, from the block
 *                                     `first` on, there; by threads below n_copiers
 *   OWN, quad(), column(i)            the outputs of a thread: of this quad, and OWN columns
 *   prefetch(a, first_quad, block)    asks for the thread's part of a block of weights
 *   multiply(a, first_quad, block, inputs, acc)        makes the thread's block sums
 * Block sums lie where activations were: [column][lane][quad]. */
#define BLOCK_QUADS(Form) (Form::COLUMNS * Form::INPUT_QUADS + 1u)

/* Of Forms whose lanes are a thread for each quad of their tiles. */
template <uint32_t TILES> struct QuadLanes {
    static constexpr uint32_t QUADS = TILES * TILE_QUADS, THREADS = QUADS;

    RFT_FN uint32_t quad()
    {
        return thread_index() % QUADS;
    }
    RFT_FN uint32_t column(uint32_t i)
    {
        return i;
    }
};

/* Asks for what a lane reads next, each of its THREADS threads for a part: so everything is on its way, though
 * registers have room for little of it, and though activations have to be waited for first. */
template <uint32_t THREADS, uint32_t BYTES_MAX>
RFT_FN void prefetch_part(const Quad *block, uint32_t bytes, uint32_t thread)
{
    UNROLL
    for (uint32_t at = 0u; at < BYTES_MAX; at += THREADS * LINE_BYTES)
        if (at + thread * LINE_BYTES < bytes)
            prefetch(reinterpret_cast<const char *>(block) + at + thread * LINE_BYTES);
}

/* totals += the block sums of n lanes, in ascending order; a thread has the same outputs in every round. */
template <class Form> RFT_FN void add_lanes(float *totals, const float *block_sums, uint32_t n)
{
    constexpr uint32_t ROWS = Form::QUADS * 4u;
    NO_UNROLL
    for (uint32_t i = thread_index(); i < Form::COLUMNS * ROWS; i += n_threads()) {
        const float *sums = block_sums + i / ROWS * (Form::LANES * ROWS) + i % ROWS;
        float total = totals[i];
        for (uint32_t lane = 0u; lane < n; lane++)
            total = total + sums[lane * ROWS];
        totals[i] = total;
    }
}

/* Finds the factors of the rows, by the last threads of the block. */
template <class Op, uint32_t COLUMNS>
RFT_FN void find_factors(const typename Op::Args &a, float *factors, uint32_t first_row, uint32_t n_rows)
{
    const uint32_t i = thread_index() + LANES_FACTOR_THREADS - n_threads();
    if (i < COLUMNS && first_row + i < n_rows && !Op::is_left_alone(a, first_row + i))
        factors[i] = Op::factor(a, first_row + i);
}

/* Where a thread block of a product is: blocks are numbered by groups of activation rows first, so that neighbours read
 * the same weights, and by the rows in use, so that those without work are the last. */
struct Place {
    uint32_t first_row; /* of the activations */
    uint32_t part;      /* of the matrix */
    bool is_used;
};

RFT_FN Place place_of_block(uint32_t n_rows, uint32_t rows_of_group, uint32_t n_parts)
{
    const uint32_t n_groups = (n_rows + rows_of_group - 1u) / rows_of_group;
    if (n_groups == 0u)
        return Place{0u, 0u, false};
    return Place{block_x() % n_groups * rows_of_group, block_x() / n_groups, block_x() / n_groups < n_parts};
}

/* Shared memory of a thread block of lanes. */
template <class Form> struct LanesShared {
    static constexpr uint32_t OUTPUTS = Form::COLUMNS * Form::QUADS;

    Quad work[Form::LANES * (BLOCK_QUADS(Form) > OUTPUTS ? BLOCK_QUADS(Form) : OUTPUTS)];
    Float4 totals[OUTPUTS]; /* [column][quad] */
    float factors[Form::COLUMNS];
};

/* The sums of a thread block's outputs, and the factors of its rows. */
template <class Op, class Form>
RFT_FN void sum_lanes(const typename Op::Args &a, LanesShared<Form> &shared, uint32_t n_lanes, uint32_t first_quad,
                      uint32_t first_row, uint32_t n_rows)
{
    constexpr uint32_t COLUMNS = Form::COLUMNS, QUADS = Form::QUADS, LANES = Form::LANES;
    const uint32_t lane = thread_index() / Form::THREADS, n_blocks = RFT_PADDED(Op::k(a)) / RFT_DOT_BLOCK;
    Quad *work = shared.work;
    Float4 *block_sums = reinterpret_cast<Float4 *>(work);
    float *totals = reinterpret_cast<float *>(shared.totals);
    if (lane < n_lanes && lane < n_blocks)
        Form::template prefetch<Op>(a, first_quad, lane);
    for (uint32_t i = thread_index(); i < COLUMNS * QUADS * 4u; i += n_threads())
        totals[i] = 0.0f;
    NO_UNROLL
    for (uint32_t round = 0u; round < n_blocks; round += n_lanes) {
        const uint32_t n = least(n_lanes, n_blocks - round);
        float acc[Form::OWN][4];
        if (lane < n_lanes)
            Form::template load<Op>(a, work, round, n, first_row, n_rows, n_lanes * Form::THREADS);
        sync_block();
        if (lane < n_lanes && round + n_lanes + lane < n_blocks)
            Form::template prefetch<Op>(a, first_quad, round + n_lanes + lane);
        if (lane < n)
            Form::template multiply<Op>(a, first_quad, round + lane, work + lane * BLOCK_QUADS(Form), acc);
        else if (Op::is_normed && round == 0u && lane >= n_lanes)
            find_factors<Op, COLUMNS>(a, shared.factors, first_row, n_rows);
        sync_block();
        if (lane < n)
            UNROLL
        for (uint32_t i = 0u; i < Form::OWN; i++)
            block_sums[(Form::column(i) * LANES + lane) * QUADS + Form::quad()] =
                Float4{acc[i][0], acc[i][1], acc[i][2], acc[i][3]};
        sync_block();
        add_lanes<Form>(totals, reinterpret_cast<const float *>(block_sums), n);
        sync_block();
    }
}

/* Grid: groups of COLUMNS activation rows x groups of matrix rows. n_lanes lanes take blocks; behind their threads are
 * those that find the factors. Where outputs are to be quantised and the Form has fewer than a whole block of them, a
 * thread block takes several groups of matrix rows, one after the other. */
template <class Op, class Form> RFT_FN void lanes(const typename Op::Args &a, uint32_t n_lanes)
{
    constexpr uint32_t COLUMNS = Form::COLUMNS, QUADS = Form::QUADS, BLOCK = Op::BLOCK_TILES * TILE_QUADS,
                       TURNS = BLOCK > QUADS ? BLOCK / QUADS : 1u;
    SHARED(LanesShared<Form>, all, 1);
    const uint32_t n_rows = n_rows_of(a.batch), n_groups = (Op::n_matrix_rows(a) + QUADS * 4u - 1u) / (QUADS * 4u);
    bool is_whole = true;
    if constexpr (TURNS > 1u)
        is_whole = (a.flags & RFT_QUANTISED) == 0u;
    const Place place = place_of_block(n_rows, COLUMNS, is_whole ? n_groups : (n_groups + TURNS - 1u) / TURNS);
    const uint32_t first = is_whole ? place.part : place.part * TURNS;
    if (!place.is_used)
        return;
    NO_UNROLL
    for (uint32_t group = first; group < (is_whole ? first + 1u : least(first + TURNS, n_groups)); group++) {
        if (group != first)
            sync_block();
        sum_lanes<Op, Form>(a, all[0], n_lanes, group * QUADS, place.first_row, n_rows);
        finish<Op, QUADS, COLUMNS>(a, all[0].totals, all[0].factors, group * QUADS, place.first_row, n_rows);
    }
    quantise_outputs<Op, TURNS * QUADS, COLUMNS>(a, first * QUADS, place.first_row, n_rows);
}

#endif
