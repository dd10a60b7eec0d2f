/* SPDX-License-Identifier: MIT */
/* Matrix products of bf16 (matmul.cuh). lanes: a thread block has a tile of 16 matrix rows and up to 10 activation
 * rows, each weight is read once for all of them. tiled: 64 matrix rows and 64 activation rows, both widened to f32 in
 * shared memory block by block. */
#ifndef RFT_MATMUL_BF16_CUH
#define RFT_MATMUL_BF16_CUH

#include "matmul.cuh"

#define BLOCK_WORDS (RFT_DOT_BLOCK / 2u)
#define TILED_QUADS (TILED_ROWS / 4u)

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

template <uint32_t COLUMNS_> struct Bf16Lanes : QuadLanes<1u> {
    static constexpr uint32_t COLUMNS = COLUMNS_, OWN = COLUMNS, LANES = LANES_MAX(COLUMNS),
                              INPUT_QUADS = BLOCK_WORDS / 4u;

    template <class Op>
    RFT_FN void load(const typename Op::Args &a, Quad *inputs, uint32_t first, uint32_t n, uint32_t first_row,
                     uint32_t n_rows, uint32_t n_copiers)
    {
        const Quad *rows = pointer<const Quad>(Op::input(a)) + first * INPUT_QUADS;
        UNROLL_COPY
        for (uint32_t i = thread_index(); i < COLUMNS * LANES * INPUT_QUADS; i += n_copiers) {
            const uint32_t column = i / (LANES * INPUT_QUADS), at = i % (LANES * INPUT_QUADS);
            const size_t row = least(first_row + column, n_rows - 1u);
            if (at < n * INPUT_QUADS)
                inputs[at / INPUT_QUADS * BLOCK_QUADS(Bf16Lanes) + column * INPUT_QUADS + at % INPUT_QUADS] =
                    rows[row * (Op::input_words(a) / 4u) + at];
        }
    }
    /* A block of a tile. */
    template <class Op> RFT_FN const Quad *weights(const typename Op::Args &a, uint32_t first_quad, uint32_t block)
    {
        const uint32_t n_words = RFT_PADDED(Op::k(a)) / 2u;
        return pointer<const Quad>(a.weight) + (size_t)first_quad * n_words + block * (BLOCK_WORDS * TILE_QUADS);
    }
    template <class Op> RFT_FN void prefetch(const typename Op::Args &a, uint32_t first_quad, uint32_t block)
    {
        constexpr uint32_t BYTES = BLOCK_WORDS * RFT_TILE * 4u;
        prefetch_part<THREADS, BYTES>(weights<Op>(a, first_quad, block), BYTES, quad());
    }
    template <class Op>
    RFT_FN void multiply(const typename Op::Args &a, uint32_t first_quad, uint32_t block, const Quad *inputs,
                         float acc[OWN][4])
    {
        multiply_block<COLUMNS>(weights<Op>(a, first_quad, block) + quad(), inputs, INPUT_QUADS, acc);
    }
};

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
    quantise_outputs<Op, TILED_QUADS, TILED_COLUMNS>(a, first_quad, first_row, n_rows);
}

/* All kernels of an op that multiply bf16; cuda_kernels.c lists the same. */
#define LANES_KERNEL(name, Op, columns)                                                                                \
    KERNEL(name##_lanes_##columns, name, MATMUL_THREADS, 1)                                                            \
    {                                                                                                                  \
        lanes<Op, Bf16Lanes<columns>>(a, parameter);                                                                   \
    }
#define BF16_KERNELS(name, Op)                                                                                         \
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
