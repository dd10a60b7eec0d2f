/* SPDX-License-Identifier: MIT */
#include "hf_config.h"

#include "alloc.h"
#include "json.h"
#include "log.h"

static enum rft_status read_eos(const char *file, const json_t *root, uint32_t vocab_size, uint32_t **ids, size_t *n)
{
    const json_t *value = json_object_get(root, "eos_token_id");
    size_t n_ids = value == NULL || json_is_null(value) ? 0 : json_is_array(value) ? json_array_size(value) : 1;
    if (n_ids == 0)
        return RFT_OK;
    *ids = rft_alloc(n_ids, sizeof **ids);
    if (*ids == NULL)
        return RFT_ERR_HOST_MEMORY;
    for (*n = 0; *n < n_ids; ++*n) {
        const json_t *id = json_is_array(value) ? json_array_get(value, *n) : value;
        if (!json_is_integer(id) || json_integer_value(id) < 0 || json_integer_value(id) >= (json_int_t)vocab_size) {
            rft_log_error("%s: eos_token_id must be a token id below the vocabulary's size %u, or a list of them", file,
                          vocab_size);
            return RFT_ERR_INPUT;
        }
        (*ids)[*n] = (uint32_t)json_integer_value(id);
    }
    return RFT_OK;
}

enum rft_status rft_hf_eos_parse(const char *file, struct rft_bytes text, uint32_t vocab_size, uint32_t **ids,
                                 size_t *n)
{
    json_t *root;
    *ids = NULL;
    *n = 0;
    RFT_TRY(rft_json_load(file, text, JSON_REJECT_DUPLICATES, &root));
    enum rft_status status = read_eos(file, root, vocab_size, ids, n);
    if (status == RFT_OK && *n == 0) /* the text part of a larger model */
        status = read_eos(file, json_object_get(root, "text_config"), vocab_size, ids, n);
    json_decref(root);
    if (status != RFT_OK) {
        rft_free(*ids);
        *ids = NULL;
        *n = 0;
    }
    return status;
}
