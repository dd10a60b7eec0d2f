/* SPDX-License-Identifier: MIT */
#include "plain_equations.h"

#include "equation_lexer.h"
#include "scan.h"

#include <string.h>

/* The equation that is being read. */
struct equation {
    struct rft_str *out;
    size_t from;      /* where it begins in *out */
    unsigned n_sides; /* that are complete and have an = behind them: 0, 1, or 2 for more */
    bool has_number;  /* the side at hand */
    char pending;     /* the operator before the next number; 0: none */
    bool is_negative; /* the next number */
};

static enum rft_status end_equation(struct equation *e)
{
    enum rft_status status = RFT_OK;
    if (e->n_sides + e->has_number < 2)
        rft_str_cut(e->out, e->from);
    else if (!e->has_number)
        rft_str_cut(e->out, e->out->len - 1); /* nothing followed the last = */
    if (e->out->len > e->from)
        status = rft_str_append_z(e->out, "\n");
    *e = (struct equation){.out = e->out, .from = e->out->len};
    return status;
}

static enum rft_status end_side(struct equation *e)
{
    e->pending = '\0';
    e->is_negative = false;
    if (!e->has_number)
        return RFT_OK;
    e->has_number = false;
    e->n_sides += e->n_sides < 2;
    return rft_str_append_z(e->out, "=");
}

static enum rft_status put_number(struct equation *e, const struct rft_lexeme *lexeme)
{
    bool is_negative = e->is_negative;
    if (e->has_number && e->pending == '\0')
        RFT_TRY(end_equation(e));
    if (e->has_number)
        RFT_TRY(rft_str_append(e->out, &e->pending, 1));
    if (is_negative)
        RFT_TRY(rft_str_append_z(e->out, "-"));
    RFT_TRY(rft_number_put(lexeme->number, e->out));
    if (lexeme->is_percent)
        RFT_TRY(rft_str_append_z(e->out, "%"));
    e->has_number = true;
    e->is_negative = false;
    e->pending = '\0';
    return RFT_OK;
}

static void read_operator(struct equation *e, char op, bool is_before_number)
{
    if (op == '-' && is_before_number && (!e->has_number || e->pending != '\0'))
        e->is_negative = true;
    else
        e->pending = op;
}

/* The operator that a bracket behind `before` stands for; 0: none. */
static char implied_operator(char bracket, char before)
{
    if (bracket == '{')
        return before == '}' ? '/' : '\0';
    return bracket == '(' && (rft_is_digit(before) || before == '%' || before == ')' || before == '}') ? '*' : '\0';
}

enum rft_status rft_plain_equations_put(struct rft_bytes text, struct rft_str *out)
{
    struct equation e = {.out = out, .from = out->len};
    const char *begin = text.data, *end = text.len != 0 ? begin + text.len : begin; /* may be NULL */
    for (const char *p = begin; p < end;) {
        const struct rft_lexeme lexeme = rft_lexeme_at(begin, p, end);
        char implied = lexeme.kind == RFT_LEXEME_BRACKET && p > begin ? implied_operator(lexeme.op, p[-1]) : '\0';
        if (lexeme.kind == RFT_LEXEME_NUMBER)
            RFT_TRY(put_number(&e, &lexeme));
        else if (lexeme.kind == RFT_LEXEME_OPERATOR)
            read_operator(&e, lexeme.op, rft_number_begins(begin, lexeme.end, end));
        else if (implied != '\0')
            e.pending = implied;
        else if (lexeme.kind == RFT_LEXEME_EQUALS)
            RFT_TRY(end_side(&e));
        else if (lexeme.kind == RFT_LEXEME_END)
            RFT_TRY(end_equation(&e));
        else if (lexeme.kind == RFT_LEXEME_WORD)
            e.pending = '\0';
        p = lexeme.end;
    }
    return end_equation(&e);
}
