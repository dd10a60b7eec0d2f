/* SPDX-License-Identifier: MIT */
/* The CUDA backend's calls one by one, and what each asks of the driver: blocks, programs and their edges, replays,
 * profiles, several devices at once, a lost device, and memory of the host that is refused. */
#include "cuda_backend.h"
#include "cuda_job.h"
#include "support.h"

#include <string.h>

#define N_NODES 8u

/* A program of calls that do nothing but have a number, and what was run of it. */
struct numbered {
    struct rft_node nodes[N_NODES];
    struct rft_program program;
    uint32_t ran[64]; /* node numbers, in the order in which they ran */
    uint32_t n_ran;
};

/* In a kernel's place. */
static bool note(void *user, const char *name, const void *args, uint32_t parameter)
{
    struct numbered *p = user;
    const struct rft_args_advance *a = args;
    (void)parameter;
    assert_string_equal(name, "advance");
    assert_true(p->n_ran < sizeof p->ran / sizeof *p->ran);
    p->ran[p->n_ran++] = (uint32_t)a->batch;
    return true;
}

static const bool barriers[N_NODES] = {true, false, false, true,
                                       true, false, true,  false}; /* before the first there is nothing */

static struct cuda_stub *begin_numbered(struct numbered *p)
{
    struct cuda_stub *stub = rft_cuda_begin(false);
    memset(p, 0, sizeof *p);
    for (uint32_t i = 0; i < N_NODES; i++) {
        const struct rft_args_advance args = {.batch = i};
        p->nodes[i] =
            (struct rft_node){.op = RFT_OP_advance, .n_rows = 1, .args_bytes = sizeof args, .barrier = barriers[i]};
        memcpy(p->nodes[i].args.bytes, &args, sizeof args);
    }
    p->program = (struct rft_program){.name = "numbered", .nodes = p->nodes, .n_nodes = N_NODES};
    stub->on_kernel = note;
    stub->user = p;
    return stub;
}

static struct rft_exec *record(struct rft_device *device, const struct numbered *p)
{
    struct rft_exec *exec = NULL;
    assert_int_equal(rft_backend_cuda.exec_create(device, &p->program, &exec), RFT_OK);
    return exec;
}

static void run(struct rft_device *device, struct rft_exec *exec, uint32_t n_replays)
{
    uint64_t ticket;
    assert_int_equal(rft_backend_cuda.run(device, exec, n_replays, &ticket), RFT_OK);
    assert_int_equal(rft_backend_cuda.wait(device, ticket), RFT_OK);
    assert_int_equal(rft_backend_cuda.wait(device, ticket), RFT_OK); /* it is over */
}

/* Every node runs once in a replay, and behind all nodes of the segments before its own. */
static void check_order(const struct numbered *p, uint32_t n_replays)
{
    static const uint32_t segments[N_NODES] = {0, 0, 0, 1, 2, 2, 3, 3};
    assert_int_equal(p->n_ran, n_replays * N_NODES);
    for (uint32_t i = 0; i < p->n_ran; i++) {
        const bool is_first = i % N_NODES == 0;
        assert_true(p->ran[i] < N_NODES);
        assert_true(is_first || segments[p->ran[i]] >= segments[p->ran[i - 1]]);
        for (uint32_t j = i / N_NODES * N_NODES; j < i; j++)
            assert_int_not_equal(p->ran[i], p->ran[j]);
    }
}

/* A graph is made once and launched for each replay; its nodes are the program's, and it has the edges of its barriers:
 * each node of a segment from each of the one before, so 3 + 2 + 2 * 2 of segments of 3, 1, 2 and 2 nodes. */
static void test_graphs(void **state)
{
    (void)state;
    for (int order = 0; order < 3; order++) {
        struct numbered p;
        struct cuda_stub *stub = begin_numbered(&p);
        struct rft_device *device = rft_cuda_open(0);
        struct rft_device_stats stats;
        struct rft_exec *exec;
        stub->order = order;
        exec = record(device, &p);
        run(device, exec, 3);
        run(device, exec, 2);
        check_order(&p, 5);
        assert_int_equal(stub->n_calls[CUDA_STUB_GraphInstantiate], 1);
        assert_int_equal(stub->n_calls[CUDA_STUB_GraphLaunch], 5);
        assert_int_equal(stub->n_calls[CUDA_STUB_LaunchKernel], 0);
        assert_int_equal(stub->n_nodes, N_NODES);
        assert_int_equal(stub->n_edges, 9);
        assert_int_equal(stub->live[CUDA_STUB_GRAPH], 0); /* it is needed no more */
        assert_int_equal(stub->live[CUDA_STUB_EXEC], 1);
        rft_backend_cuda.stats(device, &stats);
        assert_int_equal(stats.n_submissions, 5);
        assert_int_equal(stats.n_dispatches, 5 * N_NODES);
        assert_int_equal(stats.n_barriers, 5 * 3);
        rft_backend_cuda.exec_destroy(device, exec);
        rft_backend_cuda.exec_destroy(device, NULL);
        assert_int_equal(stub->live[CUDA_STUB_EXEC], 0);
        rft_backend_cuda.close(device);
        rft_cuda_end("graphs");
    }
}

/* A program is destroyed, and a block given back, only when what was queued is done. */
static void test_queued(void **state)
{
    struct numbered p;
    struct cuda_stub *stub = begin_numbered(&p);
    struct rft_device *device = rft_cuda_open(0);
    struct rft_exec *exec = record(device, &p);
    uint64_t ticket;
    (void)state;
    assert_int_equal(rft_backend_cuda.run(device, exec, 2, &ticket), RFT_OK);
    assert_int_equal(p.n_ran, 0); /* the stub runs nothing before somebody waits */
    rft_backend_cuda.exec_destroy(device, exec);
    assert_int_equal(p.n_ran, 2 * N_NODES);
    exec = record(device, &p);
    assert_int_equal(rft_backend_cuda.run(device, exec, 1, &ticket), RFT_OK);
    stub->fail_call = CUDA_STUB_StreamSynchronize;
    stub->fail_at = stub->n_calls[CUDA_STUB_StreamSynchronize] + 1;
    stub->fail_result = CUDA_ERROR_INVALID_VALUE;
    rft_test_log_capture();
    assert_int_equal(rft_backend_cuda.wait(device, ticket), RFT_ERR_DEVICE);
    rft_test_log_release();
    assert_int_equal(rft_test_log_count("running a program: CUDA_ERROR_INVALID_VALUE"), 1);
    assert_int_equal(p.n_ran, 3 * N_NODES); /* after a failure, too, nothing is at work */
    rft_backend_cuda.exec_destroy(device, exec);
    rft_backend_cuda.close(device);
    rft_cuda_end("queued work");
}

static enum rft_status profile(struct rft_device *device, struct rft_exec *exec, float us[N_NODES])
{
    memset(us, 0xff, N_NODES * sizeof *us);
    return rft_backend_cuda.profile(device, exec, us, N_NODES);
}

/* Every call of a profile fails in turn: no times, one error, and the device goes on if it is not lost. */
static void fail_in_profile(enum cuda_stub_call call, uint64_t at, CUresult result)
{
    const bool is_end = call == CUDA_STUB_EventDestroy;
    struct numbered p;
    struct cuda_stub *stub = begin_numbered(&p);
    struct rft_device *device = rft_cuda_open(0);
    struct rft_exec *exec = record(device, &p);
    float us[N_NODES];
    stub->what = cuda_stub_call_name(call);
    stub->fail_call = call;
    stub->fail_at = stub->n_calls[call] + at;
    stub->fail_result = result;
    rft_test_log_capture();
    assert_true((profile(device, exec, us) == RFT_OK) == is_end);
    assert_int_equal(stub->n_failed, 1);
    assert_int_equal(rft_test_log_count("error: "), !is_end);
    for (uint32_t i = 0; i < N_NODES; i++)
        assert_true(is_end ? us[i] >= 0 : us[i] == 0);
    if (result != CUDA_ERROR_ILLEGAL_ADDRESS)
        run(device, exec, 1);
    rft_backend_cuda.exec_destroy(device, exec);
    rft_backend_cuda.close(device);
    rft_test_log_release();
    rft_cuda_end(cuda_stub_call_name(call));
}

static void test_profile(void **state)
{
    static const CUresult results[] = {CUDA_ERROR_OUT_OF_MEMORY, CUDA_ERROR_INVALID_VALUE, CUDA_ERROR_ILLEGAL_ADDRESS};
    struct numbered p;
    struct cuda_stub *stub = begin_numbered(&p), before, after;
    struct rft_device *device = rft_cuda_open(0);
    struct rft_exec *exec = record(device, &p);
    float us[N_NODES];
    uint32_t n_faults = 0;
    (void)state;
    before = *stub;
    assert_int_equal(profile(device, exec, us), RFT_OK);
    after = *stub;
    check_order(&p, 1);
    for (uint32_t i = 0; i < N_NODES; i++)
        assert_true(us[i] >= 0 && us[i] < 1e6f);
    assert_int_equal(stub->live[CUDA_STUB_EVENT], 0);
    rft_backend_cuda.exec_destroy(device, exec);
    rft_backend_cuda.close(device);
    for (int call = 0; call < CUDA_STUB_CALL_COUNT; call++)
        for (uint64_t at = 1; at <= after.n_calls[call] - before.n_calls[call]; at++)
            for (size_t k = 0; k < sizeof results / sizeof *results; k++, n_faults++)
                fail_in_profile((enum cuda_stub_call)call, at, results[k]);
    assert_true(n_faults > 100);
}

/* A block that does not fit is refused, and the device goes on. */
static void test_refused_block(void **state)
{
    struct cuda_stub *stub = rft_cuda_begin(true);
    struct rft_device *device = rft_cuda_open(0);
    struct rft_memory memory;
    struct rft_block block;
    uint32_t word = 0x12345678, read = 0;
    (void)state;
    assert_int_equal(rft_backend_cuda.memory(device, &memory), RFT_OK);
    assert_int_equal(memory.total_bytes, stub->devices[0].total_bytes);
    assert_int_equal(memory.available_bytes, stub->devices[0].total_bytes - stub->context_bytes - (64 << 20));
    rft_test_log_capture();
    assert_int_equal(
        rft_backend_cuda.block_create(device, 2 * memory.total_bytes, RFT_PLACE_DEVICE, "too much", &block),
        RFT_ERR_DEVICE_MEMORY);
    assert_int_equal(rft_backend_cuda.block_create(device, 0, RFT_PLACE_DEVICE, "nothing", &block),
                     RFT_ERR_DEVICE_MEMORY);
    assert_int_equal(rft_backend_cuda.block_create(device, UINT64_MAX, RFT_PLACE_HOST, "everything", &block),
                     RFT_ERR_DEVICE_MEMORY);
    rft_test_log_release();
    assert_non_null(strstr(rft_test_log_text(), "no memory for too much: 2147483648 bytes: CUDA_ERROR_OUT_OF_MEMORY"));
    assert_int_equal(rft_test_log_count("(more than one block may have)"), 2);
    assert_int_equal(stub->live_bytes, stub->context_bytes);
    for (int place = RFT_PLACE_DEVICE; place <= RFT_PLACE_HOST; place++) {
        assert_int_equal(rft_backend_cuda.block_create(device, 100, (enum rft_place)place, "little", &block), RFT_OK);
        const struct rft_slice slice = {&block, 96, 4};
        assert_int_equal(rft_backend_cuda.read(device, slice, &read), RFT_OK);
        assert_int_equal(read, 0); /* fresh memory is zero */
        assert_int_equal(rft_backend_cuda.write(device, slice, &word), RFT_OK);
        assert_int_equal(rft_backend_cuda.read(device, slice, &read), RFT_OK);
        assert_int_equal(read, word);
        rft_backend_cuda.block_destroy(device, &block);
    }
    rft_backend_cuda.close(device);
    rft_cuda_end("a refused block");
}

/* Blocks that are left when the device is closed, one of which the driver takes back only the second time. */
static void test_left_blocks(void **state)
{
    struct cuda_stub *stub = rft_cuda_begin(true);
    struct rft_device *device = rft_cuda_open(0);
    struct rft_block blocks[4];
    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(
            rft_backend_cuda.block_create(device, 1000, i < 3 ? RFT_PLACE_DEVICE : RFT_PLACE_HOST, "left", &blocks[i]),
            RFT_OK);
    stub->fail_call = CUDA_STUB_MemUnmap;
    stub->fail_at = 1;
    stub->fail_result = CUDA_ERROR_INVALID_VALUE;
    rft_backend_cuda.close(device);
    assert_int_equal(stub->n_failed, 1);
    rft_cuda_end("blocks that are left");
}

/* A process with few addresses gets fewer, and blocks that do not fit there are refused; the first gap that is large
 * enough is taken. */
static void test_addresses(void **state)
{
    static const uint64_t mib = 1 << 20;
    struct cuda_stub *stub = rft_cuda_begin(true);
    struct rft_device *device;
    struct rft_block blocks[3], block;
    uint64_t address;
    (void)state;
    stub->devices[0].total_bytes = (uint64_t)16 << 30;
    stub->fail_call = CUDA_STUB_MemAddressReserve;
    stub->fail_at = 1;
    stub->n_fails = 6; /* 64 GiB, 32, ... */
    stub->fail_result = CUDA_ERROR_OUT_OF_MEMORY;
    device = rft_cuda_open(0);
    rft_test_log_capture();
    assert_int_equal(rft_backend_cuda.block_create(device, 1025 * mib, RFT_PLACE_DEVICE, "large", &block),
                     RFT_ERR_DEVICE_MEMORY);
    rft_test_log_release();
    assert_int_equal(stub->n_calls[CUDA_STUB_MemCreate], 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(rft_backend_cuda.block_create(device, 1 << 16, RFT_PLACE_DEVICE, "small", &blocks[i]), RFT_OK);
    address = blocks[1].address;
    rft_backend_cuda.block_destroy(device, &blocks[1]);
    assert_int_equal(rft_backend_cuda.block_create(device, 1 << 17, RFT_PLACE_DEVICE, "wide", &block), RFT_OK);
    assert_true(block.address > blocks[2].address);
    assert_int_equal(rft_backend_cuda.block_create(device, 1, RFT_PLACE_DEVICE, "small", &blocks[1]), RFT_OK);
    assert_int_equal(blocks[1].address, address);
    rft_backend_cuda.block_destroy(device, &block);
    for (int i = 0; i < 3; i++)
        rft_backend_cuda.block_destroy(device, &blocks[i]);
    rft_backend_cuda.close(device);
    rft_cuda_end("few addresses");
}

/* A GPU whose memory is the host's promises no more than the host has, and nothing beside it. */
static void test_integrated(void **state)
{
    struct cuda_stub *stub = rft_cuda_begin(true);
    struct rft_device *device;
    struct rft_memory memory;
    (void)state;
    stub->devices[0].is_integrated = true;
    stub->devices[0].total_bytes = (uint64_t)1 << 44;
    device = rft_cuda_open(0);
    assert_int_equal(rft_backend_cuda.memory(device, &memory), RFT_OK);
    assert_int_equal(memory.total_bytes, (uint64_t)1 << 44);
    assert_true(memory.available_bytes < (uint64_t)1 << 43);
    assert_int_equal(memory.host_available_bytes, 0);
    rft_backend_cuda.close(device);
    rft_cuda_end("an integrated GPU");
}

/* A lost device says so, once with its cause, until it is closed; then it opens again. */
static void test_lost_device(void **state)
{
    struct numbered p;
    struct cuda_stub *stub = begin_numbered(&p);
    struct rft_device *device = rft_cuda_open(0);
    struct rft_exec *exec = record(device, &p), *none;
    struct rft_memory memory;
    struct rft_block block, other;
    float us[N_NODES];
    uint64_t ticket;
    uint32_t word = 0, n;
    (void)state;
    assert_int_equal(rft_backend_cuda.block_create(device, 4, RFT_PLACE_DEVICE, "word", &block), RFT_OK);
    const struct rft_slice slice = {&block, 0, 4};
    stub->fail_call = CUDA_STUB_StreamSynchronize;
    stub->fail_at = stub->n_calls[CUDA_STUB_StreamSynchronize] + 1;
    stub->fail_result = CUDA_ERROR_LAUNCH_TIMEOUT;
    rft_test_log_capture();
    assert_int_equal(rft_backend_cuda.write(device, slice, &word), RFT_ERR_DEVICE_LOST);
    assert_non_null(strstr(rft_test_log_text(), "CUDA_ERROR_LAUNCH_TIMEOUT (this GPU also draws a screen"));
    rft_test_log_release();
    rft_test_log_capture();
    assert_int_equal(rft_backend_cuda.read(device, slice, &word), RFT_ERR_DEVICE_LOST);
    assert_int_equal(rft_backend_cuda.memory(device, &memory), RFT_ERR_DEVICE_LOST);
    assert_int_equal(rft_backend_cuda.block_create(device, 4, RFT_PLACE_DEVICE, "other", &other), RFT_ERR_DEVICE_LOST);
    assert_int_equal(rft_backend_cuda.exec_create(device, &p.program, &none), RFT_ERR_DEVICE_LOST);
    assert_int_equal(rft_backend_cuda.run(device, exec, 1, &ticket), RFT_ERR_DEVICE_LOST);
    assert_int_equal(rft_backend_cuda.wait(device, 0), RFT_ERR_DEVICE_LOST);
    assert_int_equal(profile(device, exec, us), RFT_ERR_DEVICE_LOST);
    assert_int_equal(rft_backend_cuda.self_test(device, &n), RFT_ERR_DEVICE_LOST);
    assert_true(none == NULL && other.handle == NULL && ticket == 0 && us[0] == 0 && n == 0);
    rft_backend_cuda.exec_destroy(device, exec);
    rft_backend_cuda.block_destroy(device, &block);
    rft_backend_cuda.close(device);
    assert_string_equal(rft_test_log_text(), "");
    rft_test_log_release();
    rft_cuda_end("a lost device");
    device = rft_cuda_open(0);
    rft_backend_cuda.close(device);
    rft_cuda_end("a lost device, opened again");
}

/* Devices side by side, one of which is lost while the other goes on. */
static void test_two_devices(void **state)
{
    struct numbered p;
    struct cuda_stub *stub = begin_numbered(&p);
    struct rft_device *devices[2];
    struct rft_exec *execs[2];
    struct rft_block blocks[2];
    uint32_t word;
    (void)state;
    stub->n_devices = 2;
    for (uint32_t i = 0; i < 2; i++) {
        devices[i] = rft_cuda_open(i);
        assert_int_equal(rft_backend_cuda.block_create(devices[i], 4, RFT_PLACE_DEVICE, "word", &blocks[i]), RFT_OK);
    }
    for (uint32_t i = 0; i < 2; i++) {
        execs[i] = record(devices[i], &p);
        word = 7 + i;
        assert_int_equal(rft_backend_cuda.write(devices[i], (struct rft_slice){&blocks[i], 0, 4}, &word), RFT_OK);
    }
    for (uint32_t i = 0; i < 2; i++) {
        run(devices[i], execs[i], 1);
        assert_int_equal(rft_backend_cuda.read(devices[i], (struct rft_slice){&blocks[i], 0, 4}, &word), RFT_OK);
        assert_int_equal(word, 7 + i);
    }
    stub->fail_call = CUDA_STUB_StreamSynchronize;
    stub->fail_at = stub->n_calls[CUDA_STUB_StreamSynchronize] + 1;
    stub->fail_result = CUDA_ERROR_ILLEGAL_ADDRESS;
    rft_test_log_capture();
    assert_int_equal(rft_backend_cuda.read(devices[0], (struct rft_slice){&blocks[0], 0, 4}, &word),
                     RFT_ERR_DEVICE_LOST);
    rft_test_log_release();
    run(devices[1], execs[1], 1);
    rft_backend_cuda.exec_destroy(devices[0], execs[0]);
    rft_backend_cuda.block_destroy(devices[0], &blocks[0]);
    assert_int_equal(rft_backend_cuda.read(devices[1], (struct rft_slice){&blocks[1], 0, 4}, &word), RFT_OK);
    assert_int_equal(word, 8);
    rft_backend_cuda.close(devices[0]);
    devices[0] = rft_cuda_open(0);
    run(devices[1], execs[1], 1);
    rft_backend_cuda.close(devices[0]);
    rft_backend_cuda.exec_destroy(devices[1], execs[1]);
    rft_backend_cuda.block_destroy(devices[1], &blocks[1]);
    rft_backend_cuda.close(devices[1]);
    rft_cuda_end("two devices");
}

static enum rft_status use(void *user)
{
    const struct rft_device_options options = {0};
    struct numbered p;
    struct rft_device *device = NULL;
    struct rft_block blocks[2] = {{0}, {0}};
    struct rft_exec *exec = NULL;
    uint64_t ticket;
    enum rft_status status;
    (void)user;
    (void)begin_numbered(&p);
    status = rft_backend_cuda.open(0, &options, &device);
    for (int i = 0; i < 2 && status == RFT_OK; i++)
        status = rft_backend_cuda.block_create(device, 100, (enum rft_place)i, "a block", &blocks[i]);
    if (status == RFT_OK)
        status = rft_backend_cuda.exec_create(device, &p.program, &exec);
    if (status == RFT_OK)
        status = rft_backend_cuda.run(device, exec, 1, &ticket);
    if (exec != NULL)
        rft_backend_cuda.exec_destroy(device, exec);
    for (int i = 0; i < 2; i++)
        if (device != NULL)
            rft_backend_cuda.block_destroy(device, &blocks[i]);
    rft_backend_cuda.close(device);
    rft_cuda_end("no memory of the host");
    return status;
}

/* The host has no memory, at any allocation; and nothing is left after many times. */
static void test_no_host_memory(void **state)
{
    (void)state;
    assert_int_equal(rft_test_alloc_faults(use, NULL), 8);
    for (int i = 0; i < 200; i++)
        assert_int_equal(use(NULL), RFT_OK);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_graphs),         cmocka_unit_test(test_queued),      cmocka_unit_test(test_profile),
        cmocka_unit_test(test_refused_block),  cmocka_unit_test(test_left_blocks), cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_integrated),     cmocka_unit_test(test_lost_device), cmocka_unit_test(test_two_devices),
        cmocka_unit_test(test_no_host_memory),
    };
    return rft_cuda_job_init() ? RFT_TEST_RUN(tests, NULL, NULL) : 77;
}
