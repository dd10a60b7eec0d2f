/* SPDX-License-Identifier: MIT */
#include "replay_compare.h"

#include "columns.h"
#include "provenance.h"
#include "path.h"
#include "utf8.h"

#include <inttypes.h>

#define EXCERPT_BYTES 24

static size_t n_common(struct rft_bytes a, struct rft_bytes b)
{
    size_t n = 0;
    while (n < a.len && n < b.len && a.data[n] == b.data[n])
        n++;
    return n;
}

/* The first of the tokens whose text reaches beyond `byte`; n + 1 if none does. */
static enum rft_status token_at(struct rft_tokenizer *tokenizer, const struct rft_drawn *drawn, size_t byte,
                                uint32_t *token)
{
    struct rft_str text = {0};
    enum rft_status status = RFT_OK;
    for (*token = 1; *token <= drawn->n_text && status == RFT_OK; ++*token) {
        rft_str_clear(&text);
        status = rft_tokenizer_decode(tokenizer, drawn->tokens, *token, &text);
        if (text.len > byte)
            break;
    }
    rft_str_finish(&text);
    return status;
}

/* A few characters from the one on that holds the byte. */
static enum rft_status put_excerpt(struct rft_bytes text, size_t byte, struct rft_str *out)
{
    while (byte > 0 && byte < text.len && ((unsigned char)text.data[byte] & 0xc0) == 0x80)
        byte--;
    const size_t n_left = text.len - byte;
    if (n_left == 0)
        return rft_str_append_z(out, "ends there");
    RFT_TRY(rft_str_append_z(out, "goes on "));
    return rft_str_append_json(out, text.data + byte, rft_utf8_cut(text.data + byte, n_left, EXCERPT_BYTES));
}

static enum rft_status put_texts(struct rft_tokenizer *tokenizer, struct rft_bytes was, const struct rft_drawn *drawn,
                                 struct rft_bytes is, struct rft_str *out)
{
    const size_t byte = n_common(was, is);
    uint32_t token;
    RFT_TRY(token_at(tokenizer, drawn, byte, &token));
    RFT_TRY(rft_str_printf(out, "another text from token %" PRIu32 " (byte %zu) on: the record ", token, byte + 1));
    RFT_TRY(put_excerpt(was, byte, out));
    RFT_TRY(rft_str_append_z(out, ", what is drawn "));
    return put_excerpt(is, byte, out);
}

/* As records hold them: the sum in the order of the tokens, and each. */
static enum rft_status put_logprobs(const struct rft_drawn *drawn, struct rft_str *sum, struct rft_str *each)
{
    struct rft_sample sample = {.n_tokens = drawn->n_tokens};
    rft_sample_set_logprobs(&sample, drawn->logprobs, RFT_LOGPROBS_TOKENS);
    for (uint32_t i = 0; i < sample.n_logprobs; i++)
        RFT_TRY(rft_put_real(each, i != 0 ? ", " : "[", (double)sample.logprobs[i]));
    RFT_TRY(rft_str_append_z(each, "]"));
    return rft_put_real(sum, "", sample.logprob);
}

static enum rft_status compare_logprobs(const struct rft_origin *origin, const struct rft_drawn *drawn,
                                        struct rft_str *out)
{
    struct rft_str sum = {0}, each = {0};
    if (drawn->logprobs == NULL || drawn->n_tokens == 0)
        return RFT_OK;
    enum rft_status status = put_logprobs(drawn, &sum, &each);
    if (status == RFT_OK && rft_is_known(origin->logprobs) &&
        !rft_bytes_equal(origin->logprobs, (struct rft_bytes){each.data, each.len}))
        status = rft_str_append_z(out, "the same text, another log-probability of a token");
    else if (status == RFT_OK && rft_is_known(origin->logprob) &&
             !rft_bytes_equal(origin->logprob, (struct rft_bytes){sum.data, sum.len}))
        status = rft_str_append_z(out, "the same text, another log-probability");
    rft_str_finish(&sum);
    rft_str_finish(&each);
    return status;
}

static enum rft_status compare(struct rft_tokenizer *tokenizer, const struct rft_completion *record,
                               const struct rft_drawn *drawn, struct rft_bytes text, struct rft_str *out)
{
    if (!rft_bytes_equal(record->text, text))
        return put_texts(tokenizer, record->text, drawn, text, out);
    if (record->has_finish && record->finish != drawn->finish)
        return rft_str_printf(out, "the same text, but its finish was %s and is %s", rft_finish_text(record->finish),
                              rft_finish_text(drawn->finish));
    if (record->has_tokens && record->n_tokens != drawn->n_tokens)
        return rft_str_printf(out, "the same text, but of %" PRIu32 " tokens where it is of %" PRIu32, record->n_tokens,
                              drawn->n_tokens);
    return compare_logprobs(&record->origin, drawn, out);
}

enum rft_status rft_replay_compare(struct rft_tokenizer *tokenizer, const struct rft_completion *record,
                                   const struct rft_drawn *drawn, struct rft_bytes text, struct rft_str *out)
{
    struct rft_str clean = {0};
    enum rft_status status = rft_text_put_clean(text, &clean);
    if (status == RFT_OK)
        status =
            compare(tokenizer, record, drawn, (struct rft_bytes){clean.data != NULL ? clean.data : "", clean.len}, out);
    rft_str_finish(&clean);
    return status;
}
