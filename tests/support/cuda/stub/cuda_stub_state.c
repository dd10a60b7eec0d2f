/* SPDX-License-Identifier: MIT */
#include "cuda_stub_state.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cuda_stub cuda_stub;
static struct stub_object *objects[CUDA_STUB_OBJECT_COUNT];
static bool is_ready, is_initialized;
static uint32_t random_state = 1;

#define TEXT(name, needs) {"cu" #name, #needs[0]},
static const struct {
    const char *name;
    char needs;
} calls[] = {CUDA_STUB_CALLS(TEXT){"?", 'N'}};
#undef TEXT

const char *cuda_stub_call_name(enum cuda_stub_call call)
{
    return calls[call].name;
}

void stub_misuse(const char *format, ...)
{
    va_list list;
    fflush(stdout);
    fprintf(stderr, "cuda_stub: %s%s", cuda_stub.what != NULL ? cuda_stub.what : "",
            cuda_stub.what != NULL ? ": " : "");
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fputs("\n", stderr);
    abort();
}

void *stub_alloc(size_t n, size_t size)
{
    void *memory = calloc(n, size);
    STUB_DEMAND(memory != NULL, "out of memory");
    return memory;
}

uint32_t stub_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    return random_state ^= random_state << 5;
}

static uint64_t number_of(const char *name, uint64_t otherwise)
{
    const char *value = getenv(name);
    return value != NULL && *value != '\0' ? strtoull(value, NULL, 10) : otherwise;
}

/* Whether this processor runs the kernels' code. */
static bool can_run(void)
{
#if defined(__x86_64__)
    return __builtin_cpu_supports("fma") && __builtin_cpu_supports("avx2");
#else
    return true;
#endif
}

static void reset(void)
{
    const char *capability = getenv("CUDA_STUB_CAPABILITY"), *name = getenv("CUDA_STUB_NAME");
    int major = 9, minor = 0;
    if (capability != NULL && sscanf(capability, "%d.%d", &major, &minor) != 2)
        stub_misuse("CUDA_STUB_CAPABILITY is not <major>.<minor>");
    memset(&cuda_stub, 0, sizeof cuda_stub);
    cuda_stub.driver_version = (int)number_of("CUDA_STUB_DRIVER_VERSION", CUDA_VERSION > 13000 ? CUDA_VERSION : 13000);
    cuda_stub.n_devices = can_run() ? (uint32_t)number_of("CUDA_STUB_DEVICES", 1) : 0;
    STUB_DEMAND(cuda_stub.n_devices <= CUDA_STUB_DEVICES_MAX, "CUDA_STUB_DEVICES is more than %d",
                CUDA_STUB_DEVICES_MAX);
    cuda_stub.granularity = number_of("CUDA_STUB_GRANULARITY", 65536);
    cuda_stub.context_bytes = 4u << 20;
    cuda_stub.binary_version = 10 * major + minor;
    cuda_stub.order = (int)number_of("CUDA_STUB_ORDER", 0);
    for (int i = 0; i < CUDA_STUB_DEVICES_MAX; i++) {
        struct cuda_stub_device *d = &cuda_stub.devices[i];
        snprintf(d->name, sizeof d->name, "%s", name != NULL ? name : "rftgen host shim");
        d->major = major;
        d->minor = minor;
        d->n_multiprocessors = 4;
        d->total_bytes = number_of("CUDA_STUB_BYTES", (uint64_t)1 << 30);
    }
}

/* A library's constructor, so that a test finds the settings made. */
__attribute__((constructor)) static void make_ready(void)
{
    if (is_ready)
        return;
    is_ready = true;
    if (!can_run())
        fputs("cuda_stub: this processor lacks fma or avx2: there is no device\n", stderr);
    reset();
}

const char *cuda_stub_left(void)
{
    static const char *const names[] = {"contexts",
                                        "address reservations",
                                        "pieces of memory",
                                        "mappings",
                                        "pieces of host memory",
                                        "streams",
                                        "events",
                                        "modules",
                                        "functions",
                                        "graphs",
                                        "executable graphs"};
    static char text[320];
    size_t n = 0;
    text[0] = '\0';
    for (int kind = 0; kind < CUDA_STUB_OBJECT_COUNT; kind++)
        if (cuda_stub.live[kind] != 0)
            n += (size_t)snprintf(text + n, sizeof text - n, "%s%lld %s", n == 0 ? "" : ", ",
                                  (long long)cuda_stub.live[kind], names[kind]);
    if (cuda_stub.live_bytes != 0 || cuda_stub.host_bytes != 0)
        snprintf(text + n, sizeof text - n, "%s%llu bytes of devices, %llu of the host", n == 0 ? "" : ", ",
                 (unsigned long long)cuda_stub.live_bytes, (unsigned long long)cuda_stub.host_bytes);
    return text[0] == '\0' ? NULL : text;
}

struct cuda_stub *cuda_stub_begin(void)
{
    const char *left = cuda_stub_left();
    STUB_DEMAND(left == NULL, "left behind before this run: %s", left);
    reset();
    return &cuda_stub;
}

__attribute__((destructor)) static void check_end(void)
{
    const char *left = cuda_stub_left();
    STUB_DEMAND(left == NULL, "left behind at the end: %s", left);
}

bool stub_is_initialized(void)
{
    return is_initialized;
}

/* Errors that a context does not survive. */
bool stub_is_sticky(CUresult result)
{
    return result == CUDA_ERROR_ILLEGAL_ADDRESS || result == CUDA_ERROR_LAUNCH_TIMEOUT ||
           result == CUDA_ERROR_LAUNCH_FAILED || result == CUDA_ERROR_ECC_UNCORRECTABLE ||
           result == CUDA_ERROR_ILLEGAL_INSTRUCTION || result == CUDA_ERROR_MISALIGNED_ADDRESS ||
           result == CUDA_ERROR_HARDWARE_STACK_ERROR || result == CUDA_ERROR_INVALID_PC ||
           result == CUDA_ERROR_ASSERT || result == CUDA_ERROR_UNKNOWN;
}

CUresult stub_enter(enum cuda_stub_call call)
{
    const uint64_t n_fails = cuda_stub.n_fails == 0 ? 1 : cuda_stub.n_fails;
    const char *name = calls[call].name;
    struct CUctx_st *context;
    uint64_t n;
    bool fails;
    if (cuda_stub.on_call != NULL)
        cuda_stub.on_call(cuda_stub.user, call);
    cuda_stub.n_calls[call]++;
    cuda_stub.n_calls_all++;
    STUB_DEMAND(calls[call].needs == 'N' || is_initialized, "%s: before cuInit", name);
    context = stub_current();
    STUB_DEMAND(calls[call].needs != 'C' || context != NULL, "%s: no context is current", name);
    n = cuda_stub.fail_call == CUDA_STUB_CALL_COUNT ? cuda_stub.n_calls_all : cuda_stub.n_calls[call];
    fails = cuda_stub.fail_at != 0 && (cuda_stub.fail_call == call || cuda_stub.fail_call == CUDA_STUB_CALL_COUNT) &&
            n >= cuda_stub.fail_at && n - cuda_stub.fail_at < n_fails;
    cuda_stub.n_failed += fails;
    if (fails && context != NULL && context->lost == CUDA_SUCCESS && stub_is_sticky(cuda_stub.fail_result))
        stub_lose(context, cuda_stub.fail_result);
    if (context != NULL && context->lost != CUDA_SUCCESS &&
        (calls[call].needs == 'C' || strncmp(name, "cuMem", 5) == 0))
        return context->lost;
    if (!fails && call == CUDA_STUB_Init && cuda_stub.n_devices == 0)
        return CUDA_ERROR_NO_DEVICE;
    if (!fails && call == CUDA_STUB_Init)
        is_initialized = true;
    return fails ? cuda_stub.fail_result : CUDA_SUCCESS;
}

CUresult stub_gave(CUresult result, void *out, size_t bytes)
{
    if (result != CUDA_SUCCESS)
        memset(out, 0x5a, bytes);
    return result;
}

void *stub_make(enum cuda_stub_object kind, size_t bytes)
{
    const bool is_memory = kind == CUDA_STUB_RESERVATION || kind == CUDA_STUB_PHYSICAL || kind == CUDA_STUB_MAPPING;
    struct stub_object *object = stub_alloc(1, bytes);
    object->kind = kind;
    object->context = is_memory ? NULL : stub_current();
    object->next = objects[kind];
    objects[kind] = object;
    cuda_stub.live[kind]++;
    return object;
}

void *stub_find(enum cuda_stub_object kind, const void *handle)
{
    struct stub_object *object = objects[kind];
    while (object != NULL && (const void *)object != handle)
        object = object->next;
    STUB_DEMAND(object != NULL, "a handle that is none, or was destroyed: %p, of kind %d", handle, (int)kind);
    STUB_DEMAND(object->context == NULL || object->context == stub_current(), "a handle of another context, of kind %d",
                (int)kind);
    return object;
}

void stub_drop(void *gone)
{
    struct stub_object *object = gone, **at = &objects[object->kind];
    while (*at != object)
        at = &(*at)->next;
    *at = object->next;
    cuda_stub.live[object->kind]--;
    free(object);
}

struct stub_object *stub_first(enum cuda_stub_object kind)
{
    return objects[kind];
}

struct stub_object *stub_next(const struct stub_object *object)
{
    return object->next;
}
