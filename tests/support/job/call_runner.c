/* SPDX-License-Identifier: MIT */
#include "call_runner.h"

#include "cpu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_wanted(const char *name)
{
    const char *list = getenv("RFT_TEST_DEVICES");
    if (list == NULL || *list == '\0')
        return true;
    for (const char *p = list; *p != '\0'; p += *p == ',') {
        size_t n = strcspn(p, ",");
        char part[RFT_DEVICE_NAME_MAX];
        snprintf(part, sizeof part, "%.*s", (int)n, p);
        if (n != 0 && strstr(name, part) != NULL)
            return true;
        p += n;
    }
    return false;
}

/* Whether a later form has the same kernels. */
static bool has_own_integers_only(const struct rft_backend *backend, uint32_t index)
{
    bool is_shared = false;
    for (uint32_t i = index + 1; backend == rft_test_cpu() && i < cpu_n_forms(); i++)
        is_shared = is_shared || cpu_form_at(i)->kernels == cpu_form_at(index)->kernels;
    return is_shared;
}

uint32_t rft_test_devices(struct rft_test_device devices[RFT_TEST_DEVICES_MAX])
{
    static struct rft_device_info infos[RFT_TEST_DEVICES_MAX];
    uint32_t n_backends, n = 0;
    const struct rft_backend *const *backends = rft_backends(&n_backends);
    for (uint32_t b = 0; b < n_backends; b++) {
        uint32_t n_infos = 0;
        assert_int_equal(backends[b]->enumerate(infos, RFT_TEST_DEVICES_MAX, &n_infos), RFT_OK);
        for (uint32_t i = 0; i < n_infos && i < RFT_TEST_DEVICES_MAX && n < RFT_TEST_DEVICES_MAX; i++) {
            struct rft_test_device *d = &devices[n];
            *d = (struct rft_test_device){.backend = backends[b],
                                          .index = i,
                                          .info = infos[i],
                                          .has_own_integers_only = has_own_integers_only(backends[b], i)};
            snprintf(d->name, sizeof d->name, "%.32s:%.96s", backends[b]->name, d->info.name);
            n += infos[i].missing[0] == '\0' && is_wanted(d->name);
        }
    }
    return n;
}

const struct rft_backend *rft_test_cpu(void)
{
    uint32_t n;
    const struct rft_backend *const *backends = rft_backends(&n);
    while (strcmp(backends[--n]->name, "cpu") != 0)
        assert_true(n > 0);
    return backends[n];
}

int rft_test_variants(const char *backend, enum rft_status (*test_all)(struct rft_device *device))
{
    static struct rft_test_device devices[RFT_TEST_DEVICES_MAX];
    const struct rft_device_options options = {.is_unchecked = true};
    uint32_t n = rft_test_devices(devices), n_tested = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct rft_device *device;
        enum rft_status status;
        if (strcmp(devices[i].backend->name, backend) != 0)
            continue;
        if (devices[i].backend->open(devices[i].index, &options, &device) != RFT_OK)
            return 1;
        status = test_all(device);
        devices[i].backend->close(device);
        printf("%s: %s\n", devices[i].name,
               status == RFT_OK ? "every variant of every kernel gives the cpu's bits" : "FAILED");
        if (status != RFT_OK)
            return 1;
        n_tested++;
    }
    if (n_tested == 0)
        printf("skipped: there is no %s device, or none that is wanted\n", backend);
    return n_tested == 0 ? 77 : 0;
}

static bool is_set(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && strcmp(value, "1") == 0;
}

void rft_call_runner_open(struct rft_call_runner *r, const struct rft_backend *backend, uint32_t index,
                          uint32_t n_threads)
{
    const struct rft_device_options options = {.n_threads = n_threads,
                                               .is_unchecked = true}; /* these tests are the check */
    memset(r, 0, sizeof *r);
    r->is_per_tensor = is_set("RFT_TEST_BUFFER_PER_TENSOR") && backend != rft_test_cpu();
    r->backend = backend;
    assert_int_equal(backend->open(index, &options, &r->device), RFT_OK);
    backend->caps(r->device, &r->caps);
    r->image.n_scratch = r->expected.n_scratch = r->caps.n_scratch;
    r->image.align_bytes = r->expected.align_bytes = r->caps.align_bytes;
}

static void drop_tensors(struct rft_call_runner *r)
{
    while (r->n_tensors > 0)
        r->backend->block_destroy(r->device, &r->tensors[--r->n_tensors]);
}

/* The address of the same byte in the buffers' own blocks. */
static uint64_t moved(const struct rft_call_runner *r, uint64_t address)
{
    for (uint32_t i = 0; i < r->image.n_buffers; i++) {
        uint64_t offset = address - r->image.base - r->image.buffers[i].offset;
        if (offset < r->image.buffers[i].bytes || offset == 0)
            return r->tensors[i].address + offset;
    }
    fail_msg("an argument points to no buffer");
    return 0;
}

/* A block for each buffer, to which the call's arguments are bent. */
static void spread(struct rft_call_runner *r)
{
    struct rft_node *node = &r->image.node;
    drop_tensors(r);
    for (uint32_t i = 0; i < r->image.n_buffers; i++) {
        uint64_t bytes = r->image.buffers[i].bytes, wanted = is_set("RFT_TEST_BUFFER_TOO_SMALL") ? bytes / 2 : bytes;
        assert_int_equal(r->backend->block_create(r->device, wanted != 0 ? wanted : 1, RFT_PLACE_DEVICE,
                                                  r->image.buffers[i].name, &r->tensors[i]),
                         RFT_OK);
        r->n_tensors++;
    }
    for (size_t at = 0; at + 8 <= node->args_bytes; at += 8) {
        uint64_t address;
        memcpy(&address, &node->args.bytes[at], 8);
        if (address - r->image.base >= r->image.used)
            continue;
        address = moved(r, address);
        memcpy(&node->args.bytes[at], &address, 8);
    }
}

static void write_all(struct rft_call_runner *r)
{
    const struct rft_slice all = {&r->block, 0, r->image.used};
    if (!r->is_per_tensor)
        assert_int_equal(r->backend->write(r->device, all, r->image.bytes), RFT_OK);
    for (uint32_t i = 0; i < r->n_tensors; i++) {
        const struct rft_call_buffer *b = &r->image.buffers[i];
        const struct rft_slice slice = {&r->tensors[i], 0,
                                        b->bytes < r->tensors[i].bytes ? b->bytes : r->tensors[i].bytes};
        if (slice.bytes != 0)
            assert_int_equal(r->backend->write(r->device, slice, r->image.bytes + b->offset), RFT_OK);
    }
}

static void read_all(struct rft_call_runner *r)
{
    const struct rft_slice all = {&r->block, 0, r->image.used};
    if (!r->is_per_tensor)
        assert_int_equal(r->backend->read(r->device, all, r->after), RFT_OK);
    else
        memcpy(r->after, r->image.bytes, (size_t)r->image.used);
    for (uint32_t i = 0; i < r->n_tensors; i++) {
        const struct rft_call_buffer *b = &r->image.buffers[i];
        const struct rft_slice slice = {&r->tensors[i], 0,
                                        b->bytes < r->tensors[i].bytes ? b->bytes : r->tensors[i].bytes};
        if (slice.bytes != 0)
            assert_int_equal(r->backend->read(r->device, slice, r->after + b->offset), RFT_OK);
    }
}

/* GPU-assisted validation looks through the list of buffers at each access, and lavapipe ends every loop of an
 * invocation after 65536 turns of all of them. */
static bool is_long(const struct rft_kernel_case *c)
{
    return c->k > 1500 || c->n_prompt + c->n_own > 400 || (c->op == RFT_OP_filter && c->n > 1000);
}

/* What would have been made of the call that was left out. */
static void pretend(struct rft_call_runner *r)
{
    memcpy(r->after, r->image.bytes, (size_t)r->image.used);
    for (uint32_t i = 0; i < r->expected.n_buffers; i++)
        if (r->expected.buffers[i].kind == RFT_CALL_OUT)
            memcpy(r->after + r->image.buffers[i].offset, r->expected.bytes + r->expected.buffers[i].offset,
                   (size_t)r->image.buffers[i].bytes);
}

void rft_call_runner_close(struct rft_call_runner *r)
{
    drop_tensors(r);
    rft_free(r->after);
    rft_call_finish(&r->image);
    rft_call_finish(&r->expected);
    r->backend->block_destroy(r->device, &r->block);
    r->backend->close(r->device);
    memset(r, 0, sizeof *r);
}

void rft_call_runner_build(struct rft_call_runner *r, const struct rft_kernel_case *c, bool with_expected)
{
    uint64_t bytes = kernel_case_bytes(c, r->caps.n_scratch, r->caps.align_bytes);
    if (bytes > r->block.bytes) {
        r->backend->block_destroy(r->device, &r->block);
        rft_free(r->after);
        r->after = rft_alloc((size_t)bytes, 1);
        assert_non_null(r->after);
        assert_int_equal(r->backend->block_create(r->device, bytes, RFT_PLACE_DEVICE, "test", &r->block), RFT_OK);
    }
    assert_int_equal(kernel_case_build(&r->image, c, r->block.address), RFT_OK);
    assert_int_equal(r->image.used, bytes);
    r->is_left_out = r->is_per_tensor && is_long(c);
    if (r->is_per_tensor)
        spread(r);
    if (!with_expected)
        return;
    assert_int_equal(kernel_case_build(&r->expected, c, 0), RFT_OK);
    cpu_reference_run(&r->expected.node);
}

void rft_call_runner_run(struct rft_call_runner *r, uint32_t n_replays)
{
    struct rft_program program = {.name = "test"};
    struct rft_exec *exec = NULL;
    uint64_t ticket;
    if (r->is_left_out) {
        pretend(r);
        return;
    }
    assert_int_equal(rft_program_add(&program, &r->image.node), RFT_OK);
    write_all(r);
    assert_int_equal(r->backend->exec_create(r->device, &program, &exec), RFT_OK);
    rft_program_finish(&program);
    assert_int_equal(r->backend->run(r->device, exec, n_replays, &ticket), RFT_OK);
    assert_int_equal(r->backend->wait(r->device, ticket), RFT_OK);
    read_all(r);
    r->backend->exec_destroy(r->device, exec);
}

bool rft_call_runner_is_right(struct rft_call_runner *r)
{
    return rft_call_is_right(&r->image, r->after, &r->expected, r->text);
}

const struct rft_call_buffer *rft_test_call_buffer(const struct rft_call_image *image, const char *name)
{
    for (uint32_t i = 0; i < image->n_buffers; i++)
        if (strcmp(image->buffers[i].name, name) == 0)
            return &image->buffers[i];
    return NULL;
}
