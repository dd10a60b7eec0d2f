/* SPDX-License-Identifier: MIT */
/* Dot products of bf16 vectors, and no other float arithmetic: the one file that is compiled with contraction. A
 * product of two bf16 is exact in f32, so a fused multiply-add gives the bits of a multiply and an add. A SIMD lane is
 * an output (a row of the matrix, a key, a dimension of v), so that the contract's order within an output costs
 * nothing. */
#include "dot.h"

#define CHUNK_BLOCKS 8u /* blocks of the inner dimension whose activations stay in the first-level cache */
#define CHUNK (CHUNK_BLOCKS * RFT_DOT_BLOCK)
/* Tiles that are multiplied with this many columns at a time. */
#define TILES_AT_ONCE(n_columns)                                                                                       \
    (CPU_ACCUMULATORS / (CPU_TILE_VECTORS * (n_columns)) >= 4u   ? 4u                                                  \
     : CPU_ACCUMULATORS / (CPU_TILE_VECTORS * (n_columns)) == 3u ? 3u                                                  \
     : CPU_ACCUMULATORS / (CPU_TILE_VECTORS * (n_columns)) == 2u ? 2u                                                  \
                                                                 : 1u)

/* Weights are asked for 8 KiB, in blocks of a tile, before they are multiplied: a processor's own prefetcher stops at
 * the end of a page of 4 KiB and at the end of a tile, and with one column already that costs a fifth of the time. */
#define BLOCKS_AHEAD(n_tiles) (4u / (n_tiles))

/* totals[tile][column][16] += sums of the blocks of n_words words. panel: [block][column][64] f32. next: what follows
 * each tile, and is only asked for. */
CPU_INLINE void multiply(const unsigned n_tiles, const unsigned n_columns, const uint32_t *const *tiles,
                         const uint32_t *const *next, const float *panel, uint32_t n_words, cpu_f32 *totals)
{
    const unsigned n_vectors = n_tiles * CPU_TILE_VECTORS;
    for (uint32_t block = 0; block < n_words; block += RFT_DOT_BLOCK / 2) {
        uint32_t end = block + RFT_DOT_BLOCK / 2 < n_words ? block + RFT_DOT_BLOCK / 2 : n_words;
        const uint32_t ahead = block + BLOCKS_AHEAD(n_tiles) * RFT_DOT_BLOCK / 2;
        const uint32_t *wanted[CPU_TILES_AT_ONCE];
        cpu_f32 sums[CPU_ACCUMULATORS];
        CPU_UNROLL
        for (unsigned t = 0; t < n_tiles; t++)
            wanted[t] =
                ahead < n_words ? tiles[t] + (size_t)ahead * RFT_TILE : next[t] + (size_t)(ahead - n_words) * RFT_TILE;
        CPU_UNROLL
        for (unsigned i = 0; i < n_vectors * n_columns; i++)
            sums[i] = (cpu_f32){0};
        for (uint32_t i = block; i < end; i++) {
            const float *x = panel + 2 * (i - block);
            cpu_u32 words[CPU_ACCUMULATORS];
            CPU_UNROLL
            for (unsigned v = 0; v < n_vectors; v++)
                words[v] =
                    load_u32(tiles[v / CPU_TILE_VECTORS] + (size_t)i * RFT_TILE + v % CPU_TILE_VECTORS * CPU_LANES);
            CPU_UNROLL
            for (unsigned t = 0; t < n_tiles; t++)
                __builtin_prefetch(wanted[t] + (size_t)(i - block) * RFT_TILE);
            CPU_UNROLL
            for (unsigned c = 0; c < n_columns; c++) {
                CPU_UNROLL
                for (unsigned v = 0; v < n_vectors; v++)
                    sums[v * n_columns + c] += (cpu_f32)(words[v] << 16) * x[c * RFT_DOT_BLOCK];
            }
            CPU_UNROLL
            for (unsigned c = 0; c < n_columns; c++) {
                CPU_UNROLL
                for (unsigned v = 0; v < n_vectors; v++)
                    sums[v * n_columns + c] += (cpu_f32)(words[v] & 0xffff0000u) * x[c * RFT_DOT_BLOCK + 1];
            }
        }
        CPU_UNROLL
        for (unsigned v = 0; v < n_vectors; v++) {
            CPU_UNROLL
            for (unsigned c = 0; c < n_columns; c++)
                totals[(v / CPU_TILE_VECTORS * n_columns + c) * CPU_TILE_VECTORS + v % CPU_TILE_VECTORS] +=
                    sums[v * n_columns + c];
        }
        panel += (size_t)n_columns * RFT_DOT_BLOCK;
    }
}

#define COLUMN_COUNTS_3(X) X(1) X(2) X(3)
#define COLUMN_COUNTS_6(X) COLUMN_COUNTS_3(X) X(4) X(5) X(6)
#define COLUMN_COUNTS_12(X) COLUMN_COUNTS_6(X) X(7) X(8) X(9) X(10) X(11) X(12)
#if CPU_LANES == 16
#define COLUMN_COUNTS COLUMN_COUNTS_12
#elif CPU_LANES == 8 || defined(__aarch64__)
#define COLUMN_COUNTS COLUMN_COUNTS_6
#else
#define COLUMN_COUNTS COLUMN_COUNTS_3
#endif

#define MULTIPLY(n_columns)                                                                                            \
    static void multiply_##n_columns(const uint32_t *const *tiles, const uint32_t *const *next, const float *panel,    \
                                     uint32_t n_words, cpu_f32 *totals)                                                \
    {                                                                                                                  \
        multiply(TILES_AT_ONCE(n_columns##u), n_columns##u, tiles, next, panel, n_words, totals);                      \
    }
COLUMN_COUNTS(MULTIPLY)

static const struct {
    unsigned n_tiles;
    void (*run)(const uint32_t *const *tiles, const uint32_t *const *next, const float *panel, uint32_t n_words,
                cpu_f32 *totals);
} multiply_by_columns[] = {{0, NULL},
#define ENTRY(n_columns) {TILES_AT_ONCE(n_columns##u), multiply_##n_columns},
                           COLUMN_COUNTS(ENTRY)
#undef ENTRY
};

/* n elements of each column, from element k, as f32 in the order in which they are used. */
static void fill_panel(float *panel, const uint16_t *const *columns, uint32_t n_columns, uint32_t k, uint32_t n)
{
    for (uint32_t block = 0; block < n; block += RFT_DOT_BLOCK) {
        uint32_t n_block = n - block < RFT_DOT_BLOCK ? n - block : RFT_DOT_BLOCK;
        for (uint32_t c = 0; c < n_columns; c++) {
            const uint16_t *from = columns[c] + k + block;
            uint32_t i = 0;
            for (; i + CPU_LANES <= n_block; i += CPU_LANES)
                store_f32(panel + i, widen_bf16(load_u16(from + i)));
            for (; i < n_block; i++)
                panel[i] = rft_low_bf16(from[i]);
            panel += RFT_DOT_BLOCK;
        }
    }
}

/* Element `first` of a tile. Past the end: the last tile again, and nobody reads the sums. */
static const uint32_t *place_of(const uint32_t *weight, uint32_t k, uint32_t n_tiles, uint32_t tile, uint32_t first)
{
    return weight + ((size_t)(tile < n_tiles ? tile : n_tiles - 1) * (k / 2) + first / 2) * RFT_TILE;
}

void CPU_NAME(cpu_dot_tiles)(const uint32_t *weight, uint32_t k, uint32_t n_tiles, const uint16_t *const *columns,
                             uint32_t n_columns, cpu_f32 *totals)
{
    float panel[CPU_COLUMNS * CHUNK] __attribute__((aligned(64)));
    const uint32_t at_once = multiply_by_columns[n_columns].n_tiles;
    const uint32_t tile_totals = CPU_TILE_VECTORS * n_columns;
    memset(totals, 0, (n_tiles + at_once - 1) * tile_totals * sizeof *totals);
    for (uint32_t first = 0; first < k; first += CHUNK) {
        uint32_t n = k - first < CHUNK ? k - first : CHUNK;
        fill_panel(panel, columns, n_columns, first, n);
        for (uint32_t tile = 0; tile < n_tiles; tile += at_once) {
            const uint32_t *tiles[CPU_TILES_AT_ONCE], *next[CPU_TILES_AT_ONCE];
            bool is_last = tile + at_once >= n_tiles;
            for (uint32_t i = 0; i < at_once; i++) {
                tiles[i] = place_of(weight, k, n_tiles, tile + i, first);
                next[i] = place_of(weight, k, n_tiles, is_last ? i : tile + at_once + i, is_last ? first + n : first);
            }
            multiply_by_columns[n_columns].run(tiles, next, panel, n / 2, totals + tile * tile_totals);
        }
    }
}

/* A page of keys has the layout of a weight tile whose 16 rows are the keys. */
void CPU_NAME(cpu_dot_keys)(const struct cpu_keys *keys, const uint16_t *const *q, uint32_t n_columns,
                            uint32_t head_dim, float *scores, size_t scores_stride)
{
    float panel[CPU_COLUMNS * RFT_HEAD_DIM_MAX] __attribute__((aligned(64)));
    const uint32_t n_pages = (keys->n + RFT_PAGE_TOKENS - 1) / RFT_PAGE_TOKENS;
    for (uint32_t first = 0; first < n_columns; first += CPU_COLUMNS) {
        uint32_t n = n_columns - first < CPU_COLUMNS ? n_columns - first : CPU_COLUMNS;
        uint32_t at_once = multiply_by_columns[n].n_tiles;
        fill_panel(panel, q + first, n, 0, head_dim);
        for (uint32_t page = 0; page < n_pages; page += at_once) {
            cpu_f32 totals[CPU_ACCUMULATORS] = {{0}};
            const uint32_t *tiles[CPU_TILES_AT_ONCE], *values[CPU_TILES_AT_ONCE];
            for (uint32_t i = 0; i < at_once; i++) {
                tiles[i] = keys->pages + keys->table[page + i < n_pages ? page + i : n_pages - 1] * keys->page_words;
                values[i] = tiles[i] + RFT_PAGE_TOKENS / 2 * head_dim; /* wanted soon */
            }
            multiply_by_columns[n].run(tiles, values, panel, head_dim / 2, totals);
            for (uint32_t i = 0; i < at_once && page + i < n_pages; i++) {
                uint32_t key = (page + i) * RFT_PAGE_TOKENS;
                uint32_t n_keys = keys->n - key < RFT_PAGE_TOKENS ? keys->n - key : RFT_PAGE_TOKENS;
                for (uint32_t c = 0; c < n; c++)
                    memcpy(scores + (first + c) * scores_stride + key, totals + (i * n + c) * CPU_TILE_VECTORS,
                           n_keys * sizeof *scores);
            }
        }
    }
}

#define VALUE_VECTORS (CPU_LANES == 8 ? 2u : 4u)         /* vectors of dimensions at a time */
#define VALUE_COLUMNS (CPU_ACCUMULATORS / VALUE_VECTORS) /* columns at a time: 6 or 3 */

/* Dimensions [i, i + n_vectors CPU_LANES) of the values. */
CPU_INLINE void multiply_values(const unsigned n_vectors, const unsigned n_columns, const struct cpu_keys *keys,
                                const float *weights, size_t stride, uint32_t i, uint32_t head_dim, float *totals)
{
    for (uint32_t block = 0; block < keys->n; block += RFT_DOT_BLOCK) {
        uint32_t end = block + RFT_DOT_BLOCK < keys->n ? block + RFT_DOT_BLOCK : keys->n;
        cpu_f32 sums[VALUE_VECTORS * VALUE_COLUMNS];
        CPU_UNROLL
        for (unsigned j = 0; j < n_vectors * n_columns; j++)
            sums[j] = (cpu_f32){0};
        for (uint32_t page = block; page < end; page += RFT_PAGE_TOKENS) {
            const uint32_t *k = keys->pages + keys->table[page / RFT_PAGE_TOKENS] * keys->page_words;
            const uint16_t *v = (const uint16_t *)(const void *)(k + RFT_PAGE_TOKENS / 2 * head_dim) + i;
            uint32_t page_end = page + RFT_PAGE_TOKENS < end ? page + RFT_PAGE_TOKENS : end;
            for (uint32_t key = page; key < page_end; key++, v += head_dim) {
                cpu_f32 values[VALUE_VECTORS];
                CPU_UNROLL
                for (unsigned d = 0; d < n_vectors; d++)
                    values[d] = widen_bf16(load_u16(v + d * CPU_LANES));
                CPU_UNROLL
                for (unsigned c = 0; c < n_columns; c++) {
                    CPU_UNROLL
                    for (unsigned d = 0; d < n_vectors; d++)
                        sums[c * n_vectors + d] += values[d] * weights[c * stride + key];
                }
            }
        }
        CPU_UNROLL
        for (unsigned c = 0; c < n_columns; c++) {
            CPU_UNROLL
            for (unsigned d = 0; d < n_vectors; d++) {
                float *to = totals + c * head_dim + i + d * CPU_LANES;
                store_f32(to, load_f32(to) + sums[c * n_vectors + d]);
            }
        }
    }
}

/* The dimensions past the last whole vector. */
static void multiply_values_singly(uint32_t n_columns, const struct cpu_keys *keys, const float *weights, size_t stride,
                                   uint32_t i, uint32_t head_dim, float *totals)
{
    for (uint32_t c = 0; c < n_columns; c++) {
        for (uint32_t block = 0; block < keys->n; block += RFT_DOT_BLOCK) {
            uint32_t end = block + RFT_DOT_BLOCK < keys->n ? block + RFT_DOT_BLOCK : keys->n;
            float sum = 0.0f;
            for (uint32_t key = block; key < end; key++) {
                const uint32_t *k = keys->pages + keys->table[key / RFT_PAGE_TOKENS] * keys->page_words;
                const uint16_t *v = (const uint16_t *)(const void *)(k + RFT_PAGE_TOKENS / 2 * head_dim);
                sum += rft_low_bf16(v[key % RFT_PAGE_TOKENS * head_dim + i]) * weights[c * stride + key];
            }
            totals[c * head_dim + i] += sum;
        }
    }
}

#define VALUES(n_columns)                                                                                              \
    static void values_##n_columns(const struct cpu_keys *keys, const float *weights, size_t stride,                   \
                                   uint32_t head_dim, float *totals)                                                   \
    {                                                                                                                  \
        uint32_t i = 0;                                                                                                \
        for (; i + VALUE_VECTORS * CPU_LANES <= head_dim; i += VALUE_VECTORS * CPU_LANES)                              \
            multiply_values(VALUE_VECTORS, n_columns##u, keys, weights, stride, i, head_dim, totals);                  \
        for (; i + CPU_LANES <= head_dim; i += CPU_LANES)                                                              \
            multiply_values(1, n_columns##u, keys, weights, stride, i, head_dim, totals);                              \
        for (; i < head_dim; i++)                                                                                      \
            multiply_values_singly(n_columns##u, keys, weights, stride, i, head_dim, totals);                          \
    }
#if CPU_COLUMNS == 3u
#define VALUE_COLUMN_COUNTS COLUMN_COUNTS_3
#else
#define VALUE_COLUMN_COUNTS COLUMN_COUNTS_6
#endif
VALUE_COLUMN_COUNTS(VALUES)

void CPU_NAME(cpu_dot_values)(const struct cpu_keys *keys, const float *weights, size_t weights_stride,
                              uint32_t n_columns, uint32_t head_dim, float *totals)
{
    static void (*const by_columns[])(const struct cpu_keys *keys, const float *weights, size_t stride,
                                      uint32_t head_dim, float *totals) = {NULL,
#define ENTRY(n_columns) values_##n_columns,
                                                                           VALUE_COLUMN_COUNTS(ENTRY)
#undef ENTRY
    };
    for (uint32_t first = 0; first < n_columns; first += VALUE_COLUMNS) {
        uint32_t n = n_columns - first < VALUE_COLUMNS ? n_columns - first : VALUE_COLUMNS;
        by_columns[n](keys, weights + first * weights_stride, weights_stride, head_dim, totals + first * head_dim);
    }
}
