/* SPDX-License-Identifier: MIT */
#include "fingerprint.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#define DIFFERENCES_MAX 3
#define VALUE_BYTES_MAX 60 /* of a value in a message */

enum rft_status rft_fingerprint_add_hash(struct rft_fingerprint *fingerprint, const char *name, uint64_t hash)
{
    return rft_str_printf(&fingerprint->lines, "%s=#%016" PRIx64 "\n", name, hash);
}

void rft_fingerprint_seal(struct rft_fingerprint *fingerprint)
{
    const char *text = fingerprint->lines.data != NULL ? fingerprint->lines.data : "";
    fingerprint->hash = XXH64(text, fingerprint->lines.len, 0);
    snprintf(fingerprint->text, sizeof fingerprint->text, "%016" PRIx64, fingerprint->hash);
}

void rft_fingerprint_finish(struct rft_fingerprint *fingerprint)
{
    rft_str_finish(&fingerprint->lines);
    *fingerprint = (struct rft_fingerprint){0};
}

struct line {
    struct rft_bytes name, value; /* value.data NULL: there is no such line */
};

/* Takes the first line off `rest`; false at the end. */
static bool take_line(struct rft_bytes *rest, struct line *line)
{
    const char *end = rest->len != 0 ? memchr(rest->data, '\n', rest->len) : NULL;
    const char *equals = end != NULL ? memchr(rest->data, '=', (size_t)(end - rest->data)) : NULL;
    *line = (struct line){{NULL, 0}, {NULL, 0}};
    if (equals == NULL)
        return false;
    line->name = (struct rft_bytes){rest->data, (size_t)(equals - rest->data)};
    line->value = (struct rft_bytes){equals + 1, (size_t)(end - equals) - 1};
    rest->len -= (size_t)(end - rest->data) + 1;
    rest->data = end + 1;
    return true;
}

static struct rft_bytes find_value(struct rft_bytes lines, struct rft_bytes name)
{
    struct line line;
    while (take_line(&lines, &line))
        if (rft_bytes_equal(line.name, name))
            return line.value;
    return (struct rft_bytes){NULL, 0};
}

static enum rft_status append_value(struct rft_bytes value, struct rft_str *out)
{
    size_t n;
    if (value.data == NULL)
        return rft_str_append_z(out, "not there");
    n = rft_utf8_cut(value.data, value.len, VALUE_BYTES_MAX);
    RFT_TRY(rft_str_append(out, value.data, n));
    return n < value.len ? rft_str_append_z(out, "...") : RFT_OK;
}

static enum rft_status append_difference(struct rft_bytes name, struct rft_bytes was, struct rft_bytes is,
                                         struct rft_str *out)
{
    bool is_hash = (is.data != NULL && is.len != 0 && is.data[0] == '#') ||
                   (was.data != NULL && was.len != 0 && was.data[0] == '#');
    if (is_hash) {
        RFT_TRY(rft_str_append_z(out, "another "));
        return rft_str_append(out, name.data, name.len);
    }
    RFT_TRY(rft_str_append(out, name.data, name.len));
    RFT_TRY(rft_str_append_z(out, " was "));
    RFT_TRY(append_value(was, out));
    RFT_TRY(rft_str_append_z(out, " and is "));
    return append_value(is, out);
}

enum rft_status rft_fingerprint_explain(const struct rft_fingerprint *fingerprint, struct rft_bytes other,
                                        struct rft_str *out)
{
    const struct rft_bytes own = {fingerprint->lines.data, fingerprint->lines.len};
    struct rft_bytes rest = own;
    size_t n = 0;
    struct line line;
    for (int pass = 0; pass < 2; pass++, rest = other) { /* ours, then what only the other has */
        while (take_line(&rest, &line)) {
            struct rft_bytes was = pass == 0 ? find_value(other, line.name) : line.value;
            struct rft_bytes is = pass == 0 ? line.value : find_value(own, line.name);
            bool is_same = was.data != NULL && is.data != NULL && rft_bytes_equal(was, is);
            if (is_same || (pass == 1 && is.data != NULL) || n++ >= DIFFERENCES_MAX)
                continue;
            RFT_TRY(rft_str_append_z(out, n > 1 ? "; " : ""));
            RFT_TRY(append_difference(line.name, was, is, out));
        }
    }
    return n > DIFFERENCES_MAX ? rft_str_printf(out, "; and %zu more", n - DIFFERENCES_MAX) : RFT_OK;
}
