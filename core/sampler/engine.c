/* SPDX-License-Identifier: MIT */
#include "engine.h"

#include "alloc.h"
#include "log.h"
#include "os.h"
#include "rope.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define STAGING_BYTES ((uint64_t)4 << 20)

/* What becomes of a tensor on the device. */
enum fate { AS_BF16, TO_BF16, AS_INTEGERS, TO_INTEGERS, N_FATES };

static enum fate fate_of(const struct rft_tensor *tensor, uint32_t format)
{
    if (format == RFT_FORMAT_BF16)
        return tensor->dtype == RFT_DTYPE_BF16 ? AS_BF16 : TO_BF16;
    return rft_tensor_format(tensor) == format ? AS_INTEGERS : TO_INTEGERS;
}

/* Says which number formats of the checkpoint are computed in which way. */
static void log_formats(const struct rft_engine *engine)
{
    static const char *const fates[N_FATES] = {NULL, "are rounded to bf16", "are multiplied as integers",
                                               "are rounded to integers of 8 bits"};
    bool is_used[N_FATES][RFT_DTYPE_COUNT] = {{false}};
    for (size_t i = 0; i < engine->weights.n; i++) {
        const struct rft_weight *w = &engine->weights.weights[i];
        for (uint32_t part = 0; part < w->n_parts && !w->is_vector && w->bytes != 0; part++) {
            const struct rft_tensor *tensor = rft_weight_tensor(w, engine->checkpoint, part);
            is_used[fate_of(tensor, w->matrix.format)][tensor->dtype] = true;
        }
    }
    for (int fate = TO_BF16; fate < N_FATES; fate++) {
        char names[128] = "";
        for (int dtype = 0; dtype < RFT_DTYPE_COUNT; dtype++)
            if (is_used[fate][dtype])
                snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", names[0] != '\0' ? ", " : "",
                         rft_dtype_name((enum rft_dtype)dtype));
        if (names[0] != '\0')
            rft_log_info("%s: matrices stored as %s %s", engine->checkpoint->path, names, fates[fate]);
    }
}

struct rft_slice rft_engine_slice(const struct rft_engine *engine, struct rft_range range)
{
    struct rft_slice slice;
    if (!rft_pool_find(&engine->pool, range, &slice))
        (void)rft_pool_find(&engine->host_pool, range, &slice);
    assert(slice.block != NULL);
    return slice;
}

/* Packs and uploads one part of a weight's matrix, a stretch of units at a time. */
static enum rft_status upload_part(struct rft_engine *engine, const struct rft_weight *w, uint32_t part,
                                   uint8_t *staging, uint64_t staging_bytes, uint64_t *n_zeroed)
{
    const struct rft_slice whole = rft_engine_slice(engine, w->matrix.parts[part]);
    uint64_t unit_bytes = rft_weight_unit_bytes(w);
    uint64_t unit_0 = w->is_vector ? 0 : (uint64_t)part * w->matrix.part_rows / RFT_TILE;
    uint64_t n_units = whole.bytes / unit_bytes;
    uint64_t n_step = staging_bytes / unit_bytes;
    for (uint64_t unit = 0; unit < n_units; unit += n_step) {
        if (rft_os_interrupted())
            return RFT_ERR_INTERRUPTED;
        uint64_t n = n_units - unit < n_step ? n_units - unit : n_step;
        struct rft_slice to = rft_slice_part(whole, unit * unit_bytes, n * unit_bytes);
        RFT_TRY(rft_weight_pack(w, engine->checkpoint, unit_0 + unit, n, staging, n_zeroed));
        RFT_TRY(rft_dev_write(&engine->dev, to, staging));
    }
    return RFT_OK;
}

static enum rft_status upload_weight(struct rft_engine *engine, const struct rft_weight *w, uint8_t *staging,
                                     uint64_t staging_bytes, uint64_t *n_zeroed)
{
    for (uint32_t part = 0; w->bytes != 0 && part < w->matrix.n_parts; part++)
        RFT_TRY(upload_part(engine, w, part, staging, staging_bytes, n_zeroed));
    return RFT_OK;
}

static enum rft_status upload_rope(struct rft_engine *engine, const struct rft_rope_place *rope)
{
    float *table = rope->bytes != 0 ? rft_alloc((size_t)rope->bytes, 1) : NULL;
    enum rft_status status;
    if (table == NULL)
        return rope->bytes != 0 ? RFT_ERR_HOST_MEMORY : RFT_OK;
    rft_rope_table(&engine->weights.config, rope->set, rope->is_query, engine->weights.n_positions, table);
    status = rft_dev_write(&engine->dev, rft_engine_slice(engine, rope->range), table);
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
        uint64_t unit_bytes = rft_weight_unit_bytes(&engine->weights.weights[i]);
        staging_bytes = unit_bytes > staging_bytes ? unit_bytes : staging_bytes;
    }
    staging = rft_alloc((size_t)staging_bytes, 1);
    if (staging == NULL)
        return RFT_ERR_HOST_MEMORY;
    for (size_t i = 0; i < engine->weights.n && status == RFT_OK; i++)
        status = upload_weight(engine, &engine->weights.weights[i], staging, staging_bytes, &n_zeroed);
    rft_free(staging);
    if (status == RFT_OK && n_zeroed != 0)
        rft_log_info("%s: %" PRIu64 " weights are too small for what they are stored in, and became 0",
                     engine->checkpoint->path, n_zeroed);
    if (status == RFT_OK)
        log_formats(engine);
    for (uint32_t i = 0; i < RFT_ROPE_PLACES && status == RFT_OK; i++)
        status = upload_rope(engine, &engine->weights.ropes[i]);
    return status;
}

static enum rft_status place(struct rft_engine *engine)
{
    rft_pool_begin(&engine->pool, "weights", &engine->dev.caps);
    rft_pool_begin(&engine->host_pool, "weights on the host", &engine->dev.caps);
    engine->host_pool.place = RFT_PLACE_HOST;
    RFT_TRY(rft_weights_take(&engine->pool, &engine->host_pool, engine->n_host_layers, &engine->weights));
    RFT_TRY(rft_pool_open(&engine->pool, &engine->dev));
    RFT_TRY(rft_pool_open(&engine->host_pool, &engine->dev));
    return rft_weights_take(&engine->pool, &engine->host_pool, engine->n_host_layers, &engine->weights);
}

enum rft_status rft_engine_open(struct rft_engine *engine, const char *backend, const char *device,
                                const struct rft_device_options *options, struct rft_memory *memory)
{
    enum rft_status status = RFT_ERR_DEVICE_LOST;
    *engine = (struct rft_engine){0};
    for (uint32_t n = 0; status == RFT_ERR_DEVICE_LOST && n <= RFT_DEVICE_LOST_MAX; n++) {
        if (n != 0)
            rft_log_warn("the device was lost when it was opened; opening it again");
        rft_dev_close(&engine->dev);
        status = rft_dev_open(backend, device, options, &engine->dev);
        if (status == RFT_OK)
            status = rft_dev_memory(&engine->dev, memory);
    }
    return status;
}

enum rft_status rft_engine_place(struct rft_engine *engine, const struct rft_model_config *config,
                                 const struct rft_formats *formats, const struct rft_draw_rules *rules,
                                 uint32_t n_positions, uint32_t n_host_layers)
{
    enum rft_status status;
    engine->rules = *rules;
    engine->n_positions = n_positions;
    engine->n_host_layers = n_host_layers;
    RFT_TRY(rft_weights_init(&engine->weights, config, formats, n_positions));
    status = place(engine);
    if (status != RFT_OK)
        rft_engine_unload(engine);
    return status;
}

enum rft_status rft_engine_load(struct rft_engine *engine, const struct rft_checkpoint *checkpoint,
                                const struct rft_draw_rules *rules, uint32_t n_positions, uint32_t n_host_layers)
{
    enum rft_status status;
    engine->checkpoint = checkpoint;
    RFT_TRY(rft_engine_place(engine, &checkpoint->config, &checkpoint->formats, rules, n_positions, n_host_layers));
    status = upload(engine);
    if (status == RFT_OK)
        status = rft_checkpoint_check(checkpoint);
    if (status != RFT_OK)
        rft_engine_unload(engine);
    return status;
}

void rft_engine_unload(struct rft_engine *engine)
{
    rft_pool_close(&engine->pool);
    rft_pool_close(&engine->host_pool);
    rft_weights_finish(&engine->weights);
}

enum rft_status rft_engine_revive(struct rft_engine *engine)
{
    rft_engine_unload(engine);
    RFT_TRY(rft_dev_reopen(&engine->dev));
    return rft_engine_load(engine, engine->checkpoint, &engine->rules, engine->n_positions, engine->n_host_layers);
}

void rft_engine_close(struct rft_engine *engine)
{
    rft_engine_unload(engine);
    rft_dev_close(&engine->dev);
}

enum rft_status rft_engine_take(struct rft_engine *engine, const char *label, const struct rft_work_shape *shape,
                                struct rft_pool *pool, struct rft_work *work)
{
    const struct rft_model_config *config = &engine->weights.config;
    enum rft_status status;
    *work = (struct rft_work){0};
    rft_pool_begin(pool, label, &engine->dev.caps);
    RFT_TRY(rft_work_take(pool, config, shape, work));
    if (shape->n_own_pages != 0) {
        work->own_kv = rft_alloc(config->n_layers, sizeof *work->own_kv);
        if (work->own_kv == NULL)
            return RFT_ERR_HOST_MEMORY;
    }
    status = rft_pool_open(pool, &engine->dev);
    if (status == RFT_OK)
        status = rft_work_take(pool, config, shape, work);
    if (status != RFT_OK)
        rft_engine_give(pool, work);
    return status;
}

void rft_engine_give(struct rft_pool *pool, struct rft_work *work)
{
    rft_free(work->own_kv);
    rft_pool_close(pool);
    *work = (struct rft_work){0};
}

enum rft_status rft_engine_take_pages(struct rft_engine *engine, const char *label, uint64_t n_pages,
                                      struct rft_pool *pool, struct rft_range **ranges)
{
    const struct rft_model_config *config = &engine->weights.config;
    enum rft_status status;
    *ranges = rft_alloc(config->n_layers, sizeof **ranges);
    if (*ranges == NULL)
        return RFT_ERR_HOST_MEMORY;
    rft_pool_begin(pool, label, &engine->dev.caps);
    status = rft_pages_take(pool, config, n_pages, NULL);
    if (status == RFT_OK)
        status = rft_pool_open(pool, &engine->dev);
    if (status == RFT_OK)
        status = rft_pages_take(pool, config, n_pages, *ranges);
    if (status != RFT_OK)
        rft_engine_give_pages(pool, ranges);
    return status;
}

void rft_engine_give_pages(struct rft_pool *pool, struct rft_range **ranges)
{
    rft_free(*ranges);
    *ranges = NULL;
    rft_pool_close(pool);
}
