/* SPDX-License-Identifier: MIT */
#include "provenance.h"

#include "columns.h"

#include <inttypes.h>
#include <string.h>

/* What a person calls them. A hash says nothing but that there is another. */
static const struct fact {
    const char *column;
    const char *name;
    bool is_hash;
} facts[RFT_DRAWN_FACTS] = {
    [RFT_DRAWN_PROMPT] = {"prompt_hash", "prompt (template, system message, examples, end tokens)", true},
    [RFT_DRAWN_MODEL] = {"model", "model (model.path, its adapters, its tokenizer or model.compute)", true},
    [RFT_DRAWN_SETTINGS] = {"settings", "what [generate] says", false},
    [RFT_DRAWN_SEED] = {"seed", "generate.seed", false},
    [RFT_DRAWN_TEMPERATURE] = {"temperature", "generate.temperature", false},
    [RFT_DRAWN_ARITHMETIC] = {"arithmetic", "the version of the arithmetic (1: model.compute = bf16)", false},
};

const char *rft_drawn_column(enum rft_drawn_fact fact)
{
    return facts[fact].column;
}

enum rft_status rft_provenance_put(const struct rft_provenance *p, enum rft_drawn_fact fact, uint32_t sample,
                                   struct rft_str *out)
{
    const struct rft_draw draw = rft_sweep_at(&p->sweep, sample);
    /* Readers of tables have whole numbers of 63 bits; a larger one stands in quotes, rather than to be rounded. */
    const char *quote = draw.seed > INT64_MAX ? "\"" : "";
    switch (fact) {
    case RFT_DRAWN_PROMPT: return rft_put_text(out, "", rft_bytes_z(p->prompt));
    case RFT_DRAWN_MODEL: return rft_put_text(out, "", rft_bytes_z(p->model));
    case RFT_DRAWN_SETTINGS: return rft_put_text(out, "", rft_bytes_z(p->settings));
    case RFT_DRAWN_SEED: return rft_str_printf(out, "%s%" PRIu64 "%s", quote, draw.seed, quote);
    case RFT_DRAWN_TEMPERATURE: return rft_put_real(out, "", draw.temperature);
    case RFT_DRAWN_ARITHMETIC:
    case RFT_DRAWN_FACTS: break;
    }
    if (p->arithmetic_version == 0)
        return rft_put_text(out, "", rft_bytes_z("unchecked"));
    return rft_str_printf(out, "%" PRIu32, p->arithmetic_version);
}

bool rft_is_known(struct rft_bytes json)
{
    return json.data != NULL && !rft_bytes_equal(json, rft_bytes_z("null"));
}

static enum rft_status put_difference(enum rft_drawn_fact fact, struct rft_bytes was, struct rft_bytes is,
                                      struct rft_str *out)
{
    if (facts[fact].is_hash)
        return rft_str_printf(out, "another %s", facts[fact].name);
    RFT_TRY(rft_str_printf(out, "%s was ", facts[fact].name));
    RFT_TRY(rft_str_append(out, was.data, was.len));
    RFT_TRY(rft_str_append_z(out, " and is "));
    return rft_str_append(out, is.data, is.len);
}

enum rft_status rft_provenance_compare(const struct rft_provenance *provenance, const struct rft_origin *origin,
                                       uint32_t sample, bool *is_known, struct rft_str *out)
{
    static const enum rft_drawn_fact order[RFT_DRAWN_FACTS] = {RFT_DRAWN_ARITHMETIC, RFT_DRAWN_MODEL,
                                                               RFT_DRAWN_PROMPT,     RFT_DRAWN_SETTINGS,
                                                               RFT_DRAWN_SEED,       RFT_DRAWN_TEMPERATURE};
    struct rft_str own = {0};
    enum rft_status status = RFT_OK;
    const size_t before = out->len;
    *is_known = true;
    for (size_t i = 0; i < RFT_DRAWN_FACTS && status == RFT_OK && out->len == before; i++) {
        const struct rft_bytes was = origin->facts[order[i]];
        if (!rft_is_known(was)) {
            *is_known = false;
            continue;
        }
        rft_str_clear(&own);
        status = rft_provenance_put(provenance, order[i], sample, &own);
        const struct rft_bytes is = {own.data, own.len};
        if (status == RFT_OK && !rft_bytes_equal(was, is))
            status = put_difference(order[i], was, is, out);
    }
    rft_str_finish(&own);
    return status;
}

void rft_sample_set_logprobs(struct rft_sample *sample, const float *logprobs, enum rft_logprobs kept)
{
    double sum = 0; /* of floats: in this order it has the same bits everywhere */
    if (logprobs == NULL || kept == RFT_LOGPROBS_NONE || sample->n_tokens == 0)
        return;
    for (uint32_t i = 0; i < sample->n_tokens; i++)
        sum += (double)logprobs[i];
    sample->has_logprob = true;
    sample->logprob = sum;
    sample->logprobs = kept == RFT_LOGPROBS_TOKENS ? logprobs : NULL;
    sample->n_logprobs = kept == RFT_LOGPROBS_TOKENS ? sample->n_tokens : 0;
}
