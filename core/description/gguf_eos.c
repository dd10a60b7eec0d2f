/* SPDX-License-Identifier: MIT */
#include "gguf_config.h"

#include "alloc.h"
#include "gguf_object.h"

enum rft_status rft_gguf_eos(const struct rft_gguf *gguf, const char *file, uint32_t vocab_size, uint32_t **ids,
                             size_t *n)
{
    static const char *const keys[] = {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id"};
    *n = 0;
    *ids = rft_alloc(sizeof keys / sizeof keys[0], sizeof **ids);
    if (*ids == NULL)
        return RFT_ERR_HOST_MEMORY;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        uint64_t id;
        if (!rft_gguf_has(gguf, keys[i]))
            continue;
        enum rft_status status = rft_gguf_need_u64(gguf, file, keys[i], 0, vocab_size - 1, &id);
        if (status != RFT_OK) {
            rft_free(*ids);
            *ids = NULL;
            *n = 0;
            return status;
        }
        if (*n == 0 || (*ids)[0] != id)
            (*ids)[(*n)++] = (uint32_t)id;
    }
    return RFT_OK;
}
