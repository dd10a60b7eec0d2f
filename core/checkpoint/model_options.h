/* SPDX-License-Identifier: MIT */
/* What a user may say about how a model's files are read. */
#ifndef RFT_MODEL_OPTIONS_H
#define RFT_MODEL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

/* Zero-initialised is the default. */
struct rft_model_options {
    const char *const *ignore_keys; /* [n] keys of the configuration that are passed over though nobody knows them */
    size_t n_ignore_keys;
    bool headers_only; /* no tensor's bytes are read */
};

bool rft_model_ignores(const struct rft_model_options *options, const char *key);

#endif
