/* SPDX-License-Identifier: MIT */
/* The matrix products: one text for the ops that have one, in two variants with the same bits, because the
 * contract fixes the order within an output and nothing else. An output's sum takes blocks of 64 elements; a weight is
 * read as 16 bytes, the words of four matrix rows (a "quad") for two elements.
 *
 *   lanes   a thread block has a tile of 16 matrix rows and up to 10 activation rows; its lanes take blocks of 64
 *           elements in turn and hand over whole block sums: as many weights as possible are on their way at once, for
 *           the few rows of a decode step
 *   tiled   a thread block has 64 matrix rows and 64 activation rows, both widened to f32 in shared memory block by
 *           block: weights are used 64 times, for prefills and many slots
 *
 * An op describes itself by a struct (kernels/<op>.cu):
 *   Args                              its arguments
 *   is_normed, has_tail               rows have a factor; the four quads of a tile have something to do together
 *   n_matrix_rows(a), k(a), input(a), input_words(a)   the matrix, and the rows it is multiplied with: address, stride
 *   is_left_alone(a, row)             nothing is to be stored for this row
 *   factor(a, row)                    of the row, if is_normed
 *   Quad store_quad(a, quad, row, sums, factor)        takes the sums of matrix rows 4 quad to 4 quad + 3
 *   store_tile(a, tile, row, kept)    takes what store_quad gave for the four quads of the tile */
#ifndef RFT_MATMUL_CUH
#define RFT_MATMUL_CUH

#include "normed.cuh"

#define BLOCK_WORDS (RFT_DOT_BLOCK / 2u)
#define LANE_QUADS                                                                                                     \
    9u /* of a block of activations in shared memory: one more than it has, so that lanes do not share banks */
#define MATMUL_THREADS                                                                                                 \
    512u /* that kernels are compiled for: more than a block has, so that a thread takes at most 128 registers */
#define TILED_QUADS (TILED_ROWS / 4u)

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

/* acc[i] += the products of one word of a quad's weights (two elements of four matrix rows) and two activations. */
RFT_FN void multiply_word(float acc[4], const Quad &weight, float low, float high)
{
    acc[0] = fma_bf16(rft_low_bf16(weight.x), low, acc[0]);
    acc[1] = fma_bf16(rft_low_bf16(weight.y), low, acc[1]);
    acc[2] = fma_bf16(rft_low_bf16(weight.z), low, acc[2]);
    acc[3] = fma_bf16(rft_low_bf16(weight.w), low, acc[3]);
    acc[0] = fma_bf16(rft_high_bf16(weight.x), high, acc[0]);
    acc[1] = fma_bf16(rft_high_bf16(weight.y), high, acc[1]);
    acc[2] = fma_bf16(rft_high_bf16(weight.z), high, acc[2]);
    acc[3] = fma_bf16(rft_high_bf16(weight.w), high, acc[3]);
}

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

/* Block sums of a quad and COLUMNS activation rows. weights: of the quad's first word of the block; inputs: of the
 * first row's block in shared memory, those of the others are `stride` apart. Widened weights of a step are used for
 * all rows, so they take registers: steps are as long as those allow. */
template <uint32_t COLUMNS>
RFT_FN void multiply_block(const Quad *weights, const Quad *inputs, uint32_t stride, float acc[COLUMNS][4])
{
    constexpr uint32_t WORDS = COLUMNS <= 8u ? 4u : 2u; /* of two elements that are multiplied at once */
    constexpr uint32_t AHEAD = COLUMNS <= 2u   ? 16u
                               : COLUMNS <= 8u ? 8u
                                               : 4u; /* words of weights that are on their way at once */
    UNROLL
    for (uint32_t c = 0u; c < COLUMNS; c++)
        UNROLL
    for (uint32_t i = 0u; i < 4u; i++)
        acc[c][i] = 0.0f;
    NO_UNROLL
    for (uint32_t first = 0u; first < BLOCK_WORDS; first += AHEAD) {
        Quad w[AHEAD];
        UNROLL
        for (uint32_t i = 0u; i < AHEAD; i++)
            w[i] = load_weight(weights + (first + i) * TILE_QUADS);
        UNROLL
        for (uint32_t word = 0u; word < AHEAD; word += WORDS) {
            UNROLL
            for (uint32_t c = 0u; c < COLUMNS; c++) {
                const Words<WORDS> x =
                    reinterpret_cast<const Words<WORDS> *>(inputs + c * stride)[(first + word) / WORDS];
                UNROLL
                for (uint32_t i = 0u; i < WORDS; i++)
                    multiply_word(acc[c], w[word + i], rft_low_bf16(x.v[i]), rft_high_bf16(x.v[i]));
            }
        }
    }
}

/* Asks for a lane's block of weights, a quarter of which is each thread's to ask for: so everything that is read next
 * is on its way, though registers have room for little of it, and though activations have to be waited for first.
 * weights: of the quad's first word. */
RFT_FN void prefetch_block(const Quad *weights, uint32_t quad)
{
    const char *block = reinterpret_cast<const char *>(weights - quad);
    UNROLL
    for (uint32_t line = 0u; line < BLOCK_WORDS * TILE_QUADS * sizeof(Quad) / LINE_BYTES / TILE_QUADS; line++)
        prefetch(block + (line * TILE_QUADS + quad) * LINE_BYTES);
}

/* Copies n blocks of each activation row, from the block `round` on, into shared memory: [column][lane][LANE_QUADS]. */
template <class Op, uint32_t COLUMNS>
RFT_FN void load_blocks(const typename Op::Args &a, Quad *inputs, uint32_t round, uint32_t n, uint32_t first_row,
                        uint32_t n_rows, uint32_t n_copiers)
{
    constexpr uint32_t LANES = LANES_MAX(COLUMNS), QUADS = BLOCK_WORDS / 4u;
    const Quad *rows = pointer<const Quad>(Op::input(a)) + round * QUADS;
    UNROLL_COPY
    for (uint32_t i = thread_index(); i < COLUMNS * LANES * QUADS; i += n_copiers) {
        const uint32_t column = i / (LANES * QUADS), at = i % (LANES * QUADS);
        const size_t row = least(first_row + column, n_rows - 1u);
        if (at < n * QUADS)
            inputs[(column * LANES + at / QUADS) * LANE_QUADS + at % QUADS] =
                rows[row * (Op::input_words(a) / 4u) + at];
    }
}

/* totals += the block sums of n lanes, in ascending order; a thread has the same outputs in every round. */
template <uint32_t COLUMNS, uint32_t LANES> RFT_FN void add_lanes(float *totals, const float *block_sums, uint32_t n)
{
    NO_UNROLL
    for (uint32_t i = thread_index(); i < COLUMNS * RFT_TILE; i += n_threads()) {
        const float *sums = block_sums + i / RFT_TILE * (LANES * RFT_TILE) + i % RFT_TILE;
        float total = totals[i];
        for (uint32_t lane = 0u; lane < n; lane++)
            total = total + sums[lane * RFT_TILE];
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

/* Grid: groups of COLUMNS activation rows x tiles. n_lanes lanes take blocks; behind their threads are those that find
 * the factors. */
template <class Op, uint32_t COLUMNS> RFT_FN void lanes(const typename Op::Args &a, uint32_t n_lanes)
{
    constexpr uint32_t LANES = LANES_MAX(COLUMNS);
    SHARED(Quad, work, COLUMNS * LANES * LANE_QUADS); /* activations; then block sums: [column][lane][quad] */
    SHARED(Float4, totals, COLUMNS * TILE_QUADS);     /* [column][quad] */
    SHARED(float, factors, COLUMNS);
    const uint32_t n_rows = n_rows_of(a.batch);
    const Place place = place_of_block(n_rows, COLUMNS, (Op::n_matrix_rows(a) + RFT_TILE - 1u) / RFT_TILE);
    const uint32_t first_row = place.first_row, tile = place.part;
    const uint32_t quad = thread_index() % TILE_QUADS, lane = thread_index() / TILE_QUADS;
    const uint32_t n_words = RFT_PADDED(Op::k(a)) / 2u, n_blocks = n_words / BLOCK_WORDS;
    const Quad *weights =
        pointer<const Quad>(a.weight) + ((size_t)tile * n_words + lane * BLOCK_WORDS) * TILE_QUADS + quad;
    Float4 *block_sums = reinterpret_cast<Float4 *>(work);
    if (!place.is_used)
        return;
    if (lane < n_lanes && lane < n_blocks)
        prefetch_block(weights, quad);
    for (uint32_t i = thread_index(); i < COLUMNS * RFT_TILE; i += n_threads())
        reinterpret_cast<float *>(totals)[i] = 0.0f;
    NO_UNROLL
    for (uint32_t round = 0u; round < n_blocks; round += n_lanes) {
        const uint32_t n = least(n_lanes, n_blocks - round);
        float acc[COLUMNS][4];
        if (lane < n_lanes)
            load_blocks<Op, COLUMNS>(a, work, round, n, first_row, n_rows, n_lanes * TILE_QUADS);
        sync_block();
        if (lane < n_lanes && round + n_lanes + lane < n_blocks)
            prefetch_block(weights + n_lanes * BLOCK_WORDS * TILE_QUADS, quad);
        if (lane < n)
            multiply_block<COLUMNS>(weights, work + lane * LANE_QUADS, LANES * LANE_QUADS, acc);
        else if (Op::is_normed && round == 0u && lane >= n_lanes)
            find_factors<Op, COLUMNS>(a, factors, first_row, n_rows);
        sync_block();
        if (lane < n)
            UNROLL
        for (uint32_t c = 0u; c < COLUMNS; c++)
            block_sums[(c * LANES + lane) * TILE_QUADS + quad] = Float4{acc[c][0], acc[c][1], acc[c][2], acc[c][3]};
        sync_block();
        add_lanes<COLUMNS, LANES>(reinterpret_cast<float *>(totals), reinterpret_cast<const float *>(block_sums), n);
        sync_block();
        weights += n_lanes * BLOCK_WORDS * TILE_QUADS;
    }
    finish<Op, TILE_QUADS, COLUMNS>(a, totals, factors, tile * TILE_QUADS, first_row, n_rows);
}

/* Widens one block of 64 elements of the thread block's matrix rows and activation rows: [element][row], f32. */
template <class Op>
RFT_FN void stage(const typename Op::Args &a, float *weights, float *columns, uint32_t block, uint32_t first_quad,
                  uint32_t first_row, uint32_t n_rows, uint32_t n_quads)
{
    const uint32_t n_words = RFT_PADDED(Op::k(a)) / 2u;
    UNROLL
    for (uint32_t turn = 0u; turn < BLOCK_WORDS * TILED_QUADS / TILED_THREADS; turn++) {
        const uint32_t i = turn * TILED_THREADS + thread_index();
        const uint32_t word = i / TILED_QUADS, quad = least(first_quad + i % TILED_QUADS, n_quads - 1u);
        const size_t tile = (size_t)(quad / TILE_QUADS) * n_words * TILE_QUADS;
        const Quad w = load_weight(pointer<const Quad>(a.weight) + tile + (block * BLOCK_WORDS + word) * TILE_QUADS +
                                   quad % TILE_QUADS);
        Float4 *to = reinterpret_cast<Float4 *>(weights) + 2u * word * TILED_QUADS + i % TILED_QUADS;
        to[0] = Float4{rft_low_bf16(w.x), rft_low_bf16(w.y), rft_low_bf16(w.z), rft_low_bf16(w.w)};
        to[TILED_QUADS] = Float4{rft_high_bf16(w.x), rft_high_bf16(w.y), rft_high_bf16(w.z), rft_high_bf16(w.w)};
    }
    UNROLL
    for (uint32_t turn = 0u; turn < BLOCK_WORDS / 4u * TILED_COLUMNS / TILED_THREADS; turn++) {
        const uint32_t i = turn * TILED_THREADS + thread_index();
        const uint32_t column = i % TILED_COLUMNS, part = i / TILED_COLUMNS,
                       row = least(first_row + column, n_rows - 1u);
        const Quad x = pointer<const Quad>(
            Op::input(a))[(size_t)row * (Op::input_words(a) / 4u) + block * (BLOCK_WORDS / 4u) + part];
        const uint32_t words[4] = {x.x, x.y, x.z, x.w};
        UNROLL
        for (uint32_t j = 0u; j < 4u; j++) {
            columns[(part * 8u + 2u * j) * TILED_COLUMNS + column] = rft_low_bf16(words[j]);
            columns[(part * 8u + 2u * j + 1u) * TILED_COLUMNS + column] = rft_high_bf16(words[j]);
        }
    }
}

/* A thread's sums: two quads of matrix rows, half a tile row of quads apart so that neighbours read neighbouring
 * memory, times four neighbouring activation rows. */
struct Sums {
    float v[2][4][4]; /* [quad][activation row][matrix row] */
};

RFT_FN void multiply_element(Sums &acc, const Float4 &w0, const Float4 &w1, const Float4 &x)
{
    const float weights[2][4] = {{w0.x, w0.y, w0.z, w0.w}, {w1.x, w1.y, w1.z, w1.w}};
    const float columns[4] = {x.x, x.y, x.z, x.w};
    UNROLL
    for (uint32_t q = 0u; q < 2u; q++)
        UNROLL
    for (uint32_t c = 0u; c < 4u; c++)
        UNROLL
    for (uint32_t i = 0u; i < 4u; i++)
        acc.v[q][c][i] = fma_bf16(weights[q][i], columns[c], acc.v[q][c][i]);
}

/* Grid: groups of 64 activation rows x groups of 64 matrix rows. */
template <class Op> RFT_FN void tiled(const typename Op::Args &a)
{
    SHARED(Float4, weights, RFT_DOT_BLOCK * TILED_QUADS);        /* [element][quad]; at the end the sums: [row][quad] */
    SHARED(Float4, columns, RFT_DOT_BLOCK * TILED_COLUMNS / 4u); /* [element][4 rows] */
    SHARED(float, factors, TILED_COLUMNS);
    const uint32_t n_rows = n_rows_of(a.batch),
                   n_quads = (Op::n_matrix_rows(a) + RFT_TILE - 1u) / RFT_TILE * TILE_QUADS;
    const Place place = place_of_block(n_rows, TILED_COLUMNS, (n_quads + TILED_QUADS - 1u) / TILED_QUADS);
    const uint32_t first_row = place.first_row, first_quad = place.part * TILED_QUADS;
    const uint32_t quad = thread_index() % (TILED_QUADS / 2u), group = thread_index() / (TILED_QUADS / 2u);
    Sums total;
    if (!place.is_used)
        return;
    if (Op::is_normed && thread_index() < TILED_COLUMNS && first_row + thread_index() < n_rows &&
        !Op::is_left_alone(a, first_row + thread_index()))
        factors[thread_index()] = Op::factor(a, first_row + thread_index());
    UNROLL
    for (uint32_t i = 0u; i < 32u; i++)
        total.v[i / 16u][i / 4u % 4u][i % 4u] = 0.0f;
    NO_UNROLL
    for (uint32_t block = 0u; block < RFT_PADDED(Op::k(a)) / RFT_DOT_BLOCK; block++) {
        Sums acc;
        UNROLL
        for (uint32_t i = 0u; i < 32u; i++)
            acc.v[i / 16u][i / 4u % 4u][i % 4u] = 0.0f;
        stage<Op>(a, reinterpret_cast<float *>(weights), reinterpret_cast<float *>(columns), block, first_quad,
                  first_row, n_rows, n_quads);
        sync_block();
        UNROLL_SOME
        for (uint32_t k = 0u; k < RFT_DOT_BLOCK; k++)
            multiply_element(acc, weights[k * TILED_QUADS + quad], weights[k * TILED_QUADS + TILED_QUADS / 2u + quad],
                             columns[k * (TILED_COLUMNS / 4u) + group]);
        UNROLL
        for (uint32_t i = 0u; i < 32u; i++)
            total.v[i / 16u][i / 4u % 4u][i % 4u] =
                total.v[i / 16u][i / 4u % 4u][i % 4u] + acc.v[i / 16u][i / 4u % 4u][i % 4u];
        sync_block();
    }
    UNROLL
    for (uint32_t i = 0u; i < 8u; i++) {
        const float *v = total.v[i / 4u][i % 4u];
        weights[(group * 4u + i % 4u) * TILED_QUADS + i / 4u * (TILED_QUADS / 2u) + quad] =
            Float4{v[0], v[1], v[2], v[3]};
    }
    sync_block();
    finish<Op, TILED_QUADS, TILED_COLUMNS>(a, weights, factors, first_quad, first_row, n_rows);
}

/* All kernels of an op; cuda_kernels.c lists the same. */
#define LANES_KERNEL(name, Op, columns)                                                                                \
    KERNEL(name##_lanes_##columns, name, MATMUL_THREADS, 1)                                                            \
    {                                                                                                                  \
        lanes<Op, columns>(a, parameter);                                                                              \
    }
#define MATMUL_KERNELS(name, Op)                                                                                       \
    LANES_KERNEL(name, Op, 1)                                                                                          \
    LANES_KERNEL(name, Op, 2)                                                                                          \
    LANES_KERNEL(name, Op, 4)                                                                                          \
    LANES_KERNEL(name, Op, 5)                                                                                          \
    LANES_KERNEL(name, Op, 8)                                                                                          \
    LANES_KERNEL(name, Op, 10)                                                                                         \
    KERNEL(name##_tiled, name, MATMUL_THREADS, 1)                                                                      \
    {                                                                                                                  \
        (void)parameter;                                                                                               \
        tiled<Op>(a);                                                                                                  \
    }

#endif
