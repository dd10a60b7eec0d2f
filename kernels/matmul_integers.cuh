/* SPDX-License-Identifier: MIT */
/* Matrix products of integers under scales (matmul.cuh, integers.cuh). Sums of integers are exact, so they are made in
 * whatever order suits; what is under one scale becomes a float, and floats are added in the contract's order.
 *
 *   dots    lanes of a thread for each quad of TILES tiles, with dp4a: for one to four activation rows
 *   warps   lanes of a warp for each pair of tiles, with the tensor cores: for 8 or 16 activation rows
 *   tiled   four warps with the tensor cores, eight tiles by 32 activation rows
 *
 * Tensor cores multiply sixteen rows by eight columns. A warp's threads are eight groups of four: a group has a quad of
 * matrix rows, its threads eight columns of a block's half each, as they come from memory in one load. Which row of the
 * sixteen is which of the matrix is free, and so is the order of columns: with two products, of the quads' rows 0 and 1
 * and of rows 2 and 3, each thread ends with its whole quad of two activation rows. */
#ifndef RFT_MATMUL_INTEGERS_CUH
#define RFT_MATMUL_INTEGERS_CUH

#include "integers.cuh"
#include "matmul.cuh"

/* Copies n of up to BLOCKS_MAX blocks of each activation row, as a Form's load does. */
template <class Op, uint32_t COLUMNS, uint32_t BLOCKS_MAX>
RFT_FN void load_integers(const typename Op::Args &a, Quad *inputs, uint32_t first, uint32_t n, uint32_t first_row,
                          uint32_t n_rows, uint32_t n_copiers)
{
    constexpr uint32_t BLOCK = COLUMNS * INTEGER_QUADS + 1u;
    const Format f = format_of(a.format);
    const Quad *rows = pointer<const Quad>(Op::input(a)) + Op::quantised_words(a) / 4u;
    UNROLL_COPY
    for (uint32_t i = thread_index(); i < COLUMNS * BLOCKS_MAX * 4u; i += n_copiers) {
        const uint32_t column = i / (BLOCKS_MAX * 4u), at = i % (BLOCKS_MAX * 4u);
        const size_t row = least(first_row + column, n_rows - 1u);
        if (at < n * 4u)
            inputs[at / 4u * BLOCK + column * INTEGER_QUADS + at % 4u] =
                rows[row * (Op::input_words(a) / 4u) + first * 4u + at];
    }
    rows += RFT_PADDED(Op::k(a)) / 16u;
    NO_UNROLL
    for (uint32_t i = thread_index(); i < COLUMNS * BLOCKS_MAX * 2u; i += n_copiers) {
        const uint32_t column = i / (BLOCKS_MAX * 2u), at = i % (BLOCKS_MAX * 2u);
        const size_t row = least(first_row + column, n_rows - 1u);
        if (at < n * 2u)
            inputs[at / 2u * BLOCK + column * INTEGER_QUADS + 4u + at % 2u] =
                prepare(f, rows[row * (Op::input_words(a) / 4u) + first * 2u + at]);
    }
}

/* The which-th tile of a group; where there is none, another, whose sums are left. */
template <class Op> RFT_FN uint32_t tile_in(const typename Op::Args &a, uint32_t first_quad, uint32_t which)
{
    return least(first_quad / TILE_QUADS + which, (Op::n_matrix_rows(a) - 1u) / RFT_TILE);
}

#define BLOCK_BYTES_MAX (18u * RFT_TILE * 4u) /* 8 bits, and two words of scales */

RFT_FN const Activation *activations_of(const Quad *inputs, uint32_t column)
{
    return reinterpret_cast<const Activation *>(inputs + column * INTEGER_QUADS + 4u);
}

/* acc += the parts of sixteen or 32 columns, of a quad. */
template <bool HAS_MINIMA>
RFT_FN void add_parts(float acc[4], const uint32_t sums[4], const Scales &s, const Activation &x)
{
    UNROLL
    for (uint32_t i = 0u; i < 4u; i++) {
        const float part = part_of<HAS_MINIMA>(sums[i], s.scale[i], s.minimum[i], x);
        acc[i] = acc[i] + part;
    }
}

/* Sums of PARTS times sixteen columns, from the part `first` on; those under one scale go on from each other. */
template <uint32_t BITS, uint32_t COLUMNS, uint32_t PARTS>
RFT_FN void multiply_dots(const Block &block, const Format &f, const Quad *inputs, uint32_t first,
                          uint32_t sums[PARTS][COLUMNS][4])
{
    Packed packed[2u * PARTS];
    UNROLL
    for (uint32_t i = 0u; i < 2u * PARTS; i++)
        packed[i] = load_eight<BITS>(block, 2u * first + i);
    UNROLL
    for (uint32_t i = 0u; i < PARTS; i++) {
        const uint32_t part = first + i;
        const Eight eights[2] = {widen<BITS>(packed[2u * i], 0u), widen<BITS>(packed[2u * i + 1u], 1u)};
        UNROLL
        for (uint32_t c = 0u; c < COLUMNS; c++) {
            const Quad x = inputs[c * INTEGER_QUADS + part];
            UNROLL
            for (uint32_t row = 0u; row < 4u; row++) {
                const uint32_t before = sums[i == 0u ? PARTS - 1u : i - 1u][c][row];
                uint32_t sum = f.has_halves || part % 2u == 0u ? SUM_BITS : before;
                sum = dot4(eights[0].v[0][row], x.x, sum);
                sum = dot4(eights[0].v[1][row], x.y, sum);
                sum = dot4(eights[1].v[0][row], x.z, sum);
                sums[i][c][row] = dot4(eights[1].v[1][row], x.w, sum);
            }
        }
    }
}

/* acc += a block's parts. */
template <uint32_t COLUMNS>
RFT_FN void multiply_block_dots(const Block &block, const Format &f, const Quad *inputs, float acc[COLUMNS][4])
{
    constexpr uint32_t PARTS = COLUMNS == 1u ? 2u : 1u; /* whose weights are on their way at once */
    uint32_t sums[PARTS][COLUMNS][4];
    UNROLL
    for (uint32_t i = 0u; i < COLUMNS * 4u; i++)
        sums[PARTS - 1u][i / 4u][i % 4u] = SUM_BITS;
    NO_UNROLL
    for (uint32_t first = 0u; first < 4u; first += PARTS) {
        if (f.bits == 4u)
            multiply_dots<4u, COLUMNS, PARTS>(block, f, inputs, first, sums);
        else if (f.bits == 6u)
            multiply_dots<6u, COLUMNS, PARTS>(block, f, inputs, first, sums);
        else
            multiply_dots<8u, COLUMNS, PARTS>(block, f, inputs, first, sums);
        UNROLL
        for (uint32_t i = 0u; i < PARTS; i++) {
            const uint32_t part = first + i;
            if (!f.has_halves && part % 2u == 0u)
                continue;
            const Scales s = load_scales(block, f, part);
            UNROLL
            for (uint32_t c = 0u; c < COLUMNS; c++) {
                if (f.has_minima)
                    add_parts<true>(acc[c], sums[i][c], s, activations_of(inputs, c)[part]);
                else
                    add_parts<false>(acc[c], sums[i][c], s, activations_of(inputs, c)[part]);
            }
        }
    }
}

template <uint32_t COLUMNS_, uint32_t TILES> struct Dots : QuadLanes<TILES> {
    static constexpr uint32_t COLUMNS = COLUMNS_, OWN = COLUMNS, LANES = DOT_LANES_MAX(TILES),
                              INPUT_QUADS = INTEGER_QUADS;
    using QuadLanes<TILES>::quad;

    template <class Op>
    RFT_FN void load(const typename Op::Args &a, Quad *inputs, uint32_t first, uint32_t n, uint32_t first_row,
                     uint32_t n_rows, uint32_t n_copiers)
    {
        load_integers<Op, COLUMNS, LANES>(a, inputs, first, n, first_row, n_rows, n_copiers);
    }
    template <class Op> RFT_FN void prefetch(const typename Op::Args &a, uint32_t first_quad, uint32_t block)
    {
        const uint32_t tile = tile_in<Op>(a, first_quad, quad() / TILE_QUADS);
        prefetch_part<TILE_QUADS, BLOCK_BYTES_MAX>(
            tile_of(a.weight, a.format, Op::k(a), tile, 0u) + RFT_FORMAT_BLOCK_WORD(a.format, block) / 4u,
            RFT_FORMAT_BLOCK_WORDS(a.format) * RFT_TILE * 4u, quad() % TILE_QUADS);
    }
    template <class Op>
    RFT_FN void multiply(const typename Op::Args &a, uint32_t first_quad, uint32_t block, const Quad *inputs,
                         float acc[OWN][4])
    {
        const Format f = format_of(a.format);
        const Quad *tile =
            tile_of(a.weight, a.format, Op::k(a), tile_in<Op>(a, first_quad, quad() / TILE_QUADS), quad() % TILE_QUADS);
        const Block weights = block_of(tile, a.format, f, block);
        UNROLL
        for (uint32_t i = 0u; i < OWN * 4u; i++)
            acc[i / 4u][i % 4u] = 0.0f;
        multiply_block_dots<COLUMNS>(weights, f, inputs, acc);
    }
};

/* acc += the parts of sixteen columns, or of the 32 of half a block, that are under one scale; mask: 0 in threads whose
 * columns are not among them. */
template <bool HAS_MINIMA, uint32_t GROUPS>
RFT_FN void multiply_part(const uint32_t rows[2][4], const Scales &s, const Quad *inputs, uint32_t part,
                          float acc[2u * GROUPS][4])
{
    const uint32_t group = thread_index() % 32u / 4u, place = thread_index() % 4u;
    UNROLL
    for (uint32_t n = 0u; n < GROUPS; n++) {
        const Quad *columns = inputs + n * 8u * INTEGER_QUADS;
        const Words<2> x = reinterpret_cast<const Words<2> *>(columns + group * INTEGER_QUADS)[part / 2u * 4u + place];
        const Activation x0 = activations_of(columns, place * 2u)[part],
                         x1 = activations_of(columns, place * 2u + 1u)[part];
        uint32_t sums[2][4]; /* [rows 0 and 1, 2 and 3][row, column] */
        multiply_bytes(sums[0], rows[0], x.v, SUM_BITS);
        multiply_bytes(sums[1], rows[1], x.v, SUM_BITS);
        const uint32_t sums0[4] = {sums[0][0], sums[0][2], sums[1][0], sums[1][2]};
        const uint32_t sums1[4] = {sums[0][1], sums[0][3], sums[1][1], sums[1][3]};
        add_parts<HAS_MINIMA>(acc[2u * n], sums0, s, x0);
        add_parts<HAS_MINIMA>(acc[2u * n + 1u], sums1, s, x1);
    }
}

/* Lanes of warps, each of which has a pair of tiles. */
template <uint32_t GROUPS, uint32_t TILES> struct Warps {
    static constexpr uint32_t PAIRS = WARP_PAIRS(TILES), COLUMNS = 8u * GROUPS, OWN = 2u * GROUPS,
                              QUADS = PAIRS * (WARP_ROWS / 4u), THREADS = PAIRS * 32u, LANES = WARP_LANES_MAX,
                              INPUT_QUADS = INTEGER_QUADS;

    RFT_FN uint32_t quad()
    {
        return thread_index() % THREADS / 4u;
    }
    RFT_FN uint32_t column(uint32_t i)
    {
        return i / 2u * 8u + thread_index() % 4u * 2u + i % 2u;
    }
    template <class Op>
    RFT_FN void load(const typename Op::Args &a, Quad *inputs, uint32_t first, uint32_t n, uint32_t first_row,
                     uint32_t n_rows, uint32_t n_copiers)
    {
        load_integers<Op, COLUMNS, 16u>(a, inputs, first, n, first_row, n_rows, n_copiers);
    }
    template <class Op> RFT_FN void prefetch(const typename Op::Args &a, uint32_t first_quad, uint32_t block)
    {
        const uint32_t thread = thread_index() % THREADS;
        prefetch_part<16u, BLOCK_BYTES_MAX>(
            tile_of(a.weight, a.format, Op::k(a), tile_in<Op>(a, first_quad, thread / 16u), 0u) +
                RFT_FORMAT_BLOCK_WORD(a.format, block) / 4u,
            RFT_FORMAT_BLOCK_WORDS(a.format) * RFT_TILE * 4u, thread % 16u);
    }
    template <class Op>
    RFT_FN void multiply(const typename Op::Args &a, uint32_t first_quad, uint32_t block, const Quad *inputs,
                         float acc[OWN][4])
    {
        const Format f = format_of(a.format);
        const uint32_t place = thread_index() % 4u;
        const Quad *tile_words =
            tile_of(a.weight, a.format, Op::k(a), tile_in<Op>(a, first_quad, quad() / TILE_QUADS), quad() % TILE_QUADS);
        const Block weights = block_of(tile_words, a.format, f, block);
        UNROLL
        for (uint32_t i = 0u; i < OWN * 4u; i++)
            acc[i / 4u][i % 4u] = 0.0f;
        NO_UNROLL
        for (uint32_t half = 0u; half < 2u; half++) {
            const Eight eight = load_and_widen(weights, f.bits, half * 4u + place);
            NO_UNROLL
            for (uint32_t i = 0u; i < (f.has_halves ? 2u : 1u); i++) {
                const uint32_t part = half * 2u + i, mask = !f.has_halves || place / 2u == i ? 0xffffffffu : 0u;
                const Scales s = load_scales(weights, f, part);
                const uint32_t rows[2][4] = {
                    {eight.v[0][0] & mask, eight.v[0][1] & mask, eight.v[1][0] & mask, eight.v[1][1] & mask},
                    {eight.v[0][2] & mask, eight.v[0][3] & mask, eight.v[1][2] & mask, eight.v[1][3] & mask}};
                if (f.has_minima)
                    multiply_part<true, GROUPS>(rows, s, inputs, part, acc);
                else
                    multiply_part<false, GROUPS>(rows, s, inputs, part, acc);
            }
        }
    }
};

#define WARP_TILED_BLOCKS 4u /* of activations that are in shared memory at once */

/* Grid: groups of 32 activation rows x groups of eight tiles, of which a warp has two. */
template <class Op> RFT_FN void tiled_integers(const typename Op::Args &a)
{
    typedef Warps<WARP_TILED_COLUMNS / 8u, 2u> Form; /* of each warp by itself */
    constexpr uint32_t QUADS = WARP_TILED_ROWS / 4u;
    SHARED(Quad, work, QUADS * Form::COLUMNS); /* activations of some blocks; at the end the sums: [column][quad] */
    SHARED(float, factors, Form::COLUMNS);
    const uint32_t n_rows = n_rows_of(a.batch), n_blocks = RFT_PADDED(Op::k(a)) / RFT_DOT_BLOCK;
    const Place place =
        place_of_block(n_rows, Form::COLUMNS, (Op::n_matrix_rows(a) + WARP_TILED_ROWS - 1u) / WARP_TILED_ROWS);
    const uint32_t first_row = place.first_row, warp_quad = thread_index() / 32u * Form::QUADS,
                   first_quad = place.part * QUADS;
    float totals[Form::OWN][4];
    if (!place.is_used)
        return;
    if (Op::is_normed && thread_index() < Form::COLUMNS && first_row + thread_index() < n_rows &&
        !Op::is_left_alone(a, first_row + thread_index()))
        factors[thread_index()] = Op::factor(a, first_row + thread_index());
    UNROLL
    for (uint32_t i = 0u; i < Form::OWN * 4u; i++)
        totals[i / 4u][i % 4u] = 0.0f;
    NO_UNROLL
    for (uint32_t round = 0u; round < n_blocks; round += WARP_TILED_BLOCKS) {
        const uint32_t n = least(WARP_TILED_BLOCKS, n_blocks - round);
        load_integers<Op, Form::COLUMNS, WARP_TILED_BLOCKS>(a, work, round, n, first_row, n_rows, n_threads());
        sync_block();
        NO_UNROLL
        for (uint32_t i = 0u; i < n; i++) {
            float acc[Form::OWN][4];
            if (round + i + 1u < n_blocks)
                Form::template prefetch<Op>(a, first_quad + warp_quad, round + i + 1u);
            Form::template multiply<Op>(a, first_quad + warp_quad, round + i, work + i * BLOCK_QUADS(Form), acc);
            UNROLL
            for (uint32_t j = 0u; j < Form::OWN * 4u; j++)
                totals[j / 4u][j % 4u] = totals[j / 4u][j % 4u] + acc[j / 4u][j % 4u];
        }
        sync_block();
    }
    Float4 *sums = reinterpret_cast<Float4 *>(work);
    UNROLL
    for (uint32_t i = 0u; i < Form::OWN; i++)
        sums[Form::column(i) * QUADS + warp_quad + Form::quad()] =
            Float4{totals[i][0], totals[i][1], totals[i][2], totals[i][3]};
    sync_block();
    finish<Op, QUADS, Form::COLUMNS>(a, sums, factors, first_quad, first_row, n_rows);
    quantise_outputs<Op, QUADS, Form::COLUMNS>(a, first_quad, first_row, n_rows);
}

/* All kernels of an op that multiply integers; cuda_kernels.c lists the same. Two thread blocks shall fit a
 * multiprocessor, unless they are large. */
#define INTEGER_LANES_KERNEL(name, Op, columns, Form, size, threads)                                                   \
    KERNEL(name##_integers_##columns, name, threads, (threads) > 320u ? 1 : 2)                                         \
    {                                                                                                                  \
        lanes<Op, Form<size, Op::BLOCK_TILES>>(a, parameter);                                                          \
    }
#define INTEGER_KERNELS(name, Op)                                                                                      \
    INTEGER_LANES_KERNEL(name, Op, 1, Dots, 1u, DOT_THREADS_MAX(Op::BLOCK_TILES))                                      \
    INTEGER_LANES_KERNEL(name, Op, 4, Dots, 4u, DOT_THREADS_MAX(Op::BLOCK_TILES))                                      \
    INTEGER_LANES_KERNEL(name, Op, 8, Warps, 1u, WARP_THREADS_MAX(Op::BLOCK_TILES))                                    \
    INTEGER_LANES_KERNEL(name, Op, 16, Warps, 2u, WARP_THREADS_MAX(Op::BLOCK_TILES))                                   \
    KERNEL(name##_integers_tiled, name, WARP_TILED_THREADS, 3)                                                         \
    {                                                                                                                  \
        (void)parameter;                                                                                               \
        tiled_integers<Op>(a);                                                                                         \
    }

#endif
