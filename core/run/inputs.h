/* SPDX-License-Identifier: MIT */
/* Everything a run reads before it touches a device: questions, template, tokenizer, checkpoint; and the fingerprint of
 * all that the samples' text depends on. */
#ifndef RFT_INPUTS_H
#define RFT_INPUTS_H

#include "checkpoint.h"
#include "config.h"
#include "dataset.h"
#include "engine.h"
#include "fingerprint.h"
#include "hashed_line.h"
#include "draw_choice.h"
#include "prompt_choice.h"
#include "provenance.h"
#include "tokenizer.h"

struct rft_inputs {
    struct rft_dataset dataset;
    struct rft_prompt prompt;
    struct rft_tokenizer *tokenizer;
    struct rft_checkpoint checkpoint;
    uint32_t *mask;     /* [ceil(vocab / 32)]: the vocabulary's entries that are tokens */
    struct rft_ids eos; /* the tokens that end a sample */
    struct rft_draw_choice draw;
    struct rft_config drawn; /* the configuration with what the model gives; its texts are borrowed */
    struct rft_verify_options verify;
    uint32_t n_prompt_max; /* tokens of the longest prompt */
    uint32_t n_prompt_min; /* and of the shortest */
    uint32_t
        n_prompt_shared; /* tokens that all prompts begin with, the last of any prompt not counted; 0 if there is one */
    uint64_t mapped_bytes; /* of the checkpoint's files */
    struct rft_fingerprint fingerprint;
    struct rft_provenance provenance; /* points to what follows, and to `drawn` */
    char model_hash[RFT_HASH_CHARS + 1], prompt_hash[RFT_HASH_CHARS + 1];
    struct rft_str settings;
};

/* questions: taken over, and empty then. Errors name the file; a question whose prompt and new tokens exceed the
 * model's positions is named too, before anything is generated. */
enum rft_status rft_inputs_open(const struct rft_config *config, struct rft_dataset *questions,
                                struct rft_inputs *inputs);
void rft_inputs_close(struct rft_inputs *inputs);

/* Ids of a question's prompt, appended. */
enum rft_status rft_inputs_encode(struct rft_inputs *inputs, uint64_t question, struct rft_ids *ids);

/* Bytes of the heap that grow with the questions: their texts, and what is kept for each sample. */
uint64_t rft_inputs_bytes(const struct rft_config *config, const struct rft_inputs *inputs);

/* The version of the arithmetic that the model is computed in: RFT_ARITHMETIC_*. */
uint32_t rft_inputs_arithmetic(const struct rft_inputs *inputs);

/* How the configuration wants tokens to be drawn; good as long as the inputs are open. */
struct rft_draw_rules rft_inputs_rules(const struct rft_inputs *inputs);

#endif
