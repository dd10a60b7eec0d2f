/* SPDX-License-Identifier: MIT */
/* Dot products of integers under scales. A lane is a row of the matrix: the sums of products are exact, and of the
 * floats every operation is rounded on its own, in the contract's order (cpu_integers.c). */
#include "integer_dot.h"

#define QUADS (RFT_DOT_BLOCK / 4u)
#define HALVES (RFT_DOT_BLOCK / 16u)
#define QUAD_WORDS(format) (2u * RFT_FORMAT_BITS(format)) /* of a row, before its scales */
#define IS(format, flag) RFT_FORMAT_IS(format, RFT_FORMAT_##flag)
/* Parts of a block under one scale. */
#define PARTS(format) (IS(format, HALVES) ? 4u : 2u)

/* A block of 64 columns of an activation row: all that the rows of the matrix have in common. */
struct x_block {
    int8_t bytes[RFT_DOT_BLOCK];
    int32_t starts[HALVES]; /* of a part: what its sum begins with, for the zero point */
    float scales[HALVES];
    float scaled_sums[HALVES];
    float unused[4]; /* two lines of a cache */
};

/* Registers that hold a whole block of a tile: only then is it worth the code to name each of them. */
#if CPU_LANES == 16
#define UNROLL_BLOCK CPU_UNROLL
#else
#define UNROLL_BLOCK
#endif

/* Columns that a block is multiplied with at a time, as registers allow: a power of two. */
#if CPU_LANES > 4 || defined(__aarch64__)
#define COLUMNS_AT_ONCE 4u
#else
#define COLUMNS_AT_ONCE 2u
#endif

#define PANEL_BLOCKS 192u /* of all columns: they stay in the first-level cache */
#define BYTES_AHEAD 8192u /* of weights, asked for before they are multiplied (see dot.c) */

/* Blocks of the columns, from block `first` on: [block][column]. */
static void fill_panel(struct x_block *panel, uint32_t format, uint32_t k, const uint32_t *const *columns,
                       uint32_t n_columns, uint32_t first, uint32_t n)
{
    const int32_t zero = (int32_t)RFT_FORMAT_ZERO(format) + (RFT_FORMAT_BITS(format) == 8 ? CPU_DOT_BIAS : 0);
    for (uint32_t b = first; b < first + n; b++) {
        for (uint32_t c = 0; c < n_columns; c++, panel++) {
            const struct rft_quantised_block *x =
                (const struct rft_quantised_block *)(const void *)(columns[c] + k / 4) + 2 * (size_t)b;
            memcpy(panel->bytes, columns[c] + b * QUADS, sizeof panel->bytes);
            for (uint32_t part = 0; part < PARTS(format); part++) {
                const bool is_half = IS(format, HALVES);
                const struct rft_quantised_block *at = x + (is_half ? part / 2 : part);
                const int32_t sum = !is_half ? at->sum0 + at->sum1 : part % 2 == 0 ? at->sum0 : at->sum1;
                panel->starts[part] = -zero * sum;
                panel->scales[part] = RFT_FROM_BITS(at->scale_bits);
                panel->scaled_sums[part] =
                    is_half ? RFT_FROM_BITS(at->scale_bits) * (float)sum : RFT_FROM_BITS(at->sum_bits);
            }
        }
    }
}

/* A block of a tile, unpacked for all columns; [..][v] is of the rows of vector v. */
struct tile_block {
    cpu_i32 quads[QUADS][CPU_TILE_VECTORS];
    cpu_f32 scales[HALVES][CPU_TILE_VECTORS];
    cpu_f32 minima[HALVES][CPU_TILE_VECTORS];
};

/* rft_half of every lane. */
CPU_INLINE cpu_f32 half_of(cpu_u32 bits)
{
    const cpu_u32 sign = (bits & 0x8000u) << 16, magnitude = (bits & 0x7fffu) << 13;
    const cpu_f32 least = (cpu_f32)((cpu_u32){0} + 0x38800000u);
    const cpu_u32 small = (cpu_u32)((cpu_f32)(magnitude | 0x38800000u) - least);
    const cpu_u32 is_small = (cpu_u32)((cpu_i32)magnitude < 0x00800000);
    return (cpu_f32)(sign | (small & is_small) | ((magnitude + 0x38000000u) & ~is_small));
}

CPU_INLINE cpu_f32 float_of(cpu_u32 v)
{
    return __builtin_convertvector((cpu_i32)v, cpu_f32);
}

/* words: of the block's scales; super: of its super-block's f16s. */
CPU_INLINE void unpack_scales(const uint32_t format, const uint32_t *words, const uint32_t *super, const unsigned v,
                              struct tile_block *t)
{
    const unsigned n_words = RFT_FORMAT_SCALE_WORDS(format), n_parts = PARTS(format);
    cpu_u32 w[2], halves = {0};
    CPU_UNROLL
    for (unsigned i = 0; i < n_words; i++)
        w[i] = load_u32(words + i * RFT_TILE);
    if (IS(format, SUPER))
        halves = load_u32(super);
    CPU_UNROLL
    for (unsigned part = 0; part < n_parts; part++) {
        if (!IS(format, SUPER)) {
            const cpu_u32 word = IS(format, MINIMA) ? w[part] : w[0] >> part * 16;
            t->scales[part][v] = half_of(word & 0xffffu);
            if (IS(format, MINIMA))
                t->minima[part][v] = half_of(word >> 16);
        } else if (IS(format, MINIMA)) {
            const cpu_u32 pair = IS(format, HALVES) ? w[part / 2] >> part % 2 * 16 : w[0] >> part * 16;
            t->scales[part][v] = half_of(halves & 0xffffu) * float_of(pair & 0xffu);
            t->minima[part][v] = half_of(halves >> 16) * float_of(pair >> 8 & 0xffu);
        } else {
            const cpu_u32 scale = (cpu_u32)((cpu_i32)(w[0] << (24 - part * 8)) >> 24);
            t->scales[part][v] = half_of(halves & 0xffffu) * float_of(scale);
        }
    }
}

CPU_INLINE void unpack(const uint32_t format, const uint32_t *block, const uint32_t *super, struct tile_block *t)
{
    UNROLL_BLOCK
    for (unsigned v = 0; v < CPU_TILE_VECTORS; v++) {
        const uint32_t *words = block + v * CPU_LANES;
        UNROLL_BLOCK
        for (unsigned group = 0; group < QUADS; group += 4) {
            CPU_UNROLL
            for (unsigned i = 0; i < 4; i++) {
                cpu_u32 quad;
                if (RFT_FORMAT_BITS(format) == 8)
                    quad = load_u32(words + (group + i) * RFT_TILE) ^ 0x01010101u * CPU_DOT_BIAS;
                else
                    quad = load_u32(words + (group + i) / 2 * RFT_TILE) >> i % 2 * 4 & 0x0f0f0f0fu;
                if (RFT_FORMAT_BITS(format) == 6) {
                    const cpu_u32 high = load_u32(words + (8 + group / 4) * RFT_TILE);
                    quad |= (i < 2 ? high << (4 - i * 2) : high >> (i * 2 - 4)) & 0x30303030u;
                }
                t->quads[group + i][v] = (cpu_i32)quad;
            }
        }
        unpack_scales(format, words + QUAD_WORDS(format) * RFT_TILE, super + v * CPU_LANES, v, t);
    }
}

/* totals[column][16] += the sums of a block. */
CPU_INLINE void add_block(const uint32_t format, const unsigned n_columns, const struct tile_block *t,
                          const struct x_block *x, float *totals)
{
    const unsigned n = n_columns * CPU_TILE_VECTORS, n_parts = PARTS(format), part_quads = QUADS / n_parts;
    cpu_f32 block_sums[COLUMNS_AT_ONCE * CPU_TILE_VECTORS];
    CPU_UNROLL
    for (unsigned i = 0; i < n; i++)
        block_sums[i] = (cpu_f32){0};
    UNROLL_BLOCK
    for (unsigned part = 0; part < n_parts; part++) {
        cpu_i32 sums[COLUMNS_AT_ONCE * CPU_TILE_VECTORS];
        CPU_UNROLL
        for (unsigned i = 0; i < n; i++)
            sums[i] = (cpu_i32){0} + x[i / CPU_TILE_VECTORS].starts[part];
        UNROLL_BLOCK
        for (unsigned group = part * part_quads; group < (part + 1) * part_quads; group += 4) {
            CPU_UNROLL
            for (unsigned quad = 0; quad < 4; quad++) {
                CPU_UNROLL
                for (unsigned i = 0; i < n; i++)
                    sums[i] = dot_quad(RFT_FORMAT_BITS(format), sums[i], t->quads[group + quad][i % CPU_TILE_VECTORS],
                                       x[i / CPU_TILE_VECTORS].bytes + group * 4, quad);
            }
        }
        CPU_UNROLL
        for (unsigned i = 0; i < n; i++) {
            const struct x_block *column = x + i / CPU_TILE_VECTORS;
            const cpu_f32 both = t->scales[part][i % CPU_TILE_VECTORS] * column->scales[part];
            cpu_f32 sum = __builtin_convertvector(sums[i], cpu_f32) * both;
            if (IS(format, MINIMA))
                sum = sum + t->minima[part][i % CPU_TILE_VECTORS] * column->scaled_sums[part];
            block_sums[i] = block_sums[i] + sum;
        }
    }
    CPU_UNROLL
    for (unsigned i = 0; i < n; i++)
        store_f32(totals + i * CPU_LANES, load_f32(totals + i * CPU_LANES) + block_sums[i]);
}

/* Blocks [first, first + n) of a tile, and of the one that will be multiplied next. */
struct stretch {
    const uint32_t *tile, *next;
    uint32_t first, n, next_first;
};

CPU_INLINE void multiply(const uint32_t format, const struct stretch *s, const struct x_block *panel,
                         uint32_t n_columns, float *totals)
{
    const uint32_t n_words = RFT_FORMAT_BLOCK_WORDS(format), blocks_ahead = BYTES_AHEAD / (RFT_TILE * 4 * n_words);
    for (uint32_t i = 0; i < s->n; i++, panel += n_columns) {
        const uint32_t b = s->first + i;
        const uint32_t *wanted = i + blocks_ahead < s->n
                                     ? s->tile + RFT_FORMAT_BLOCK_WORD(format, b + blocks_ahead)
                                     : s->next + RFT_FORMAT_BLOCK_WORD(format, s->next_first + i + blocks_ahead - s->n);
        struct tile_block t;
        uint32_t c = 0;
        CPU_UNROLL
        for (unsigned word = 0; word < n_words; word++)
            __builtin_prefetch(wanted + word * RFT_TILE);
        unpack(format, s->tile + RFT_FORMAT_BLOCK_WORD(format, b), s->tile + RFT_FORMAT_SUPER_WORD(format, b), &t);
        for (; c + COLUMNS_AT_ONCE <= n_columns; c += COLUMNS_AT_ONCE)
            add_block(format, COLUMNS_AT_ONCE, &t, panel + c, totals + c * RFT_TILE);
        if (COLUMNS_AT_ONCE > 2 && c + 2 <= n_columns) {
            add_block(format, 2, &t, panel + c, totals + c * RFT_TILE);
            c += 2;
        }
        if (c < n_columns)
            add_block(format, 1, &t, panel + c, totals + c * RFT_TILE);
    }
}

#define MULTIPLY(name, format)                                                                                         \
    static void multiply_##name(const struct stretch *s, const struct x_block *panel, uint32_t n_columns,              \
                                float *totals)                                                                         \
    {                                                                                                                  \
        multiply(format, s, panel, n_columns, totals);                                                                 \
    }
RFT_FORMAT_LIST(MULTIPLY)

static const struct {
    uint32_t format;
    void (*run)(const struct stretch *s, const struct x_block *panel, uint32_t n_columns, float *totals);
} multiply_by_format[] = {
#define ENTRY(name, format) {format, multiply_##name},
    RFT_FORMAT_LIST(ENTRY)
#undef ENTRY
};

static uint32_t index_of(uint32_t format)
{
    uint32_t i = 0;
    while (multiply_by_format[i].format != format)
        i++;
    return i;
}

void CPU_NAME(cpu_integer_tiles)(const struct cpu_tiles *tiles, const uint32_t *const *columns, uint32_t n_columns,
                                 float *totals)
{
    struct x_block panel[PANEL_BLOCKS] __attribute__((aligned(64)));
    const size_t tile_words = RFT_FORMAT_TILE_WORDS(tiles->format, tiles->k);
    const uint32_t n_blocks = tiles->k / RFT_DOT_BLOCK, n_once = PANEL_BLOCKS / n_columns;
    const uint32_t index = index_of(tiles->format);
    memset(totals, 0, (size_t)tiles->n * n_columns * RFT_TILE * sizeof *totals);
    for (uint32_t first = 0; first < n_blocks; first += n_once) {
        struct stretch s = {.first = first, .n = n_blocks - first < n_once ? n_blocks - first : n_once};
        fill_panel(panel, tiles->format, tiles->k, columns, n_columns, first, s.n);
        for (uint32_t tile = 0; tile < tiles->n; tile++) {
            const bool is_last = tile + 1 == tiles->n;
            s.tile = tiles->weight + tile * tile_words;
            s.next = is_last ? tiles->weight : s.tile + tile_words;
            s.next_first = is_last ? first + s.n : first;
            multiply_by_format[index].run(&s, panel, n_columns, totals + (size_t)tile * n_columns * RFT_TILE);
        }
    }
}
