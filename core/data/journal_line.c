/* SPDX-License-Identifier: MIT */
#include "journal_line.h"

#include "hashed_line.h"

#include <inttypes.h>
#include <string.h>

static const char magic[] = "rftgen-journal 2 ", old_magic[] = "rftgen-journal 1 ", any_magic[] = "rftgen-journal ";

enum rft_status rft_journal_put_header(struct rft_str *out, const struct rft_fingerprint *fingerprint)
{
    for (int i = 0; i < 2; i++) {
        size_t from = out->len;
        RFT_TRY(rft_str_printf(out, "%s%s ", magic, fingerprint->text));
        RFT_TRY(rft_line_put_escaped(out, (struct rft_bytes){fingerprint->lines.data, fingerprint->lines.len}));
        RFT_TRY(rft_line_put_hash(out, from, fingerprint->hash));
    }
    return RFT_OK;
}

bool rft_journal_parse_header(struct rft_bytes line, uint64_t *fingerprint, struct rft_bytes *lines)
{
    size_t n = sizeof magic - 1, n_head = n + RFT_HASH_CHARS + 1;
    if (line.len < n_head || memcmp(line.data, magic, n) != 0 || !rft_line_parse_hash(line.data + n, fingerprint) ||
        !rft_line_take_hash(&line, *fingerprint) || line.len < n_head)
        return false;
    *lines = (struct rft_bytes){line.data + n_head, line.len - n_head};
    return true;
}

enum rft_journal_kind rft_journal_kind_of(struct rft_bytes text)
{
    size_t n_magic = sizeof magic - 1;
    while (text.len != 0 && text.data[text.len - 1] == 0) /* what a power cut leaves of a line that was not synced */
        text.len--;
    if (text.len == 0 || memcmp(text.data, magic, text.len < n_magic ? text.len : n_magic) == 0) {
        bool has_line = text.len != 0 && memchr(text.data, '\n', text.len) != NULL;
        return has_line ? RFT_JOURNAL_DAMAGED : RFT_JOURNAL_BLANK;
    }
    if (rft_bytes_begin(text, old_magic))
        return RFT_JOURNAL_OLD;
    return rft_bytes_begin(text, any_magic) ? RFT_JOURNAL_DAMAGED : RFT_JOURNAL_FOREIGN;
}

enum rft_status rft_journal_put_sample(struct rft_str *out, uint64_t fingerprint, const struct rft_sample *sample)
{
    size_t from = out->len;
    RFT_TRY(rft_str_printf(out, "%" PRIu64 " %u %u %s ", sample->question, sample->sample, sample->n_tokens,
                           rft_finish_text(sample->finish)));
    RFT_TRY(rft_line_put_escaped(out, sample->text));
    return rft_line_put_hash(out, from, fingerprint);
}

/* A decimal number and the space behind it. */
static bool take_number(struct rft_bytes *line, uint64_t max, uint64_t *value)
{
    char digits[24];
    const char *space = line->len ? memchr(line->data, ' ', line->len) : NULL;
    size_t n = space != NULL ? (size_t)(space - line->data) : sizeof digits;
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

bool rft_journal_parse_sample(struct rft_bytes line, uint64_t fingerprint, struct rft_sample *out)
{
    uint64_t sample, n_tokens;
    if (!rft_line_take_hash(&line, fingerprint) || !take_number(&line, UINT64_MAX, &out->question) ||
        !take_number(&line, UINT32_MAX, &sample) || !take_number(&line, UINT32_MAX, &n_tokens) ||
        !take_finish(&line, &out->finish))
        return false;
    out->sample = (uint32_t)sample;
    out->n_tokens = (uint32_t)n_tokens;
    out->text = line;
    out->origin = NULL;
    return true;
}
