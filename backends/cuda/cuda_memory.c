/* SPDX-License-Identifier: MIT */
/* Blocks, copies, and what memory there is.
 *
 * A block of the device is memory mapped into one range of addresses that is reserved when the device is opened. The
 * range is handed out from its start, first fit, so that the same blocks made in the same order lie at the same
 * addresses: what is recorded for a chunk's blocks looks alike from chunk to chunk and from run to run. Memory itself
 * is taken and given back block by block, and no fragment of it is ever too small: pages of 2 MiB make up a block
 * wherever they lie. */
#include "cuda_backend.h"

#include "alloc.h"
#include "log.h"
#include "memory_limit.h"
#include "os.h"

#include <inttypes.h>
#include <string.h>

#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)
#define BLOCK_BYTES_MAX                                                                                                \
    (4 * GIB) /* kernels index words of a buffer by 32 bits; and a plan that shrinks does so in such steps */
#define RANGE_BYTES_MIN (64 * GIB)

struct cuda_block {
    struct cuda_block *next;
    uint64_t address;
    uint64_t bytes; /* mapped */
    uint8_t *host;  /* RFT_PLACE_HOST: the block as the host sees it; NULL: it is the device's */
};

struct cuda_memory {
    uint64_t granularity;
    uint64_t range; /* the reserved addresses */
    uint64_t range_bytes;
    struct cuda_block *blocks; /* in the range, by rising address */
    struct cuda_block *host_blocks;
};

static uint64_t round_up(uint64_t n, uint64_t grain)
{
    return (n + grain - 1) / grain * grain;
}

uint64_t cuda_block_bytes_max(const struct rft_device *device)
{
    (void)device;
    return BLOCK_BYTES_MAX; /* a multiple of every granularity there is, so that pools round inside the limit */
}

static CUmemAllocationProp memory_of(const struct rft_device *device)
{
    return (CUmemAllocationProp){.type = CU_MEM_ALLOCATION_TYPE_PINNED,
                                 .location = {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = device->handle}};
}

/* Twice the device's memory: live blocks never fill more than half of the range, so there is a gap for every block that
 * there is memory for. Addresses cost nothing but page tables of what is mapped; a process whose address space is
 * limited gets less. */
static enum rft_status reserve_range(struct rft_device *device)
{
    struct cuda_memory *m = device->memory;
    uint64_t wanted = 2 * device->facts.total_bytes;
    CUdeviceptr address = 0;
    CUresult result;
    wanted = round_up(wanted < RANGE_BYTES_MIN ? RANGE_BYTES_MIN : wanted, BLOCK_BYTES_MAX);
    do {
        result = cuda.address_reserve(&address, (size_t)wanted, 0, 0, 0);
        if (result == CUDA_SUCCESS) {
            m->range = address;
            m->range_bytes = wanted;
            return RFT_OK;
        }
        wanted = round_up(wanted / 2, m->granularity);
    } while (wanted >= GIB);
    return cuda_check(device, result, "cuMemAddressReserve");
}

enum rft_status cuda_memory_open(struct rft_device *device)
{
    const CUmemAllocationProp properties = memory_of(device);
    size_t granularity = 0, available = 0, total = 0;
    device->memory = rft_alloc(1, sizeof *device->memory);
    if (device->memory == NULL)
        return RFT_ERR_HOST_MEMORY;
    RFT_TRY(cuda_check(device, cuda.memory_granularity(&granularity, &properties, CU_MEM_ALLOC_GRANULARITY_MINIMUM),
                       "cuMemGetAllocationGranularity"));
    device->memory->granularity = granularity < CUDA_ALIGN ? CUDA_ALIGN : granularity;
    RFT_TRY(reserve_range(device));
    RFT_TRY(cuda_check(device, cuda.memory_info(&available, &total), "cuMemGetInfo"));
    rft_log_debug("%s: %zu of %zu bytes are taken with the context open; addresses for %" PRIu64 " bytes of blocks",
                  device->facts.name, total - available, total, device->memory->range_bytes);
    return RFT_OK;
}

/* Gives the block back, and takes it out of its list. Where that fails, as it may with a dead context, it stays
 * there. */
static CUresult free_block(struct cuda_block **link)
{
    struct cuda_block *block = *link;
    CUresult result =
        block->host != NULL ? cuda.host_free(block->host) : cuda.memory_unmap(block->address, (size_t)block->bytes);
    if (result == CUDA_SUCCESS) {
        *link = block->next;
        rft_free(block);
    }
    return result;
}

static void free_blocks(struct cuda_block **link)
{
    while (*link != NULL)
        if (free_block(link) != CUDA_SUCCESS)
            link = &(*link)->next;
}

static void forget_blocks(struct cuda_block **link)
{
    while (*link != NULL) {
        struct cuda_block *block = *link;
        *link = block->next;
        rft_free(block);
    }
}

void cuda_memory_release(struct rft_device *device)
{
    struct cuda_memory *m = device->memory;
    if (m == NULL)
        return;
    free_blocks(&m->host_blocks);
    free_blocks(&m->blocks);
    if (m->blocks == NULL && m->range_bytes != 0 && cuda.address_free(m->range, (size_t)m->range_bytes) == CUDA_SUCCESS)
        m->range_bytes = 0;
}

/* Host memory goes with the context; what is mapped and reserved is the device's and the process's, and outlives it. */
void cuda_memory_close(struct rft_device *device)
{
    struct cuda_memory *m = device->memory;
    if (m == NULL)
        return;
    forget_blocks(&m->host_blocks);
    cuda_memory_release(device);
    if (m->range_bytes != 0)
        rft_log_debug("%s: its memory or addresses are not given back", device->facts.name);
    forget_blocks(&m->blocks);
    rft_free(m);
    device->memory = NULL;
}

/* Where in the list the block goes: the first gap that it fits in. */
static CUresult find_gap(struct cuda_memory *m, struct cuda_block *block, struct cuda_block ***place)
{
    struct cuda_block **link = &m->blocks;
    uint64_t at = m->range;
    while (*link != NULL && (*link)->address - at < block->bytes) {
        at = (*link)->address + (*link)->bytes;
        link = &(*link)->next;
    }
    if (m->range + m->range_bytes - at < block->bytes)
        return CUDA_ERROR_OUT_OF_MEMORY;
    block->address = at;
    *place = link;
    return CUDA_SUCCESS;
}

static CUresult map_block(struct rft_device *device, const struct cuda_block *block)
{
    const CUmemAllocationProp properties = memory_of(device);
    CUmemGenericAllocationHandle memory;
    CUresult result = cuda.memory_create(&memory, (size_t)block->bytes, &properties, 0);
    if (result != CUDA_SUCCESS)
        return result;
    result = cuda.memory_map(block->address, (size_t)block->bytes, 0, memory, 0);
    (void)cuda.memory_release(memory); /* the mapping holds it from here on */
    return result;
}

/* Mapped memory cannot be touched until this allows it. */
static CUresult open_block(struct rft_device *device, const struct cuda_block *block)
{
    const CUmemAllocationProp properties = memory_of(device);
    const CUmemAccessDesc access = {.location = properties.location, .flags = CU_MEM_ACCESS_FLAGS_PROT_READWRITE};
    return cuda.memory_access(block->address, (size_t)block->bytes, &access, 1);
}

/* Host memory: kernels read it and the host only writes it, so it is kept out of the host's caches, which the device
 * then need not ask. */
static CUresult make_host_block(struct cuda_block *block)
{
    CUdeviceptr address = 0;
    void *host = NULL;
    CUresult result =
        cuda.host_alloc(&host, (size_t)block->bytes, CU_MEMHOSTALLOC_DEVICEMAP | CU_MEMHOSTALLOC_WRITECOMBINED);
    if (result != CUDA_SUCCESS)
        return result;
    result = cuda.host_address(&address, host, 0);
    if (result != CUDA_SUCCESS) {
        (void)cuda.host_free(host);
        return result;
    }
    block->host = host;
    block->address = address;
    return CUDA_SUCCESS;
}

/* Makes the block and puts it into its list, or frees it. */
static CUresult make_block(struct rft_device *device, enum rft_place place, struct cuda_block *block)
{
    struct cuda_block **link = &device->memory->host_blocks;
    CUresult result;
    if (place == RFT_PLACE_HOST) {
        result = make_host_block(block);
    } else {
        result = find_gap(device->memory, block, &link);
        if (result == CUDA_SUCCESS)
            result = map_block(device, block);
    }
    if (result != CUDA_SUCCESS) {
        rft_free(block);
        return result;
    }
    block->next = *link;
    *link = block;
    if (place == RFT_PLACE_DEVICE)
        result = open_block(device, block);
    if (result != CUDA_SUCCESS)
        (void)free_block(link);
    return result;
}

static enum rft_status zero(struct rft_device *device, const struct cuda_block *block)
{
    if (block->host != NULL) {
        memset(block->host, 0, (size_t)block->bytes);
        return RFT_OK;
    }
    RFT_TRY(cuda_check(device, cuda.fill(block->address, 0, (size_t)block->bytes, device->stream), "cuMemsetD8Async"));
    return cuda_finish(device, "zeroing a block");
}

static enum rft_status refuse(const struct rft_device *device, const char *label, uint64_t bytes, const char *why)
{
    rft_log_warn("%s: no memory for %s: %" PRIu64 " bytes: %s", device->facts.name, label, bytes, why);
    return RFT_ERR_DEVICE_MEMORY;
}

enum rft_status cuda_block_create(struct rft_device *device, uint64_t bytes, enum rft_place place, const char *label,
                                  struct rft_block *out)
{
    struct cuda_block *block;
    enum rft_status status;
    CUresult result;
    *out = (struct rft_block){0};
    RFT_TRY(cuda_enter(device));
    if (bytes == 0 || bytes > BLOCK_BYTES_MAX)
        return refuse(device, label, bytes, "CUDA_ERROR_OUT_OF_MEMORY (more than one block may have)");
    block = rft_alloc(1, sizeof *block);
    if (block == NULL)
        return RFT_ERR_HOST_MEMORY;
    block->bytes = round_up(bytes, place == RFT_PLACE_HOST ? CUDA_ALIGN : device->memory->granularity);
    result = make_block(device, place, block);
    if (result == CUDA_ERROR_OUT_OF_MEMORY)
        return refuse(device, label, bytes, cuda_result_name(result));
    RFT_TRY(cuda_check(device, result, label));
    *out = (struct rft_block){block->address, bytes, block};
    status = zero(device, block);
    if (status != RFT_OK)
        cuda_block_destroy(device, out);
    return status;
}

/* What is queued may use the block. Where that cannot be waited for, on a lost device above all, the block stays until
 * the context is gone, and its memory with it. */
void cuda_block_destroy(struct rft_device *device, struct rft_block *out)
{
    struct cuda_block *block, **link;
    if (out == NULL || out->handle == NULL)
        return;
    block = out->handle;
    *out = (struct rft_block){0};
    if (cuda_enter(device) != RFT_OK)
        return;
    (void)cuda_finish(device, "waiting for a block's last use");
    if (device->is_lost)
        return;
    link = block->host != NULL ? &device->memory->host_blocks : &device->memory->blocks;
    while (*link != NULL && *link != block)
        link = &(*link)->next;
    if (*link != NULL)
        (void)cuda_check(device, free_block(link), "giving a block back");
}

enum rft_status cuda_write(struct rft_device *device, struct rft_slice to, const void *from)
{
    const struct cuda_block *block = to.block->handle;
    RFT_TRY(cuda_enter(device));
    if (block->host != NULL) {
        RFT_TRY(cuda_finish(device, "waiting before a write"));
        memcpy(block->host + to.offset, from, (size_t)to.bytes);
    } else {
        RFT_TRY(cuda_check(device, cuda.upload(block->address + to.offset, from, (size_t)to.bytes, device->stream),
                           "cuMemcpyHtoDAsync"));
        RFT_TRY(cuda_finish(device, "writing to the device"));
    }
    device->stats.n_bytes_written += to.bytes;
    return RFT_OK;
}

enum rft_status cuda_read(struct rft_device *device, struct rft_slice from, void *to)
{
    const struct cuda_block *block = from.block->handle;
    RFT_TRY(cuda_enter(device));
    if (block->host != NULL) {
        RFT_TRY(cuda_finish(device, "waiting before a read"));
        memcpy(to, block->host + from.offset, (size_t)from.bytes);
    } else {
        RFT_TRY(cuda_check(device, cuda.download(to, block->address + from.offset, (size_t)from.bytes, device->stream),
                           "cuMemcpyDtoHAsync"));
        RFT_TRY(cuda_finish(device, "reading from the device"));
    }
    device->stats.n_bytes_read += from.bytes;
    return RFT_OK;
}

/* What modules and graphs will take, and the driver for itself: 64 MiB, of small cards a sixteenth. What others may
 * want is memory.reserve's business. */
static uint64_t reserve_of(uint64_t total)
{
    return total / 16 < 64 * MIB ? total / 16 : 64 * MIB;
}

enum rft_status cuda_memory_report(struct rft_device *device, struct rft_memory *memory)
{
    uint64_t host_available = rft_os_memory_available_bytes(), reserve;
    size_t available = 0, total = 0;
    *memory = (struct rft_memory){0};
    RFT_TRY(cuda_enter(device));
    RFT_TRY(cuda_check(device, cuda.memory_info(&available, &total), "cuMemGetInfo"));
    reserve = reserve_of(total);
    memory->total_bytes = total;
    memory->available_bytes = available > reserve ? available - reserve : 0;
    if (!device->facts.is_integrated)
        memory->host_available_bytes = host_available / 2; /* 0: the system does not say, so nothing is promised */
    else if (host_available != 0 && host_available < memory->available_bytes)
        memory->available_bytes = host_available;
    return RFT_OK;
}
