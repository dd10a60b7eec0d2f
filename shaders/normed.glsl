// SPDX-License-Identifier: MIT
// What x becomes: its elements and, for the norm that comes next, its normed row.

// Stores elements i and i + 1 of a row, of which the second may lie behind the row's end; their squares, or +0.
vec2 store_pair(uint row, uint i, vec2 x)
{
    uint at = row * a.dim + i;
    vec2 v = vec2(rft_flush(x.x), 0.0), weight = vec2(Floats(a.norm).v[i], 0.0);
    Floats(a.x).v[at] = x.x;
    if (i + 1u < a.dim) {
        Floats(a.x).v[at + 1u] = x.y;
        v.y = rft_flush(x.y);
        weight.y = Floats(a.norm).v[i + 1u];
    }
    vec2 y = v * weight;
    Words(a.h).v[row * RFT_H_WORDS(a.dim) + i / 2u] = pair_or_mark(y.x, y.y, Rows(a.rows), row);
    return v * v;
}

// The sum of the squares of a group of 16 neighbours, behind the elements.
void store_sum(uint row, uint group, float sum)
{
    Words(a.h).v[row * RFT_H_WORDS(a.dim) + RFT_PADDED(a.dim) / 2u + group] = floatBitsToUint(sum);
}
