/* SPDX-License-Identifier: MIT */
#include "journal_line.h"

#include <string.h>
#include <xxhash.h>

static const char magic[] = "rftgen-journal 1 ";

#define HASH_CHARS 16

/* Ends the line that begins at `from`. */
static enum rft_status put_hash(struct rft_str *out, size_t from)
{
    return rft_str_printf(out, " %016llx\n", (unsigned long long)XXH64(out->data + from, out->len - from, 0));
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Takes the hash off the line; false if it is not the line's. */
static bool take_hash(struct rft_bytes *line)
{
    uint64_t hash = 0;
    if (line->len <= HASH_CHARS)
        return false;
    size_t n = line->len - HASH_CHARS - 1;
    for (size_t i = n + 1; i < line->len; i++) {
        int digit = hex_digit(line->data[i]);
        if (digit < 0)
            return false;
        hash = hash << 4 | (uint64_t)digit;
    }
    line->len = n;
    return line->data[n] == ' ' && XXH64(line->data, n, 0) == hash;
}

enum rft_status rft_journal_put_header(struct rft_str *out, const char *fingerprint)
{
    size_t from = out->len;
    RFT_TRY(rft_str_printf(out, "%s%s", magic, fingerprint));
    return put_hash(out, from);
}

bool rft_journal_parse_header(struct rft_bytes line, struct rft_bytes *fingerprint)
{
    size_t n = sizeof magic - 1;
    if (!take_hash(&line) || line.len < n || memcmp(line.data, magic, n) != 0)
        return false;
    *fingerprint = (struct rft_bytes){ line.data + n, line.len - n };
    return true;
}

bool rft_journal_is_torn_header(struct rft_bytes line)
{
    size_t n = sizeof magic - 1;
    return memcmp(line.data, magic, line.len < n ? line.len : n) == 0;
}

enum rft_status rft_journal_put_sample(struct rft_str *out, const struct rft_sample *sample)
{
    size_t from = out->len;
    RFT_TRY(rft_str_printf(out, "%llu %u %u %s ", (unsigned long long)sample->question, sample->sample,
                           sample->n_tokens, rft_finish_text(sample->finish)));
    const char *p = sample->text.data, *end = p + sample->text.len;
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
    return put_hash(out, from);
}

/* A decimal number and the space behind it. */
static bool take_number(struct rft_bytes *line, uint64_t max, uint64_t *value)
{
    char digits[24];
    const char *space = line->len ? memchr(line->data, ' ', line->len) : NULL;
    size_t n = space ? (size_t)(space - line->data) : sizeof digits;
    if (n >= sizeof digits)
        return false;
    memcpy(digits, line->data, n);
    digits[n] = 0;
    line->data += n + 1;
    line->len -= n + 1;
    return rft_parse_u64(digits, value) && *value <= max;
}

static bool take_finish(struct rft_bytes *line, enum rft_finish *finish)
{
    for (int i = RFT_FINISH_STOP; i <= RFT_FINISH_NOT_FINITE; i++) {
        const char *word = rft_finish_text((enum rft_finish)i);
        size_t n = strlen(word);
        if (line->len > n && memcmp(line->data, word, n) == 0 && line->data[n] == ' ') {
            line->data += n + 1;
            line->len -= n + 1;
            *finish = (enum rft_finish)i;
            return true;
        }
    }
    return false;
}

bool rft_journal_parse_sample(struct rft_bytes line, struct rft_sample *out)
{
    uint64_t sample, n_tokens;
    if (!take_hash(&line) || !take_number(&line, UINT64_MAX, &out->question) ||
        !take_number(&line, UINT32_MAX, &sample) || !take_number(&line, UINT32_MAX, &n_tokens) ||
        !take_finish(&line, &out->finish))
        return false;
    out->sample = (uint32_t)sample;
    out->n_tokens = (uint32_t)n_tokens;
    out->text = line;
    return true;
}

enum rft_status rft_journal_unescape(struct rft_bytes escaped, struct rft_str *text)
{
    rft_str_clear(text);
    const char *p = escaped.data, *end = p + escaped.len;
    RFT_TRY(rft_str_append(text, "", 0));
    while (p < end) {
        const char *backslash = memchr(p, '\\', (size_t)(end - p));
        const char *plain_end = backslash ? backslash : end;
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
        RFT_TRY(rft_str_append(text, (char[]){ (char)(high << 4 | low) }, 1));
        p += 4;
    }
    return RFT_OK;
}
