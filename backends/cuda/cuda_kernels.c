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
        KERNEL("_tiled", op, CUDA_TILED, TILED_COLUMNS)
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

/* Lanes of a thread block: as many as take the same number of turns. */
static uint32_t lanes_of(uint32_t columns, uint32_t k)
{
    uint32_t n_blocks = RFT_PADDED(k) / RFT_DOT_BLOCK;
    return divide_up(n_blocks, divide_up(n_blocks, LANES_MAX(columns)));
}

/* Of a multiprocessor and a cycle, on recent GPUs: threads whose instructions it begins, bytes that the second cache
 * gives it. */
#define THREADS_A_CYCLE 128.0
#define BYTES_A_CYCLE 24.0

/* Cycles of a launch, by whichever of three takes longest: one thread by itself, since a small matrix does not give
 * every processor one; the instructions of all; reading the weights, once for each group of activation rows.
 * Instructions are counted in the compiled inner loops: 8 elements of a quad and c activation rows are 32 c products, 9
 * c instructions for the activations and 32 for the weights; tiled, an element is 32 products, and a fifth more for the
 * rest. */
static double cost_of(const struct cuda_kernel *kernel, const struct rft_node *node, uint32_t n_multiprocessors)
{
    const struct rft_node_matrix m = rft_node_matrix(node);
    const double n_groups = divide_up(node->n_rows, kernel->columns), n_blocks = RFT_PADDED(m.k) / RFT_DOT_BLOCK;
    const double reading = n_groups * m.n * m.k * 2.0 / (n_multiprocessors * BYTES_A_CYCLE);
    double of_thread, n_threads, of_all;
    if (kernel->variant == CUDA_LANES) {
        const double n_turns = divide_up((uint32_t)n_blocks, lanes_of(kernel->columns, m.k));
        of_thread = n_turns * RFT_DOT_BLOCK / 8 * (41.0 * kernel->columns + 32.0);
        n_threads = n_groups * divide_up(m.n, RFT_TILE) * TILE_QUADS * n_blocks / n_turns;
    } else {
        of_thread = 32.0 * 1.2 * m.k;
        n_threads = n_groups * divide_up(m.n, TILED_ROWS) * TILED_THREADS;
    }
    of_all = n_threads * of_thread / (n_multiprocessors * THREADS_A_CYCLE);
    of_all = of_all > reading ? of_all : reading;
    return of_all > of_thread ? of_all : of_thread;
}

uint32_t cuda_kernel_for(const struct rft_node *node, uint32_t n_multiprocessors)
{
    uint32_t best = n_cuda_kernels;
    for (uint32_t i = 0; i < n_cuda_kernels; i++) {
        if (cuda_kernels[i].op != node->op)
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
    const uint32_t n_groups = divide_up(node->n_rows, kernel->columns);
    struct cuda_call call = {.grid_y = 1}; /* a large matrix has more parts than a grid's y */
    if (kernel->variant == CUDA_TILED) {
        call.grid_x = n_groups * divide_up(m.n, TILED_ROWS);
        call.threads = TILED_THREADS;
        return call;
    }
    call.grid_x = n_groups * divide_up(m.n, RFT_TILE);
    call.parameter = lanes_of(kernel->columns, m.k);
    call.threads = divide_up(call.parameter * TILE_QUADS, 32) * 32;
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

/* A block has a row, and threads for its quads if they are not too many. */
static struct cuda_call normed_row_call(const struct rft_node *node, uint32_t dim)
{
    const uint32_t n_threads = divide_up(dim, 4 * 32) * 32;
    return (struct cuda_call){
        .grid_x = node->n_rows, .grid_y = 1, .threads = n_threads < NORMED_THREADS ? n_threads : NORMED_THREADS};
}

/* A thread for each block of a row, if they are not too many. */
static uint32_t quantise_threads(const struct rft_node *node)
{
    const struct rft_args_quantise *a = (const void *)node->args.bytes;
    const uint32_t n_threads = divide_up(RFT_PADDED(a->k) / RFT_QUANT_BLOCK, 32) * 32;
    return n_threads < QUANTISE_THREADS ? n_threads : QUANTISE_THREADS;
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
    assert(cuda_kernels[kernel].op == node->op);
    if (cuda_kernels[kernel].variant != CUDA_PLAIN) {
        call = matmul_call(&cuda_kernels[kernel], node);
    } else if (node->op == RFT_OP_attention) {
        call = attention_call(node, n_multiprocessors);
    } else if (node->op == RFT_OP_embed) {
        call = normed_row_call(node, ((const struct rft_args_embed *)(const void *)node->args.bytes)->dim);
    } else if (node->op == RFT_OP_post_norm) {
        call = normed_row_call(node, ((const struct rft_args_post_norm *)(const void *)node->args.bytes)->dim);
    } else if (node->op == RFT_OP_heads) {
        call = heads_call(node);
    } else if (node->op == RFT_OP_quantise) {
        call.threads = quantise_threads(node);
    } else if (node->op == RFT_OP_filter) {
        call.threads = FILTER_THREADS;
    } else if (node->op == RFT_OP_sample) {
        call.grid_x = ((const struct rft_args_sample *)(const void *)node->args.bytes)->n_parts;
        call.grid_y = node->n_rows;
        call.threads = SAMPLE_THREADS;
    } else if (node->op == RFT_OP_score) {
        call.grid_x = ((const struct rft_args_score *)(const void *)node->args.bytes)->n_parts;
        call.grid_y = node->n_rows;
        call.threads = SCORE_THREADS;
    } else {
        call.threads = ADVANCE_THREADS;
    }
    call.kernel = kernel;
    return call;
}
