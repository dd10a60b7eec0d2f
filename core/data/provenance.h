/* SPDX-License-Identifier: MIT */
/* Where a run's samples come from: what whoever has the model needs to draw them again. */
#ifndef RFT_PROVENANCE_H
#define RFT_PROVENANCE_H

#include "sample.h"
#include "status.h"
#include "str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How one sample is drawn, where a question's samples differ. */
struct rft_draw {
    uint64_t seed;
    double temperature;
};

/* Sample i of any question takes seed i mod n_seeds and temperature i mod n_temperatures. Lists are borrowed. */
struct rft_sweep {
    const uint64_t *seeds; /* [n_seeds], at least one */
    size_t n_seeds;
    const double *temperatures; /* [n_temperatures], at least one */
    size_t n_temperatures;
};

static inline struct rft_draw rft_sweep_at(const struct rft_sweep *sweep, uint32_t sample)
{
    return (struct rft_draw){.seed = sweep->seeds[sample % sweep->n_seeds],
                             .temperature = sweep->temperatures[sample % sweep->n_temperatures]};
}

/* Of all samples of a run. Texts are borrowed; those that are hashes have 16 hexadecimal digits. */
struct rft_provenance {
    struct rft_sweep sweep;
    const char *model;           /* hash of the checkpoint with its adapters, and of the tokenizer */
    const char *prompt;          /* hash of all that a prompt is made of but the question */
    const char *settings;        /* what else shapes the text: "max_new_tokens=100 top_k=off ..." */
    uint32_t arithmetic_version; /* 0: nobody checked the device's */
    enum rft_logprobs logprobs;  /* what is kept of them */
};

/* Whether a record says it: JSON text that is there, and is not null. */
bool rft_is_known(struct rft_bytes json);
/* The name of a fact's column in the records. */
const char *rft_drawn_column(enum rft_drawn_fact fact);
/* Appends a fact as JSON text. sample: its number. */
enum rft_status rft_provenance_put(const struct rft_provenance *provenance, enum rft_drawn_fact fact, uint32_t sample,
                                   struct rft_str *out);
/* Appends for a person what the first fact is in which a sample that was drawn elsewhere differs from this run's of the
 * same number, in the order arithmetic, model, prompt, settings, seed, temperature: "another model"; "generate.seed was
 * 1 and is 2". Nothing if all that are known agree. *is_known: the record says all of them. */
enum rft_status rft_provenance_compare(const struct rft_provenance *provenance, const struct rft_origin *origin,
                                       uint32_t sample, bool *is_known, struct rft_str *out);

/* Gives a sample the log-probabilities [n_tokens] of its tokens, as far as they are kept; NULL: there are none. A
 * sample without tokens has none. They are borrowed. */
void rft_sample_set_logprobs(struct rft_sample *sample, const float *logprobs, enum rft_logprobs kept);

#endif
