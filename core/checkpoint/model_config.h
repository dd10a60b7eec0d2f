/* SPDX-License-Identifier: MIT */
/* The dimensions of a model from either container's metadata: the same fields under other names, the same checks. */
#ifndef RFT_MODEL_CONFIG_H
#define RFT_MODEL_CONFIG_H

#include "model.h"
#include "status.h"

enum rft_found { RFT_FOUND, RFT_ABSENT, RFT_WRONG_TYPE };

/* Where values come from. Getters leave *value alone unless they return RFT_FOUND. */
struct rft_config_source {
    const char *file;
    bool is_gguf; /* selects the keys' names */
    const void *user;
    enum rft_found (*get_u64)(const void *user, const char *key, uint64_t *value);
    enum rft_found (*get_double)(const void *user, const char *key, double *value);
};

/* Fills the sizes, norm_eps and rope_theta, with the defaults of the architecture. Errors name file and key. */
enum rft_status rft_model_config_read(const struct rft_config_source *source, struct rft_model_config *config);

/* One number, required and within [min, max]. */
enum rft_status rft_config_u64(const struct rft_config_source *source, const char *key, uint64_t min, uint64_t max,
                               uint64_t *value);
enum rft_status rft_config_double(const struct rft_config_source *source, const char *key, double min, double max,
                                  double *value);

/* What must hold between the numbers, once all are filled in. */
enum rft_status rft_model_config_check(const char *file, const struct rft_model_config *config);

/* The tensors a model of this configuration has, in no order. */
struct rft_needed_tensor {
    char name[96]; /* Hugging Face's */
    char gguf_name[64];
    uint32_t n_dims;
    uint64_t dims[2]; /* outermost first */
    uint32_t rope_heads;
};
uint64_t rft_model_n_tensors(const struct rft_model_config *config);
void rft_model_tensor(const struct rft_model_config *config, uint64_t index, struct rft_needed_tensor *needed);

#endif
