/* SPDX-License-Identifier: MIT */
#include "journal_line.h"

#include "hashed_line.h"

#include <inttypes.h>
#include <string.h>

static const char magic[] = "rftgen-journal 3 ", any_magic[] = "rftgen-journal ";
static const char *const old_magics[] = {"rftgen-journal 1 ", "rftgen-journal 2 "};

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
    for (size_t i = 0; i < sizeof old_magics / sizeof *old_magics; i++)
        if (rft_bytes_begin(text, old_magics[i]))
            return RFT_JOURNAL_OLD;
    return rft_bytes_begin(text, any_magic) ? RFT_JOURNAL_DAMAGED : RFT_JOURNAL_FOREIGN;
}

static uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static enum rft_status put_logprobs(struct rft_str *out, const struct rft_sample *sample)
{
    if (!sample->has_logprob)
        return rft_str_append_z(out, "-");
    RFT_TRY(rft_str_printf(out, "%016" PRIx64, bits_of(sample->logprob)));
    for (uint32_t i = 0; i < sample->n_logprobs; i++) {
        uint32_t bits;
        memcpy(&bits, &sample->logprobs[i], sizeof bits);
        RFT_TRY(rft_str_printf(out, "%08" PRIx32, bits));
    }
    return RFT_OK;
}

enum rft_status rft_journal_put_sample(struct rft_str *out, uint64_t fingerprint, uint64_t question,
                                       const struct rft_sample *sample)
{
    size_t from = out->len;
    RFT_TRY(rft_str_printf(out, "%016" PRIx64 " %u %u %s ", question, sample->sample, sample->n_tokens,
                           rft_finish_text(sample->finish)));
    RFT_TRY(put_logprobs(out, sample));
    RFT_TRY(rft_str_append_z(out, " "));
    RFT_TRY(rft_line_put_escaped(out, sample->text));
    return rft_line_put_hash(out, from, fingerprint);
}

/* What stands before the next space, which is passed over, too. */
static bool take_word(struct rft_bytes *line, struct rft_bytes *word)
{
    const char *space = line->len ? memchr(line->data, ' ', line->len) : NULL;
    if (space == NULL)
        return false;
    *word = (struct rft_bytes){line->data, (size_t)(space - line->data)};
    line->data += word->len + 1;
    line->len -= word->len + 1;
    return true;
}

static bool take_number(struct rft_bytes *line, uint32_t *value)
{
    char digits[24];
    struct rft_bytes word;
    uint64_t number;
    if (!take_word(line, &word) || word.len >= sizeof digits)
        return false;
    memcpy(digits, word.data, word.len);
    digits[word.len] = 0;
    if (!rft_parse_u64(digits, &number) || number > UINT32_MAX)
        return false;
    *value = (uint32_t)number;
    return true;
}

static bool take_identity(struct rft_bytes *line, uint64_t *identity)
{
    struct rft_bytes word;
    return take_word(line, &word) && word.len == RFT_HASH_CHARS && rft_line_parse_hash(word.data, identity);
}

static bool take_finish(struct rft_bytes *line, enum rft_finish *finish)
{
    struct rft_bytes word;
    if (!take_word(line, &word))
        return false;
    for (int i = RFT_FINISH_STOP; i <= RFT_FINISH_NOT_FINITE; i++)
        if (rft_bytes_equal(word, rft_bytes_z(rft_finish_text((enum rft_finish)i)))) {
            *finish = (enum rft_finish)i;
            return true;
        }
    return false;
}

bool rft_journal_parse_sample(struct rft_bytes line, uint64_t fingerprint, struct rft_journal_line *out)
{
    if (!rft_line_take_hash(&line, fingerprint) || !take_identity(&line, &out->question) ||
        !take_number(&line, &out->sample) || !take_number(&line, &out->n_tokens) || !take_finish(&line, &out->finish) ||
        !take_word(&line, &out->logprobs))
        return false;
    out->text = line;
    return true;
}

#define TOKEN_CHARS 8 /* of a float's bits */

bool rft_journal_take_logprobs(const struct rft_journal_line *line, float *room, struct rft_sample *out)
{
    const struct rft_bytes text = line->logprobs;
    uint64_t bits;
    if (rft_bytes_equal(text, rft_bytes_z("-")))
        return true;
    size_t n = text.len > RFT_HASH_CHARS ? (text.len - RFT_HASH_CHARS) / TOKEN_CHARS : 0;
    if (text.len != RFT_HASH_CHARS + n * TOKEN_CHARS || (n != 0 && n != line->n_tokens) ||
        !rft_line_parse_hash(text.data, &bits))
        return false;
    memcpy(&out->logprob, &bits, sizeof bits);
    for (size_t i = 0; i < n; i++) {
        char digits[RFT_HASH_CHARS] = "00000000";
        uint32_t narrow;
        memcpy(digits + TOKEN_CHARS, text.data + RFT_HASH_CHARS + i * TOKEN_CHARS, TOKEN_CHARS);
        if (!rft_line_parse_hash(digits, &bits))
            return false;
        narrow = (uint32_t)bits;
        memcpy(&room[i], &narrow, sizeof narrow);
    }
    out->has_logprob = true;
    out->logprobs = n != 0 ? room : NULL;
    out->n_logprobs = (uint32_t)n;
    return true;
}
