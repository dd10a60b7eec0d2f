/* SPDX-License-Identifier: MIT */
#include "number_text.h"

#include "number_words.h"

#include <string.h>

struct reader {
    const char *begin, *p, *end;
    struct rft_stated *out;
    const char *number_end; /* NULL: no number yet */
    bool is_negative;       /* a sign or "minus" stood before the number that is to come */
    bool has_sign;
    bool is_clean; /* nothing but signs and marks so far, or a colon was the last */
    bool is_call;  /* a bracket was opened right behind a word: "sqrt(16)" */
    bool is_no_number;
    bool is_integer;   /* the number's digits so far could be followed by a group of thousands */
    bool is_untrimmed; /* so zeros at its end were kept */
};

static void stop(struct reader *r)
{
    r->is_no_number = true;
}

static bool is_glued_to_letter(const struct reader *r)
{
    return r->p > r->begin && (rft_is_letter(r->p[-1]) || (unsigned char)r->p[-1] >= 0x80);
}

/* "12 000": exactly three digits behind one space behind at most three, or behind such a group. */
static bool take_thousands(struct reader *r)
{
    const char *gap = r->number_end;
    size_t n = rft_space_match(gap, r->end), n_digits = 0;
    if (!r->is_integer || n == 0 || gap + n != r->p)
        return false;
    while (r->p + n_digits < r->end && rft_is_digit(r->p[n_digits]))
        n_digits++;
    if (n_digits != 3)
        return false;
    for (int i = 0; i < 3; i++)
        rft_decimal_push(&r->out->value, r->p[i], false);
    r->p += 3;
    if (r->end - r->p >= 2 && *r->p == '.' && rft_is_digit(r->p[1])) {
        for (r->p++; r->p < r->end && rft_is_digit(*r->p); r->p++)
            rft_decimal_push(&r->out->value, *r->p, true);
        r->is_integer = false;
    }
    return true;
}

/* What may stand right behind the digits. */
static void check_behind(struct reader *r)
{
    const char *p = r->p;
    int32_t c;
    if (p == r->end)
        return;
    (void)rft_utf8_decode(p, r->end, &c);
    if (strchr("^!+{", *p) != NULL) {
        stop(r);
    } else if (*p == '/') {
        if (r->end - p < 2 || !rft_is_letter(p[1]))
            stop(r); /* "$5/hour" is 5 */
    } else if ((unsigned char)*p >= 0x80) {
        enum rft_char_sort sort = rft_char_sort(c);
        if (sort == RFT_SORT_FORMULA || sort == RFT_SORT_MINUS)
            stop(r);
    } else if (rft_is_letter(*p)) {
        const char *end = rft_word_end(p, r->end);
        if (end - p == 1 && strchr("ghslLmcCFVWNJ", *p) == NULL)
            stop(r); /* "3x", "5k", "2M" */
    }
}

static void take_number(struct reader *r)
{
    struct rft_stated *out = r->out;
    const char *begin = r->p;
    if (r->number_end != NULL) {
        if (!take_thousands(r)) {
            stop(r);
            return;
        }
    } else {
        if (r->is_call) {
            stop(r);
            return;
        }
        r->p += rft_decimal_match(begin, r->end, &out->value);
        r->is_integer = true;
        for (const char *c = begin; c < r->p; c++)
            r->is_integer = r->is_integer && rft_is_digit(*c);
        r->is_integer = r->is_integer && r->p - begin <= 3;
        out->text.data = begin;
        /* Digits of a group of thousands are pushed behind these: zeros at the end count. */
        r->is_untrimmed = r->is_integer;
        if (r->is_integer) {
            out->value = (struct rft_decimal){ 0 };
            for (const char *c = begin; c < r->p; c++)
                rft_decimal_push(&out->value, *c, false);
        }
    }
    r->number_end = r->p;
    out->text.len = (size_t)(r->p - out->text.data);
    check_behind(r);
}

static void take_word(struct reader *r)
{
    const char *begin = r->p, *end = rft_word_end(begin, r->end);
    size_t n = (size_t)(end - begin), n_letters = 0;
    while (n_letters < n && !rft_is_digit(begin[n_letters]))
        n_letters++;
    r->p = end;
    if (r->number_end == NULL && n_letters < n && rft_word_is_among(rft_currency_words, begin, n_letters)) {
        r->p = begin + n_letters; /* "USD18" */
        return;
    }
    if (rft_word_is_among(rft_math_words, begin, n))
        stop(r);
    if (r->number_end != NULL) {
        if (rft_word_is_among(rft_scale_words, begin, n) || (n == 1 && *begin == 'M'))
            stop(r);
        if (r->out->unit.data == NULL)
            r->out->unit = (struct rft_bytes){ begin, n };
    } else if (rft_word_is_among(rft_negative_words, begin, n)) {
        if (r->has_sign)
            stop(r);
        r->has_sign = r->is_negative = true;
    } else {
        if (rft_word_is_among(rft_currency_words, begin, n))
            return;
        if (rft_word_is_among(rft_bound_words, begin, n) || r->has_sign)
            stop(r);
        r->is_clean = false;
        r->out->has_words_before = true;
    }
}

/* A plus or a minus, `n` bytes long. */
static void take_sign(struct reader *r, size_t n, bool is_minus)
{
    const char *next = rft_skip_spaces(r->p + n, r->end);
    bool is_before_number = next < r->end && (rft_is_digit(*next) || strchr(".$+-*\\(", *next) != NULL);
    bool is_glued = next == r->p + n && !is_glued_to_letter(r); /* "is -5" */
    r->p += n;
    if (r->number_end != NULL) {
        if (!is_minus || (next < r->end && rft_is_digit(*next)))
            stop(r); /* "18+", "5 - 6" */
    } else if (is_before_number) {
        if (r->has_sign || !(r->is_clean || is_glued))
            stop(r);
        r->has_sign = true;
        r->is_negative = is_minus;
    }
}

/* A run of * or _: a mark of Markdown has white space or punctuation on one side; between two things it is an operator.
 */
static void take_run(struct reader *r)
{
    const char *begin = r->p, c = *begin;
    while (r->p < r->end && *r->p == c)
        r->p++;
    bool is_open = begin == r->begin || rft_space_match(begin - 1, begin) != 0;
    bool is_closed = r->p == r->end || rft_space_match(r->p, r->end) != 0;
    bool is_word_left = !is_open && (rft_is_digit(begin[-1]) || rft_is_letter(begin[-1]));
    bool is_word_right = !is_closed && (rft_is_digit(*r->p) || rft_is_letter(*r->p));
    if ((is_open && is_closed && begin != r->begin && r->p != r->end) || (is_word_left && is_word_right))
        stop(r);
}

static void take_command(struct reader *r)
{
    const char *begin = r->p + 1, *end = begin;
    while (end < r->end && rft_is_letter(*end))
        end++;
    if (end == begin) { /* "\$", "\,", "\(" */
        r->p = begin;
        if (begin < r->end && *begin != '%')
            r->p++;
        return;
    }
    if (!rft_word_is_among(rft_dress_commands, begin, (size_t)(end - begin)))
        stop(r);
    r->p = end;
}

/* "2", "{2}" */
static const char *skip_exponent(const char *p, const char *end)
{
    while (p < end && (rft_is_digit(*p) || *p == '{' || *p == '}'))
        p++;
    return p;
}

static void take_ascii(struct reader *r)
{
    char c = *r->p;
    if (c == '*' || c == '_') {
        take_run(r);
    } else if (c == '\\') {
        take_command(r);
    } else if (c == '-' || c == '+') {
        take_sign(r, 1, c == '-');
    } else if (c == '^' && r->number_end != NULL && (is_glued_to_letter(r) || r->p[-1] == '}')) {
        r->p = skip_exponent(r->p + 1, r->end); /* of a unit: "m^2" */
    } else if (c == '<' || c == '>' || c == '^') {
        stop(r);
    } else if (c == '[' && r->end - r->p >= 2 && r->p[1] == '^') { /* a footnote's mark */
        const char *close = memchr(r->p, ']', (size_t)(r->end - r->p));
        r->p = close != NULL ? close + 1 : r->end;
    } else {
        if (c == '(' && is_glued_to_letter(r) && r->number_end == NULL)
            r->is_call = true;
        if (c == '/' && r->number_end == NULL)
            stop(r);
        if (c == '%' && r->number_end != NULL)
            r->out->is_percent = true;
        r->is_clean = r->is_clean || c == ':';
        r->p++;
    }
}

static void take_one(struct reader *r)
{
    int32_t c;
    size_t n = rft_utf8_decode(r->p, r->end, &c), n_space = rft_space_match(r->p, r->end);
    if (n_space != 0) {
        r->p += n_space;
    } else if (rft_is_digit(*r->p) || (*r->p == '.' && r->end - r->p >= 2 && rft_is_digit(r->p[1]))) {
        if (*r->p == '.' && r->p > r->begin && (rft_is_digit(r->p[-1]) || rft_is_letter(r->p[-1])))
            stop(r); /* "1.000.000", "v.5" */
        else
            take_number(r);
    } else if (rft_is_letter(*r->p)) {
        take_word(r);
    } else if ((unsigned char)*r->p < 0x80) {
        take_ascii(r);
    } else {
        enum rft_char_sort sort = rft_char_sort(c);
        if (sort == RFT_SORT_LETTER) {
            take_word(r);
        } else if (sort == RFT_SORT_MINUS) {
            take_sign(r, n, true);
        } else {
            const char *next = rft_skip_spaces(r->p + n, r->end);
            bool is_behind_letter = r->number_end != NULL && is_glued_to_letter(r); /* "cm" with a small 2 */
            if ((sort == RFT_SORT_FORMULA && !is_behind_letter) ||
                (sort == RFT_SORT_DASH && next < r->end && rft_is_digit(*next)))
                stop(r);
            r->p += n;
        }
    }
}

/* The right side of an equation, or all of it. NULL: several equations, or a comparison. */
static const char *right_side(const char *begin, const char *end)
{
    const char *side = begin;
    for (const char *p = begin; p < end; p++) {
        bool is_arrow = end - p >= 2 && ((p[0] == '-' || p[0] == '=') && p[1] == '>');
        if (is_arrow) {
            side = p + 2;
            p++;
        } else if (*p == '=') {
            if (p > begin && strchr("<>!", p[-1]) != NULL)
                return NULL;
            if (side != begin)
                for (const char *c = side; c + 1 < p; c++)
                    if (*c == ';' || (*c == ',' && c[1] == ' '))
                        return NULL;
            side = p + 1;
        }
    }
    return side;
}

/* The line without the white space of any script around it. */
static struct rft_bytes trim(struct rft_bytes line)
{
    const char *begin = line.data, *end = begin + line.len, *last;
    begin = rft_skip_spaces(begin, end);
    last = begin;
    for (const char *p = begin; p < end;) {
        size_t n = rft_space_match(p, end);
        int32_t c;
        p += n != 0 ? n : rft_utf8_decode(p, end, &c);
        if (n == 0)
            last = p;
    }
    return (struct rft_bytes){ begin, (size_t)(last - begin) };
}

struct rft_stated rft_number_stated(struct rft_bytes line)
{
    struct rft_bytes text = trim(line);
    struct rft_stated out = { .text = text };
    const char *end = text.data + text.len, *begin = right_side(text.data, end);
    struct reader r = { .begin = begin, .p = begin, .end = end, .out = &out, .is_clean = true };
    if (begin == NULL)
        return out;
    while (r.p < end && !r.is_no_number)
        take_one(&r);
    out.is_number = !r.is_no_number && r.number_end != NULL;
    if (!out.is_number) {
        out.text = text;
        return out;
    }
    if (r.is_untrimmed)
        rft_decimal_trim(&out.value);
    out.value.negative = r.is_negative;
    if (r.has_sign) { /* the sign belongs to the answer's text */
        out.text.len += (size_t)(out.text.data - begin);
        out.text.data = begin;
        out.text = trim(out.text);
    }
    return out;
}
