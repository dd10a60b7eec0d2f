/* SPDX-License-Identifier: MIT */
/* What a device must do. A backend records programs and replays them; it knows nothing of transformers, and the core
 * knows nothing of the backend but this table.
 *
 * Every call: on failure it has logged the cause once (the driver's own name of the error) and left its outputs zero.
 * After RFT_ERR_DEVICE_LOST every call on that device returns RFT_ERR_DEVICE_LOST until close(). destroy and close
 * accept NULL. One thread calls a device. */
#ifndef RFT_BACKEND_H
#define RFT_BACKEND_H

#include "program.h"
#include "status.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

/* A backend's own. Its first member is the table of the backend that opened it, so that a debug build sees a device in
 * the hands of another backend: RFT_CHECK_DEVICE(device, &rft_backend_cpu). */
struct rft_device;
#define RFT_CHECK_DEVICE(device, table)                                                                                \
    ((void)(device), assert(*(const struct rft_backend *const *)(const void *)(device) == (table)))
struct rft_exec;

/* Facts that choose layouts and kernel variants, with units. */
struct rft_caps {
    uint64_t block_bytes_max; /* of one block_create */
    uint32_t align_bytes;     /* of every buffer inside a block; a power of two */
    uint32_t n_scratch;       /* pieces of attention scratch wanted; 0 = one for each row and kv head */
    uint32_t prefill_rows;    /* rows of a prefill at which the device is well used */
    uint32_t slots_wanted;    /* sequences in flight at which it is well used: what `auto` aims at */
    uint32_t burst_steps;     /* replays to queue at once */
};

#define RFT_DEVICE_NAME_MAX 96
#define RFT_DEVICE_DETAIL_MAX 256
struct rft_device_info {
    char name[RFT_DEVICE_NAME_MAX];
    char uuid[40];                      /* hexadecimal; "" if the device has none */
    char detail[RFT_DEVICE_DETAIL_MAX]; /* driver, version, features: for `rftgen devices` */
    char missing[RFT_DEVICE_NAME_MAX];  /* what it lacks, by the interface's own names; "" = it can be used */
    uint64_t total_bytes;
    bool is_software; /* taken only when named */
};

struct rft_memory {
    uint64_t total_bytes;
    uint64_t available_bytes;
    uint64_t host_available_bytes; /* host memory that kernels can read over the bus, beside the former; 0 = none */
    bool is_estimate;
};

/* Where a block lies. */
enum rft_place {
    RFT_PLACE_DEVICE,
    RFT_PLACE_HOST, /* host memory that kernels reach over the bus: for weights that the device cannot hold */
};

/* A large piece of device memory, zeroed when created. */
struct rft_block {
    uint64_t address; /* device address of its first byte */
    uint64_t bytes;
    void *handle; /* the backend's own */
};

/* Part of a block. */
struct rft_slice {
    const struct rft_block *block;
    uint64_t offset;
    uint64_t bytes;
};

/* How the host reaches a block. */
enum rft_memory_access {
    RFT_ACCESS_AUTO,     /* the first of the following that suits the device */
    RFT_ACCESS_MAPPED,   /* device memory that the host sees */
    RFT_ACCESS_IMPORTED, /* host memory that the device sees; staged where it refuses */
    RFT_ACCESS_STAGED,   /* by copies */
};

struct rft_device_options {
    uint32_t n_threads; /* cpu: 0 = one per processor */
    bool is_unchecked;  /* use a device whose kernels failed the self-test */
    enum rft_memory_access access;
    uint32_t dispatch_us_max; /* longest kernel call to aim at; 0 = the device's default */
};

/* What a device was asked to do so far; counts grow until close. */
struct rft_device_stats {
    uint64_t n_dispatches;
    uint64_t n_submissions;
    uint64_t n_barriers;
    uint64_t n_bytes_written, n_bytes_read; /* by write and read */
};

struct rft_backend {
    const char *name; /* value of [device] backend */
    /* No driver library, or no device: RFT_OK with *n_infos == 0. At most cap infos are filled. */
    enum rft_status (*enumerate)(struct rft_device_info *infos, uint32_t cap, uint32_t *n_infos);
    enum rft_status (*open)(uint32_t index, const struct rft_device_options *options, struct rft_device **device);
    void (*close)(struct rft_device *device);
    void (*caps)(const struct rft_device *device, struct rft_caps *caps);
    enum rft_status (*memory)(struct rft_device *device, struct rft_memory *memory);
    /* RFT_ERR_DEVICE_MEMORY when it does not fit. `label` is for messages. */
    enum rft_status (*block_create)(struct rft_device *device, uint64_t bytes, enum rft_place place, const char *label,
                                    struct rft_block *block);
    void (*block_destroy)(struct rft_device *device, struct rft_block *block);
    /* Host to device and back: slice.bytes bytes, finished on return, ordered after everything queued before. */
    enum rft_status (*write)(struct rft_device *device, struct rft_slice to, const void *from);
    enum rft_status (*read)(struct rft_device *device, struct rft_slice from, void *to);
    /* Records every node now and keeps nothing of the program. Addresses are baked in: blocks outlive the exec. */
    enum rft_status (*exec_create)(struct rft_device *device, const struct rft_program *program,
                                   struct rft_exec **exec);
    void (*exec_destroy)(struct rft_device *device, struct rft_exec *exec);
    /* Queues n_replays runs with no host work between them. */
    enum rft_status (*run)(struct rft_device *device, struct rft_exec *exec, uint32_t n_replays, uint64_t *ticket);
    enum rft_status (*wait)(struct rft_device *device, uint64_t ticket);
    /* Microseconds of each node in one run of the exec, [n_nodes]. Optional: NULL. */
    enum rft_status (*profile)(struct rft_device *device, struct rft_exec *exec, float *node_us, uint32_t n_nodes);
    /* Optional. Why enumerate found nothing, as the end of a sentence: "no driver is installed". Static text. */
    const char *(*why_none)(void);
    /* Optional. */
    void (*stats)(const struct rft_device *device, struct rft_device_stats *stats);
    /* Optional. Every kernel in every variant against the cpu's plain kernels, unless that was done before with this
     * device, driver and build. RFT_ERR_UNSUPPORTED, with the kernel logged, at the first that differs. Programs use no
     * kernel that was not compared. */
    enum rft_status (*self_test)(struct rft_device *device, uint32_t *n_kernels);
};

/* The backends of this build, best first; *n of them. */
const struct rft_backend *const *rft_backends(uint32_t *n);
/* Lines for `rftgen devices`, one for each backend that this build lacks, and why; "" = none. */
const char *rft_backends_left_out(void);

#endif
