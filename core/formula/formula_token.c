/* SPDX-License-Identifier: MIT */
#include "formula_lex.h"

bool rft_formula_is_doubled(struct rft_bytes text)
{
    bool found = false;
    for (size_t i = 0; i < text.len; i++) {
        size_t n = 0;
        while (i + n < text.len && text.data[i + n] == '\\')
            n++;
        if (n % 2 == 1)
            return false;
        found =
            found || (n == 2 && i + 2 < text.len && ((text.data[i + 2] | 32) >= 'a' && (text.data[i + 2] | 32) <= 'z'));
        i += n;
    }
    return found;
}

bool rft_formula_tokens_equal(const struct rft_formula_tokens *a, const struct rft_formula_tokens *b)
{
    bool same = a->n == b->n;
    for (uint32_t i = 0; same && i < a->n; i++)
        same = a->list[i].kind == b->list[i].kind && a->list[i].id == b->list[i].id &&
               rft_bytes_equal(a->list[i].text, b->list[i].text);
    return same;
}
