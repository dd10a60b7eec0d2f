/* SPDX-License-Identifier: MIT */
/* The rule by which a kernel is chosen. All variants give the same bits, so it is free to change. */
#include "cuda_kernels.h"

#include "cuda_grid.h"

#include <assert.h>

#define KERNEL(suffix, op_, variant_, columns_)                                                                        \
    {                                                                                                                  \
        .name = #op_ suffix, .op = RFT_OP_##op_, .variant = variant_, .columns = columns_                              \
    }
#define LANES(op, columns) KERNEL("_lanes_" #columns, op, CUDA_LANES, columns)
#define MATMUL(op)                                                                                                     \
    LANES(op, 1), LANES(op, 2), LANES(op, 4), LANES(op, 5), LANES(op, 8), LANES(op, 10),                               \
        KERNEL("_tiled", op, CUDA_TILED, TILED_COLUMNS), KERNEL("_integers_1", op, CUDA_DOTS, 1),                      \
        KERNEL("_integers_4", op, CUDA_DOTS, 4), KERNEL("_integers_8", op, CUDA_WARPS, 8),                             \
        KERNEL("_integers_16", op, CUDA_WARPS, 16),                                                                    \
        KERNEL("_integers_tiled", op, CUDA_WARPS_TILED, WARP_TILED_COLUMNS)
#define PLAIN(op) KERNEL("", op, CUDA_PLAIN, 1)

const struct cuda_kernel cuda_kernels[] = {
    PLAIN(embed),     PLAIN(quantise),  MATMUL(qkv),     PLAIN(heads),    PLAIN(attention),
    MATMUL(residual), PLAIN(post_norm), MATMUL(gate_up), MATMUL(project), PLAIN(filter),
    PLAIN(sample),    MATMUL(draw),     PLAIN(score),    PLAIN(advance),
};
const uint32_t n_cuda_kernels = sizeof cuda_kernels / sizeof *cuda_kernels;

static uint32_t divide_up(uint32_t a, uint32_t b)
{
    return a / b + (a % b != 0 ? 1 : 0);
}

/* A thread block of a product. */
struct shape {
    uint32_t rows;      /* of the matrix */
    uint32_t lanes_max; /* 0: there are none; else threads are a lane's */
    uint32_t threads;
    uint32_t n_groups; /* of matrix rows, taken one after the other */
};

/* Tiles that are whole blocks of outputs, where those may be quantised (Op::BLOCK_TILES of kernels/). */
static uint32_t block_tiles(enum rft_op op)
{
    return op == RFT_OP_residual ? RESIDUAL_TILES : op == RFT_OP_gate_up ? GATE_UP_TILES : 1;
}

static struct shape shape_of(const struct cuda_kernel *kernel, const struct rft_node *node)
{
    const uint32_t tiles = block_tiles(kernel->op), n_groups = rft_node_matrix(node).is_quantised ? tiles : 1;
    switch (kernel->variant) {
    case CUDA_TILED: return (struct shape){TILED_ROWS, 0, TILED_THREADS, 1};
    case CUDA_DOTS: return (struct shape){RFT_TILE * tiles, DOT_LANES_MAX(tiles), TILE_QUADS * tiles, 1};
    case CUDA_WARPS: return (struct shape){WARP_ROWS * WARP_PAIRS(tiles), WARP_LANES_MAX, 32 * WARP_PAIRS(tiles), 1};
    case CUDA_WARPS_TILED: return (struct shape){WARP_TILED_ROWS, 0, WARP_TILED_THREADS, 1};
    default: return (struct shape){RFT_TILE * n_groups, LANES_MAX(kernel->columns), TILE_QUADS, n_groups};
    }
}

/* Lanes of a thread block: as many as take the same number of turns. */
static uint32_t lanes_of(struct shape shape, uint32_t k)
{
    uint32_t n_blocks = RFT_PADDED(k) / RFT_DOT_BLOCK;
    return divide_up(n_blocks, divide_up(n_blocks, shape.lanes_max));
}

/* Of a multiprocessor and a cycle, on recent GPUs: threads whose instructions it begins, bytes that the second cache
 * gives it. */
#define THREADS_A_CYCLE 128.0
#define BYTES_A_CYCLE 24.0

/* Instructions of a thread for a block of 64 columns, counted in the compiled inner loops.
 * bf16: 8 elements of a quad and c activation rows are 32 c products, 9 c instructions for the activations and 32 for
 * the weights; tiled, an element is 32 products, and a fifth more for the rest.
 * Integers (Q4_K, compute capability 9.0): dp4a has half the rate of others, so its 64 c count twice; 32 columns of
 * four outputs are 24 float operations, and scales and widening are 300 in all. A warp's block: 8 activation rows are 4
 * products of the tensor cores and 96 float operations of 120 instructions, and what is not theirs is 275. */
static double instructions_of(const struct cuda_kernel *kernel)
{
    switch (kernel->variant) {
    case CUDA_TILED: return RFT_DOT_BLOCK * 32.0 * 1.2;
    case CUDA_DOTS: return 300.0 + 210.0 * kernel->columns;
    case CUDA_WARPS:
    case CUDA_WARPS_TILED: return 275.0 + 15.0 * kernel->columns;
    default: return RFT_DOT_BLOCK / 8 * (41.0 * kernel->columns + 32.0);
    }
}

/* Cycles of a launch, by whichever of three takes longest: one thread by itself, since a small matrix does not give
 * every processor one; the instructions of all; reading the weights, once for each group of activation rows. */
static double cost_of(const struct cuda_kernel *kernel, const struct rft_node *node, uint32_t n_multiprocessors)
{
    const struct rft_node_matrix m = rft_node_matrix(node);
    const struct shape shape = shape_of(kernel, node);
    const double n_groups = divide_up(node->n_rows, kernel->columns), n_blocks = RFT_PADDED(m.k) / RFT_DOT_BLOCK;
    const double reading =
        n_groups * m.n * RFT_FORMAT_TILE_WORDS(m.format, m.k) / RFT_TILE * 4.0 / (n_multiprocessors * BYTES_A_CYCLE);
    const double n_turns =
        shape.lanes_max == 0 ? n_blocks : divide_up((uint32_t)n_blocks, lanes_of(shape, m.k)); /* of a thread */
    const double of_thread = shape.n_groups * n_turns * instructions_of(kernel);
    const double n_threads = n_groups * divide_up(m.n, shape.rows) * shape.threads * n_blocks / n_turns;
    double of_all = n_threads * of_thread / (n_multiprocessors * THREADS_A_CYCLE);
    of_all = of_all > reading ? of_all : reading;
    return of_all > of_thread ? of_all : of_thread;
}

bool cuda_kernel_runs(uint32_t kernel, const struct rft_node *node)
{
    const struct cuda_kernel *k = &cuda_kernels[kernel];
    return k->op == node->op &&
           (k->variant == CUDA_PLAIN || (k->variant >= CUDA_DOTS) == (rft_node_matrix(node).format != RFT_FORMAT_BF16));
}

uint32_t cuda_kernel_for(const struct rft_node *node, uint32_t n_multiprocessors)
{
    uint32_t best = n_cuda_kernels;
    for (uint32_t i = 0; i < n_cuda_kernels; i++) {
        if (!cuda_kernel_runs(i, node))
            continue;
        if (best == n_cuda_kernels ||
            (cuda_kernels[i].variant != CUDA_PLAIN && cost_of(&cuda_kernels[i], node, n_multiprocessors) <
                                                          cost_of(&cuda_kernels[best], node, n_multiprocessors)))
            best = i;
    }
    assert(best < n_cuda_kernels);
    return best;
}

static struct cuda_call matmul_call(const struct cuda_kernel *kernel, const struct rft_node *node)
{
    const struct rft_node_matrix m = rft_node_matrix(node);
    const struct shape shape = shape_of(kernel, node);
    struct cuda_call call = {.grid_x = divide_up(node->n_rows, kernel->columns) * divide_up(m.n, shape.rows),
                             .grid_y = 1, /* a large matrix has more parts than a grid's y */
                             .threads = shape.threads};
    if (shape.lanes_max == 0)
        return call;
    call.parameter = lanes_of(shape, m.k);
    call.threads = divide_up(call.parameter * shape.threads, 32) * 32;
    if (node->op != RFT_OP_residual) /* whose input is no normed row */
        call.threads += LANES_FACTOR_THREADS;
    return call;
}

/* A cohort saves reading and costs parallel blocks, each of which works on several rows at once: it is as large as
 * leaves each multiprocessor one. */
static struct cuda_call attention_call(const struct rft_node *node, uint32_t n_multiprocessors)
{
    const struct rft_args_attention *a = (const void *)node->args.bytes;
    uint32_t n_rows = (uint32_t)((uint64_t)node->n_rows * a->n_kv_heads / n_multiprocessors);
    return (struct cuda_call){.grid_x = a->n_kv_heads,
                              .grid_y = node->n_rows,
                              .threads = ATTENTION_THREADS,
                              .parameter = n_rows < 1            ? 1
                                           : n_rows > COHORT_MAX ? COHORT_MAX
                                                                 : n_rows};
}

/* A block has a row, and a thread for four of its elements, if they are not too many. */
static struct cuda_call row_call(const struct rft_node *node, uint32_t k, uint32_t threads_max)
{
    const uint32_t n_threads = divide_up(k, 4 * 32) * 32;
    return (struct cuda_call){
        .grid_x = node->n_rows, .grid_y = 1, .threads = n_threads < threads_max ? n_threads : threads_max};
}

static struct cuda_call heads_call(const struct rft_node *node)
{
    const struct rft_args_heads *a = (const void *)node->args.bytes;
    return (struct cuda_call){
        .grid_x = a->n_heads + 2 * a->n_kv_heads, .grid_y = node->n_rows, .threads = HEADS_THREADS};
}

struct cuda_call cuda_call_with(uint32_t kernel, const struct rft_node *node, uint32_t n_multiprocessors)
{
    struct cuda_call call = {.grid_x = node->n_rows, .grid_y = 1};
    const void *args = node->args.bytes;
    assert(cuda_kernel_runs(kernel, node));
    if (cuda_kernels[kernel].variant != CUDA_PLAIN) {
        call = matmul_call(&cuda_kernels[kernel], node);
    } else if (node->op == RFT_OP_attention) {
        call = attention_call(node, n_multiprocessors);
    } else if (node->op == RFT_OP_embed) {
        call = row_call(node, ((const struct rft_args_embed *)args)->dim, NORMED_THREADS);
    } else if (node->op == RFT_OP_post_norm) {
        call = row_call(node, ((const struct rft_args_post_norm *)args)->dim, NORMED_THREADS);
    } else if (node->op == RFT_OP_heads) {
        call = heads_call(node);
    } else if (node->op == RFT_OP_quantise) {
        call = row_call(node, ((const struct rft_args_quantise *)args)->k, QUANTISE_THREADS);
    } else if (node->op == RFT_OP_filter) {
        call.threads = FILTER_THREADS;
    } else if (node->op == RFT_OP_sample) {
        call.grid_x = ((const struct rft_args_sample *)args)->n_parts;
        call.grid_y = node->n_rows;
        call.threads = SAMPLE_THREADS;
    } else if (node->op == RFT_OP_score) {
        call.grid_x = ((const struct rft_args_score *)args)->n_parts;
        call.grid_y = node->n_rows;
        call.threads = SCORE_THREADS;
    } else {
        call.threads = ADVANCE_THREADS;
    }
    call.kernel = kernel;
    return call;
}
