/* SPDX-License-Identifier: MIT */
/* How a model's makers want it to be sampled: generation_config.json, or GGUF's general.sampling keys. */
#ifndef RFT_GENERATION_H
#define RFT_GENERATION_H

#include "status.h"
#include "str.h"

#include <stdbool.h>
#include <stdint.h>

struct rft_gguf;

enum rft_generation_value {
    RFT_GENERATION_TEMPERATURE,
    RFT_GENERATION_TOP_K,
    RFT_GENERATION_TOP_P,
    RFT_GENERATION_MIN_P,
    RFT_GENERATION_COUNT
};

/* Only what is in the file. Zero-initialise. */
struct rft_generation {
    bool has[RFT_GENERATION_COUNT];
    double values[RFT_GENERATION_COUNT];
    struct rft_str from; /* the file's path; data NULL if there is none */
};

/* Of a directory (gguf NULL; a missing file is no error), or of a GGUF file. RFT_ERR_INPUT if a value is of the wrong
 * type or out of range. What the file asks for and rftgen does not do (repetition_penalty, beams and the like) is named
 * in one warning. */
enum rft_status rft_generation_open(const char *path, const struct rft_gguf *gguf, struct rft_generation *generation);
/* The same of a generation_config.json's text. */
enum rft_status rft_generation_parse(const char *path, struct rft_bytes text, struct rft_generation *generation);
void rft_generation_close(struct rft_generation *generation);

#endif
