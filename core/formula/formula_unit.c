/* SPDX-License-Identifier: MIT */
#include "formula_unit.h"

#include <string.h>

static bool is_symbol(const struct rft_formula_token *t, enum rft_formula_symbol symbol)
{
    return t->kind == RFT_TOKEN_SYMBOL && t->id == (int32_t)symbol;
}

static bool is_word(const struct rft_formula_token *t, const char *word)
{
    return t->kind == RFT_TOKEN_WORD && rft_bytes_equal(t->text, rft_bytes_z(word));
}

bool rft_formula_unit_add(struct rft_formula_unit *unit, const char *text, size_t n)
{
    if (n > RFT_UNIT_BYTES_MAX - unit->len)
        return false;
    memcpy(unit->text + unit->len, text, n);
    unit->len += n;
    return true;
}

/* "^2", "^{2}" behind a word; 0 if there is none. */
static char read_power(struct rft_formula_token **t)
{
    struct rft_formula_token *p = *t;
    if (!is_symbol(p, RFT_SYM_POWER))
        return 0;
    bool is_group = is_symbol(++p, RFT_SYM_GROUP_OPEN);
    p += is_group;
    if (p->kind != RFT_TOKEN_NUMBER || p->text.len != 1)
        return 0;
    char power = *p->text.data;
    if (is_group && !is_symbol(++p, RFT_SYM_GROUP_CLOSE))
        return 0;
    *t = p + 1;
    return power;
}

static bool add_word(struct rft_formula_token **t, struct rft_formula_unit *unit, char *power)
{
    size_t n = (*t)->text.len;
    const char *name = rft_formula_unit_name((*t)->text.data, &n);
    unit->matters = unit->matters || rft_formula_word_matters((*t)->text.data, (*t)->text.len);
    unit->is_unclear = unit->is_unclear || !rft_formula_word_is_harmless((*t)->text.data, (*t)->text.len);
    ++*t;
    bool is_square = n == 2 && memcmp(name, "sq", 2) == 0, is_cubic = n == 2 && memcmp(name, "cu", 2) == 0;
    bool is_per = n == 3 && memcmp(name, "per", 3) == 0;
    if ((is_square || is_cubic) && (*t)->kind == RFT_TOKEN_WORD) {
        *power = is_square ? '2' : '3';
        return true;
    }
    unit->matters = unit->matters || ((is_square || is_cubic) && unit->len == 0); /* "5 squared" */
    if (is_square || is_cubic)
        return rft_formula_unit_add(unit, is_square ? "2" : "3", 1);
    if (is_per)
        return rft_formula_unit_add(unit, "/", 1);
    char read = read_power(t);
    read = read != 0 ? read : *power;
    *power = 0;
    if ((n == 4 && memcmp(name, "unit", 4) == 0) || rft_formula_word_is_filler(name, n))
        return true;
    return rft_formula_unit_add(unit, name, n) && (read == 0 || rft_formula_unit_add(unit, &read, 1));
}

struct rft_formula_token *rft_formula_unit_read(struct rft_formula_token *t, struct rft_formula_unit *unit)
{
    char power = 0;
    bool fits = true;
    while (fits) {
        bool is_joined = is_symbol(t, RFT_SYM_DIVIDE) || is_symbol(t, RFT_SYM_TIMES) || is_symbol(t, RFT_SYM_MINUS) ||
                         is_symbol(t, RFT_SYM_PAREN_OPEN);
        if (is_word(t, "of") && unit->len != 0) { /* "6 of the cards" */
            t++;
        } else if (t->kind == RFT_TOKEN_WORD) {
            fits = add_word(&t, unit, &power);
        } else if (is_symbol(t, RFT_SYM_PERCENT)) {
            fits = rft_formula_unit_add(unit, "%", 1);
            t++;
        } else if (is_symbol(t, RFT_SYM_CURRENCY)) {
            fits = rft_formula_unit_add(unit, t->text.data, t->text.len);
            t++;
        } else if (is_joined && t[1].kind == RFT_TOKEN_WORD) {
            if (is_symbol(t, RFT_SYM_PAREN_OPEN) && !is_symbol(t + 2, RFT_SYM_PAREN_CLOSE))
                break;
            fits = !is_symbol(t, RFT_SYM_DIVIDE) || rft_formula_unit_add(unit, "/", 1);
            bool is_paren = is_symbol(t++, RFT_SYM_PAREN_OPEN);
            fits = fits && add_word(&t, unit, &power);
            t += is_paren && is_symbol(t, RFT_SYM_PAREN_CLOSE);
        } else
            break;
    }
    return fits ? t : NULL;
}
