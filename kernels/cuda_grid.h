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

/* Integers (matmul_integers.cuh). Few activation rows: lanes of TILE_QUADS threads, or of a warp, which has two tiles.
 */
#define DOT_LANES_MAX 64u
#define WARP_LANES_MAX 9u
#define INTEGER_THREADS (LANES_FACTOR_THREADS + 32u * WARP_LANES_MAX) /* at most */
#define WARP_ROWS 32u

/* Many activation rows: four warps. */
#define WARP_TILED_THREADS 128u
#define WARP_TILED_ROWS 128u
#define WARP_TILED_COLUMNS 32u

/* Attention: rows that share the reading of their prompt, at most. */
#define COHORT_MAX 16u

#endif
