/* SPDX-License-Identifier: MIT */
/* Finding a key by its name, and what to say of a name that is none. */
#include "config_keys.h"

#include "edit_distance.h"
#include "log.h"

#include <string.h>
#include <strings.h>

static void keep_closer(const char *text, const char *candidate, size_t *distance, const char **best)
{
    size_t d = strcasecmp(text, candidate) == 0 ? 0 : rft_edit_distance(text, candidate);
    if (d < *distance) {
        *distance = d;
        *best = candidate;
    }
}

bool rft_key_is_section(const char *section)
{
    for (size_t i = 0; i < rft_n_keys; i++)
        if (strcmp(rft_keys[i].section, section) == 0)
            return true;
    return false;
}

enum rft_status rft_key_unknown_section(const char *where, const char *section)
{
    size_t distance = 3;
    const char *best = NULL;
    for (size_t i = 0; i < rft_n_keys; i++)
        keep_closer(section, rft_keys[i].section, &distance, &best);
    if (best != NULL)
        rft_log_error("%sunknown section [%s]; did you mean [%s]?", where, section, best);
    else
        rft_log_error("%sunknown section [%s]; rftgen --help-config lists all", where, section);
    return RFT_ERR_CONFIG;
}

/* What other programs call the same. */
static const struct {
    const char *name, *key;
} synonyms[] = {
    {"n", "generate.samples"},
    {"num_samples", "generate.samples"},
    {"n_samples", "generate.samples"},
    {"num_return_sequences", "generate.samples"},
    {"best_of", "generate.samples"},
    {"batch_size", "generate.chunk"},
    {"max_tokens", "generate.max_new_tokens"},
    {"max_length", "generate.max_new_tokens"},
    {"n_predict", "generate.max_new_tokens"},
    {"max_completion_tokens", "generate.max_new_tokens"},
    {"temp", "generate.temperature"},
    {"top-p", "generate.top_p"},
    {"top-k", "generate.top_k"},
    {"min-p", "generate.min_p"},
    {"random_seed", "generate.seed"},
    {"stop_sequences", "generate.stop"},
    {"stop_strings", "generate.stop"},
    {"model", "model.path"},
    {"model_path", "model.path"},
    {"model_name_or_path", "model.path"},
    {"dataset", "data.questions"},
    {"data_path", "data.questions"},
    {"input", "data.questions"},
    {"prompt", "prompt.template"},
    {"prompt_template", "prompt.template"},
    {"system_prompt", "prompt.system"},
    {"tolerance", "verify.rel_tol"},
    {"output", "output.path"},
    {"output_path", "output.path"},
    {"output_file", "output.path"},
    {"output_dir", "output.path"},
    {"gpu_memory_utilization", "memory.budget"},
    {"n_gpu_layers", "memory.budget"},
    {"num_threads", "device.threads"},
    {"n_threads", "device.threads"},
    {"gpu", "device.device"},
};

/* Whether the name is another program's for one of our keys: says so. */
static bool is_synonym(const char *where, const char *name)
{
    for (size_t i = 0; i < sizeof synonyms / sizeof *synonyms; i++)
        if (strcasecmp(synonyms[i].name, name) == 0) {
            rft_log_error("%sunknown key %s; what it means elsewhere is %s here", where, name, synonyms[i].key);
            return true;
        }
    return false;
}

static enum rft_status unknown_key(const char *where, const char *section, const char *name)
{
    size_t distance = 3;
    const char *best = NULL, *home = NULL;
    for (size_t i = 0; i < rft_n_keys; i++) {
        if (strcmp(rft_keys[i].section, section) == 0)
            keep_closer(name, rft_keys[i].name, &distance, &best);
        else if (strcmp(rft_keys[i].name, name) == 0)
            home = rft_keys[i].section;
    }
    if (best != NULL && distance != 0 && is_synonym(where, name))
        return RFT_ERR_CONFIG;
    if (best != NULL)
        rft_log_error("%sunknown key %s in [%s]; did you mean %s?", where, name, section, best);
    else if (home != NULL)
        rft_log_error("%sunknown key %s in [%s]; it belongs to [%s]", where, name, section, home);
    else if (!is_synonym(where, name))
        rft_log_error("%sunknown key %s in [%s]; rftgen --help-config lists all", where, name, section);
    return RFT_ERR_CONFIG;
}

enum rft_status rft_key_find(const char *where, const char *section, const char *name, size_t *index)
{
    if (!rft_key_is_section(section))
        return is_synonym(where, name) ? RFT_ERR_CONFIG : rft_key_unknown_section(where, section);
    for (*index = 0; *index < rft_n_keys; (*index)++)
        if (strcmp(rft_keys[*index].section, section) == 0 && strcmp(rft_keys[*index].name, name) == 0)
            return RFT_OK;
    *index = 0;
    return unknown_key(where, section, name);
}
