/* SPDX-License-Identifier: MIT */
#include "forward.h"

#include "alloc.h"
#include "buffers.h"
#include "engine.h"

#include <string.h>

struct forward {
    struct rft_engine engine;
    struct rft_pool pages_pool, pool;
    struct rft_range *pages; /* [n_layers] */
    struct rft_work work;
    struct rft_program prefill, head;
    struct rft_exec *prefill_exec, *head_exec;
};

static enum rft_status take(struct forward *f, const struct rft_work_shape *shape, uint32_t n_pages)
{
    RFT_TRY(rft_engine_take_pages(&f->engine, "prompts", n_pages, &f->pages_pool, &f->pages));
    RFT_TRY(rft_engine_take(&f->engine, "forward", shape, &f->pool, &f->work));
    f->work.decode.prompt_kv = f->pages;
    return RFT_OK;
}

static enum rft_status run(struct forward *f, const uint32_t *ids, uint32_t n, uint32_t n_pages, float *logits)
{
    struct rft_dev *dev = &f->engine.dev;
    struct rft_row *rows = rft_alloc(n, sizeof *rows);
    uint32_t *table = rft_alloc(n_pages, sizeof *table);
    struct rft_batch batch = {.n_rows = n};
    enum rft_status status = rows == NULL || table == NULL ? RFT_ERR_HOST_MEMORY : RFT_OK;
    for (uint32_t i = 0; status == RFT_OK && i < n; i++)
        rows[i] = (struct rft_row){.token = ids[i], .position = i, .n_prompt = n, .state = RFT_ROW_RUNNING};
    for (uint32_t i = 0; status == RFT_OK && i < n_pages; i++)
        table[i] = i;
    if (status == RFT_OK)
        status = rft_dev_write(dev, f->work.batch, &batch);
    if (status == RFT_OK)
        status = rft_dev_write(dev, f->work.rows, rows);
    if (status == RFT_OK)
        status = rft_dev_write(dev, f->work.tables, table);
    if (status == RFT_OK)
        status = rft_dev_run(dev, f->prefill_exec, 1);
    if (status == RFT_OK)
        status = rft_dev_run(dev, f->head_exec, 1);
    if (status == RFT_OK)
        status = rft_dev_read(dev, f->work.logits, logits);
    rft_free(rows);
    rft_free(table);
    return status;
}

static enum rft_status forward(struct forward *f, const struct rft_checkpoint *checkpoint, const char *device,
                               const uint32_t *ids, uint32_t n, float *logits)
{
    const struct rft_device_options options = {0};
    const struct rft_draw_rules none = {0};
    struct rft_memory memory;
    struct rft_work_shape shape = {.n_rows = n,
                                   .n_keys_max = n,
                                   .n_new_max = 1,
                                   .n_eos = 1,
                                   .is_filtered = true}; /* so that there is room for logits */
    uint32_t n_pages = rft_pages_for(n);
    shape.n_table_entries = n_pages;
    RFT_TRY(rft_engine_open(&f->engine, "cpu", device, &options, &memory));
    shape.n_scratch = f->engine.dev.caps.n_scratch;
    RFT_TRY(rft_engine_load(&f->engine, checkpoint, &none, n, 0));
    RFT_TRY(take(f, &shape, n_pages));
    RFT_TRY(rft_decode_prefill(&f->engine.weights, &f->work.decode, &f->prefill));
    RFT_TRY(rft_decode_logits(&f->engine.weights, &f->work.decode, rft_slice_range(f->work.logits), &f->head));
    RFT_TRY(rft_dev_exec_create(&f->engine.dev, &f->prefill, &f->prefill_exec));
    RFT_TRY(rft_dev_exec_create(&f->engine.dev, &f->head, &f->head_exec));
    return run(f, ids, n, n_pages, logits);
}

enum rft_status rft_test_forward(const struct rft_checkpoint *checkpoint, const char *device, const uint32_t *ids,
                                 uint32_t n, float *logits)
{
    struct forward f;
    enum rft_status status;
    memset(&f, 0, sizeof f);
    status = forward(&f, checkpoint, device, ids, n, logits);
    rft_dev_exec_destroy(&f.engine.dev, f.prefill_exec);
    rft_dev_exec_destroy(&f.engine.dev, f.head_exec);
    rft_program_finish(&f.prefill);
    rft_program_finish(&f.head);
    rft_engine_give(&f.pool, &f.work);
    rft_engine_give_pages(&f.pages_pool, &f.pages);
    rft_engine_close(&f.engine);
    return status;
}
