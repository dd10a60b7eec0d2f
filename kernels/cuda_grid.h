/* SPDX-License-Identifier: MIT */
/* Sizes of thread blocks and of what each takes: the kernels are written for them, and the backend launches them so
 * (backends/cuda/cuda_kernels.c). C and CUDA. */
#ifndef RFT_CUDA_GRID_H
#define RFT_CUDA_GRID_H

#define NORMED_THREADS 1024u /* at most: a thread has four elements of a row */
#define HEADS_THREADS 64u
#define QUANTISE_THREADS 256u
#define ATTENTION_THREADS 256u
#define FILTER_THREADS 256u
#define SAMPLE_THREADS 128u
#define SCORE_THREADS 64u /* the entries of a block, which are summed apart */
#define ADVANCE_THREADS 256u

/* Matrix products, few activation rows (matmul.cuh, lanes): a block has a tile of RFT_TILE matrix rows and `columns`
 * activation rows; a lane has TILE_QUADS threads. */
#define TILE_QUADS 4u /* of RFT_TILE rows */
#define LANES_MAX(columns)                                                                                             \
    (320u / (columns) < 64u ? 320u / (columns) : 64u) /* so that the activations stay below 48 KiB */
#define LANES_FACTOR_THREADS 32u                      /* threads that find the rows' factors meanwhile */

/* Many activation rows (tiled). */
#define TILED_THREADS 128u
#define TILED_ROWS 64u    /* of the matrix */
#define TILED_COLUMNS 64u /* activation rows */

/* What a matrix of integers reads is quantised by whoever writes it, in blocks of 32: a thread block has whole ones. So
 * many tiles they come from; of ops that write no such rows it is 1. */
#define RESIDUAL_TILES 2u
#define GATE_UP_TILES 4u /* where two matrix rows are an output */

/* Integers (matmul_integers.cuh). Few activation rows: lanes of a thread for each quad of their tiles, or of a warp for
 * each pair of tiles. With four tiles there are fewer lanes, so that two thread blocks fit a multiprocessor. */
#define DOT_LANES_MAX(tiles) ((tiles) > 2u ? 16u : 64u)
#define DOT_THREADS_MAX(tiles) (LANES_FACTOR_THREADS + TILE_QUADS * (tiles)*DOT_LANES_MAX(tiles))
#define WARP_LANES_MAX 9u
#define WARP_PAIRS(tiles) ((tiles) > 2u ? (tiles) / 2u : 1u)
#define WARP_THREADS_MAX(tiles) (LANES_FACTOR_THREADS + 32u * WARP_PAIRS(tiles) * WARP_LANES_MAX)
#define WARP_ROWS 32u /* of a pair */

/* Many activation rows: four warps. */
#define WARP_TILED_THREADS 128u
#define WARP_TILED_ROWS 128u
#define WARP_TILED_COLUMNS 32u

/* Attention: rows that share the reading of their prompt, at most. */
#define COHORT_MAX 16u

#endif
