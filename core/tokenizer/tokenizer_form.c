/* SPDX-License-Identifier: MIT */
/* Unicode normalisation (NFC, NFD, NFKC, NFKD) with utf8proc's tables.
 *
 * A piece is taken in stretches: an ASCII character and the others behind it. An ASCII character never combines with
 * what stands before it, so a stretch holds all that can change together. That keeps the marks of the output bytes
 * near their own, and ASCII text costs nothing. */
#include "tokenizer_form.h"

#include "alloc.h"

#include <stdlib.h>
#include <utf8proc.h>

struct form {
    utf8proc_option_t options;
    int32_t *code_points;
    size_t n, cap;
};

static int compare_u64(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static uint64_t combining_class(int32_t code_point)
{
    return (uint64_t)utf8proc_get_property(code_point)->combining_class;
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

/* Appends what a code point decomposes into. */
static enum rft_status decompose(struct form *form, int32_t code_point)
{
    for (;;) {
        size_t room = form->cap - form->n;
        utf8proc_ssize_t n =
            utf8proc_decompose_char(code_point, form->code_points != NULL ? form->code_points + form->n : NULL,
                                    (utf8proc_ssize_t)room, form->options, NULL);
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
    utf8proc_ssize_t n = (utf8proc_ssize_t)form->n;
    if (form->options & UTF8PROC_COMPOSE)
        n = utf8proc_normalize_utf32(form->code_points, n, form->options);
    for (utf8proc_ssize_t i = 0; i < n; i++) {
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
