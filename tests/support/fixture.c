/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void fixture_open(struct fixture *f, const struct rft_backend *backend, uint32_t index, uint32_t n_threads)
{
    const struct rft_device_options options = {.n_threads = n_threads};
    memset(f, 0, sizeof *f);
    f->backend = backend;
    assert_int_equal(backend->open(index, &options, &f->device), RFT_OK);
    backend->caps(f->device, &f->caps);
    assert_int_equal(backend->block_create(f->device, FIXTURE_BYTES, "test", &f->block), RFT_OK);
    f->image = rft_alloc(FIXTURE_BYTES, 1);
    f->after = rft_alloc(FIXTURE_BYTES, 1);
    assert_non_null(f->image);
    assert_non_null(f->after);
}

void fixture_close(struct fixture *f)
{
    rft_free(f->image);
    rft_free(f->after);
    f->backend->block_destroy(f->device, &f->block);
    f->backend->close(f->device);
    memset(f, 0, sizeof *f);
}

void fixture_begin(struct fixture *f, enum rft_op op, uint64_t seed)
{
    f->used = 0;
    f->n_buffers = 0;
    f->random = 88172645463325252u + seed * 2654435761u;
    memset(&f->node, 0, sizeof f->node);
    f->node.op = op;
}

uint64_t fixture_buffer(struct fixture *f, const char *name, enum fixture_kind kind, uint64_t bytes, void *p)
{
    const uint64_t offset = f->used + FIXTURE_GUARD;
    const uint64_t end = offset + bytes + FIXTURE_GUARD;
    assert_true(f->n_buffers < FIXTURE_BUFFERS_MAX && end + FIXTURE_GUARD <= FIXTURE_BYTES);
    memset(f->image + f->used, 0xa5, (size_t)(end - f->used));
    memset(f->image + offset, 0, (size_t)bytes);
    f->buffers[f->n_buffers++] = (struct fixture_buffer){name, kind, offset, bytes};
    f->used = (end + FIXTURE_GUARD - 1) / FIXTURE_GUARD * FIXTURE_GUARD;
    memset(f->image + end, 0xa5, (size_t)(f->used - end));
    *(void **)p = f->image + offset;
    return f->block.address + offset;
}

uint32_t fixture_random(struct fixture *f)
{
    f->random ^= f->random << 13;
    f->random ^= f->random >> 7;
    f->random ^= f->random << 17;
    return (uint32_t)(f->random >> 20);
}

void fixture_args(struct fixture *f, const void *args, size_t bytes)
{
    memcpy(f->node.args.bytes, args, bytes);
    f->node.args_bytes = (uint32_t)bytes;
}

void fixture_run(struct fixture *f, uint32_t n_replays)
{
    const struct rft_slice all = {&f->block, 0, f->used};
    struct rft_program program = {.name = "test"};
    struct rft_exec *exec = NULL;
    uint64_t ticket;
    assert_int_equal(rft_program_add(&program, &f->node), RFT_OK);
    assert_int_equal(f->backend->write(f->device, all, f->image), RFT_OK);
    assert_int_equal(f->backend->exec_create(f->device, &program, &exec), RFT_OK);
    rft_program_finish(&program);
    assert_int_equal(f->backend->run(f->device, exec, n_replays, &ticket), RFT_OK);
    assert_int_equal(f->backend->wait(f->device, ticket), RFT_OK);
    assert_int_equal(f->backend->read(f->device, all, f->after), RFT_OK);
    f->backend->exec_destroy(f->device, exec);
}

static const char *first_difference(const uint8_t *a, const uint8_t *b, uint64_t bytes, const char *what, const char *name)
{
    static char text[160];
    if (memcmp(a, b, (size_t)bytes) == 0)
        return NULL;
    uint64_t at = 0;
    while (a[at] == b[at])
        at++;
    at = at / 4 * 4;
    uint32_t got = 0, wanted = 0;
    memcpy(&got, a + at, bytes - at < 4 ? (size_t)(bytes - at) : 4);
    memcpy(&wanted, b + at, bytes - at < 4 ? (size_t)(bytes - at) : 4);
    snprintf(text, sizeof text, "%s %s: word %" PRIu64 " is %08" PRIx32 ", not %08" PRIx32, what, name, at / 4, got, wanted);
    return text;
}

const char *fixture_difference(const struct fixture *f, const struct fixture *expected)
{
    const char *difference = NULL;
    uint64_t at = 0;
    for (uint32_t i = 0; i < f->n_buffers && difference == NULL; i++) {
        const struct fixture_buffer *b = &f->buffers[i];
        difference = first_difference(f->after + at, f->image + at, b->offset - at, "guard before", b->name);
        at = b->offset + b->bytes;
        if (difference == NULL && b->kind == FIXTURE_IN)
            difference = first_difference(f->after + b->offset, f->image + b->offset, b->bytes, "input", b->name);
        if (difference == NULL && b->kind == FIXTURE_OUT && expected != NULL)
            difference = first_difference(f->after + b->offset, expected->after + expected->buffers[i].offset, b->bytes, "output",
                                          b->name);
    }
    if (difference == NULL)
        difference = first_difference(f->after + at, f->image + at, f->used - at, "guard at", "the end");
    return difference;
}
