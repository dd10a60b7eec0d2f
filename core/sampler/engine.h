/* SPDX-License-Identifier: MIT */
/* A model on a device: open device, weights in their layout, what the sampler needs. Lifetime: the run. */
#ifndef RFT_ENGINE_H
#define RFT_ENGINE_H

#include "buffers.h"
#include "checkpoint.h"
#include "device.h"

#define RFT_DEVICE_LOST_MAX 2u /* so often in a row a lost device is opened again */

struct rft_engine {
    struct rft_dev dev;
    const struct rft_checkpoint *checkpoint; /* not owned */
    uint32_t n_positions;                    /* of the RoPE table: kept for a revival */
    uint32_t n_host_layers;                  /* the last so many layers' weights lie on the host; set before loading */
    struct rft_weights weights;
    struct rft_pool pool, host_pool;         /* of the weights */
    struct rft_sampling sampling;
    const uint32_t *mask;                    /* [ceil(vocab / 32)], not owned: which entries of the vocabulary are tokens */
    const uint32_t *eos;                     /* [n_eos], not owned */
    uint32_t n_eos;
};

/* Puts the checkpoint's weights on engine->dev, which is open, with a RoPE table of n_positions. On failure nothing of the
 * weights is left, the device stays open. */
enum rft_status rft_engine_load(struct rft_engine *engine, const struct rft_checkpoint *checkpoint, uint32_t n_positions);
/* The first half of it: makes room for the weights of a model and fills in engine->weights, without their values. */
enum rft_status rft_engine_place(struct rft_engine *engine, const struct rft_model_config *config, uint32_t n_positions);
/* A weight's bytes, or those of one of its matrix' parts, as a slice. The range must be one of engine->weights'. */
struct rft_slice rft_engine_slice(const struct rft_engine *engine, struct rft_range range);
/* Gives the weights back; the device stays open. */
void rft_engine_unload(struct rft_engine *engine);
/* After the device was lost: opens it again and loads the weights again. May be tried again if that fails, too. */
enum rft_status rft_engine_revive(struct rft_engine *engine);
void rft_engine_close(struct rft_engine *engine);

/* Takes a program's buffers for real: measures, opens the pool, takes. On failure nothing is left. */
enum rft_status rft_engine_take(struct rft_engine *engine, const char *label, const struct rft_work_shape *shape,
                                struct rft_pool *pool, struct rft_work *work);
/* Gives them back. Zero-initialised is accepted. */
void rft_engine_give(struct rft_pool *pool, struct rft_work *work);

/* The same for KV pages: *ranges is [n_layers]. */
enum rft_status rft_engine_take_pages(struct rft_engine *engine, const char *label, uint64_t n_pages, struct rft_pool *pool,
                                      struct rft_range **ranges);
void rft_engine_give_pages(struct rft_pool *pool, struct rft_range **ranges);

#endif
