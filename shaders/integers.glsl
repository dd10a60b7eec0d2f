// SPDX-License-Identifier: MIT
// Matrices of integers under scales (op_args.h: how a matrix is packed). Of every format a kernel sees the same: four rows (a
// "quad") and 16 columns are four uvec4 of signed bytes, the format's zero subtracted, under a scale and a minimum for each row.
// A block of 64 columns has four such groups; at is its first word's place, a tile's is the tile's, both counted in uvec4 and for
// this quad.

#define FORMAT_IS(flag) RFT_FORMAT_IS(a.format, flag)
#define TILE_QUADS_OF(k) (RFT_FORMAT_TILE_WORDS(a.format, k) / 4u)

// Has a scale's last group of 16 columns been taken?
bool ends_scale(uint group)
{
    return FORMAT_IS(RFT_FORMAT_HALVES) || group % 2u == 1u;
}

uint block_place(uint tile, uint block)
{
    return tile + RFT_FORMAT_BLOCK_WORD(a.format, block) / 4u;
}

// Signed bytes from four bits each and, where they have six, two more.
uvec4 signed_bytes(uvec4 low, uvec4 high)
{
    uvec4 bytes = (low & 0x0f0f0f0fu) | (high & 0x30303030u);
    return ((bytes | 0x80808080u) - RFT_FORMAT_ZERO(a.format) * 0x01010101u) ^ 0x80808080u;
}

// Where elements have less than eight bits, two words of bytes lie in one, and both are shifted out of it.
void read_integers(Quads weights, uint at, uint group, out uvec4 w0, out uvec4 w1, out uvec4 w2, out uvec4 w3)
{
    const uint bits = RFT_FORMAT_BITS(a.format), halved = bits == 8u ? 0u : 1u, word = group * 4u;
    uvec4 third = uvec4(0u); // one load for two uses: drivers of processors pay for loads that are left out, too
    w0 = weights.v[at + (word >> halved) * 4u];
    w2 = weights.v[at + (word + 2u >> halved) * 4u];
    if (bits != 4u)
        third = weights.v[at + (bits == 8u ? word * 4u + 4u : 32u + group * 4u)];
    w1 = third;
    if (bits == 8u) {
        w3 = weights.v[at + word * 4u + 12u];
        return;
    }
    w1 = signed_bytes(w0 >> 4u, third << 2u);
    w0 = signed_bytes(w0, third << 4u);
    w3 = signed_bytes(w2 >> 4u, third >> 2u);
    w2 = signed_bytes(w2, third);
}

// The words of a block's scales, and of its super-block's.
struct Scales {
    uvec4 words0, words1, of_super;
};

Scales read_scales(Quads weights, uint tile, uint block)
{
    const uint at = block_place(tile, block) + 8u * RFT_FORMAT_BITS(a.format);
    Scales s;
    s.words0 = weights.v[at];
    s.words1 = s.of_super = uvec4(0u);
    if (RFT_FORMAT_SCALE_WORDS(a.format) == 2u)
        s.words1 = weights.v[at + 4u];
    if (FORMAT_IS(RFT_FORMAT_SUPER))
        s.of_super = weights.v[tile + RFT_FORMAT_SUPER_WORD(a.format, block) / 4u];
    return s;
}

vec4 halves(uvec4 bits)
{
    return vec4(rft_half(bits.x), rft_half(bits.y), rft_half(bits.z), rft_half(bits.w));
}

// Of the columns from 16 group on; minimum is 0 where the format has none.
void scales_of(Scales s, uint group, out vec4 scale, out vec4 minimum)
{
    const bool is_super = FORMAT_IS(RFT_FORMAT_SUPER), has_minima = FORMAT_IS(RFT_FORMAT_MINIMA);
    const bool has_two = RFT_FORMAT_SCALE_WORDS(a.format) == 2u, has_bytes = is_super && !has_minima;
    const uint of_half = FORMAT_IS(RFT_FORMAT_HALVES) ? group % 2u * 16u : 0u;
    const uint shift = has_bytes ? group * 8u : has_two ? of_half : group / 2u * 16u;
    const uvec4 word = (has_two && group >= 2u ? s.words1 : s.words0) >> shift, f16 = is_super ? s.of_super : word;
    const ivec4 low = has_bytes ? ivec4(word << 24u) >> 24 : ivec4(word & 0xffu);
    scale = halves(f16 & 0xffffu) * (is_super ? vec4(low) : vec4(1.0));
    minimum = vec4(0.0);
    if (has_minima)
        minimum = halves(f16 >> 16u) * (is_super ? vec4(ivec4(word >> 8u & 0xffu)) : vec4(1.0));
}
