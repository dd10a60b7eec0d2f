/* SPDX-License-Identifier: MIT */
#include "forward.h"

#include "alloc.h"
#include "buffers.h"
#include "engine.h"

#include <string.h>

struct forward {
    struct rft_engine *engine;
    struct rft_pool pages_pool, pool;
    struct rft_range *pages; /* [n_layers] */
    struct rft_work work;
    struct rft_program prefill, head;
    struct rft_exec *prefill_exec, *head_exec;
};

static enum rft_status take(struct forward *f, const struct rft_work_shape *shape, uint32_t n_pages)
{
    RFT_TRY(rft_engine_take_pages(f->engine, "prompts", n_pages, &f->pages_pool, &f->pages));
    RFT_TRY(rft_engine_take(f->engine, "forward", shape, &f->pool, &f->work));
    f->work.decode.prompt_kv = f->pages;
    return RFT_OK;
}

static enum rft_status write_table(struct forward *f, uint32_t n_prompt_pages, uint32_t n_own_pages)
{
    uint32_t *table = rft_alloc(n_prompt_pages + n_own_pages, sizeof *table);
    if (table == NULL)
        return RFT_ERR_HOST_MEMORY;
    for (uint32_t i = 0; i < n_prompt_pages; i++)
        table[i] = i;
    for (uint32_t i = 0; i < n_own_pages; i++)
        table[n_prompt_pages + i] = i;
    enum rft_status status = rft_dev_write(&f->engine->dev, f->work.tables, table);
    rft_free(table);
    return status;
}

/* Tokens [first, first + n) of a sequence, a row each. */
static enum rft_status run(struct forward *f, const struct rft_test_sequence *s, uint32_t first, uint32_t n,
                           float *logits)
{
    struct rft_dev *dev = &f->engine->dev;
    struct rft_row *rows = rft_alloc(n, sizeof *rows);
    struct rft_batch batch = {.n_rows = n};
    uint64_t vocab = f->engine->weights.config.vocab_size;
    enum rft_status status = rows == NULL ? RFT_ERR_HOST_MEMORY : RFT_OK;
    for (uint32_t i = 0; status == RFT_OK && i < n; i++)
        rows[i] = (struct rft_row){.token = s->ids[first + i],
                                   .position = first + i,
                                   .n_prompt = s->n_prompt,
                                   .own_table = rft_pages_for(s->n_prompt),
                                   .rope_first = s->is_long ? f->engine->weights.n_positions : 0,
                                   .state = RFT_ROW_RUNNING};
    if (status == RFT_OK)
        status = rft_dev_write(dev, f->work.batch, &batch);
    if (status == RFT_OK)
        status = rft_dev_write(dev, rft_slice_part(f->work.rows, 0, n * sizeof *rows), rows);
    if (status == RFT_OK)
        status = rft_dev_run(dev, f->prefill_exec, 1);
    if (status == RFT_OK)
        status = rft_dev_run(dev, f->head_exec, 1);
    if (status == RFT_OK)
        status =
            rft_dev_read(dev, rft_slice_part(f->work.logits, 0, n * vocab * sizeof *logits), logits + first * vocab);
    rft_free(rows);
    return status;
}

static enum rft_status forward(struct forward *f, const struct rft_checkpoint *checkpoint,
                               const struct rft_test_sequence *s, float *logits)
{
    const struct rft_draw_rules none = {0};
    uint32_t n_prompt_pages = rft_pages_for(s->n_prompt), n_own_pages = rft_pages_for(s->n - s->n_prompt);
    struct rft_work_shape shape = {.n_rows = s->n_prompt,
                                   .n_keys_max = s->n,
                                   .n_new_max = 1,
                                   .n_eos = 1,
                                   .is_filtered = true}; /* so that there is room for logits */
    shape.n_table_entries = n_prompt_pages + n_own_pages;
    shape.n_own_pages = n_own_pages;
    shape.n_scratch = f->engine->dev.caps.n_scratch;
    RFT_TRY(rft_engine_load(f->engine, checkpoint, &none, s->n, 0));
    RFT_TRY(take(f, &shape, n_prompt_pages));
    RFT_TRY(rft_decode_prefill(&f->engine->weights, &f->work.decode, &f->prefill));
    RFT_TRY(rft_decode_logits(&f->engine->weights, &f->work.decode, rft_slice_range(f->work.logits), &f->head));
    RFT_TRY(rft_dev_exec_create(&f->engine->dev, &f->prefill, &f->prefill_exec));
    RFT_TRY(rft_dev_exec_create(&f->engine->dev, &f->head, &f->head_exec));
    RFT_TRY(write_table(f, n_prompt_pages, n_own_pages));
    RFT_TRY(run(f, s, 0, s->n_prompt, logits));
    for (uint32_t at = s->n_prompt; at < s->n; at++)
        RFT_TRY(run(f, s, at, 1, logits));
    return RFT_OK;
}

enum rft_status rft_test_decode_on(struct rft_engine *engine, const struct rft_checkpoint *checkpoint,
                                   const struct rft_test_sequence *sequence, float *logits)
{
    struct forward f;
    enum rft_status status;
    memset(&f, 0, sizeof f);
    f.engine = engine;
    status = forward(&f, checkpoint, sequence, logits);
    rft_dev_exec_destroy(&engine->dev, f.prefill_exec);
    rft_dev_exec_destroy(&engine->dev, f.head_exec);
    rft_program_finish(&f.prefill);
    rft_program_finish(&f.head);
    rft_engine_give(&f.pool, &f.work);
    rft_engine_give_pages(&f.pages_pool, &f.pages);
    rft_engine_unload(engine);
    return status;
}

enum rft_status rft_test_decode(const struct rft_checkpoint *checkpoint, const char *device,
                                const struct rft_test_sequence *sequence, float *logits)
{
    const struct rft_device_options options = {0};
    struct rft_engine engine;
    struct rft_memory memory;
    enum rft_status status = rft_engine_open(&engine, "cpu", device, &options, &memory);
    if (status == RFT_OK)
        status = rft_test_decode_on(&engine, checkpoint, sequence, logits);
    rft_engine_close(&engine);
    return status;
}

enum rft_status rft_test_forward(const struct rft_checkpoint *checkpoint, const char *device, const uint32_t *ids,
                                 uint32_t n, float *logits)
{
    const struct rft_test_sequence prompt = {.ids = ids, .n_prompt = n, .n = n};
    return rft_test_decode(checkpoint, device, &prompt, logits);
}
