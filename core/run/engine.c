/* SPDX-License-Identifier: MIT */
#include "engine.h"

#include "alloc.h"
#include "log.h"
#include "os.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define STAGING_BYTES ((uint64_t)4 << 20)

/* Says which number formats of the checkpoint the bf16 on the device was rounded from. */
static void log_rounding(const struct rft_checkpoint *checkpoint)
{
    char names[96] = "";
    for (int dtype = 0; dtype < RFT_DTYPE_COUNT; dtype++) {
        bool is_used = false;
        for (size_t i = 0; i < checkpoint->n_tensors; i++)
            is_used = is_used || (checkpoint->tensors[i].dtype == (enum rft_dtype)dtype && checkpoint->tensors[i].n_dims == 2);
        if (is_used && dtype != RFT_DTYPE_BF16)
            snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", names[0] != '\0' ? ", " : "",
                     rft_dtype_name((enum rft_dtype)dtype));
    }
    if (names[0] != '\0')
        rft_log_info("%s: matrices stored as %s are rounded to bf16", checkpoint->path, names);
}

/* Packs and uploads one weight, a stretch of units at a time. */
static enum rft_status upload_weight(struct rft_engine *engine, size_t index, uint8_t *staging, uint64_t staging_bytes,
                                     uint64_t *n_zeroed)
{
    const struct rft_weight *w = &engine->weights.weights[index];
    uint64_t unit_bytes = rft_weight_unit_bytes(&engine->weights, w);
    uint64_t n_units = rft_weight_n_units(&engine->weights, w);
    uint64_t n_step = staging_bytes / unit_bytes;
    for (uint64_t unit = 0; unit < n_units; unit += n_step) {
        if (rft_os_interrupted())
            return RFT_ERR_INTERRUPTED;
        uint64_t n = n_units - unit < n_step ? n_units - unit : n_step;
        struct rft_slice to = rft_slice_part(engine->weight_slices[index], unit * unit_bytes, n * unit_bytes);
        RFT_TRY(rft_weight_pack(&engine->weights, w, engine->checkpoint, unit, n, staging, n_zeroed));
        RFT_TRY(rft_dev_write(&engine->dev, to, staging));
    }
    return RFT_OK;
}

static enum rft_status upload_cos_sin(struct rft_engine *engine)
{
    float *table = rft_alloc((size_t)engine->weights.cos_sin_bytes, 1);
    enum rft_status status;
    if (table == NULL)
        return RFT_ERR_HOST_MEMORY;
    rft_rope_table(&engine->weights.config, engine->weights.n_positions, table);
    status = rft_dev_write(&engine->dev, engine->cos_sin, table);
    rft_free(table);
    return status;
}

static enum rft_status upload(struct rft_engine *engine)
{
    uint64_t staging_bytes = STAGING_BYTES;
    uint64_t n_zeroed = 0;
    enum rft_status status = RFT_OK;
    uint8_t *staging;
    for (size_t i = 0; i < engine->weights.n; i++) {
        uint64_t unit_bytes = rft_weight_unit_bytes(&engine->weights, &engine->weights.weights[i]);
        staging_bytes = unit_bytes > staging_bytes ? unit_bytes : staging_bytes;
    }
    staging = rft_alloc((size_t)staging_bytes, 1);
    if (staging == NULL)
        return RFT_ERR_HOST_MEMORY;
    for (size_t i = 0; i < engine->weights.n && status == RFT_OK; i++)
        status = upload_weight(engine, i, staging, staging_bytes, &n_zeroed);
    rft_free(staging);
    if (status == RFT_OK && n_zeroed != 0)
        rft_log_info("%s: %" PRIu64 " weights below 2^-50 in magnitude became 0", engine->checkpoint->path, n_zeroed);
    if (status == RFT_OK)
        log_rounding(engine->checkpoint);
    return status == RFT_OK ? upload_cos_sin(engine) : status;
}

enum rft_status rft_engine_load(struct rft_engine *engine, const struct rft_checkpoint *checkpoint, uint32_t n_positions)
{
    enum rft_status status;
    engine->checkpoint = checkpoint;
    engine->n_positions = n_positions;
    RFT_TRY(rft_weights_init(&engine->weights, &checkpoint->config, engine->dev.caps.weight_tile, n_positions));
    engine->weight_slices = rft_alloc(engine->weights.n, sizeof *engine->weight_slices);
    rft_pool_begin(&engine->pool, "weights", &engine->dev.caps);
    status = engine->weight_slices == NULL ? RFT_ERR_HOST_MEMORY : RFT_OK;
    if (status == RFT_OK)
        status = rft_weights_take(&engine->pool, &engine->weights, engine->weight_slices, &engine->cos_sin);
    if (status == RFT_OK)
        status = rft_pool_open(&engine->pool, &engine->dev);
    if (status == RFT_OK)
        status = rft_weights_take(&engine->pool, &engine->weights, engine->weight_slices, &engine->cos_sin);
    if (status == RFT_OK)
        status = upload(engine);
    if (status != RFT_OK)
        rft_engine_unload(engine);
    return status;
}

void rft_engine_unload(struct rft_engine *engine)
{
    rft_pool_close(&engine->pool);
    rft_free(engine->weight_slices);
    engine->weight_slices = NULL;
    rft_weights_finish(&engine->weights);
}

enum rft_status rft_engine_revive(struct rft_engine *engine)
{
    rft_engine_unload(engine);
    RFT_TRY(rft_dev_reopen(&engine->dev));
    return rft_engine_load(engine, engine->checkpoint, engine->n_positions);
}

void rft_engine_close(struct rft_engine *engine)
{
    rft_engine_unload(engine);
    rft_dev_close(&engine->dev);
}

enum rft_status rft_engine_take(struct rft_engine *engine, const char *label, const struct rft_work_shape *shape,
                                struct rft_pool *pool, struct rft_work *work)
{
    enum rft_status status;
    rft_pool_begin(pool, label, &engine->dev.caps);
    RFT_TRY(rft_work_take(pool, shape, work));
    RFT_TRY(rft_pool_open(pool, &engine->dev));
    status = rft_work_take(pool, shape, work);
    if (status != RFT_OK)
        rft_pool_close(pool);
    return status;
}
