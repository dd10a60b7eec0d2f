/* SPDX-License-Identifier: MIT */
#include "calls.h"

#include "alloc.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define GUARD_BYTES 256u
#define GUARD_FILL 0xa5

void rft_call_finish(struct rft_call_image *image)
{
    rft_free(image->bytes);
    *image = (struct rft_call_image){0};
}

void rft_call_begin(struct rft_call_image *image, enum rft_op op, uint64_t seed)
{
    image->used = 0;
    image->n_buffers = 0;
    image->random = 88172645463325252u + seed * 2654435761u;
    memset(&image->node, 0, sizeof image->node);
    image->node.op = op;
    snprintf(image->node.label, sizeof image->node.label, "self-test");
}

static uint64_t round_up(uint64_t v, uint64_t to)
{
    return (v + to - 1) / to * to;
}

/* Batch and rows come first in every node's reads, as an emitter has them. */
static void add_ranges(struct rft_node *node, enum rft_call_kind kind, struct rft_range range)
{
    assert(node->n_reads < RFT_NODE_RANGES_MAX && node->n_writes < RFT_NODE_RANGES_MAX);
    if (kind != RFT_CALL_SCRATCH)
        node->reads[node->n_reads++] = range;
    if (kind != RFT_CALL_IN)
        node->writes[node->n_writes++] = range;
}

uint64_t rft_call_buffer(struct rft_call_image *image, const char *name, enum rft_call_kind kind, uint64_t bytes,
                         void *p)
{
    uint64_t align = image->align_bytes > GUARD_BYTES ? image->align_bytes : GUARD_BYTES;
    uint64_t offset = round_up(image->used + GUARD_BYTES, align);
    uint64_t end = round_up(offset + bytes + GUARD_BYTES, align);
    assert(image->n_buffers < RFT_CALL_BUFFERS_MAX);
    if (image->bytes != NULL) {
        assert(end <= image->capacity);
        memset(image->bytes + image->used, GUARD_FILL, (size_t)(end - image->used));
        memset(image->bytes + offset, 0, (size_t)bytes);
    }
    image->buffers[image->n_buffers++] = (struct rft_call_buffer){name, kind, offset, bytes};
    image->used = end;
    add_ranges(&image->node, kind, (struct rft_range){image->base + offset, bytes});
    *(void **)p = image->bytes != NULL ? image->bytes + offset : NULL;
    return image->base + offset;
}

uint32_t rft_call_random(struct rft_call_image *image)
{
    image->random ^= image->random << 13;
    image->random ^= image->random >> 7;
    image->random ^= image->random << 17;
    return (uint32_t)(image->random >> 20);
}

void rft_call_args(struct rft_call_image *image, const void *args, size_t bytes)
{
    assert(bytes <= RFT_ARGS_BYTES_MAX);
    memcpy(image->node.args.bytes, args, bytes);
    image->node.args_bytes = (uint32_t)bytes;
}

static uint32_t word_at(const uint8_t *bytes, uint64_t at, uint64_t n)
{
    uint32_t word = 0;
    memcpy(&word, bytes + at, n - at < 4 ? (size_t)(n - at) : 4);
    return word;
}

static bool is_same(const uint8_t *got, const uint8_t *wanted, uint64_t n, const char *what, const char *name,
                    char text[RFT_CALL_TEXT_MAX])
{
    uint64_t at = 0, n_words = 0;
    if (memcmp(got, wanted, (size_t)n) == 0)
        return true;
    for (uint64_t word = 0; word < n; word += 4)
        n_words += word_at(got, word, n) != word_at(wanted, word, n);
    while (got[at] == wanted[at])
        at++;
    at = at / 4 * 4;
    snprintf(text, RFT_CALL_TEXT_MAX,
             "%s %s: word %" PRIu64 " is %08" PRIx32 ", not %08" PRIx32 " (%" PRIu64 " of %" PRIu64 " words)", what,
             name, at / 4, word_at(got, at, n), word_at(wanted, at, n), n_words, (n + 3) / 4);
    return false;
}

bool rft_call_is_right(const struct rft_call_image *before, const uint8_t *after, const struct rft_call_image *expected,
                       char text[RFT_CALL_TEXT_MAX])
{
    uint64_t at = 0;
    for (uint32_t i = 0; i < before->n_buffers; i++) {
        const struct rft_call_buffer *b = &before->buffers[i];
        if (!is_same(after + at, before->bytes + at, b->offset - at, "guard before", b->name, text))
            return false;
        at = b->offset + b->bytes;
        if (b->kind == RFT_CALL_IN &&
            !is_same(after + b->offset, before->bytes + b->offset, b->bytes, "input", b->name, text))
            return false;
        if (b->kind == RFT_CALL_OUT && expected != NULL &&
            !is_same(after + b->offset, expected->bytes + expected->buffers[i].offset, b->bytes, "output", b->name,
                     text))
            return false;
    }
    return is_same(after + at, before->bytes + at, before->used - at, "guard at", "the end", text);
}
