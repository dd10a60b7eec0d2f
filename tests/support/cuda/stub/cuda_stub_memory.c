/* SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "cuda_stub_state.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define GARBAGE 0xa5

struct reservation {
    struct stub_object object;
    CUdeviceptr address;
    size_t bytes;
    char *whole; /* what was asked of the system */
    size_t whole_bytes;
};

struct physical {
    struct stub_object object;
    size_t bytes;
    CUdevice device;
    bool is_held; /* by its handle */
    bool is_mapped;
};

struct mapping {
    struct stub_object object;
    CUdeviceptr address;
    size_t bytes;
    struct physical *physical;
    bool is_accessible;
};

struct host_memory {
    struct stub_object object;
    CUdeviceptr address;
    size_t bytes;
};

static bool is_visible; /* now */

static bool is_inside(CUdeviceptr address, size_t bytes, CUdeviceptr whole, size_t whole_bytes)
{
    return address >= whole && address - whole <= whole_bytes && bytes <= whole_bytes - (address - whole);
}

static void protect(const struct mapping *m)
{
    const int protection = m->is_accessible && is_visible ? PROT_READ | PROT_WRITE : PROT_NONE;
    STUB_DEMAND(mprotect((void *)(uintptr_t)m->address, m->bytes, protection) == 0, "mprotect fails");
}

void stub_set_visible(bool wanted)
{
    if (is_visible == (wanted || cuda_stub.is_visible))
        return;
    is_visible = wanted || cuda_stub.is_visible;
    for (struct stub_object *o = stub_first(CUDA_STUB_MAPPING); o != NULL; o = stub_next(o))
        protect((const struct mapping *)o);
}

bool stub_is_accessible(CUdeviceptr address, size_t bytes)
{
    for (struct stub_object *o = stub_first(CUDA_STUB_HOST); o != NULL; o = stub_next(o)) {
        const struct host_memory *h = (const struct host_memory *)o;
        if (is_inside(address, bytes, h->address, h->bytes))
            return true;
    }
    for (struct stub_object *o = stub_first(CUDA_STUB_MAPPING); o != NULL; o = stub_next(o)) {
        const struct mapping *m = (const struct mapping *)o;
        uint64_t here;
        if (!m->is_accessible || !is_inside(address, 1, m->address, m->bytes))
            continue;
        here = m->address + m->bytes - address; /* neighbours are one memory */
        return bytes <= here || stub_is_accessible(address + here, bytes - here);
    }
    return false;
}

static void check_properties(const CUmemAllocationProp *prop, unsigned long long flags)
{
    STUB_DEMAND(flags == 0 && prop->type == CU_MEM_ALLOCATION_TYPE_PINNED &&
                    prop->location.type == CU_MEM_LOCATION_TYPE_DEVICE,
                "memory of another kind than device memory");
    (void)stub_check_device(prop->location.id);
}

CUresult cuMemGetAllocationGranularity(size_t *granularity, const CUmemAllocationProp *prop,
                                       CUmemAllocationGranularity_flags option)
{
    CUresult result = stub_enter(CUDA_STUB_MemGetAllocationGranularity);
    (void)option;
    check_properties(prop, 0);
    *granularity = cuda_stub.granularity;
    return stub_gave(result, granularity, sizeof *granularity);
}

static void check_size(const char *what, uint64_t n)
{
    STUB_DEMAND(n != 0 && n % cuda_stub.granularity == 0, "%s: %llu is no multiple of the granularity %llu", what,
                (unsigned long long)n, (unsigned long long)cuda_stub.granularity);
}

CUresult cuMemAddressReserve(CUdeviceptr *address, size_t bytes, size_t alignment, CUdeviceptr wanted,
                             unsigned long long flags)
{
    CUresult result = stub_enter(CUDA_STUB_MemAddressReserve);
    const size_t align = alignment > cuda_stub.granularity ? alignment : cuda_stub.granularity;
    const size_t slack = align * (1 + stub_random() % 7);
    struct reservation *r;
    void *whole;
    check_size("cuMemAddressReserve", bytes);
    STUB_DEMAND((alignment & (alignment - 1)) == 0 && wanted == 0 && flags == 0,
                "cuMemAddressReserve: alignment, address or flags");
    if (result == CUDA_SUCCESS && bytes > (size_t)1 << 46)
        result = CUDA_ERROR_OUT_OF_MEMORY;
    if (result != CUDA_SUCCESS)
        return stub_gave(result, address, sizeof *address);
    whole = mmap(NULL, bytes + slack, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (whole == MAP_FAILED)
        return stub_gave(CUDA_ERROR_OUT_OF_MEMORY, address, sizeof *address);
    r = stub_make(CUDA_STUB_RESERVATION, sizeof *r);
    r->whole = whole;
    r->whole_bytes = bytes + slack;
    r->address = ((uintptr_t)whole + slack) / align * align;
    r->bytes = bytes;
    *address = r->address;
    return CUDA_SUCCESS;
}

CUresult cuMemAddressFree(CUdeviceptr address, size_t bytes)
{
    CUresult result = stub_enter(CUDA_STUB_MemAddressFree);
    struct stub_object *o = stub_first(CUDA_STUB_RESERVATION);
    const struct reservation *r;
    while (o != NULL && ((struct reservation *)o)->address != address)
        o = stub_next(o);
    r = (struct reservation *)o;
    STUB_DEMAND(r != NULL && r->bytes == bytes, "cuMemAddressFree: no such reservation");
    if (result != CUDA_SUCCESS)
        return result;
    for (struct stub_object *m = stub_first(CUDA_STUB_MAPPING); m != NULL; m = stub_next(m))
        STUB_DEMAND(!is_inside(((struct mapping *)m)->address, 1, address, bytes),
                    "cuMemAddressFree: something is mapped there");
    STUB_DEMAND(munmap(r->whole, r->whole_bytes) == 0, "munmap fails");
    stub_drop(o);
    return result;
}

CUresult cuMemCreate(CUmemGenericAllocationHandle *handle, size_t bytes, const CUmemAllocationProp *prop,
                     unsigned long long flags)
{
    CUresult result = stub_enter(CUDA_STUB_MemCreate);
    struct physical *p;
    check_properties(prop, flags);
    check_size("cuMemCreate", bytes);
    if (result == CUDA_SUCCESS && !stub_take_bytes(prop->location.id, bytes))
        result = CUDA_ERROR_OUT_OF_MEMORY;
    if (result != CUDA_SUCCESS)
        return stub_gave(result, handle, sizeof *handle);
    p = stub_make(CUDA_STUB_PHYSICAL, sizeof *p);
    p->bytes = bytes;
    p->device = prop->location.id;
    p->is_held = true;
    *handle = (uintptr_t)p;
    return CUDA_SUCCESS;
}

static void drop_unused(struct physical *p)
{
    if (p->is_held || p->is_mapped)
        return;
    stub_give_bytes(p->device, p->bytes);
    stub_drop(p);
}

CUresult cuMemRelease(CUmemGenericAllocationHandle handle)
{
    CUresult result = stub_enter(CUDA_STUB_MemRelease);
    struct physical *p = stub_find(CUDA_STUB_PHYSICAL, (const void *)(uintptr_t)handle);
    STUB_DEMAND(p->is_held, "cuMemRelease: released before");
    p->is_held = false;
    drop_unused(p);
    return result;
}

CUresult cuMemMap(CUdeviceptr address, size_t bytes, size_t offset, CUmemGenericAllocationHandle handle,
                  unsigned long long flags)
{
    CUresult result = stub_enter(CUDA_STUB_MemMap);
    struct physical *p = stub_find(CUDA_STUB_PHYSICAL, (const void *)(uintptr_t)handle);
    bool is_reserved = false;
    struct mapping *m;
    check_size("cuMemMap", bytes);
    STUB_DEMAND(p->is_held && !p->is_mapped && p->bytes == bytes && offset == 0 && flags == 0,
                "cuMemMap: handle, size, offset or flags");
    for (struct stub_object *o = stub_first(CUDA_STUB_RESERVATION); o != NULL; o = stub_next(o))
        is_reserved |= is_inside(address, bytes, ((struct reservation *)o)->address, ((struct reservation *)o)->bytes);
    STUB_DEMAND(is_reserved && address % cuda_stub.granularity == 0, "cuMemMap: the addresses are not reserved");
    for (struct stub_object *o = stub_first(CUDA_STUB_MAPPING); o != NULL; o = stub_next(o)) {
        const struct mapping *other = (const struct mapping *)o;
        STUB_DEMAND(address >= other->address + other->bytes || other->address >= address + bytes,
                    "cuMemMap: something is mapped there");
    }
    if (result != CUDA_SUCCESS)
        return result;
    m = stub_make(CUDA_STUB_MAPPING, sizeof *m);
    m->address = address;
    m->bytes = bytes;
    m->physical = p;
    p->is_mapped = true;
    return CUDA_SUCCESS;
}

/* The mappings that lie in a range, one after the other; they must fill it. */
static void each_mapping(const char *what, CUdeviceptr address, size_t bytes, void (*fn)(struct mapping *m))
{
    const CUdeviceptr end = address + bytes;
    struct stub_object *next;
    size_t n = 0;
    for (struct stub_object *o = stub_first(CUDA_STUB_MAPPING); o != NULL; o = next) {
        struct mapping *m = (struct mapping *)o;
        next = stub_next(o);
        if (m->address + m->bytes <= address || m->address >= end)
            continue;
        STUB_DEMAND(is_inside(m->address, m->bytes, address, bytes), "%s: a part of a mapping", what);
        n += m->bytes;
        fn(m);
    }
    STUB_DEMAND(n == bytes && n != 0, "%s: not everything is mapped there", what);
}

static void leave(struct mapping *m)
{
    (void)m;
}

static void unmap(struct mapping *m)
{
    struct physical *p = m->physical;
    STUB_DEMAND(!stub_is_in_use(m->address, m->bytes), "cuMemUnmap: queued work uses the memory");
    STUB_DEMAND(mmap((void *)(uintptr_t)m->address, m->bytes, PROT_NONE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) != MAP_FAILED,
                "mmap fails");
    p->is_mapped = false;
    stub_drop(m);
    drop_unused(p);
}

CUresult cuMemUnmap(CUdeviceptr address, size_t bytes)
{
    CUresult result = stub_enter(CUDA_STUB_MemUnmap);
    each_mapping("cuMemUnmap", address, bytes, result == CUDA_SUCCESS ? unmap : leave);
    return result;
}

static void give_access(struct mapping *m)
{
    if (m->is_accessible)
        return;
    m->is_accessible = true;
    STUB_DEMAND(mprotect((void *)(uintptr_t)m->address, m->bytes, PROT_READ | PROT_WRITE) == 0, "mprotect fails");
    memset((void *)(uintptr_t)m->address, GARBAGE, m->bytes);
    protect(m);
}

CUresult cuMemSetAccess(CUdeviceptr address, size_t bytes, const CUmemAccessDesc *desc, size_t n)
{
    CUresult result = stub_enter(CUDA_STUB_MemSetAccess);
    STUB_DEMAND(n == 1 && desc->location.type == CU_MEM_LOCATION_TYPE_DEVICE &&
                    desc->flags == CU_MEM_ACCESS_FLAGS_PROT_READWRITE,
                "cuMemSetAccess: not reading and writing by one device");
    STUB_DEMAND(desc->location.id == stub_current()->device, "cuMemSetAccess: for another device than the context's");
    each_mapping("cuMemSetAccess", address, bytes, result == CUDA_SUCCESS ? give_access : leave);
    return result;
}

CUresult cuMemHostAlloc(void **memory, size_t bytes, unsigned int flags)
{
    CUresult result = stub_enter(CUDA_STUB_MemHostAlloc);
    struct host_memory *h;
    void *got;
    STUB_DEMAND(bytes != 0 && flags <= 7, "cuMemHostAlloc: size or flags");
    got = result == CUDA_SUCCESS && bytes < (size_t)1 << 40
              ? mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
              : MAP_FAILED;
    if (result == CUDA_SUCCESS && got == MAP_FAILED)
        result = CUDA_ERROR_OUT_OF_MEMORY;
    if (result != CUDA_SUCCESS)
        return stub_gave(result, memory, sizeof *memory);
    memset(got, GARBAGE, bytes);
    h = stub_make(CUDA_STUB_HOST, sizeof *h);
    h->address = (uintptr_t)got;
    h->bytes = bytes;
    cuda_stub.host_bytes += bytes;
    *memory = got;
    return CUDA_SUCCESS;
}

static struct host_memory *find_host(const char *what, const void *memory)
{
    struct stub_object *o = stub_first(CUDA_STUB_HOST);
    while (o != NULL && ((struct host_memory *)o)->address != (uintptr_t)memory)
        o = stub_next(o);
    STUB_DEMAND(o != NULL, "%s: no memory of cuMemHostAlloc", what);
    return (struct host_memory *)o;
}

static void drop_host(struct host_memory *h)
{
    STUB_DEMAND(munmap((void *)(uintptr_t)h->address, h->bytes) == 0, "munmap fails");
    cuda_stub.host_bytes -= h->bytes;
    stub_drop(h);
}

CUresult cuMemFreeHost(void *memory)
{
    CUresult result = stub_enter(CUDA_STUB_MemFreeHost);
    struct host_memory *h = find_host("cuMemFreeHost", memory);
    if (result != CUDA_SUCCESS)
        return result;
    STUB_DEMAND(!stub_is_in_use(h->address, h->bytes), "cuMemFreeHost: queued work uses the memory");
    drop_host(h);
    return result;
}

CUresult cuMemHostGetDevicePointer_v2(CUdeviceptr *address, void *memory, unsigned int flags)
{
    CUresult result = stub_enter(CUDA_STUB_MemHostGetDevicePointer);
    STUB_DEMAND(flags == 0, "cuMemHostGetDevicePointer: flags");
    *address = find_host("cuMemHostGetDevicePointer", memory)->address;
    return stub_gave(result, address, sizeof *address);
}

void stub_drop_lost_objects(const struct CUctx_st *context)
{
    for (int kind = 0; kind < CUDA_STUB_OBJECT_COUNT; kind++) {
        struct stub_object *next;
        for (struct stub_object *o = stub_first((enum cuda_stub_object)kind); o != NULL; o = next) {
            next = stub_next(o);
            if (o->context != context)
                continue;
            STUB_DEMAND(context->lost != CUDA_SUCCESS || context->cannot_wait,
                        "cuCtxDestroy: an object of kind %d is left", kind);
            if (kind == CUDA_STUB_HOST)
                drop_host((struct host_memory *)o);
            else if (kind == CUDA_STUB_GRAPH || kind == CUDA_STUB_EXEC)
                stub_drop_graph(o);
            else
                stub_drop(o);
        }
    }
}
