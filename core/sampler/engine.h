/* SPDX-License-Identifier: MIT */
/* A model on a device: open device, weights in their layout, what the sampler needs. Lifetime: the run. */
#ifndef RFT_ENGINE_H
#define RFT_ENGINE_H

#include "buffers.h"
#include "checkpoint.h"
#include "device.h"

#define RFT_DEVICE_LOST_MAX 2u /* times in a row that a lost device is opened again, at most */

/* How tokens are drawn from a model's vocabulary, and which of them end a sample. Nothing is owned. */
struct rft_draw_rules {
    struct rft_sampling sampling;
    const uint32_t *mask; /* [ceil(vocab / 32)]: which entries of the vocabulary are tokens */
    const uint32_t *eos;  /* [n_eos] */
    uint32_t n_eos;
};

struct rft_engine {
    struct rft_dev dev;
    struct rft_weights weights;
    struct rft_pool pool, host_pool; /* of the weights */
    struct rft_draw_rules rules;
    /* Kept for a revival. */
    const struct rft_checkpoint *checkpoint; /* not owned */
    uint32_t n_positions;
    uint32_t n_host_layers;
};

/* Opens a device (rft_dev_open) and asks what memory it has. One that is lost already then is opened again, as it is
 * later. */
enum rft_status rft_engine_open(struct rft_engine *engine, const char *backend, const char *device,
                                const struct rft_device_options *options, struct rft_memory *memory);
/* Puts the checkpoint's weights on engine->dev, which is open, those of the last n_host_layers layers on the host, with
 * a RoPE table of n_positions. On failure nothing of the weights is left, the device stays open. */
enum rft_status rft_engine_load(struct rft_engine *engine, const struct rft_checkpoint *checkpoint,
                                const struct rft_draw_rules *rules, uint32_t n_positions, uint32_t n_host_layers);
/* The first half of it: makes room for the weights of a model and fills in engine->weights, without their values. */
enum rft_status rft_engine_place(struct rft_engine *engine, const struct rft_model_config *config,
                                 const struct rft_formats *formats, const struct rft_draw_rules *rules,
                                 uint32_t n_positions, uint32_t n_host_layers);
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
enum rft_status rft_engine_take_pages(struct rft_engine *engine, const char *label, uint64_t n_pages,
                                      struct rft_pool *pool, struct rft_range **ranges);
void rft_engine_give_pages(struct rft_pool *pool, struct rft_range **ranges);

#endif
