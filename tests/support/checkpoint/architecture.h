/* SPDX-License-Identifier: MIT */
/* Toys of many architectures (tests/oracle/data/architectures): what transformers computes with them is stored, their
 * weights are not: they are computed from names (tests/oracle/architecture_weights.py says how). */
#ifndef RFT_ARCHITECTURE_H
#define RFT_ARCHITECTURE_H

#include "dtype.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rft_test_architecture {
    json_t *json;
    const char *name;
    uint32_t n_layers, n_prompt, n_new, vocab;
    uint32_t *ids;       /* [n_prompt + n_new]: the prompt, then the reference's greedy continuation */
    double *margins;     /* [n_new]: of each greedy decision, best to second */
    uint32_t n_stored;   /* positions whose logits are stored */
    uint32_t *positions; /* [n_stored] */
    float *logits;       /* [n_stored][vocab] */
    bool is_long;        /* RoPE's long factors from the first token on */
};

/* All of them, sorted; returns how many. */
#define RFT_TEST_ARCHITECTURES_MAX 256
size_t rft_test_architecture_names(const char *names[RFT_TEST_ARCHITECTURES_MAX]);

void rft_test_architecture_load(const char *name, struct rft_test_architecture *a);
void rft_test_architecture_finish(struct rft_test_architecture *a);

/* Squared differences from the stored logits over their squares, at all stored positions. logits: [positions][vocab].
 */
double rft_test_architecture_error(const struct rft_test_architecture *a, const float *logits);

/* Creates `dir` with the configuration of this key ("config" or "config_old") and model.safetensors in F32 or BF16. */
void rft_test_architecture_write_dir(const struct rft_test_architecture *a, const char *key, enum rft_dtype dtype,
                                     const char *dir);
/* The GGUF file that llama.cpp's converter makes of it: matrices in BF16, the rest in F32. false if there is none. */
bool rft_test_architecture_write_gguf(const struct rft_test_architecture *a, const char *path);

#endif
