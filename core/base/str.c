/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* newlocale, strtod_l */
#include "str.h"

#include "alloc.h"
#include "ascii.h"

#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void rft_str_finish(struct rft_str *s)
{
    rft_free(s->data);
    *s = (struct rft_str){0};
}

void rft_str_clear(struct rft_str *s)
{
    rft_str_cut(s, 0);
}

void rft_str_cut(struct rft_str *s, size_t len)
{
    s->len = len;
    if (s->data != NULL)
        s->data[len] = 0;
}

static enum rft_status reserve(struct rft_str *s, size_t extra)
{
    if (extra > SIZE_MAX - s->len - 1)
        return RFT_ERR_HOST_MEMORY;
    void *data = s->data;
    if (rft_grow(&data, &s->cap, s->len + extra + 1, 1) != 0)
        return RFT_ERR_HOST_MEMORY;
    s->data = data;
    return RFT_OK;
}

enum rft_status rft_str_append(struct rft_str *s, const void *bytes, size_t n)
{
    RFT_TRY(reserve(s, n));
    if (n)
        memcpy(s->data + s->len, bytes, n);
    s->len += n;
    s->data[s->len] = 0;
    return RFT_OK;
}

enum rft_status rft_str_append_z(struct rft_str *s, const char *z)
{
    return rft_str_append(s, z, strlen(z));
}

enum rft_status rft_str_printf(struct rft_str *s, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    enum rft_status status = n < 0 ? RFT_ERR_IO : reserve(s, (size_t)n);
    if (status == RFT_OK) {
        vsnprintf(s->data + s->len, (size_t)n + 1, fmt, again);
        s->len += (size_t)n;
    }
    va_end(again);
    return status;
}

enum rft_status rft_str_append_json(struct rft_str *s, const char *bytes, size_t n)
{
    static const char short_escapes[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    const char *p = bytes, *end = n != 0 ? bytes + n : bytes; /* a view of nothing may be NULL */
    RFT_TRY(rft_str_append(s, "\"", 1));
    while (p < end) {
        int32_t code_point;
        size_t len = rft_utf8_decode(p, end, &code_point);
        const char *pair = NULL;
        for (const char *e = short_escapes; *e && pair == NULL; e += 2)
            if (code_point == (unsigned char)e[0])
                pair = e;
        if (code_point < 0)
            RFT_TRY(rft_str_append_z(s, RFT_UTF8_REPLACEMENT));
        else if (pair != NULL)
            RFT_TRY(rft_str_printf(s, "\\%c", pair[1]));
        else if (code_point < 0x20 || code_point == 0x7f)
            RFT_TRY(rft_str_printf(s, "\\u%04x", (unsigned)code_point));
        else
            RFT_TRY(rft_str_append(s, p, len));
        p += len;
    }
    return rft_str_append(s, "\"", 1);
}

static locale_t c_locale(void)
{
    static locale_t locale;
    if (locale == NULL)
        locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    return locale;
}

enum rft_status rft_str_append_double(struct rft_str *s, double x)
{
    char text[40];
    locale_t old = uselocale(c_locale());
    if (x == floor(x) && fabs(x) < 9007199254740992.0 && !(x == 0 && signbit(x))) {
        snprintf(text, sizeof text, "%.0f", x);
    } else {
        for (int digits = 1; digits <= 17; digits++) {
            snprintf(text, sizeof text, "%.*g", digits, x);
            if (strtod(text, NULL) == x)
                break;
        }
        if (x == 0)
            snprintf(text, sizeof text, "-0.0");
    }
    uselocale(old);
    return rft_str_append_z(s, text);
}

struct rft_bytes rft_bytes_z(const char *z)
{
    return (struct rft_bytes){z, strlen(z)};
}

bool rft_bytes_equal(struct rft_bytes a, struct rft_bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool rft_bytes_begin(struct rft_bytes b, const char *z)
{
    size_t n = strlen(z);
    return b.len >= n && memcmp(b.data, z, n) == 0;
}

bool rft_ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), n_end = strlen(end);
    return n >= n_end && strcmp(text + n - n_end, end) == 0;
}

struct rft_bytes rft_bytes_trim(struct rft_bytes b)
{
    while (b.len && rft_is_space(b.data[0]))
        b.data++, b.len--;
    while (b.len && rft_is_space(b.data[b.len - 1]))
        b.len--;
    return b;
}

bool rft_parse_u64(const char *z, uint64_t *value)
{
    *value = 0;
    if (!*z)
        return false;
    uint64_t x = 0;
    for (; *z; z++) {
        if (*z < '0' || *z > '9')
            return false;
        uint64_t digit = (uint64_t)(*z - '0');
        if (x > (UINT64_MAX - digit) / 10)
            return false;
        x = x * 10 + digit;
    }
    *value = x;
    return true;
}

bool rft_parse_double(const char *z, double *value)
{
    *value = 0;
    if (!*z || rft_is_space(*z))
        return false;
    char *end;
    double x = strtod_l(z, &end, c_locale());
    if (*end || !isfinite(x))
        return false;
    *value = x;
    return true;
}
