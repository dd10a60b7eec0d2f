/* SPDX-License-Identifier: MIT */
/* Dot products of integers under scales. A lane is a row of the matrix: the sums of products are exact, and of the
 * floats every operation is rounded on its own, in the contract's order (cpu_integers.c). */
#include "integer_dot.h"

#define QUADS (RFT_DOT_BLOCK / 4u)
#define QUAD_WORDS(format) (2u * RFT_FORMAT_BITS(format)) /* of a row, before its scales */
#define IS(format, flag) RFT_FORMAT_IS(format, RFT_FORMAT_##flag)
/* Parts of a block under one scale. */
#define PARTS(format) (IS(format, HALVES) ? 4u : 2u)

/* A part of an activation row: all that the rows of the matrix have in common. */
struct x_part {
    int8_t bytes[32];    /* or 16 */
    int32_t start;       /* what the sum begins with, for the zero point */
    uint32_t scale;      /* bits of f32: compilers load words into all lanes at once, and floats not */
    uint32_t scaled_sum; /* the same */
    uint32_t unused;
};

/* Tiles that share the loads of activations, and the vectors of rows that they are. */
#define TILES_AT_ONCE (CPU_LANES == 16 ? 2u : 1u)
#define VECTORS (TILES_AT_ONCE * CPU_TILE_VECTORS)

/* Columns that they are multiplied with at a time, as registers allow: a power of two. */
#if CPU_LANES > 4 || defined(__ARM_FEATURE_DOTPROD)
#define COLUMNS_AT_ONCE 4
#else
#define COLUMNS_AT_ONCE 2
#endif

#define PANEL_PARTS 384u  /* of all columns: they stay in the first-level cache */
#define BYTES_AHEAD 8192u /* of weights, asked for before they are multiplied (see dot.c) */

/* Blocks [first, first + n) of the columns: [block][part][column]. */
CPU_INLINE void fill_halves(const bool are_halves, struct x_part *panel, int32_t zero, uint32_t k,
                            const uint32_t *const *columns, uint32_t n_columns, uint32_t first, uint32_t n)
{
    const uint32_t n_halves = are_halves ? 2 : 1, part_bytes = RFT_QUANT_BLOCK / n_halves;
    for (uint32_t i = 2 * n_halves * first; i < 2 * n_halves * (first + n); i++) {
        for (uint32_t c = 0; c < n_columns; c++, panel++) {
            const struct rft_quantised_block *x =
                (const struct rft_quantised_block *)(const void *)(columns[c] + k / 4) + i / n_halves;
            const int32_t sum = !are_halves ? x->sum0 + x->sum1 : i % 2 == 0 ? x->sum0 : x->sum1;
            memcpy(panel->bytes, (const int8_t *)columns[c] + i * part_bytes, part_bytes);
            panel->start = -zero * sum;
            panel->scale = x->scale_bits;
            panel->scaled_sum = are_halves ? RFT_BITS(RFT_FROM_BITS(x->scale_bits) * (float)sum) : x->sum_bits;
        }
    }
}

static void fill_panel(struct x_part *panel, uint32_t format, uint32_t k, const uint32_t *const *columns,
                       uint32_t n_columns, uint32_t first, uint32_t n)
{
    const int32_t zero = (int32_t)RFT_FORMAT_ZERO(format) + (RFT_FORMAT_BITS(format) == 8 ? CPU_DOT_BIAS : 0);
    if (IS(format, HALVES))
        fill_halves(true, panel, zero, k, columns, n_columns, first, n);
    else
        fill_halves(false, panel, zero, k, columns, n_columns, first, n);
}

/* A part of a block, unpacked for all columns; [..][v] is of the rows of vector v. */
struct part {
    cpu_i32 quads[QUADS / 2][VECTORS];
    cpu_f32 scales[VECTORS];
    cpu_f32 minima[VECTORS];
};

CPU_INLINE cpu_f32 float_of(cpu_u32 v)
{
    return __builtin_convertvector((cpu_i32)v, cpu_f32);
}

/* words: of the block's scales. super: of its super-block's f16s. */
CPU_INLINE void unpack_scales(const uint32_t format, const uint32_t *words, const uint32_t *super, unsigned part,
                              cpu_f32 *scale, cpu_f32 *minimum)
{
    const unsigned parts_of_word = PARTS(format) / RFT_FORMAT_SCALE_WORDS(format);
    const unsigned bits = 32 / parts_of_word;
    const cpu_u32 word = load_u32(words + part / parts_of_word * RFT_TILE) >> part % parts_of_word * bits;
    if (!IS(format, SUPER)) {
        *scale = half_of(word & 0xffffu);
        if (IS(format, MINIMA))
            *minimum = half_of(word >> 16);
        return;
    }
    const cpu_u32 halves = load_u32(super);
    if (IS(format, MINIMA)) {
        *scale = half_of(halves & 0xffffu) * float_of(word & 0xffu);
        *minimum = half_of(halves >> 16) * float_of(word >> 8 & 0xffu);
    } else
        *scale = half_of(halves & 0xffffu) * float_of((cpu_u32)((cpu_i32)(word << 24) >> 24));
}

/* Four quads, of which `first` is the first one, of the rows of vector v. words: of the block and these rows. */
CPU_INLINE void unpack_group(const uint32_t format, const uint32_t *words, unsigned first, const unsigned v,
                             cpu_i32 quads[4][VECTORS])
{
    CPU_UNROLL
    for (unsigned i = 0; i < 4; i++) {
        cpu_u32 quad;
        if (RFT_FORMAT_BITS(format) == 8)
            quad = load_u32(words + (first + i) * RFT_TILE) ^ 0x01010101u * CPU_DOT_BIAS;
        else
            quad = load_u32(words + (first + i) / 2 * RFT_TILE) >> i % 2 * 4 & 0x0f0f0f0fu;
        if (RFT_FORMAT_BITS(format) == 6) {
            const cpu_u32 high = load_u32(words + (8 + first / 4) * RFT_TILE);
            quad |= (i < 2 ? high << (4 - i * 2) : high >> (i * 2 - 4)) & 0x30303030u;
        }
        quads[i][v] = (cpu_i32)quad;
    }
}

/* Part `part` of block b of the tiles. */
CPU_INLINE void unpack(const uint32_t format, const uint32_t *const *tiles, uint32_t b, unsigned part, struct part *p)
{
    const unsigned n_quads = QUADS / PARTS(format);
    CPU_UNROLL
    for (unsigned v = 0; v < VECTORS; v++) {
        const uint32_t *tile = tiles[v / CPU_TILE_VECTORS] + v % CPU_TILE_VECTORS * CPU_LANES;
        const uint32_t *words = tile + RFT_FORMAT_BLOCK_WORD(format, b);
        CPU_UNROLL
        for (unsigned quad = 0; quad < n_quads; quad += 4)
            unpack_group(format, words, part * n_quads + quad, v, p->quads + quad);
        unpack_scales(format, words + QUAD_WORDS(format) * RFT_TILE, tile + RFT_FORMAT_SUPER_WORD(format, b), part,
                      &p->scales[v], &p->minima[v]);
    }
}

CPU_INLINE cpu_f32 lanes_of(uint32_t bits)
{
    return (cpu_f32)((cpu_u32){0} + bits);
}

/* Where sums go, [tile][column][16]: those of a block's parts so far are `before`; with this part's they go to
 * `block`, or, after the last part, are added to the totals. */
struct sums {
    const float *before;
    float *block, *totals;
    uint32_t n_columns;
    bool is_last;
};

/* A part of some columns, of which `first` is the first one. */
CPU_INLINE void add_part(const uint32_t format, const unsigned n_columns, const struct part *p, const struct x_part *x,
                         const struct sums *to, uint32_t first)
{
    const unsigned n = n_columns * VECTORS, n_quads = QUADS / PARTS(format);
    cpu_i32 sums[COLUMNS_AT_ONCE * VECTORS], pairs[COLUMNS_AT_ONCE * VECTORS];
    CPU_UNROLL
    for (unsigned i = 0; i < n; i++)
        sums[i] = (cpu_i32){0} + x[i / VECTORS].start;
    CPU_UNROLL
    for (unsigned quad = 0; quad < n_quads; quad++) {
        CPU_UNROLL
        for (unsigned i = 0; i < n; i++)
            add_quad(RFT_FORMAT_BITS(format), quad, n_quads, &sums[i], &pairs[i], p->quads[quad][i % VECTORS],
                     x[i / VECTORS].bytes + quad / 4 * 16);
    }
    size_t at[COLUMNS_AT_ONCE * VECTORS];
    cpu_f32 block_sums[COLUMNS_AT_ONCE * VECTORS];
    CPU_UNROLL
    for (unsigned i = 0; i < n; i++) {
        const struct x_part *column = x + i / VECTORS;
        const unsigned v = i % VECTORS;
        const cpu_f32 both = p->scales[v] * lanes_of(column->scale);
        cpu_f32 sum = __builtin_convertvector(sums[i], cpu_f32) * both;
        if (IS(format, MINIMA))
            sum = sum + p->minima[v] * lanes_of(column->scaled_sum);
        at[i] =
            (v / CPU_TILE_VECTORS * to->n_columns + first + i / VECTORS) * RFT_TILE + v % CPU_TILE_VECTORS * CPU_LANES;
        block_sums[i] = load_f32(to->before + at[i]) + sum;
    }
    if (to->is_last) {
        CPU_UNROLL
        for (unsigned i = 0; i < n; i++)
            store_f32(to->totals + at[i], load_f32(to->totals + at[i]) + block_sums[i]);
    } else {
        CPU_UNROLL
        for (unsigned i = 0; i < n; i++)
            store_f32(to->block + at[i], block_sums[i]);
    }
}

/* The same of all columns. Few chains of sums leave a processor waiting for them: 5 are 3 and 2. */
CPU_INLINE void add_columns(const uint32_t format, const struct part *p, const struct x_part *x, const struct sums *to)
{
    uint32_t c = 0;
#if COLUMNS_AT_ONCE == 4
    for (; to->n_columns >= c + 7 || to->n_columns == c + 4; c += 4)
        add_part(format, 4, p, x + c, to, c);
    for (; to->n_columns >= c + 5 || to->n_columns == c + 3; c += 3)
        add_part(format, 3, p, x + c, to, c);
#endif
    for (; to->n_columns >= c + 2; c += 2)
        add_part(format, 2, p, x + c, to, c);
    if (c < to->n_columns)
        add_part(format, 1, p, x + c, to, c);
}

/* Blocks [first, first + n) of some tiles, and of those that will be multiplied next. */
struct stretch {
    const uint32_t *tiles[TILES_AT_ONCE], *next[TILES_AT_ONCE];
    uint32_t first, n, next_first;
};

/* Asks for a part of block i + ahead of the stretch: a whole block at once is more than a processor can wait for. */
CPU_INLINE void prefetch(const uint32_t format, const struct stretch *s, uint32_t i, unsigned part)
{
    const uint32_t n_words = RFT_FORMAT_BLOCK_WORDS(format), n_once = (n_words + PARTS(format) - 1) / PARTS(format);
    const uint32_t far = BYTES_AHEAD / (TILES_AT_ONCE * RFT_TILE * 4 * n_words);
    const uint32_t ahead = far < s->n ? far : s->n; /* what lies behind the next tiles' stretch is not read next */
    CPU_UNROLL
    for (unsigned t = 0; t < TILES_AT_ONCE; t++) {
        const uint32_t *words = i + ahead < s->n
                                    ? s->tiles[t] + RFT_FORMAT_BLOCK_WORD(format, s->first + i + ahead)
                                    : s->next[t] + RFT_FORMAT_BLOCK_WORD(format, s->next_first + i + ahead - s->n);
        CPU_UNROLL
        for (unsigned word = 0; word < n_once; word++)
            __builtin_prefetch(words + (part * n_once + word) * RFT_TILE);
    }
}

/* totals[tile][column][16] += the sums of the stretch. */
CPU_INLINE void multiply(const uint32_t format, const struct stretch *s, const struct x_part *panel, uint32_t n_columns,
                         float *totals)
{
    const unsigned n_parts = PARTS(format);
    float block_sums[TILES_AT_ONCE * CPU_INTEGER_COLUMNS * RFT_TILE] __attribute__((aligned(64)));
    static const float zeros[TILES_AT_ONCE * CPU_INTEGER_COLUMNS * RFT_TILE] __attribute__((aligned(64)));
    struct sums sums = {.block = block_sums, .totals = totals, .n_columns = n_columns};
    for (uint32_t i = 0; i < s->n; i++) {
        for (unsigned part = 0; part < n_parts; part++, panel += n_columns) {
            struct part p;
            prefetch(format, s, i, part);
            unpack(format, s->tiles, s->first + i, part, &p);
            sums.before = part == 0 ? zeros : block_sums;
            sums.is_last = part + 1 == n_parts;
            add_columns(format, &p, panel, &sums);
        }
    }
}

#define MULTIPLY(name, format)                                                                                         \
    static void multiply_##name(const struct stretch *s, const struct x_part *panel, uint32_t n_columns,               \
                                float *totals)                                                                         \
    {                                                                                                                  \
        multiply(format, s, panel, n_columns, totals);                                                                 \
    }
RFT_FORMAT_LIST(MULTIPLY)

static const struct {
    uint32_t format;
    void (*run)(const struct stretch *s, const struct x_part *panel, uint32_t n_columns, float *totals);
} multiply_by_format[] = {
#define ENTRY(name, format) {format, multiply_##name},
    RFT_FORMAT_LIST(ENTRY)
#undef ENTRY
};

static uint32_t index_of(uint32_t format)
{
    uint32_t i = (uint32_t)(sizeof multiply_by_format / sizeof *multiply_by_format) - 1;
    while (i > 0 && multiply_by_format[i].format != format)
        i--;
    return i;
}

void CPU_NAME(cpu_integer_tiles)(const struct cpu_tiles *tiles, const uint32_t *const *columns, uint32_t n_columns,
                                 float *totals)
{
    struct x_part panel[PANEL_PARTS] __attribute__((aligned(64)));
    const size_t tile_words = RFT_FORMAT_TILE_WORDS(tiles->format, tiles->k);
    const uint32_t n_blocks = tiles->k / RFT_DOT_BLOCK, n_once = PANEL_PARTS / (PARTS(tiles->format) * n_columns);
    const uint32_t index = index_of(tiles->format);
    memset(totals, 0, (size_t)(tiles->n + TILES_AT_ONCE - 1) * n_columns * RFT_TILE * sizeof *totals);
    for (uint32_t first = 0; first < n_blocks; first += n_once) {
        struct stretch s = {.first = first, .n = n_blocks - first < n_once ? n_blocks - first : n_once};
        fill_panel(panel, tiles->format, tiles->k, columns, n_columns, first, s.n);
        for (uint32_t tile = 0; tile < tiles->n; tile += TILES_AT_ONCE) {
            /* Behind the last tile the first again; at the end of K what lies behind, as a rule the next item. */
            const bool is_last = tile + TILES_AT_ONCE >= tiles->n, is_end = first + s.n == n_blocks;
            for (uint32_t t = 0; t < TILES_AT_ONCE; t++) { /* past the end: the last tile again */
                const uint32_t last = tiles->n - 1, next = is_last && !is_end ? t : tile + TILES_AT_ONCE + t;
                s.tiles[t] = tiles->weight + (tile + t < last ? tile + t : last) * tile_words;
                s.next[t] = tiles->weight + next * tile_words;
            }
            s.next_first = is_last && !is_end ? first + s.n : is_last ? 0 : first;
            multiply_by_format[index].run(&s, panel, n_columns, totals + (size_t)tile * n_columns * RFT_TILE);
        }
    }
}
