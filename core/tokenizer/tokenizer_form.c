/* SPDX-License-Identifier: MIT */
/* Unicode normalisation (NFC, NFD, NFKC, NFKD) with utf8proc's tables.
 *
 * A piece is taken in stretches: an ASCII character and the others behind it. An ASCII character never combines with
 * what stands before it, so a stretch holds all that can change together. That keeps the marks of the output bytes
 * near their own, and ASCII text costs nothing. */
#include "tokenizer_form.h"

#include "alloc.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

struct form {
    utf8proc_option_t options;
    int32_t *code_points;
    size_t n, cap;
};

/* Characters that stand for themselves and alone: they neither decompose nor compose nor move. Those are the ones that
 * came with Unicode 10 and later, as the reference (tokenizers) has Unicode 9's tables and takes what it does not know
 * for letters; and U+11A7, which utf8proc drops behind a Hangul syllable. Up to Unicode 18, so that the text does not
 * depend on the age of the library. */
/* clang-format off */
static const int32_t aloof[][2] = {
    {0x558, 0x558}, {0x58b, 0x58c}, {0x5c8, 0x5c9}, {0x7fd, 0x7fd}, {0x897, 0x89f}, {0x8ca, 0x8d3}, {0x9fe, 0x9fe},
    {0xc3c, 0xc3c}, {0xd3b, 0xd3c}, {0xeba, 0xeba}, {0x11a7, 0x11a7}, {0x1715, 0x1715}, {0x1abf, 0x1af0},
    {0x1df6, 0x1dfa}, {0x209d, 0x209f}, {0x32ff, 0x32ff}, {0xa7f1, 0xa7f4}, {0xa82c, 0xa82c}, {0xab69, 0xab69},
    {0x105c9, 0x105c9}, {0x105d2, 0x105d2}, {0x105da, 0x105da}, {0x105e4, 0x105e4}, {0x10781, 0x10785},
    {0x10787, 0x107b0}, {0x107b2, 0x107bf}, {0x10d24, 0x10d27}, {0x10d69, 0x10d6d}, {0x10eab, 0x10eac},
    {0x10ecb, 0x10ecf}, {0x10ef0, 0x10efb}, {0x10efd, 0x10eff}, {0x10f46, 0x10f50}, {0x10f82, 0x10f85},
    {0x11070, 0x11070}, {0x1133b, 0x1133b}, {0x11383, 0x11383}, {0x11385, 0x11385}, {0x1138e, 0x1138e},
    {0x11391, 0x11391}, {0x113b8, 0x113b8}, {0x113bb, 0x113bb}, {0x113c2, 0x113c2}, {0x113c5, 0x113c5},
    {0x113c7, 0x113c9}, {0x113ce, 0x113d0}, {0x1145e, 0x1145e}, {0x11839, 0x1183a}, {0x11930, 0x11930},
    {0x11938, 0x11938}, {0x1193d, 0x1193e}, {0x11943, 0x11943}, {0x119e0, 0x119e0}, {0x11a34, 0x11a34},
    {0x11a47, 0x11a47}, {0x11a99, 0x11a99}, {0x11d42, 0x11d42}, {0x11d44, 0x11d45}, {0x11d97, 0x11d97},
    {0x11f41, 0x11f42}, {0x1611e, 0x16129}, {0x1612f, 0x1612f}, {0x16d67, 0x16d6a}, {0x16ff0, 0x16ff1},
    {0x1b123, 0x1b126}, {0x1ccd6, 0x1ccf9}, {0x1d127, 0x1d128}, {0x1d250, 0x1d252}, {0x1d25b, 0x1d25c},
    {0x1d25f, 0x1d25f}, {0x1d280, 0x1d281}, {0x1d6a6, 0x1d6a6}, {0x1df95, 0x1df95}, {0x1dfcd, 0x1dfff},
    {0x1e030, 0x1e06d}, {0x1e08f, 0x1e08f}, {0x1e130, 0x1e136}, {0x1e2ae, 0x1e2ae}, {0x1e2ec, 0x1e2ef},
    {0x1e4ec, 0x1e4ef}, {0x1e5ee, 0x1e5ef}, {0x1e6e3, 0x1e6e3}, {0x1e6e6, 0x1e6e6}, {0x1e6ee, 0x1e6ef},
    {0x1e6f5, 0x1e6f5}, {0x1f16c, 0x1f16c}, {0x1fbf0, 0x1fbf9},
};
/* clang-format on */

static int compare_range(const void *key, const void *range)
{
    int32_t c = *(const int32_t *)key;
    const int32_t *r = range;
    return c < r[0] ? -1 : c > r[1];
}

static bool is_aloof(int32_t c)
{
    return c >= aloof[0][0] && bsearch(&c, aloof, sizeof aloof / sizeof *aloof, sizeof *aloof, compare_range) != NULL;
}

static int compare_u64(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static uint64_t combining_class(int32_t code_point)
{
    return is_aloof(code_point) ? 0 : (uint64_t)utf8proc_get_property(code_point)->combining_class;
}

/* Sorts a run of marks by class; equals stay as they stand, so the key is class and position. */
static enum rft_status sort_run(int32_t *run, size_t n)
{
    uint64_t *keys = rft_alloc(n, sizeof *keys);
    int32_t *copy = rft_alloc(n, sizeof *copy);
    enum rft_status status = keys != NULL && copy != NULL ? RFT_OK : RFT_ERR_HOST_MEMORY;
    if (status == RFT_OK) {
        for (size_t k = 0; k < n; k++) {
            copy[k] = run[k];
            keys[k] = combining_class(run[k]) << 40 | k;
        }
        qsort(keys, n, sizeof *keys, compare_u64);
        for (size_t k = 0; k < n; k++)
            run[k] = copy[keys[k] & 0xffffffffffu];
    }
    rft_free(keys);
    rft_free(copy);
    return status;
}

/* Canonical order. utf8proc's own ordering takes quadratic time on long runs; this does not. */
static enum rft_status order_marks(struct form *form)
{
    for (size_t i = 0; i < form->n; i++) {
        size_t begin = i;
        bool sorted = true;
        uint64_t last = 0, class;
        while (i < form->n && (class = combining_class(form->code_points[i])) != 0) {
            sorted = sorted && class >= last;
            last = class;
            i++;
        }
        if (!sorted)
            RFT_TRY(sort_run(form->code_points + begin, i - begin));
    }
    return RFT_OK;
}

/* Writes what a code point decomposes into where there is room; how many it is in any case, negative for none. */
static utf8proc_ssize_t decompose_to(const struct form *form, int32_t code_point, int32_t *to, size_t room)
{
    if (!is_aloof(code_point))
        return utf8proc_decompose_char(code_point, to, (utf8proc_ssize_t)room, form->options, NULL);
    if (room != 0)
        *to = code_point;
    return 1;
}

/* Appends what a code point decomposes into. */
static enum rft_status decompose(struct form *form, int32_t code_point)
{
    for (;;) {
        size_t room = form->cap - form->n;
        int32_t *to = form->code_points != NULL ? form->code_points + form->n : NULL;
        utf8proc_ssize_t n = decompose_to(form, code_point, to, room);
        if (n < 0)
            return RFT_ERR_INPUT; /* not a code point; well-formed text has none */
        if ((size_t)n <= room) {
            form->n += (size_t)n;
            return RFT_OK;
        }
        void *p = form->code_points;
        if (rft_grow(&p, &form->cap, form->n + (size_t)n, sizeof *form->code_points) != 0)
            return RFT_ERR_HOST_MEMORY;
        form->code_points = p;
    }
}

/* Composes between the characters that stand alone. */
static void compose(struct form *form)
{
    size_t n = 0;
    for (size_t begin = 0, end; begin < form->n; begin = end) {
        int32_t *run = form->code_points + begin;
        size_t n_run = 1;
        end = begin + 1;
        if (!is_aloof(*run)) {
            while (end < form->n && !is_aloof(form->code_points[end]))
                end++;
            n_run = (size_t)utf8proc_normalize_utf32(run, (utf8proc_ssize_t)(end - begin), form->options);
        }
        memmove(form->code_points + n, run, n_run * sizeof *run);
        n += n_run;
    }
    form->n = n;
}

static bool is_ascii(char c)
{
    return !((unsigned char)c & 0x80u);
}

/* A first character that came through as it was keeps its own mark; all others take the strictest of the stretch. */
static enum rft_status form_stretch(struct form *form, const char *in, const char *marks, size_t n_in,
                                    struct rft_tok_text *out)
{
    enum rft_tok_mark strictest = rft_tok_strictest(marks, n_in);
    form->n = 0;
    for (size_t i = 0; i < n_in;) {
        int32_t code_point;
        i += rft_utf8_decode(in + i, in + n_in, &code_point);
        RFT_TRY(decompose(form, code_point));
    }
    RFT_TRY(order_marks(form));
    if (form->options & UTF8PROC_COMPOSE)
        compose(form);
    for (size_t i = 0; i < form->n; i++) {
        char utf8[4];
        bool kept = i == 0 && is_ascii(in[0]) && form->code_points[0] == in[0];
        size_t n_utf8 = rft_utf8_encode((uint32_t)form->code_points[i], utf8);
        RFT_TRY(rft_tok_text_append(out, utf8, n_utf8, kept ? (enum rft_tok_mark)marks[0] : strictest));
    }
    return RFT_OK;
}

static enum rft_status form_all(struct form *form, const struct rft_tok_text *text, struct rft_tok_piece piece,
                                struct rft_tok_text *out)
{
    const char *bytes = text->bytes.data, *marks = text->marks.data;
    for (size_t i = piece.begin; i < piece.end;) {
        size_t end = i + 1;
        while (end < piece.end && !is_ascii(bytes[end]))
            end++;
        if (is_ascii(bytes[i]) && end == i + 1)
            RFT_TRY(rft_tok_text_append(out, bytes + i, 1, (enum rft_tok_mark)marks[i]));
        else
            RFT_TRY(form_stretch(form, bytes + i, marks + i, end - i, out));
        i = end;
    }
    return RFT_OK;
}

enum rft_status rft_tok_form(const struct rft_tok_step *step, const struct rft_tok_text *text,
                             struct rft_tok_piece piece, struct rft_tok_text *out)
{
    struct form form = {.options = UTF8PROC_STABLE};
    form.options |= step->compose ? UTF8PROC_COMPOSE : UTF8PROC_DECOMPOSE;
    if (step->compat)
        form.options |= UTF8PROC_COMPAT;
    enum rft_status status = form_all(&form, text, piece, out);
    rft_free(form.code_points);
    return status;
}
