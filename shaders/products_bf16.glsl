// SPDX-License-Identifier: MIT
// The products of a block of 64 columns with a matrix of bf16, for matmul.glsl. A weight is read as uvec4: the words of a quad
// for two elements.
#define TILE_QUADS (RFT_PADDED(K) * 2u)
#define ROW_PLACE(row) ((row) * STRIDE / 4u)
#define BLOCK_QUADS 8u // of an activation row

// acc += the products of one word of a quad's weights (two elements of four matrix rows) and one word of activations.
#define MULTIPLY_WORD(acc, weight, word)                                                                               \
    acc = fma(uintBitsToFloat((weight) << 16), vec4(uintBitsToFloat((word) << 16)), acc);                              \
    acc = fma(uintBitsToFloat((weight) & 0xffff0000u), vec4(uintBitsToFloat((word) & 0xffff0000u)), acc);

#if defined(VARIANT_TILED)
#define STAGED_ROWS 512u // behind [word of the block][quad]

void stage_weights(uint block, uint first_quad)
{
    for (uint i = gl_LocalInvocationID.x; i < 512u; i += LOCAL) {
        uint quad = min(first_quad + i % 16u, n_quads() - 1u);
        stage[i] = Quads(a.weight).v[quad / 4u * TILE_QUADS + (block * 32u + i / 16u) * 4u + quad % 4u];
    }
}

#define MULTIPLY_STAGED(quad, row)                                                                                     \
    for (uint word = 0u; word < 32u; word++) {                                                                         \
        uvec4 weight = stage[word * 16u + (quad)], words = STAGED_WORD(word, row);                                     \
        MULTIPLY_WORD(acc0, weight, words.x)                                                                           \
        MULTIPLY_WORD(acc1, weight, words.y)                                                                           \
        MULTIPLY_WORD(acc2, weight, words.z)                                                                           \
        MULTIPLY_WORD(acc3, weight, words.w)                                                                           \
    }
#else
#define FETCHED_AHEAD(tile, block) 0u // processors do that themselves
#define DECLARE_ACC(c) vec4 acc##c;
#define CLEAR_ACC(c) acc##c = vec4(0.0);
#define MULTIPLY_COLUMN(c)                                                                                             \
    {                                                                                                                  \
        uvec4 words = input_words.v[x##c + i];                                                                         \
        MULTIPLY_WORD(acc##c, w0, words.x)                                                                             \
        MULTIPLY_WORD(acc##c, w1, words.y)                                                                             \
        MULTIPLY_WORD(acc##c, w2, words.z)                                                                             \
        MULTIPLY_WORD(acc##c, w3, words.w)                                                                             \
    }
#define MULTIPLY_BLOCK(block)                                                                                          \
    EACH_COLUMN(CLEAR_ACC)                                                                                             \
    for (uint i = (block) * 8u; i < (block) * 8u + 8u; i++) {                                                          \
        uvec4 w0 = weights.v[at + i * 16u], w1 = weights.v[at + i * 16u + 4u];                                         \
        uvec4 w2 = weights.v[at + i * 16u + 8u], w3 = weights.v[at + i * 16u + 12u];                                   \
        EACH_COLUMN(MULTIPLY_COLUMN)                                                                                   \
    }
#endif
