/* SPDX-License-Identifier: MIT */
/* Matrices of integers for the benchmarks. */
#include "bench.h"

#include "alloc.h"
#include "packed_row.h"

#include <string.h>

#define K_ROWS 256u /* rows of the _k types are multiples of it */

static const struct {
    const char *name;
    uint32_t format;
} types[] = {
    {"bf16", RFT_FORMAT_BF16}, {"q8_0", RFT_FORMAT_Q8},     {"q4_0", RFT_FORMAT_Q4},        {"q4_1", RFT_FORMAT_Q4_MIN},
    {"q5_0", RFT_FORMAT_Q6},   {"q5_1", RFT_FORMAT_Q6_MIN}, {"q4_k", RFT_FORMAT_K4_MIN},    {"q5_k", RFT_FORMAT_K6_MIN},
    {"q6_k", RFT_FORMAT_K6},   {"q3_k", RFT_FORMAT_K4},     {"q2_k", RFT_FORMAT_K4_HALVES},
};

const char *bench_format_names(void)
{
    return "bf16, q8_0, q4_0, q4_1, q5_0, q5_1, q4_k, q5_k, q6_k, q3_k, q2_k, q4_k_m";
}

/* The layers whose v and down have more bits in a Q4_K_M file. */
static bool has_more_bits(uint32_t layer, uint32_t n_layers)
{
    return layer < n_layers / 8 || layer >= 7 * n_layers / 8 || (layer - n_layers / 8) % 3 == 2;
}

bool bench_formats(const char *stored, const struct rft_model_config *c, struct rft_formats *formats)
{
    const bool is_mixed = strcmp(stored, "q4_k_m") == 0;
    uint32_t format = RFT_FORMAT_K4_MIN;
    size_t i = 0;
    while (!is_mixed && i < sizeof types / sizeof *types && strcmp(stored, types[i].name) != 0)
        i++;
    if (i == sizeof types / sizeof *types)
        return false;
    format = is_mixed ? format : types[i].format;
    if (RFT_FORMAT_IS(format, RFT_FORMAT_SUPER) &&
        (c->dim % K_ROWS != 0 || c->ffn_dim % K_ROWS != 0 || c->n_heads * c->head_dim % K_ROWS != 0))
        return false;
    formats->embedding = formats->head = is_mixed ? RFT_FORMAT_K6 : format;
    for (uint32_t layer = 0; layer < c->n_layers; layer++) {
        const uint32_t wide = is_mixed && has_more_bits(layer, c->n_layers) ? RFT_FORMAT_K6 : format;
        formats->layers[layer] = (struct rft_layer_formats){format, format, wide, format, format, wide};
    }
    return true;
}

/* A tile as random bytes, and then its scales: the words behind the integers of each block, and the super-blocks'. */
static void fill_tile(uint32_t format, uint32_t k, uint32_t *tile)
{
    const bool is_super = RFT_FORMAT_IS(format, RFT_FORMAT_SUPER);
    const uint32_t half = is_super ? 0x0400u : 0x1c00u; /* 2^-14, 2^-8 */
    uint64_t random = k;
    for (uint32_t i = 0; i < RFT_FORMAT_TILE_WORDS(format, k); i++) {
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        tile[i] = (uint32_t)(random >> 32);
    }
    for (uint32_t b = 0; b < RFT_PADDED(k) / RFT_DOT_BLOCK; b++)
        for (uint32_t row = 0; row < RFT_TILE; row++) {
            uint32_t *block = tile + RFT_FORMAT_BLOCK_WORD(format, b) + row;
            for (uint32_t i = 0; i < RFT_FORMAT_SCALE_WORDS(format); i++)
                block[(2 * RFT_FORMAT_BITS(format) + i) * RFT_TILE] = is_super ? 0x11121314u : half | half << 16;
            if (is_super)
                tile[RFT_FORMAT_SUPER_WORD(format, b) + row] = half | half << 16;
        }
}

enum rft_status bench_fill_integers(struct rft_dev *dev, const struct rft_matrix *matrix, struct rft_slice to)
{
    const size_t n_words = RFT_FORMAT_TILE_WORDS(matrix->format, matrix->k);
    uint32_t *tile = rft_alloc(n_words, sizeof *tile);
    enum rft_status status = tile != NULL ? RFT_OK : RFT_ERR_HOST_MEMORY;
    if (tile != NULL)
        fill_tile(matrix->format, matrix->k, tile);
    for (uint64_t at = 0; at < to.bytes && status == RFT_OK; at += n_words * 4)
        status = rft_dev_write(dev, rft_slice_part(to, at, n_words * 4), tile);
    rft_free(tile);
    return status;
}
