/* SPDX-License-Identifier: MIT */
/* config.json and generation_config.json: what is accepted keeps the promises of the model's configuration. */
#include "alloc.h"
#include "fuzz.h"
#include "hf_config.h"
#include "json.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t n_live = rft_alloc_n_live();
    rft_log_set_sink(drop_line, NULL);
    rft_alloc_hook_json();
    struct rft_bytes text = {(const char *)data, size};
    struct rft_model_config c;
    const struct rft_arch *arch;
    uint32_t *ids;
    size_t n;
    if (rft_hf_config_parse("input", text, NULL, &c, &arch) == RFT_OK) {
        require(c.n_layers && c.dim && c.ffn_dim && c.vocab_size && c.n_positions && c.n_heads && c.n_kv_heads);
        require(c.n_heads % c.n_kv_heads == 0 && c.head_dim && c.head_dim % 2 == 0 && c.head_dim <= 256);
        require(c.dim % 2 == 0 && c.ffn_dim % 2 == 0 && c.norm_eps > 0);
    }
    if (rft_hf_eos_parse("input", text, 100, &ids, &n) == RFT_OK)
        for (size_t i = 0; i < n; i++)
            require(ids[i] < 100);
    rft_free(ids);
    require(rft_alloc_n_live() == n_live);
    return 0;
}
