#version 450
// SPDX-License-Identifier: MIT
// Top-k and top-p as one cutoff per row; a workgroup has a row. The entry at which a weight is reached is found by a descent
// over the digits of the sort key, with a table of weights by digit in shared memory. Weights are integers, so their sums have
// no order; they exceed 32 bits and are kept as three limbs of 10 bits, each summed in a word of its own.
#extension GL_GOOGLE_include_directive : require
#include "kernel.glsl"

#define LOCAL 256u
#define DIGITS 256u
layout(local_size_x = LOCAL, local_size_y = 1, local_size_z = 1) in;
layout(push_constant) uniform Args { rft_args_filter a; };

#include "vocabulary.glsl"

// A weight or a sum of weights: 64 bits in two words.
struct Wide {
    uint low;
    uint high;
};

Wide add(Wide x, Wide y)
{
    uint carry;
    uint low = uaddCarry(x.low, y.low, carry);
    return Wide(low, x.high + y.high + carry);
}

bool is_less(Wide x, Wide y)
{
    return x.high < y.high || (x.high == y.high && x.low < y.low);
}

// The sum that three limbs stand for: l0 + 2^10 l1 + 2^20 l2.
Wide from_limbs(uvec3 l)
{
    Wide sum = Wide(l.x, 0u);
    sum = add(sum, Wide(l.y << 10, l.y >> 22));
    return add(sum, Wide(l.z << 20, l.z >> 12));
}

float inverse_temperature; // of the row

shared uint table[DIGITS * 3u]; // weights by digit, in limbs
shared uint n_entries;
shared uint max_key;
shared uint total_limbs[3];
shared uint found_digit;
shared Wide found_above;
shared uint last_id;

uint key_of(uint row, uint id)
{
    if (!has_token(id) || rft_is_bad(Floats(a.logits).v[row * a.vocab + id]) != 0u)
        return 0u;
    return rft_sort_key(rft_scaled_logit(Floats(a.logits).v[row * a.vocab + id], inverse_temperature));
}

// exp against the maximum in 2^-30, truncated, of the entries of this key.
uint mass_of_key(uint key, float maximum)
{
    float difference = rft_from_sort_key(key) - maximum;
    float e = rft_exp(difference) * uintBitsToFloat(0x4e800000u);
    return uint(e);
}

uvec3 limbs_of(uint mass)
{
    return uvec3(mass & 1023u, mass >> 10 & 1023u, mass >> 20);
}

void add_to_table(uint digit, uint mass)
{
    uvec3 limbs = limbs_of(mass);
    atomicAdd(table[digit * 3u], limbs.x);
    atomicAdd(table[digit * 3u + 1u], limbs.y);
    atomicAdd(table[digit * 3u + 2u], limbs.z);
}

Wide weight_of(uint digit)
{
    return from_limbs(uvec3(table[digit * 3u], table[digit * 3u + 1u], table[digit * 3u + 2u]));
}

// The greatest key such that the entries with a greater or equal key weigh at least `wanted`; `above` is the weight of those
// with a greater key. Entries below key_min are left out. counting: every entry weighs 1, else its mass.
uint key_at_weight(uint row, bool counting, uint key_min, float maximum, Wide wanted, out Wide above)
{
    uint prefix = 0u;
    above = Wide(0u, 0u);
    for (uint level = 0u; level < 4u; level++) {
        uint shift = 24u - level * 8u;
        for (uint i = gl_LocalInvocationID.x; i < DIGITS * 3u; i += LOCAL)
            table[i] = 0u;
        barrier();
        for (uint id = gl_LocalInvocationID.x; id < a.vocab; id += LOCAL) {
            uint key = key_of(row, id);
            bool in_prefix = level == 0u || (key ^ prefix) >> (min(shift, 16u) + 8u) == 0u;
            if (key != 0u && key >= key_min && in_prefix)
                add_to_table(key >> shift & 255u, counting ? 1u : mass_of_key(key, maximum));
        }
        barrier();
        if (gl_LocalInvocationID.x == 0u) {
            uint digit = 255u;
            while (digit > 0u && is_less(add(above, weight_of(digit)), wanted)) {
                above = add(above, weight_of(digit));
                digit--;
            }
            found_digit = digit;
            found_above = above;
        }
        barrier();
        prefix |= found_digit << shift;
        above = found_above;
        barrier();
    }
    return prefix;
}

// The last id, in ascending order, among the entries of this key that is needed for the weight to reach `wanted`. Each invocation
// counts those of a stretch of ids; all have the same mass, which tells the stretch, whose invocation finds the id.
uint id_at_mass(uint row, uint key, float maximum, Wide above, Wide wanted)
{
    uint n_stretch = (a.vocab + LOCAL - 1u) / LOCAL, n = 0u;
    uint first = gl_LocalInvocationID.x * n_stretch, end = min(first + n_stretch, a.vocab);
    for (uint id = first; id < end; id++)
        n += key_of(row, id) == key ? 1u : 0u;
    table[gl_LocalInvocationID.x] = n;
    if (gl_LocalInvocationID.x == 0u) {
        last_id = 0xffffffffu;
        found_digit = LOCAL;
    }
    barrier();
    if (gl_LocalInvocationID.x == 0u && is_less(above, wanted)) {
        uint mass = mass_of_key(key, maximum);
        for (uint stretch = 0u; stretch < LOCAL && found_digit == LOCAL; stretch++) {
            Wide weight;
            umulExtended(table[stretch], mass, weight.high, weight.low);
            if (is_less(add(above, weight), wanted))
                above = add(above, weight);
            else
                found_digit = stretch;
        }
        found_above = above;
    }
    barrier();
    if (gl_LocalInvocationID.x == found_digit) {
        uint mass = mass_of_key(key, maximum);
        above = found_above;
        for (uint id = first; id < end && is_less(above, wanted); id++) {
            if (key_of(row, id) == key) {
                above = add(above, Wide(mass, 0u));
                last_id = id;
            }
        }
    }
    barrier();
    return last_id;
}

// The least whole mass m with 65536 m >= p total.
Wide wanted_mass(Wide total, uint p)
{
    uint high, low;
    umulExtended(total.low >> 16 | total.high << 16, p, high, low);
    Wide wanted = Wide(low, high + (total.high >> 16) * p);
    // (total mod 65536) p + 65535 needs 33 bits
    uint rest = (total.low & 65535u) * p, carry;
    rest = uaddCarry(rest, 65535u, carry);
    return add(wanted, Wide(rest >> 16 | carry << 16, 0u));
}

void count_entries(uint row)
{
    uint n = 0u, best = 0u;
    for (uint id = gl_LocalInvocationID.x; id < a.vocab; id += LOCAL) {
        uint key = key_of(row, id);
        n += key != 0u ? 1u : 0u;
        best = max(best, key);
    }
    atomicAdd(n_entries, n);
    atomicMax(max_key, best);
}

Wide total_mass(uint row, uint key_min, float maximum)
{
    uvec3 sum = uvec3(0u);
    for (uint id = gl_LocalInvocationID.x; id < a.vocab; id += LOCAL) {
        uint key = key_of(row, id);
        if (key != 0u && key >= key_min)
            sum += limbs_of(mass_of_key(key, maximum));
    }
    atomicAdd(total_limbs[0], sum.x);
    atomicAdd(total_limbs[1], sum.y);
    atomicAdd(total_limbs[2], sum.z);
    barrier();
    return from_limbs(uvec3(total_limbs[0], total_limbs[1], total_limbs[2]));
}

void main()
{
    uint row = group_id();
    if (row >= Batch(a.batch).v.n_rows || Rows(a.rows).v[row].state != RFT_ROW_RUNNING || Rows(a.rows).v[row].is_greedy != 0u)
        return;
    inverse_temperature = uintBitsToFloat(Rows(a.rows).v[row].inverse_temperature_bits);
    if (gl_LocalInvocationID.x == 0u) {
        n_entries = max_key = 0u;
        total_limbs[0] = total_limbs[1] = total_limbs[2] = 0u;
    }
    barrier();
    count_entries(row);
    barrier();
    float maximum = max_key != 0u ? rft_from_sort_key(max_key) : 0.0;
    uint key = 1u, id = 0xffffffffu, key_min = 0u;
    Wide above;
    if (a.top_k != 0u && a.top_k < n_entries)
        key_min = key = key_at_weight(row, true, 0u, maximum, Wide(a.top_k, 0u), above);
    if (a.top_p_65536 < 65536u) {
        Wide wanted = wanted_mass(total_mass(row, key_min, maximum), a.top_p_65536);
        key = key_at_weight(row, false, key_min, maximum, wanted, above);
        id = id_at_mass(row, key, maximum, above, wanted);
    }
    if (gl_LocalInvocationID.x == 0u) {
        uint at = row * 4u; // struct rft_cutoff
        Words(a.cutoffs).v[at] = key;
        Words(a.cutoffs).v[at + 1u] = id;
        Words(a.cutoffs).v[at + 2u] = floatBitsToUint(maximum);
        Words(a.cutoffs).v[at + 3u] = 0u;
    }
}
