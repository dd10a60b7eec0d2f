/* SPDX-License-Identifier: MIT */
/* The memory plan: a pure function of sizes, so that a run never asks for more than its budget. */
#ifndef RFT_BUDGET_H
#define RFT_BUDGET_H

#include "backend.h"
#include "buffers.h"
#include "formats.h"
#include "model.h"
#include "status.h"

#include <stdint.h>

/* A run in numbers, which the plan is made for. */
struct rft_sizes {
    struct rft_model_config config;
    struct rft_formats formats; /* of its matrices */
    struct rft_caps caps;
    uint64_t n_questions; /* of the dataset */
    uint32_t n_samples;
    uint32_t chunk;               /* samples of a question computed together; 0 = auto: all */
    uint32_t questions_in_flight; /* 0 = auto: as many as keep the device busy */
    uint32_t n_prompt_max;        /* tokens of the longest prompt */
    uint32_t n_new_max;
    uint32_t n_eos;
    bool is_filtered; /* rft_sampling_is_filtered: logits need room */
    bool is_scored;   /* tokens' log-probabilities are wanted: they and logits need room */
    uint64_t budget_bytes;
    uint64_t host_available_bytes; /* for weights that the budget cannot hold; 0 = none can be put there */
    bool is_host_device;           /* device memory is the host's: what the host needs counts against the budget, too */
    uint64_t input_bytes;          /* of the host for questions and the journal's index */
    uint32_t n_prompt_min;         /* tokens of the shortest prompt */
    uint32_t n_prompt_shared;      /* tokens that all prompts begin with; 0 if there is one question */
    uint32_t n_host_layers;        /* at least this many layers' weights must go there */
    uint32_t n_shrinks; /* how often a plan that was allowed did not fit the device: each halves what can shrink */
};

/* What a run is computed by. Everybody behind the plan is told its sizes by it alone. */
struct rft_plan {
    struct rft_sizes sizes;    /* what it was made for */
    uint32_t chunk;            /* samples of a question in one chunk */
    uint32_t n_questions;      /* in flight */
    uint32_t n_prompt_pages;   /* at most, of all questions in flight */
    uint32_t n_own_pages_slot; /* that one slot can need */
    uint32_t n_host_layers; /* this many of the last layers' weights are on the host: read over the bus in every step */
    struct rft_work_shape prefill; /* buffers of a prefill */
    /* Buffers of a chunk. Its rows are the slots: sequences decoded together, at most n_questions x chunk; its own
     * pages are fewer than all slots could need when memory is short; its n_keys_max is the longest sequence. */
    struct rft_work_shape step;
    uint64_t host_bytes;     /* weights on the host; not part of the peak */
    uint64_t weights_bytes;  /* on the device, and RoPE table */
    uint64_t prompt_bytes;   /* questions' pool */
    uint64_t prefill_bytes;  /* a prefill's pool */
    uint64_t chunk_bytes;    /* a chunk's pool */
    uint64_t peak_bytes;     /* weights + prompt + the larger of prefill and chunk */
    uint64_t peak_bytes_min; /* if all prompts were as short as the shortest: a run's peak lies between the two */
    /* Of the host's heap; not part of the peak. */
    uint64_t input_bytes;  /* as in the sizes */
    uint64_t slots_bytes;  /* the host's side of slots, tables and prompts */
    uint64_t prefix_bytes; /* keys and values of what all prompts begin with (prefix.h); 0: it is not kept */
    uint64_t budget_bytes;
};

/* The host's share: all that grows with the input. */
uint64_t rft_plan_heap_bytes(const struct rft_plan *plan);

/* Makes the largest plan that fits the budget and the device's blocks. On a device whose memory is the host's, the
 * host's share counts, too, and the prefix, which only saves time, is given up first; elsewhere it is given up when the
 * host has no room for it. Then shrinks prefill rows, then questions in flight, then the samples' own pages down to
 * half (the youngest sample is evicted when they run out), then slots. If the smallest does not fit the budget, the
 * weights of the last layers go to the host, as few as must. RFT_ERR_BUDGET, naming the missing bytes, when that does
 * not help; RFT_ERR_UNSUPPORTED when a buffer of the smallest plan is larger than a block of the device;
 * RFT_ERR_DEVICE_MEMORY when sizes->n_shrinks asks for less than the smallest. */
enum rft_status rft_plan_make(const struct rft_sizes *sizes, struct rft_plan *plan);

/* For a device that did not have the memory: the same plan, one size smaller. */
enum rft_status rft_plan_shrink(struct rft_plan *plan);
/* For a device that did not have room for the weights: a plan with at least this many layers' on the host. */
enum rft_status rft_plan_put_on_host(struct rft_plan *plan, uint32_t n_host_layers);

/* Bytes of the weights of this many of the last layers as they would lie on the host. */
enum rft_status rft_plan_host_bytes(const struct rft_sizes *sizes, uint32_t n_host_layers, uint64_t *bytes);

#endif
