/* SPDX-License-Identifier: MIT */
/* The memory plan: a pure function of sizes, so that a run never asks for more than its budget. */
#ifndef RFT_BUDGET_H
#define RFT_BUDGET_H

#include "backend.h"
#include "model.h"
#include "status.h"

#include <stdint.h>

/* What the plan is made for. */
struct rft_job_shape {
    struct rft_model_config config;
    struct rft_caps caps;
    uint64_t n_questions;        /* of the dataset */
    uint32_t n_samples;
    uint32_t chunk;              /* samples of a question computed together; 0 = auto: all */
    uint32_t questions_in_flight; /* 0 = auto: as many as keep the device busy */
    uint32_t n_prompt_max;       /* tokens of the longest prompt */
    uint32_t n_new_max;
    uint32_t n_eos;
    uint64_t budget_bytes;
    uint32_t n_shrinks;          /* how often a plan that was allowed did not fit the device: each halves what can shrink */
};

struct rft_plan {
    uint32_t chunk;              /* samples of a question in one chunk */
    uint32_t n_questions;        /* in flight */
    uint32_t n_slots;            /* sequences decoded together, at most n_questions x chunk */
    uint32_t n_prefill_rows;
    uint32_t n_prompt_pages;     /* at most, of all questions in flight */
    uint32_t n_own_pages;        /* of all slots; fewer than all slots could need when memory is short */
    uint32_t n_own_pages_slot;   /* that one slot can need */
    uint32_t n_positions;        /* longest sequence */
    uint64_t weights_bytes;      /* and RoPE table */
    uint64_t prompt_bytes;       /* questions' pool */
    uint64_t prefill_bytes;      /* a prefill's pool */
    uint64_t chunk_bytes;        /* a chunk's pool */
    uint64_t peak_bytes;         /* weights + prompt + the larger of prefill and chunk */
    uint64_t budget_bytes;
};

/* Makes the largest plan that fits: shrinks prefill rows, then questions in flight, then the samples' own pages down to
 * half (the youngest sample gives way when they run out), then slots. RFT_ERR_BUDGET, naming the missing bytes, when even
 * the smallest does not fit; RFT_ERR_DEVICE_MEMORY when shape->n_shrinks asks for less than the smallest. */
enum rft_status rft_plan_make(const struct rft_job_shape *shape, struct rft_plan *plan);

/* The shape of the buffers of a plan's prefill and chunk. */
struct rft_work_shape;
struct rft_work_shape rft_plan_prefill_shape(const struct rft_job_shape *shape, const struct rft_plan *plan);
struct rft_work_shape rft_plan_chunk_shape(const struct rft_job_shape *shape, const struct rft_plan *plan);

#endif
