// SPDX-License-Identifier: MIT
// Where keys and values lie: pages of 16 tokens, a prompt's in one pool, a sample's own in another. A page holds, for each
// key-value head, K as [head_dim / 2][16] words and V as [16][head_dim / 2] words.

// First word, in its pool, of the page that holds key `index` of a row's prompt or own keys.
uint page_word(uint table, uint index, uint kv_head)
{
    uint page = Words(a.tables).v[table + index / RFT_PAGE_TOKENS];
    return (page * a.n_kv_heads + kv_head) * (RFT_PAGE_TOKENS * a.head_dim);
}
