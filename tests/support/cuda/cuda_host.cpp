/* SPDX-License-Identifier: MIT */
/* Runs kernels as the host compiled them. Each thread of a block is a fibre with a stack of its own; a warp runs until
 * all its fibres are at a barrier or done, then the next warp; when all are there, the barrier opens. */
#include "cuda_host.h"

#include "cuda_shim.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/mman.h>

#define THREADS_MAX 1024u
#define WARP 32u
#define STACK_BYTES (64u << 10)
#define SHARED_BYTES_MAX (48u << 10) /* what a kernel gets without asking */
#define NEVER_WRITTEN 0xff           /* as f32 not a number; as an index out of all bounds */

/* void shim_switch(void **save, void *load): leaves the stack *save for the one that was left as `load`. */
extern "C" void shim_switch(void **save, void *load);
#if defined(__x86_64__)
__asm__(".text\n.globl shim_switch\n.type shim_switch, @function\nshim_switch:\n"
        "push %rbp\npush %rbx\npush %r12\npush %r13\npush %r14\npush %r15\n"
        "mov %rsp, (%rdi)\nmov %rsi, %rsp\n"
        "pop %r15\npop %r14\npop %r13\npop %r12\npop %rbx\npop %rbp\nret\n.size shim_switch, . - shim_switch\n");
#define SAVED_WORDS 6u /* and behind them, where to go on */
#define RESUME_WORD 6u
#elif defined(__aarch64__)
__asm__(".text\n.globl shim_switch\n.type shim_switch, %function\nshim_switch:\n"
        "sub sp, sp, #160\n"
        "stp x19, x20, [sp]\nstp x21, x22, [sp, #16]\nstp x23, x24, [sp, #32]\nstp x25, x26, [sp, #48]\nstp x27, x28, "
        "[sp, #64]\n"
        "stp x29, x30, [sp, #80]\nstp d8, d9, [sp, #96]\nstp d10, d11, [sp, #112]\nstp d12, d13, [sp, #128]\nstp d14, "
        "d15, [sp, #144]\n"
        "mov x9, sp\nstr x9, [x0]\nmov sp, x1\n"
        "ldp x19, x20, [sp]\nldp x21, x22, [sp, #16]\nldp x23, x24, [sp, #32]\nldp x25, x26, [sp, #48]\nldp x27, x28, "
        "[sp, #64]\n"
        "ldp x29, x30, [sp, #80]\nldp d8, d9, [sp, #96]\nldp d10, d11, [sp, #112]\nldp d12, d13, [sp, #128]\nldp d14, "
        "d15, [sp, #144]\n"
        "add sp, sp, #160\nret\n.size shim_switch, . - shim_switch\n");
#define SAVED_WORDS 20u
#define RESUME_WORD 11u
#else
#error "fibres: switching stacks is written for x86-64 and aarch64"
#endif

enum fibre_state { READY, AT_BARRIER, AT_SHUFFLE, DONE };

struct fibre {
    void *stack; /* where it was left */
    enum fibre_state state;
    size_t shared_used; /* of the block's shared memory, by its declarations so far */
    uint32_t n_shuffles;
    uint32_t values[2][6]; /* of its last two shuffles: one may be read while the next is being written */
};

struct shim_place shim_here;

static struct {
    const struct host_kernel *kernel;
    const void *args;
    uint32_t parameter;
    void *scheduler; /* its stack */
    struct fibre fibres[THREADS_MAX];
    uint8_t *stacks;     /* [THREADS_MAX][STACK_BYTES] */
    size_t shared_bytes; /* that the last block declared */
    int order;
    uint32_t random;
    alignas(16) uint8_t shared[SHARED_BYTES_MAX];
} shim;

static const struct host_kernel *kernels;

host_kernel::host_kernel(const char *name_, shim_kernel *run_, size_t args_bytes_, uint32_t threads_max_)
    : name(name_), run(run_), args_bytes(args_bytes_), threads_max(threads_max_), next(kernels)
{
    kernels = this;
}

const struct host_kernel *host_kernel_find(const char *name)
{
    const struct host_kernel *kernel = kernels;
    while (kernel != NULL && strcmp(kernel->name, name) != 0)
        kernel = kernel->next;
    return kernel;
}

size_t host_kernel_args_bytes(const struct host_kernel *kernel)
{
    return kernel->args_bytes;
}

void host_kernel_set_order(int order)
{
    shim.order = order;
}

[[noreturn]] static void fail(const char *what)
{
    fprintf(stderr, "kernel %s: %s\n", shim.kernel != NULL ? shim.kernel->name : "", what);
    abort();
}

/* Back to the scheduler, until it goes on with this fibre. */
static void yield(enum fibre_state state)
{
    struct fibre *fibre = &shim.fibres[shim_here.thread];
    fibre->state = state;
    shim_switch(&fibre->stack, shim.scheduler);
}

void shim_sync_block()
{
    yield(AT_BARRIER);
}

/* Shows n values to the whole warp, and waits until all its fibres have done so. Returns which of a fibre's they are.
 */
static uint32_t show(const uint32_t *values, uint32_t n)
{
    struct fibre *fibre = &shim.fibres[shim_here.thread];
    const uint32_t turn = fibre->n_shuffles++ % 2u;
    memcpy(fibre->values[turn], values, n * sizeof *values);
    yield(AT_SHUFFLE);
    return turn;
}

uint32_t shim_shuffle_xor(uint32_t value, uint32_t mask)
{
    const uint32_t turn = show(&value, 1);
    return shim.fibres[shim_here.thread ^ mask].values[turn][0];
}

void shim_multiply_bytes(uint32_t sums[4], const uint32_t a[4], const uint32_t b[2], uint32_t begin)
{
    const uint32_t values[6] = {a[0], a[1], a[2], a[3], b[0], b[1]}, turn = show(values, 6);
    const uint32_t thread = shim_here.thread % WARP;
    const struct fibre *warp = &shim.fibres[shim_here.thread - thread], *rows = &warp[thread / 4 * 4],
                       *columns = &warp[thread % 4 * 8];
    for (uint32_t i = 0; i < 16; i++) {
        const uint32_t sum = i / 4, place = i % 4; /* sums: [row][column] */
        if (place == 0)
            sums[sum] = begin;
        const uint32_t *x = rows[place].values[turn], *y = columns[sum % 2 * 4 + place].values[turn];
        sums[sum] = dot4(x[sum / 2], y[4], sums[sum]);
        sums[sum] = dot4(x[2 + sum / 2], y[5], sums[sum]);
    }
}

void *shim_shared(size_t bytes)
{
    struct fibre *fibre = &shim.fibres[shim_here.thread];
    const size_t at = (fibre->shared_used + 15u) / 16u * 16u;
    fibre->shared_used = at + bytes;
    if (fibre->shared_used > SHARED_BYTES_MAX)
        fail("more shared memory than a block has");
    if (fibre->shared_used > shim.shared_bytes) {
        memset(shim.shared + shim.shared_bytes, NEVER_WRITTEN, fibre->shared_used - shim.shared_bytes);
        shim.shared_bytes = fibre->shared_used;
    }
    return shim.shared + at;
}

static void begin_fibre()
{
    shim.kernel->run(shim.args, shim.parameter);
    yield(DONE);
    fail("a fibre goes on after its end");
}

static void prepare_fibre(uint32_t thread)
{
    /* As a call leaves it: the address to return to is the word below a multiple of 16. */
    uint64_t *top = reinterpret_cast<uint64_t *>(shim.stacks + (size_t)(thread + 1) * STACK_BYTES) - 2 - SAVED_WORDS;
    memset(top, 0, (SAVED_WORDS + 2) * sizeof *top);
    top[RESUME_WORD] = reinterpret_cast<uint64_t>(begin_fibre);
    shim.fibres[thread] = fibre();
    shim.fibres[thread].stack = top;
}

/* The i-th of n in the order that is set; a permutation for each value of the seed. */
static uint32_t in_order(uint32_t i, uint32_t n, uint32_t seed)
{
    if (shim.order == 1)
        return n - 1 - i;
    if (shim.order != 2 || n == 1)
        return i;
    const uint32_t turned = (i + seed) % n; /* turned round, and even places before odd ones */
    const uint32_t half = (n + 1) / 2;
    return seed % 3 == 0 ? n - 1 - turned : turned < half ? 2 * turned : 2 * (turned - half) + 1;
}

static uint32_t next_random()
{
    shim.random = shim.random * 1664525u + 1013904223u;
    return shim.random >> 8;
}

/* Runs the warp until its fibres are at the barrier or done. */
static void run_warp(uint32_t warp, uint32_t n_threads)
{
    const uint32_t first = warp * WARP, n = n_threads - first < WARP ? n_threads - first : WARP;
    for (;;) {
        const uint32_t seed = next_random();
        uint32_t n_shuffling = 0;
        for (uint32_t i = 0; i < n; i++) {
            struct fibre *fibre = &shim.fibres[first + in_order(i, n, seed)];
            shim_here.thread = first + in_order(i, n, seed);
            if (fibre->state == READY)
                shim_switch(&shim.scheduler, fibre->stack);
        }
        for (uint32_t i = 0; i < n; i++)
            n_shuffling += shim.fibres[first + i].state == AT_SHUFFLE;
        if (n_shuffling == 0)
            return;
        if (n_shuffling != WARP)
            fail("a shuffle that part of a warp takes part in");
        for (uint32_t i = 0; i < n; i++)
            shim.fibres[first + i].state = READY;
    }
}

static void run_block(uint32_t n_threads)
{
    const uint32_t n_warps = (n_threads + WARP - 1) / WARP;
    bool is_done = false;
    memset(shim.shared, NEVER_WRITTEN, shim.shared_bytes);
    for (uint32_t i = 0; i < n_threads; i++)
        prepare_fibre(i);
    while (!is_done) {
        const uint32_t seed = next_random();
        for (uint32_t i = 0; i < n_warps; i++)
            run_warp(in_order(i, n_warps, seed), n_threads);
        is_done = true;
        for (uint32_t i = 0; i < n_threads; i++) {
            if (shim.fibres[i].state != DONE) {
                shim.fibres[i].state = READY;
                is_done = false;
            }
        }
    }
}

void host_kernel_run(const struct host_kernel *kernel, const void *args, uint32_t parameter, uint32_t grid_x,
                     uint32_t grid_y, uint32_t threads)
{
    shim.kernel = kernel;
    shim.args = args;
    shim.parameter = parameter;
    shim.shared_bytes = 0;
    if (threads == 0 || threads > kernel->threads_max || threads > THREADS_MAX)
        fail("more threads in a block than it was compiled for");
    if (shim.stacks == NULL) {
        void *p =
            mmap(NULL, (size_t)THREADS_MAX * STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (p == MAP_FAILED)
            fail("no memory for stacks");
        shim.stacks = static_cast<uint8_t *>(p);
    }
    const uint32_t seed = next_random();
    const uint64_t n_blocks = (uint64_t)grid_x * grid_y;
    if (n_blocks > UINT32_MAX)
        fail("more blocks than the host can count");
    for (uint32_t i = 0; i < (uint32_t)n_blocks; i++) {
        const uint32_t block = in_order(i, (uint32_t)n_blocks, seed % (uint32_t)n_blocks);
        shim_here = {0, threads, block % grid_x, block / grid_x};
        run_block(threads);
    }
    shim.kernel = NULL;
}
