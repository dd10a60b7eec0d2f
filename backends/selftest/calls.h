/* SPDX-License-Identifier: MIT */
/* One kernel call as an image of device memory: buffers with guards around them, inputs from a fixed random sequence,
 * and the node. The same call can be built for any base address, so that what a device made of it can be compared with
 * what the cpu's plain kernel makes of it in host memory. */
#ifndef RFT_CALLS_H
#define RFT_CALLS_H

#include "backend.h"

#define RFT_CALL_BUFFERS_MAX 12u
#define RFT_CALL_TEXT_MAX 240u

enum rft_call_kind {
    RFT_CALL_IN,      /* must be unchanged */
    RFT_CALL_OUT,     /* written, or read and written: compared */
    RFT_CALL_SCRATCH, /* anything goes */
};

struct rft_call_buffer {
    const char *name;
    enum rft_call_kind kind;
    uint64_t offset;
    uint64_t bytes;
};

struct rft_call_image {
    uint32_t n_scratch;   /* of the device's caps; set by whoever builds */
    uint32_t align_bytes; /* the same; 0 is as good as 1 */
    uint64_t base;        /* address of the image's first byte */
    uint8_t *bytes;       /* [used], of `capacity`; NULL: a builder only measures */
    uint64_t capacity;
    uint64_t used;
    uint64_t random;
    uint32_t n_buffers;
    struct rft_call_buffer buffers[RFT_CALL_BUFFERS_MAX];
    struct rft_node node; /* its arguments and ranges hold addresses of base + offset */
};

/* An image of zeros but for n_scratch and align_bytes is an empty one. */
void rft_call_finish(struct rft_call_image *image);

/* For builders: starts a call of op, with no buffers and the random sequence from its start. */
void rft_call_begin(struct rft_call_image *image, enum rft_op op, uint64_t seed);
/* A buffer of zeros. Returns its address; *p is its place in the image, NULL if the builder only measures. */
uint64_t rft_call_buffer(struct rft_call_image *image, const char *name, enum rft_call_kind kind, uint64_t bytes,
                         void *p);
uint32_t rft_call_random(struct rft_call_image *image);
void rft_call_args(struct rft_call_image *image, const void *args, size_t bytes);

/* after: [before->used], what a device made of the image `before`. expected: the same call, built for another place,
 * with its node already run on its bytes; NULL: outputs are not compared. False, and what differs in text, unless every
 * guard and input is untouched and every output has the expected bits. */
bool rft_call_is_right(const struct rft_call_image *before, const uint8_t *after, const struct rft_call_image *expected,
                       char text[RFT_CALL_TEXT_MAX]);

#endif
