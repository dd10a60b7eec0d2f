/* SPDX-License-Identifier: MIT */
/* A model on a device: open device, weights in their layout, what the sampler needs. Lifetime: the run. */
#ifndef RFT_ENGINE_H
#define RFT_ENGINE_H

#include "buffers.h"
#include "checkpoint.h"
#include "device.h"

struct rft_engine {
    struct rft_dev dev;
    const struct rft_checkpoint *checkpoint; /* not owned */
    uint32_t n_positions;                    /* of the RoPE table: kept for a revival */
    struct rft_weights weights;
    struct rft_slice *weight_slices;         /* [weights.n] */
    struct rft_slice cos_sin;
    struct rft_pool pool;
    struct rft_sampling sampling;
    const uint32_t *mask;                    /* [ceil(vocab / 32)], not owned: which entries of the vocabulary are tokens */
    const uint32_t *eos;                     /* [n_eos], not owned */
    uint32_t n_eos;
};

/* Puts the checkpoint's weights on engine->dev, which is open, with a RoPE table of n_positions. On failure nothing of the
 * weights is left, the device stays open. */
enum rft_status rft_engine_load(struct rft_engine *engine, const struct rft_checkpoint *checkpoint, uint32_t n_positions);
/* Gives the weights back; the device stays open. */
void rft_engine_unload(struct rft_engine *engine);
/* After the device was lost: opens it again and loads the weights again. May be tried again if that fails, too. */
enum rft_status rft_engine_revive(struct rft_engine *engine);
void rft_engine_close(struct rft_engine *engine);

/* Takes a program's buffers for real: measures, opens the pool, takes. */
enum rft_status rft_engine_take(struct rft_engine *engine, const char *label, const struct rft_work_shape *shape,
                                struct rft_pool *pool, struct rft_work *work);

#endif
