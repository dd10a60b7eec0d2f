/* SPDX-License-Identifier: MIT */
#include "formula_lex.h"

#include "scan.h"

#include <string.h>

#define MODES_MAX 32
#define EXPONENT_DIGITS_MAX 4

/* A group that is prose, or set in another face; it ends with the brace that closes `depth`. */
struct mode {
    uint32_t depth;
    bool is_text;
    int32_t style;
};

struct lexer {
    const char *p, *end;
    struct rft_formula_tokens *out;
    char *scratch; /* numbers and words, cleaned; as long as the text, whose parts they are */
    enum rft_formula_commas commas;
    bool is_doubled;  /* every command's backslash is written twice */
    bool is_spaced;   /* white space stands before p */
    bool is_vector;   /* the last token is a letter in bold face */
    int32_t style;    /* of the next letter alone */
    uint32_t n_modes; /* those beyond MODES_MAX are braces like others */
    uint32_t depth;   /* of braces */
    uint32_t n_brackets;
    struct mode modes[MODES_MAX];
};

static struct rft_formula_token *push(struct lexer *l, enum rft_formula_token_kind kind, int32_t id)
{
    struct rft_formula_token *t = &l->out->list[l->out->n++];
    *t = (struct rft_formula_token){.kind = (uint8_t)kind, .id = id};
    l->is_spaced = l->is_vector = false;
    return t;
}

static enum rft_formula_token_kind last_kind(const struct lexer *l)
{
    return l->out->n != 0 ? l->out->list[l->out->n - 1].kind : RFT_TOKEN_END;
}

static bool last_is(const struct lexer *l, enum rft_formula_symbol symbol)
{
    return last_kind(l) == RFT_TOKEN_SYMBOL && l->out->list[l->out->n - 1].id == (int32_t)symbol;
}

static const struct mode *mode_of(const struct lexer *l)
{
    return l->n_modes != 0 ? &l->modes[l->n_modes - 1] : NULL;
}

/* Three digits, and no fourth. */
static bool is_group(const char *p, const char *end)
{
    return end - p >= 3 && rft_is_digit(p[0]) && rft_is_digit(p[1]) && rft_is_digit(p[2]) &&
           (end - p == 3 || !rft_is_digit(p[3]));
}

/* What may part thousands at p; returns its length, 0 if nothing does. */
static size_t match_separator(struct lexer *l, const char *p)
{
    static const char *const separators[] = {"{,}", "{,\\!}", ",\\!",     "\\!,",         "\\,", "\\ ",
                                             "\\;", "~",      "\xc2\xa0", "\xe2\x80\xaf", "\\!"};
    for (size_t i = 0; i < sizeof separators / sizeof *separators; i++)
        if (rft_scan_begins(p, l->end, separators[i])) {
            size_t n = strlen(separators[i]);
            while (separators[i][0] == ',' && p + n < l->end && p[n] == ' ')
                n++;
            return is_group(p + n, l->end) ? n : 0;
        }
    if (p < l->end && *p == ',' && is_group(p + 1, l->end)) {
        l->out->has_comma = l->out->has_comma || l->n_brackets == 0;
        l->out->has_group = l->out->has_group || (l->n_brackets == 0 && p[1] == '0');
        return l->commas == RFT_COMMA_THOUSANDS && l->n_brackets == 0 ? 1 : 0;
    }
    /* A space, but not where a fraction or a power follows. */
    if (p < l->end && *p == ' ' && is_group(p + 1, l->end) && (p + 4 == l->end || strchr("/^_\\", p[4]) == NULL))
        return 1;
    return 0;
}

static void copy_digits(struct lexer *l)
{
    while (l->p < l->end && rft_is_digit(*l->p))
        *l->scratch++ = *l->p++;
}

static void lex_exponent(struct lexer *l, const char *begin)
{
    const char *p = l->p;
    if (p == begin || p >= l->end || (*p != 'e' && *p != 'E'))
        return;
    p++;
    if (p < l->end && (*p == '-' || *p == '+'))
        p++;
    const char *digits = p;
    /* "2e-1" is rather 2e - 1. */
    if (digits[-1] != *l->p && memchr(begin, '.', (size_t)(l->p - begin)) == NULL)
        return;
    while (p < l->end && rft_is_digit(*p))
        p++;
    if (p == digits || (p < l->end && rft_is_letter(*p)))
        return;
    memcpy(l->scratch, l->p, (size_t)(p - l->p));
    l->scratch += p - l->p;
    l->p = p;
}

static void lex_number(struct lexer *l)
{
    struct rft_formula_token *t = push(l, RFT_TOKEN_NUMBER, 0);
    const char *begin = l->p;
    char *text = l->scratch;
    copy_digits(l);
    size_t n, n_first = (size_t)(l->p - begin);
    if (n_first >= 1 && n_first <= 3 && *begin != '0')
        while ((n = match_separator(l, l->p)) != 0) {
            l->p += n;
            copy_digits(l);
        }
    if (l->p + 1 < l->end && *l->p == '.' && rft_is_digit(l->p[1])) {
        l->p++;
        *l->scratch++ = '.';
        copy_digits(l);
    } else if (rft_scan_begins(l->p, l->end, ".\\overline") || rft_scan_begins(l->p, l->end, ".\\bar") ||
               rft_scan_begins(l->p, l->end, ".\\dot")) {
        l->p++;
        *l->scratch++ = '.';
    }
    lex_exponent(l, begin);
    t->text = (struct rft_bytes){text, (size_t)(l->scratch - text)};
}

static void push_currency(struct lexer *l, const char *text)
{
    /* One character for all of a currency's names. */
    static const char names[][2] = {"$", "E", "P", "Y"};
    size_t i = *text == 'd' || *text == '$'      ? 0
               : *text == 'e' || *text == '\xe2' ? 1
               : strstr("pounds\xc2\xa3", text)  ? 2
                                                 : 3;
    push(l, RFT_TOKEN_SYMBOL, RFT_SYM_CURRENCY)->text = rft_bytes_z(names[i]);
}

static void push_word(struct lexer *l, const char *p, size_t n)
{
    struct rft_formula_token *t = push(l, RFT_TOKEN_WORD, 0);
    t->text = (struct rft_bytes){l->scratch, n};
    for (size_t i = 0; i < n; i++)
        *l->scratch++ = rft_lower(p[i]);
}

static void push_known(struct lexer *l, const struct rft_formula_word *w)
{
    if (w->kind == RFT_TOKEN_SYMBOL && w->id == RFT_SYM_CURRENCY)
        push_currency(l, w->text);
    else
        push(l, w->kind, w->id);
}

/* Behind a number or a word, where a unit may stand. */
static bool may_be_unit(const struct lexer *l)
{
    return last_kind(l) == RFT_TOKEN_NUMBER || last_kind(l) == RFT_TOKEN_WORD || last_is(l, RFT_SYM_GROUP_CLOSE) ||
           last_is(l, RFT_SYM_PAREN_CLOSE) || last_is(l, RFT_SYM_PI) ||
           (last_is(l, RFT_SYM_DIVIDE) && l->out->n >= 2 && l->out->list[l->out->n - 2].kind == RFT_TOKEN_WORD);
}

static bool is_behind_degrees(const struct lexer *l)
{
    uint32_t n = l->out->n;
    n -= last_is(l, RFT_SYM_GROUP_CLOSE);
    return n != 0 && l->out->list[n - 1].kind == RFT_TOKEN_SYMBOL && l->out->list[n - 1].id == RFT_SYM_DEGREE;
}

static void push_names(struct lexer *l, const char *p, size_t n, int32_t style)
{
    for (size_t i = 0; i < n; i++)
        if (style == RFT_STYLE_BLACKBOARD && p[i] == 'R')
            push(l, RFT_TOKEN_SYMBOL, RFT_SYM_REALS);
        else
            push(l, RFT_TOKEN_NAME, /* a vector is no constant */
                 p[i] == 'i' || p[i] == 'e' || style == RFT_STYLE_BLACKBOARD ? p[i] | style : p[i]);
    l->is_vector = style == RFT_STYLE_BOLD;
}

/* "abcd", "wxyz": letters, and no word. */
static bool is_alphabet(const char *p, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (p[i] != p[i - 1] + 1)
            return false;
    return true;
}

static void lex_letters(struct lexer *l)
{
    const struct mode *mode = mode_of(l);
    const char *p = l->p;
    bool is_text = mode != NULL && mode->is_text;
    int32_t style = mode != NULL && !is_text ? mode->style : l->style;
    bool is_upright = is_text || (mode != NULL && mode->style == RFT_STYLE_PLAIN);
    bool is_single = l->style != 0;
    size_t n = 0;
    while (p + n < l->end && rft_is_letter(p[n]) && !(is_single && n != 0))
        n++;
    l->style = 0;
    if (n == 1 && is_upright && (*p == 'C' || *p == 'F') && is_behind_degrees(l)) {
        l->p++;
        push_word(l, p, 1);
        return;
    }
    if (n == 1 && (*p == 'a' || *p == 'p') && rft_scan_begins(p + 1, l->end, ".m")) {
        l->p += 3;
        push_word(l, *p == 'a' ? "am" : "pm", 2);
        return;
    }
    l->p += n;
    char word[16];
    size_t n_word = n < sizeof word ? n : 0;
    for (size_t i = 0; i < n_word; i++)
        word[i] = rft_lower(p[i]);
    const struct rft_formula_word *w = rft_formula_plain_word(word, n_word);
    bool is_word = w != NULL && w->kind == RFT_TOKEN_WORD;
    if (is_word && (is_text || rft_lower(p[n - 1]) == p[n - 1])) /* "NO" may be a length */
        push_word(l, p, n);
    else if (w != NULL && !is_word && !(is_text && w->kind == RFT_TOKEN_FUNC))
        push_known(l, w);
    else if (n == 1 && is_upright && may_be_unit(l) && (is_text || l->is_spaced) && rft_lower(*p) == *p)
        push_word(l, p, 1);
    else if (n == 1)
        push_names(l, p, 1, style);
    else if (last_kind(l) == RFT_TOKEN_NUMBER && n == 3 && memcmp(p, "or", 2) == 0) { /* "1orx = 2" */
        push(l, RFT_TOKEN_SYMBOL, RFT_SYM_OR);
        push_names(l, p + 2, 1, style);
    } else if (is_text || (is_upright && n >= 2) || (n >= 4 && !is_alphabet(p, n)) ||
               (rft_formula_is_short_unit(word, n_word) && may_be_unit(l)))
        push_word(l, p, n);
    else
        push_names(l, p, n, style);
}

static const char *skip_blanks(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\n' || *p == '\t'))
        p++;
    return p;
}

/* Behind the "{...}" at p, blanks before it allowed; p if there is none. */
static const char *skip_group(const char *p, const char *end)
{
    const char *q = skip_blanks(p, end);
    if (q >= end || *q != '{')
        return p;
    for (uint32_t depth = 0; q < end; q++)
        if (*q == '{')
            depth++;
        else if (*q == '}' && --depth == 0)
            return q + 1;
    return p;
}

static void open_mode(struct lexer *l, bool is_text, int32_t style)
{
    const char *p = skip_blanks(l->p, l->end);
    if (p >= l->end || *p != '{' || l->n_modes == MODES_MAX) {
        l->style = style;
        return;
    }
    l->p = p + 1;
    l->modes[l->n_modes++] = (struct mode){++l->depth, is_text, style};
}

static void lex_environment(struct lexer *l, int32_t symbol)
{
    const char *p = skip_blanks(l->p, l->end), *close = skip_group(l->p, l->end);
    struct rft_formula_token *t = push(l, RFT_TOKEN_SYMBOL, symbol);
    if (close == l->p)
        return;
    t->text = (struct rft_bytes){p + 1, (size_t)(close - p) - 2};
    l->p = close;
    if (symbol == RFT_SYM_BEGIN && rft_bytes_begin(t->text, "array"))
        l->p = skip_group(l->p, l->end);
}

/* The command at p, behind its backslash; longer unknown ones may begin with spacing: "\quadx". */
static const struct rft_formula_word *match_command(const struct lexer *l, const char *p, size_t *n)
{
    size_t n_letters = 0;
    while (p + n_letters < l->end && rft_is_letter(p[n_letters]))
        n_letters++;
    *n = n_letters != 0 ? n_letters : (p < l->end ? 1 : 0);
    const struct rft_formula_word *w = rft_formula_command(p, *n);
    for (size_t shorter = n_letters < 16 ? n_letters : 16; w == NULL && shorter-- > 2;) {
        w = rft_formula_command(p, shorter);
        w = w != NULL && w->kind == RFT_TOKEN_SKIP ? w : NULL;
        *n = w != NULL ? shorter : *n;
    }
    return w;
}

static void count_brackets(struct lexer *l, int32_t symbol)
{
    bool is_close = symbol == RFT_SYM_PAREN_CLOSE || symbol == RFT_SYM_BRACKET_CLOSE || symbol == RFT_SYM_SET_CLOSE;
    l->n_brackets += symbol == RFT_SYM_PAREN_OPEN || symbol == RFT_SYM_BRACKET_OPEN || symbol == RFT_SYM_SET_OPEN;
    l->n_brackets -= is_close && l->n_brackets != 0;
}

static void lex_command(struct lexer *l)
{
    const char *begin = l->p;
    size_t n;
    l->p += l->is_doubled && l->p + 1 < l->end && l->p[1] == '\\' ? 2 : 1;
    const struct rft_formula_word *w = match_command(l, l->p, &n);
    l->p += n;
    bool is_product = w != NULL && w->kind == RFT_TOKEN_SYMBOL && w->id == RFT_SYM_TIMES;
    if (w == NULL || (is_product && l->is_vector)) /* of vectors: \times and \cdot differ */
        push(l, RFT_TOKEN_UNKNOWN, 0)->text = (struct rft_bytes){begin, (size_t)(l->p - begin)};
    else if (w->kind == RFT_TOKEN_UNKNOWN) { /* "\pmod 7" is "\pmod{7}" */
        push(l, RFT_TOKEN_UNKNOWN, 0)->text = rft_bytes_z(w->text);
        open_mode(l, false, RFT_STYLE_PLAIN);
    } else if (w->kind == RFT_TOKEN_SKIP) {
        if (l->p < l->end && *l->p == '.' && (strcmp(w->text, "left") == 0 || strcmp(w->text, "right") == 0))
            l->p++;
        l->is_spaced = true;
    } else if (w->kind == RFT_TOKEN_TEXT || w->kind == RFT_TOKEN_STYLE)
        open_mode(l, w->kind == RFT_TOKEN_TEXT, w->id);
    else if (w->kind == RFT_TOKEN_ARG)
        l->p = skip_group(l->p, l->end);
    else if (w->kind == RFT_TOKEN_ENV)
        lex_environment(l, w->id);
    else
        push_known(l, w);
    if (w != NULL && w->kind == RFT_TOKEN_SYMBOL)
        count_brackets(l, w->id);
}

static void lex_character(struct lexer *l)
{
    size_t n;
    static const struct {
        const char *text, *power;
    } raised[] = {{"\xc2\xb2", "2"}, {"\xc2\xb3", "3"}};
    for (size_t i = 0; i < 2; i++)
        if (rft_scan_begins(l->p, l->end, raised[i].text)) {
            push(l, RFT_TOKEN_SYMBOL, RFT_SYM_POWER);
            push(l, RFT_TOKEN_NUMBER, 0)->text = rft_bytes_z(raised[i].power);
            l->p += 2;
            return;
        }
    const struct rft_formula_word *w = rft_formula_character(l->p, l->end, &n);
    if (w == NULL) {
        int32_t code_point;
        n = rft_utf8_decode(l->p, l->end, &code_point);
        push(l, RFT_TOKEN_UNKNOWN, 0)->text = (struct rft_bytes){l->p, n};
        l->p += n;
        return;
    }
    l->p += n;
    if (w->kind == RFT_TOKEN_SKIP) {
        l->is_spaced = true;
        return;
    }
    l->depth += w->id == RFT_SYM_GROUP_OPEN && w->kind == RFT_TOKEN_SYMBOL;
    if (w->kind == RFT_TOKEN_SYMBOL && w->id == RFT_SYM_GROUP_CLOSE) {
        bool is_mode = l->n_modes != 0 && l->modes[l->n_modes - 1].depth == l->depth;
        l->depth -= l->depth != 0;
        if (is_mode) {
            l->n_modes--;
            return;
        }
    }
    if (w->kind == RFT_TOKEN_SYMBOL)
        count_brackets(l, w->id);
    push_known(l, w);
}

static void lex_one(struct lexer *l)
{
    char c = *l->p;
    bool has_next = l->p + 1 < l->end;
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '$') {
        l->is_spaced = true;
        l->p++;
    } else if (rft_is_digit(c) || (c == '.' && has_next && rft_is_digit(l->p[1])))
        lex_number(l);
    else if (rft_is_letter(c))
        lex_letters(l);
    else if (c == '\\')
        lex_command(l);
    else if (c == '.' && has_next && l->p[1] == '.') {
        push(l, RFT_TOKEN_UNKNOWN, 0)->text = rft_bytes_z("...");
        while (l->p < l->end && *l->p == '.')
            l->p++;
    } else if (c == '.')
        l->p++;
    else if (c == '*' && (!has_next || l->p[1] == '*') && (l->out->n == 0 || l->p + 2 >= l->end)) /* Markdown's */
        l->p += has_next ? 2 : 1;
    else
        lex_character(l);
}

enum rft_status rft_formula_lex(struct rft_formula_memory *memory, struct rft_bytes text,
                                enum rft_formula_commas commas, struct rft_formula_tokens *tokens)
{
    *tokens = (struct rft_formula_tokens){0};
    struct lexer l = {.p = text.data, .end = text.data + text.len, .out = tokens, .commas = commas};
    /* No byte makes more than one token. */
    tokens->list = rft_formula_alloc(memory, text.len + 2, sizeof *tokens->list);
    l.scratch = rft_formula_alloc(memory, text.len + 2, 1);
    if (tokens->list == NULL || l.scratch == NULL)
        return RFT_ERR_HOST_MEMORY;
    l.is_doubled = rft_formula_is_doubled(text);
    while (l.p < l.end)
        lex_one(&l);
    tokens->list[tokens->n] = (struct rft_formula_token){.kind = RFT_TOKEN_END};
    return RFT_OK;
}
