/* SPDX-License-Identifier: MIT */
#include "annotations.h"

#include "equation_lexer.h"
#include "scan.h"

#include <math.h>

#define TOLERANCE 1e-3
#define DEPTH_MAX 32

/* Reads an annotation, works it out, and writes down its one form. */
struct reader {
    const char *begin, *end;
    const char *at;        /* where the next lexeme begins */
    struct rft_lexeme now; /* the next; END at the end */
    struct rft_str *out;
    unsigned depth;
    bool is_wrong; /* no equation that holds: what is left does not matter */
};

static void advance(struct reader *r, const char *p)
{
    r->now = (struct rft_lexeme){.kind = RFT_LEXEME_ASIDE, .end = p};
    while (r->now.kind == RFT_LEXEME_ASIDE) {
        r->at = r->now.end;
        if (r->at < r->end)
            r->now = rft_lexeme_at(r->begin, r->at, r->end);
        else
            r->now = (struct rft_lexeme){.kind = RFT_LEXEME_END};
    }
}

static bool is_at(const struct reader *r, enum rft_lexeme_kind kind, char op)
{
    return !r->is_wrong && r->now.kind == kind && r->now.op == op;
}

/* Takes an operator or a bracket if it is the next. */
static enum rft_status take(struct reader *r, enum rft_lexeme_kind kind, char op, bool *taken)
{
    *taken = is_at(r, kind, op);
    if (!*taken)
        return RFT_OK;
    advance(r, r->now.end);
    return rft_str_append(r->out, &op, 1);
}

static enum rft_status read_number(struct reader *r, double *value)
{
    size_t from = r->out->len;
    RFT_TRY(rft_number_put(r->now.number, r->out));
    if (!rft_parse_double(r->out->data + from, value))
        r->is_wrong = true; /* beyond what a double holds */
    if (r->now.is_percent) {
        *value /= 100;
        RFT_TRY(rft_str_append_z(r->out, "%"));
    }
    advance(r, r->now.end);
    return RFT_OK;
}

static enum rft_status read_sum(struct reader *r, double *value);

/* A number or what stands in parentheses, with its signs. */
static enum rft_status read_factor(struct reader *r, double *value)
{
    bool taken, is_minus;
    double sign = 1;
    *value = 0;
    do {
        RFT_TRY(take(r, RFT_LEXEME_OPERATOR, '-', &is_minus));
        RFT_TRY(take(r, RFT_LEXEME_OPERATOR, '+', &taken));
        sign = is_minus ? -sign : sign;
    } while (is_minus || taken);
    RFT_TRY(take(r, RFT_LEXEME_BRACKET, '(', &taken));
    if (taken && r->depth < DEPTH_MAX) {
        r->depth++;
        RFT_TRY(read_sum(r, value));
        r->depth--;
        RFT_TRY(take(r, RFT_LEXEME_BRACKET, ')', &taken));
        r->is_wrong = r->is_wrong || !taken;
    } else if (!taken && !r->is_wrong && r->now.kind == RFT_LEXEME_NUMBER) {
        RFT_TRY(read_number(r, value));
    } else {
        r->is_wrong = true;
    }
    *value *= sign;
    return RFT_OK;
}

static enum rft_status read_product(struct reader *r, double *value)
{
    bool is_times, is_by;
    double right;
    RFT_TRY(read_factor(r, value));
    for (;;) {
        RFT_TRY(take(r, RFT_LEXEME_OPERATOR, '*', &is_times));
        is_by = false;
        if (!is_times)
            RFT_TRY(take(r, RFT_LEXEME_OPERATOR, '/', &is_by));
        if (!is_times && !is_by)
            return RFT_OK;
        RFT_TRY(read_factor(r, &right));
        if (is_by && right == 0)
            r->is_wrong = true;
        else
            *value = is_by ? *value / right : *value * right;
        r->is_wrong = r->is_wrong || !isfinite(*value);
    }
}

static enum rft_status read_sum(struct reader *r, double *value)
{
    bool is_plus, is_minus;
    double right;
    RFT_TRY(read_product(r, value));
    for (;;) {
        RFT_TRY(take(r, RFT_LEXEME_OPERATOR, '+', &is_plus));
        is_minus = false;
        if (!is_plus)
            RFT_TRY(take(r, RFT_LEXEME_OPERATOR, '-', &is_minus));
        if (!is_plus && !is_minus)
            return RFT_OK;
        RFT_TRY(read_product(r, &right));
        *value = is_plus ? *value + right : *value - right;
        r->is_wrong = r->is_wrong || !isfinite(*value);
    }
}

/* What stands between << and >>. */
static enum rft_status put_annotation(const char *begin, const char *end, struct rft_str *out)
{
    struct reader r = {.begin = begin, .end = end, .out = out};
    size_t from = out->len;
    double first, other;
    bool taken;
    advance(&r, begin);
    RFT_TRY(read_sum(&r, &first));
    r.is_wrong = r.is_wrong || r.now.kind != RFT_LEXEME_EQUALS;
    while (!r.is_wrong && r.now.kind == RFT_LEXEME_EQUALS) {
        RFT_TRY(take(&r, RFT_LEXEME_EQUALS, '=', &taken));
        RFT_TRY(read_sum(&r, &other));
        r.is_wrong = r.is_wrong || !(fabs(first - other) < TOLERANCE);
    }
    if (!r.is_wrong && r.at == end)
        return rft_str_append_z(out, "\n");
    rft_str_cut(out, from);
    return RFT_OK;
}

enum rft_status rft_annotations_put(struct rft_bytes text, struct rft_str *out)
{
    const char *p = text.data, *end = text.len != 0 ? p + text.len : p; /* may be NULL */
    while ((p = rft_scan_find(p, end, "<<")) < end) {
        const char *inside = p + 2, *at = inside;
        while (at < end && *at != '<' && *at != '>')
            at++;
        if (rft_scan_begins(at, end, ">>"))
            RFT_TRY(put_annotation(inside, at, out));
        p = at > inside ? at : p + 1; /* of more than two < the last two count */
    }
    return RFT_OK;
}
