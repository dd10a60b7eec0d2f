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
    struct rft_bytes last_word; /* of those before the number, then of those behind it */
    bool is_integer;            /* the number's digits so far could be followed by a group of thousands */
    bool is_untrimmed;          /* so zeros at its end were kept */
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
    size_t n = rft_gap_match(gap, r->end), n_digits = 0;
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

/* "^\circ", "^{\circ}" */
static const char *skip_degree(const char *p, const char *end)
{
    static const char *const forms[] = {"^\\circ", "^{\\circ}"};
    for (size_t i = 0; i < 2; i++)
        if ((size_t)(end - p) >= strlen(forms[i]) && memcmp(p, forms[i], strlen(forms[i])) == 0)
            return p + strlen(forms[i]);
    return p;
}

/* What may stand right behind the digits. */
static void check_behind(struct reader *r)
{
    const char *p = r->p;
    int32_t c;
    if (p == r->end)
        return;
    (void)rft_utf8_decode(p, r->end, &c);
    if (*p == '^' && skip_degree(p, r->end) != p) {
        r->p = skip_degree(p, r->end);
    } else if (strchr("^!+{(", *p) != NULL || (*p == '.' && r->end - p >= 2 && p[1] == '.')) {
        stop(r); /* "3.33..." is more than 3.33 */
    } else if (*p == '/') {
        if (r->end - p < 2 || !rft_is_letter(p[1]) || rft_letter_is_factor(p + 1, r->end))
            stop(r); /* "$5/hour" is 5 */
    } else if ((unsigned char)*p >= 0x80) {
        enum rft_char_sort sort = rft_char_sort(c);
        if (sort == RFT_SORT_FORMULA || sort == RFT_SORT_MINUS || (c >= 0x300 && c <= 0x36f))
            stop(r); /* a bar above the last digit repeats it */
    } else if (rft_is_letter(*p) && rft_letter_is_factor(p, r->end)) {
        stop(r);
    }
}

static bool is_one_of(const char *const *words, struct rft_bytes word)
{
    return word.data != NULL && rft_word_is_among(words, word.data, word.len);
}

/* Nothing but white space stands between. */
static bool is_apart(const char *p, const char *next)
{
    return rft_skip_spaces(p, next) == next;
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
        bool is_beside = r->last_word.data != NULL && is_apart(r->last_word.data + r->last_word.len, begin);
        if (is_beside && (is_one_of(rft_count_words, r->last_word) || is_one_of(rft_month_words, r->last_word))) {
            stop(r); /* "three 12s", "May 12" */
            return;
        }
        if (r->is_call || (begin > r->begin && begin[-1] == ')')) {
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
            out->value = (struct rft_decimal){0};
            for (const char *c = begin; c < r->p; c++)
                rft_decimal_push(&out->value, *c, false);
        }
    }
    r->number_end = r->p;
    r->last_word = (struct rft_bytes){0};
    out->text.len = (size_t)(r->p - out->text.data);
    check_behind(r);
}

static bool is_word(const char *z, struct rft_bytes word)
{
    return is_one_of((const char *const[]){z, NULL}, word);
}

static void take_word_behind(struct reader *r, const char *begin, size_t n)
{
    struct rft_bytes word = {begin, n};
    size_t n_letters = 0;
    while (n_letters < n && !rft_is_digit(begin[n_letters]))
        n_letters++;
    bool is_scaled = rft_word_is_among(rft_scale_words, begin, n) || rft_word_is_among(rft_fraction_words, begin, n);
    bool is_power = n_letters + 1 == n && n_letters > 0 && (begin[n - 1] == '2' || begin[n - 1] == '3'); /* "m2" */
    if (is_scaled || (n == 1 && strchr("Mxyzni", *begin) != NULL) || (n == 2 && memcmp(begin, "MM", 2) == 0) ||
        rft_word_is_among(rft_negative_words, begin, n) || (n_letters < n && !is_power))
        stop(r);
    bool is_day = is_one_of(rft_month_words, word) && is_apart(r->number_end, begin);
    if (is_day || is_one_of(rft_multiple_words, word))
        stop(r);
    if (is_one_of(rft_percent_words, word) || (is_word("cent", word) && is_word("per", r->last_word)))
        r->out->is_percent = true;
    r->last_word = word;
}

/* A word before the number: only a minus, a currency or one without a meaning for the number. */
static void take_word_before(struct reader *r, const char *begin, size_t n)
{
    struct rft_bytes word = {begin, n};
    bool is_part = is_word("of", word) && r->last_word.data != NULL &&
                   (rft_word_is_among(rft_fraction_words, r->last_word.data, r->last_word.len) ||
                    rft_word_is_among(rft_function_words, r->last_word.data, r->last_word.len));
    if (is_part || rft_word_is_among(rft_bound_words, begin, n) || r->has_sign ||
        (n > 2 && rft_word_is_among(rft_scale_words, begin, n)))
        stop(r); /* "a third of 9", "in thousands: 5" */
    r->out->is_percent = r->out->is_percent || is_one_of(rft_percent_words, word); /* "percent: 50" */
    r->out->says_answer = is_word("answer", word) || (r->out->says_answer && is_word("is", word));
    r->last_word = word;
    r->is_clean = false;
    r->out->has_words_before = true;
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
        take_word_behind(r, begin, n);
    } else if (rft_word_is_among(rft_negative_words, begin, n)) {
        if (r->has_sign)
            stop(r);
        r->has_sign = r->is_negative = true;
    } else {
        if (!rft_word_is_among(rft_currency_words, begin, n))
            take_word_before(r, begin, n);
    }
}

/* A word that is no currency: a dash before it is no sign. */
static bool begins_plain_word(const char *p, const char *end)
{
    const char *last = rft_word_end(p, end), *digits = p;
    while (digits < last && !rft_is_digit(*digits))
        digits++;
    return digits > p && !rft_word_is_among(rft_currency_words, p, (size_t)(digits - p));
}

/* A plus or a minus, `n` bytes long. */
static void take_sign(struct reader *r, size_t n, bool is_minus)
{
    const char *next = rft_skip_spaces(r->p + n, r->end);
    bool is_before_number = next < r->end && !begins_plain_word(next, r->end);
    bool is_glued = next == r->p + n && !is_glued_to_letter(r); /* "is -5" */
    r->p += n;
    if (r->number_end != NULL) {
        bool is_factor = next < r->end && rft_is_letter(*next) && rft_word_end(next, r->end) - next == 1;
        if (!is_minus || next == r->end || rft_is_digit(*next) || is_factor)
            stop(r); /* "18+", "18 -", "5 - 6", "5 - x" */
    } else if (is_before_number) {
        if (r->has_sign || !(r->is_clean || is_glued))
            stop(r);
        r->has_sign = true;
        r->is_negative = is_minus;
    }
}

/* A run of * or _: a mark of Markdown has white space or punctuation on one side; between two things it is an
 * operator. */
static void take_run(struct reader *r)
{
    const char *begin = r->p, c = *begin;
    while (r->p < r->end && *r->p == c)
        r->p++;
    bool is_open = begin == r->begin || rft_space_match(begin - 1, begin) != 0;
    bool is_closed = r->p == r->end || rft_space_match(r->p, r->end) != 0;
    bool is_word_left = !is_open && (rft_is_digit(begin[-1]) || rft_is_letter(begin[-1]));
    bool is_word_right = !is_closed && (rft_is_digit(*r->p) || rft_is_letter(*r->p) || *r->p == '{');
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
        if (begin < r->end && (rft_is_digit(*begin) || strchr("-+*/^<>=|", *begin) != NULL))
            stop(r);
        else if (begin < r->end && *begin != '%')
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

/* "<b>", "</s>", "<|im_end|>": marks of HTML and of chat templates. */
static const char *skip_tag(const char *p, const char *end)
{
    const char *at = p + 1;
    at += at < end && (*at == '/' || *at == '|');
    const char *name = at;
    while (at < end && at - name < 20 && (rft_is_letter(*at) || *at == '_'))
        at++;
    if (at == name)
        return p;
    at += at < end && (*at == '/' || *at == '|');
    return at < end && *at == '>' ? at + 1 : p;
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
    } else if (c == '^' && r->number_end != NULL && r->last_word.data != NULL &&
               (is_glued_to_letter(r) || r->p[-1] == '}')) {
        r->p = skip_exponent(r->p + 1, r->end); /* of a unit: "m^2" */
    } else if (c == '<' && skip_tag(r->p, r->end) != r->p) {
        r->p = skip_tag(r->p, r->end);
    } else if (c == '<' || c == '>' || c == '^' || (unsigned char)c < 0x20 || c == 0x7f) {
        stop(r);
    } else if (c == '[' && r->end - r->p >= 2 && r->p[1] == '^') { /* a footnote's mark */
        const char *close = memchr(r->p, ']', (size_t)(r->end - r->p));
        r->p = close != NULL ? close + 1 : r->end;
    } else {
        if (r->number_end != NULL && (c == '?' || (c == '!' && r->p[-1] == ')')))
            stop(r);
        if (c == '(' && is_glued_to_letter(r) && r->number_end == NULL)
            r->is_call = true;
        const char *next = rft_skip_spaces(r->p + 1, r->end);
        if (c == '/' && (r->number_end == NULL || next == r->end || rft_letter_is_factor(next, r->end)))
            stop(r);
        if (c == '%')
            r->out->is_percent = true;
        if (c == '$')
            r->out->currency = '$';
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
                (sort == RFT_SORT_DASH && next < r->end && !begins_plain_word(next, r->end)))
                stop(r);
            if (c == 0xff05)
                r->out->is_percent = true;
            if (rft_char_is_currency(c))
                r->out->currency = c;
            r->p += n;
        }
    }
}

/* Whether a left side states an answer of its own besides: "x = 5, y = 6", "5 or x = 6". A middle side must end in its
 * number: "x = 5 y = 6". */
static bool has_second_statement(const char *p, const char *end, bool is_middle)
{
    bool has_digit = false, ends_in_word = false;
    while (p < end) {
        const char *last = rft_is_letter(*p) ? rft_word_end(p, end) : p;
        struct rft_bytes word = {p, (size_t)(last - p)};
        bool parts =
            *p == ';' || (*p == ',' && end - p >= 2 && p[1] == ' ') || is_word("and", word) || is_word("or", word);
        if (has_digit && parts)
            return true;
        has_digit = has_digit || rft_is_digit(*p);
        ends_in_word = last > p || (ends_in_word && *p == ' ');
        p = last > p ? last : p + 1;
    }
    return is_middle && has_digit && ends_in_word;
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
            if (has_second_statement(side, p, side != begin))
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
    return (struct rft_bytes){begin, (size_t)(last - begin)};
}

struct rft_stated rft_number_stated(struct rft_bytes line)
{
    struct rft_bytes text = trim(line);
    struct rft_stated out = {.text = text};
    const char *end = text.data + text.len, *begin = right_side(text.data, end);
    struct reader r = {.begin = begin, .p = begin, .end = end, .out = &out, .is_clean = true};
    if (begin == NULL)
        return out;
    while (r.p < end && !r.is_no_number)
        take_one(&r);
    out.is_number = !r.is_no_number && r.number_end != NULL;
    if (out.is_number)
        out.unit = (struct rft_bytes){r.number_end, (size_t)(end - r.number_end)};
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
