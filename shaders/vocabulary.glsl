// SPDX-License-Identifier: MIT
// Entries of the vocabulary, as the kernels that draw tokens see them.
bool has_token(uint id)
{
    return (Words(a.mask).v[id / 32u] >> (id % 32u) & 1u) != 0u;
}

float scaled(float logit)
{
    return rft_scaled_logit(logit, uintBitsToFloat(a.inverse_temperature_bits));
}
