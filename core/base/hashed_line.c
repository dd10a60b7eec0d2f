/* SPDX-License-Identifier: MIT */
#include "hashed_line.h"

#include <string.h>
#include <xxhash.h>

enum rft_status rft_line_put_hash(struct rft_str *out, size_t from, uint64_t seed)
{
    return rft_str_printf(out, " %016llx\n", (unsigned long long)XXH64(out->data + from, out->len - from, seed));
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool rft_line_parse_hash(const char *digits, uint64_t *hash)
{
    *hash = 0;
    for (size_t i = 0; i < RFT_HASH_CHARS; i++) {
        int digit = hex_digit(digits[i]);
        if (digit < 0)
            return false;
        *hash = *hash << 4 | (uint64_t)digit;
    }
    return true;
}

bool rft_line_take_hash(struct rft_bytes *line, uint64_t seed)
{
    uint64_t hash;
    if (line->len <= RFT_HASH_CHARS)
        return false;
    line->len -= RFT_HASH_CHARS + 1;
    return line->data[line->len] == ' ' && rft_line_parse_hash(line->data + line->len + 1, &hash) &&
           XXH64(line->data, line->len, seed) == hash;
}

enum rft_status rft_line_put_escaped(struct rft_str *out, struct rft_bytes text)
{
    const char *p = text.data, *end = text.len ? p + text.len : p;
    while (p < end) {
        int32_t c;
        size_t n = rft_utf8_decode(p, end, &c);
        if (c >= 0x20 && c != '\\' && c != 0x7f) {
            RFT_TRY(rft_str_append(out, p, n));
            p += n;
        } else {
            for (; n; n--, p++)
                RFT_TRY(rft_str_printf(out, "\\x%02x", (unsigned)(unsigned char)*p));
        }
    }
    return RFT_OK;
}

enum rft_status rft_line_unescape(struct rft_bytes escaped, struct rft_str *text)
{
    rft_str_clear(text);
    const char *p = escaped.data, *end = p + escaped.len;
    RFT_TRY(rft_str_append(text, "", 0));
    while (p < end) {
        const char *backslash = memchr(p, '\\', (size_t)(end - p));
        const char *plain_end = backslash != NULL ? backslash : end;
        RFT_TRY(rft_str_append(text, p, (size_t)(plain_end - p)));
        p = plain_end;
        if (p == end)
            break;
        int high = end - p >= 4 ? hex_digit(p[2]) : -1, low = end - p >= 4 ? hex_digit(p[3]) : -1;
        if (high < 0 || low < 0 || p[1] != 'x') {
            rft_log_error(
                "journal: a line holds an escape that rftgen does not write; remove the journal and start again");
            return RFT_ERR_INPUT;
        }
        RFT_TRY(rft_str_append(text, (char[]){(char)(high << 4 | low)}, 1));
        p += 4;
    }
    return RFT_OK;
}
