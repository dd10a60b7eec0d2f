// SPDX-License-Identifier: MIT
// Entries of the vocabulary, as the kernels that draw tokens see them.
bool has_token(uint id)
{
    return (Words(a.mask).v[id / 32u] >> (id % 32u) & 1u) != 0u;
}

// How a row draws its next token.
struct Drawing {
    uint sample_index, n_new, key0, key1;
    float inverse_temperature;
    bool is_greedy;
};

Drawing drawing_of(uint row)
{
    Rows rows = Rows(a.rows);
    return Drawing(rows.v[row].sample_index, rows.v[row].n_new, rows.v[row].key0, rows.v[row].key1,
                   uintBitsToFloat(rows.v[row].inverse_temperature_bits), rows.v[row].is_greedy != 0u);
}

// The random words of the four entries from first_id on.
rft_philox random_words(Drawing d, uint first_id)
{
    return rft_philox4x32(d.sample_index, d.n_new, first_id / 4u, RFT_PHILOX_DOMAIN_SAMPLE, d.key0, d.key1);
}
