/* SPDX-License-Identifier: MIT */
#include "decode_setting.h"

#include "support.h"

const struct rft_caps rft_test_setting_caps = {.block_bytes_max = UINT64_MAX, .align_bytes = 64, .n_scratch = 2};

enum rft_status rft_test_setting_init(struct rft_test_setting *s, const struct rft_caps *caps,
                                      const struct rft_sampling *sampling)
{
    assert_true(s->config.n_layers <= RFT_SETTING_LAYERS_MAX);
    const struct rft_work_shape shape = {.n_scratch = caps->n_scratch,
                                         .n_rows = 4,
                                         .n_keys_max = 100,
                                         .n_table_entries = 20,
                                         .n_own_pages = 8,
                                         .n_eos = 1,
                                         .n_new_max = 30,
                                         .is_filtered = rft_sampling_is_filtered(sampling),
                                         .is_scored = sampling->is_scored};
    static struct rft_pool pool, host;
    rft_pool_begin(&pool, "test", caps);
    rft_pool_begin(&host, "test", caps);
    RFT_TRY(rft_weights_init(&s->weights, &s->config, NULL, 100));
    RFT_TRY(rft_weights_take(&pool, &host, 0, &s->weights));
    s->work.own_kv = s->own_kv;
    RFT_TRY(rft_work_take(&pool, &s->config, &shape, &s->work));
    RFT_TRY(rft_pages_take(&pool, &s->config, 6, s->prompt_kv));
    s->work.decode.prompt_kv = s->prompt_kv;
    return RFT_OK;
}
