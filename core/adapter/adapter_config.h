/* SPDX-License-Identifier: MIT */
/* adapter_config.json of a LoRA adapter, as PEFT writes it (github.com/huggingface/peft, tuners/lora/config.py). */
#ifndef RFT_ADAPTER_CONFIG_H
#define RFT_ADAPTER_CONFIG_H

#include "regex.h"
#include "status.h"
#include "str.h"

#include <stdbool.h>
#include <stdint.h>

struct json_t;

enum rft_adapter_bias { RFT_ADAPTER_BIAS_NONE, RFT_ADAPTER_BIAS_ALL, RFT_ADAPTER_BIAS_LORA_ONLY };

/* A list of names, or one regular expression for the whole name of a module. */
struct rft_adapter_names {
    bool is_regex;
    struct rft_regex regex;
    const struct json_t *list; /* of strings; NULL: none */
};

/* A pattern for the end of a module's name, and what holds where it matches. */
struct rft_adapter_rule {
    struct rft_regex regex;
    double value;
};

struct rft_adapter_rules {
    struct rft_adapter_rule *items; /* [n] in the file's order: the first that matches counts */
    size_t n;
};

struct rft_adapter_config {
    const char *file;    /* its path, for messages; not owned */
    struct json_t *root; /* what the lists below point into; owned */
    const char *base;    /* base_model_name_or_path; NULL if it is not given */
    uint32_t r;
    double alpha;
    bool use_rslora;
    bool ties_weights; /* ensure_weight_tying */
    enum rft_adapter_bias bias;
    bool targets_all_linear;
    struct rft_adapter_names targets, excluded;
    struct rft_adapter_rules ranks, alphas;
    const struct json_t *saved;      /* modules_to_save: a list of strings; NULL: none */
    struct rft_adapter_rules saving; /* the same as patterns of names that are no targets */
    const struct json_t *layers;     /* layers_to_transform: a list of numbers, or one; NULL: all */
    struct rft_adapter_rules layer_patterns;
};

/* Reads the text; `file` names it in messages and must stay. What would change the result and is not done here is
 * refused by its key (RFT_ERR_UNSUPPORTED); a key that is not known is a warning if its value says nothing, else
 * refused. *config is zero on failure. */
enum rft_status rft_adapter_config_parse(const char *file, struct rft_bytes text, struct rft_adapter_config *config);
/* Zero-initialised is valid. */
void rft_adapter_config_finish(struct rft_adapter_config *config);

#endif
