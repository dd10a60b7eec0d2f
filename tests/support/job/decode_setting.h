/* SPDX-License-Identifier: MIT */
/* What a program of decode.h works on, measured only: addresses are offsets, moved apart. */
#ifndef RFT_DECODE_SETTING_H
#define RFT_DECODE_SETTING_H

#include "buffers.h"

#define RFT_SETTING_LAYERS_MAX 8

struct rft_test_setting {
    struct rft_model_config config; /* the caller's */
    struct rft_weights weights;
    struct rft_work work;
    struct rft_range prompt_kv[RFT_SETTING_LAYERS_MAX], own_kv[RFT_SETTING_LAYERS_MAX];
};

extern const struct rft_caps rft_test_setting_caps;

/* Buffers of a chunk for 4 rows; the caller finishes s->weights. */
enum rft_status rft_test_setting_init(struct rft_test_setting *s, const struct rft_caps *caps,
                                      const struct rft_sampling *sampling);

#endif
