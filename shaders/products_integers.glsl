// SPDX-License-Identifier: MIT
// The products of a block of 64 columns with a matrix of integers and quantised activation rows, for matmul.glsl. Sums of
// products of integers are exact and so may be made in any way: with DOT by the device's dot product of four signed bytes,
// without by f32, which holds them (32 of at most 128 times 127 are below 2^24).
#include "integers.glsl"

#define TILE_QUADS TILE_QUADS_OF(K)
#if defined(NORMED)
#define ROW_PLACE(row) (((row) * STRIDE + RFT_H_QUANTISED(K)) / 4u)
#else
#define ROW_PLACE(row) (((row) * STRIDE + RFT_ROW_QUANTISED(K)) / 4u)
#endif
#define BLOCK_QUADS 4u // of an activation row's bytes
// Of a row at this place: the words of the quantised block (rft_quantised_block) of columns 16 group on.
#define QUANTISED_PLACE(place, block, group) ((place) + RFT_PADDED(K) / 16u + (block) * 2u + (group) / 2u)

// sums += the products of four columns of a quad's weights and one word of activations.
#if defined(DOT)
spirv_instruction(extensions = ["SPV_KHR_integer_dot_product"], capabilities = [6018, 6019], id = 4450)
int signed_dot(uint x, uint y, spirv_literal int packed_format); // OpSDot; 0: four bytes in a word

#define SUMS ivec4
#define MULTIPLY_WORD(sums, weight, word)                                                                              \
    sums += ivec4(signed_dot((weight).x, word, 0), signed_dot((weight).y, word, 0), signed_dot((weight).z, word, 0),   \
                  signed_dot((weight).w, word, 0));
#else
#define SUMS vec4
#define MULTIPLY_BYTE(sums, weight, word, shift)                                                                       \
    sums = fma(vec4(ivec4((weight) << (shift)) >> 24), vec4(float(int((word) << (shift)) >> 24)), sums);
#define MULTIPLY_WORD(sums, weight, word)                                                                              \
    MULTIPLY_BYTE(sums, weight, word, 24)                                                                              \
    MULTIPLY_BYTE(sums, weight, word, 16)                                                                              \
    MULTIPLY_BYTE(sums, weight, word, 8)                                                                               \
    MULTIPLY_BYTE(sums, weight, word, 0)
#endif

// What four sums are under the scales of the weights and of the activations.
vec4 part_of(SUMS sums_any, vec4 scale, uint x_scale_bits)
{
    const ivec4 sums = ivec4(sums_any);
    const float x_scale = uintBitsToFloat(x_scale_bits);
    return vec4(rft_integer_part(sums.x, scale.x, x_scale), rft_integer_part(sums.y, scale.y, x_scale),
                rft_integer_part(sums.z, scale.z, x_scale), rft_integer_part(sums.w, scale.w, x_scale));
}

// The word of a quantised block that has the sum of the columns under a scale whose last group this is.
uint sum_word(uint group)
{
    return FORMAT_IS(RFT_FORMAT_HALVES) ? 2u + group % 2u : 1u;
}

// A part with that of the minima. sum_bits: what lies in that word.
vec4 part_with_minima(vec4 part, vec4 minimum, uint x_scale_bits, uint sum_bits)
{
    float sum = uintBitsToFloat(x_scale_bits) * float(int(sum_bits));
    sum = FORMAT_IS(RFT_FORMAT_HALVES) ? sum : uintBitsToFloat(sum_bits);
    return vec4(rft_integer_part_min(part.x, minimum.x, sum), rft_integer_part_min(part.y, minimum.y, sum),
                rft_integer_part_min(part.z, minimum.z, sum), rft_integer_part_min(part.w, minimum.w, sum));
}

#if defined(VARIANT_TILED)
// [word of the block][quad], then, as words, [word of the block][row]; [group][quad] scales, the same minima; [half][row]
// quantised blocks.
#define STAGED_ROWS 256u
#define STAGED_SCALES 384u
#define STAGED_MINIMA 448u
#define STAGED_BLOCKS 512u

// An invocation has a quad and a group of 16 columns: the first 64 their integers, the others their scales, and the quantised
// blocks of half a block and a row.
void stage_weights(uint block, uint first_quad)
{
    const uint i = gl_LocalInvocationID.x % 64u, group = i / 16u;
    const uint quad = min(first_quad + i % 16u, n_quads() - 1u), tile = quad / 4u * TILE_QUADS + quad % 4u;
    Quads weights = Quads(a.weight);
    if (gl_LocalInvocationID.x < 64u) {
        uvec4 w0, w1, w2, w3;
        read_integers(weights, block_place(tile, block), group, w0, w1, w2, w3);
        stage[(group * 4u) * 16u + i % 16u] = w0;
        stage[(group * 4u + 1u) * 16u + i % 16u] = w1;
        stage[(group * 4u + 2u) * 16u + i % 16u] = w2;
        stage[(group * 4u + 3u) * 16u + i % 16u] = w3;
    } else {
        vec4 scale, minimum;
        scales_of(read_scales(weights, tile, block), group, scale, minimum);
        stage[STAGED_SCALES + i] = floatBitsToUint(scale);
        stage[STAGED_MINIMA + i] = floatBitsToUint(minimum);
    }
}

void stage_quantised_blocks(uint block, uint first, uint n_rows)
{
    const uint i = gl_LocalInvocationID.x % 64u, place = ROW_PLACE(min(first + i % 32u, n_rows - 1u));
    if (gl_LocalInvocationID.x >= 64u)
        stage[STAGED_BLOCKS + i] = Quads(INPUT).v[QUANTISED_PLACE(place, block, i / 32u * 2u)];
}

#define ADD_STAGED(c, row)                                                                                             \
    {                                                                                                                  \
        const uvec4 x = stage[STAGED_BLOCKS + group / 2u * 32u + (row) + uint(c)];                                     \
        vec4 part = part_of(sums##c, scale, x.x);                                                                      \
        if (FORMAT_IS(RFT_FORMAT_MINIMA))                                                                              \
            part = part_with_minima(part, minimum, x.x, x[sum_word(group)]);                                           \
        acc##c = acc##c + part;                                                                                        \
        sums##c = SUMS(0);                                                                                             \
    }
#define MULTIPLY_STAGED(quad, row)                                                                                     \
    SUMS sums0 = SUMS(0), sums1 = SUMS(0), sums2 = SUMS(0), sums3 = SUMS(0);                                           \
    for (uint group = 0u; group < 4u; group++) {                                                                       \
        for (uint word = group * 4u; word < group * 4u + 4u; word++) {                                                 \
            const uvec4 weight = stage[word * 16u + (quad)], words = STAGED_WORD(word, row);                           \
            MULTIPLY_WORD(sums0, weight, words.x)                                                                      \
            MULTIPLY_WORD(sums1, weight, words.y)                                                                      \
            MULTIPLY_WORD(sums2, weight, words.z)                                                                      \
            MULTIPLY_WORD(sums3, weight, words.w)                                                                      \
        }                                                                                                              \
        if (ends_scale(group)) {                                                                                       \
            const vec4 scale = uintBitsToFloat(stage[STAGED_SCALES + group * 16u + (quad)]);                           \
            const vec4 minimum = uintBitsToFloat(stage[STAGED_MINIMA + group * 16u + (quad)]);                         \
            ADD_STAGED(0, row)                                                                                         \
            ADD_STAGED(1, row)                                                                                         \
            ADD_STAGED(2, row)                                                                                         \
            ADD_STAGED(3, row)                                                                                         \
        }                                                                                                              \
    }
#else
// Processors do not fetch ahead what is read in an order as irregular as a block's integers and scales are. So the invocations of a
// tile read a word of each line (64 bytes, a word of 16 rows) of the next block. The result is 0, which compilers do not know.
uint fetched_ahead(uint tile, uint block)
{
    const uint n = RFT_FORMAT_BLOCK_WORDS(a.format), first = block_place(tile, min(block, RFT_PADDED(K) / 64u - 1u)) * 4u;
    uint line = gl_LocalInvocationID.x % 4u, words = 0u;
    do {
        words |= Words(a.weight).v[first + min(line, n - 1u) * RFT_TILE];
        line += 4u;
    } while (line < n);
    return words & a.format >> 31;
}
#define FETCHED_AHEAD fetched_ahead

#define DECLARE_ACC(c)                                                                                                 \
    vec4 acc##c;                                                                                                       \
    SUMS sums##c;
#define CLEAR_ACC(c)                                                                                                   \
    acc##c = vec4(0.0);                                                                                                \
    sums##c = SUMS(0);
#define READ_WORDS(c) const uvec4 words##c = input_words.v[x##c + of_block * 4u + group];
#define MULTIPLY_0(c) MULTIPLY_WORD(sums##c, w0, words##c.x)
#define MULTIPLY_1(c) MULTIPLY_WORD(sums##c, w1, words##c.y)
#define MULTIPLY_2(c) MULTIPLY_WORD(sums##c, w2, words##c.z)
#define MULTIPLY_3(c) MULTIPLY_WORD(sums##c, w3, words##c.w)
#define ADD_PART(c)                                                                                                    \
    {                                                                                                                  \
        const uint at_x = QUANTISED_PLACE(x##c, of_block, group) * 4u, x_scale_bits = Words(INPUT).v[at_x];            \
        vec4 part = part_of(sums##c, scale, x_scale_bits);                                                             \
        if (FORMAT_IS(RFT_FORMAT_MINIMA))                                                                              \
            part = part_with_minima(part, minimum, x_scale_bits, Words(INPUT).v[at_x + sum_word(group)]);              \
        acc##c = acc##c + part;                                                                                        \
        sums##c = SUMS(0);                                                                                             \
    }
// The groups are counted by a loop that ends with its condition: drivers of processors without jumps in front of a loop's body
// compute the body once more, for nobody.
#define MULTIPLY_BLOCK(block)                                                                                          \
    const uint of_block = block, place = block_place(at, of_block);                                                    \
    const Scales scales = read_scales(weights, at, of_block);                                                          \
    EACH_COLUMN(CLEAR_ACC)                                                                                             \
    uint group = 0u;                                                                                                   \
    do {                                                                                                               \
        uvec4 w0, w1, w2, w3;                                                                                          \
        read_integers(weights, place, group, w0, w1, w2, w3);                                                          \
        EACH_COLUMN(READ_WORDS)                                                                                        \
        EACH_COLUMN(MULTIPLY_0)                                                                                        \
        EACH_COLUMN(MULTIPLY_1)                                                                                        \
        EACH_COLUMN(MULTIPLY_2)                                                                                        \
        EACH_COLUMN(MULTIPLY_3)                                                                                        \
        if (ends_scale(group)) {                                                                                       \
            vec4 scale, minimum;                                                                                       \
            scales_of(scales, group, scale, minimum);                                                                  \
            EACH_COLUMN(ADD_PART)                                                                                      \
        }                                                                                                              \
        group++;                                                                                                       \
    } while (group < 4u);
#endif
