/* SPDX-License-Identifier: MIT */
/* One kernel call on one device: buffers with guards around them, inputs from a fixed random sequence, and a comparison with
 * what another device made of the same inputs. */
#ifndef RFT_FIXTURE_H
#define RFT_FIXTURE_H

#include "arith.h"
#include "backend.h"
#include "support.h"

#define FIXTURE_BYTES (48u << 20)
#define FIXTURE_GUARD 256u
#define FIXTURE_BUFFERS_MAX 16u

enum fixture_kind {
    FIXTURE_IN,      /* must be unchanged */
    FIXTURE_OUT,     /* written, or read and written: compared */
    FIXTURE_SCRATCH, /* anything goes */
};

struct fixture_buffer {
    const char *name;
    enum fixture_kind kind;
    uint64_t offset;
    uint64_t bytes;
};

/* A device with one block, and the call being prepared for it. */
struct fixture {
    const struct rft_backend *backend;
    struct rft_device *device;
    struct rft_caps caps;
    struct rft_block block;
    uint8_t *image;  /* what the block holds before the call; [FIXTURE_BYTES] */
    uint8_t *after;  /* and after it */
    uint64_t used;
    uint64_t random;
    uint32_t n_buffers;
    struct fixture_buffer buffers[FIXTURE_BUFFERS_MAX];
    struct rft_node node;
};

void fixture_open(struct fixture *f, const struct rft_backend *backend, uint32_t index, uint32_t n_threads);
void fixture_close(struct fixture *f);

/* Starts a call of op: no buffers, the random sequence from its start. */
void fixture_begin(struct fixture *f, enum rft_op op, uint64_t seed);
/* A buffer of zeros; returns its device address, *p is its place in the image. */
uint64_t fixture_buffer(struct fixture *f, const char *name, enum fixture_kind kind, uint64_t bytes, void *p);
uint32_t fixture_random(struct fixture *f);
void fixture_args(struct fixture *f, const void *args, size_t bytes);

/* Runs the call, n_replays times in one go; f->after holds the block. */
void fixture_run(struct fixture *f, uint32_t n_replays);

/* NULL if every guard and input is untouched and, when expected is not NULL, every output has its bits; else what differs
 * (static text). */
const char *fixture_difference(const struct fixture *f, const struct fixture *expected);

#endif
