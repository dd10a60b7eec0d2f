/* SPDX-License-Identifier: MIT */
/* The checked front of backend.h: choosing a device, counting its memory, and the same few calls for every backend. */
#ifndef RFT_DEVICE_H
#define RFT_DEVICE_H

#include "backend.h"
#include "status.h"

#include <stdbool.h>
#include <stdint.h>

#define RFT_DEVICES_MAX 32u /* of one backend */

struct rft_dev {
    const struct rft_backend *backend;
    struct rft_device *handle;
    uint32_t index;
    struct rft_device_options options;
    struct rft_device_info info;
    struct rft_caps caps;
    uint64_t live_bytes; /* of all blocks on the device */
    uint64_t peak_bytes; /* the most there ever were */
    uint64_t host_bytes; /* of all blocks of RFT_PLACE_HOST */
    uint64_t n_live_blocks;
};

/* Chooses by [device] backend ("auto" or a name) and device, and opens. device: "" = the first; else a name, UUID or
 * index, or, if none is meant exactly, what a name begins with, in capitals or not. auto without a device takes the
 * first backend that has one which is not software; with one it looks at all backends. A device that lacks something is
 * passed over, or refused when it was asked for; by name under auto, when no other backend has it whole. Errors name
 * what there is. */
enum rft_status rft_dev_open(const char *backend, const char *device, const struct rft_device_options *options,
                             struct rft_dev *dev);
/* Opens a device that was enumerated. */
enum rft_status rft_dev_open_at(const struct rft_backend *backend, uint32_t index, const struct rft_device_info *info,
                                const struct rft_device_options *options, struct rft_dev *dev);
void rft_dev_close(struct rft_dev *dev); /* zero-initialised is accepted */
/* Closes and opens the same device again, after it was lost. Every block and exec is gone. After a failure it may be
 * tried again, or closed. */
enum rft_status rft_dev_reopen(struct rft_dev *dev);

/* What may still be taken on the device. */
enum rft_status rft_dev_memory(struct rft_dev *dev, struct rft_memory *memory);
/* Zero where the backend does not count. */
void rft_dev_stats(const struct rft_dev *dev, struct rft_device_stats *stats);

enum rft_status rft_dev_block_create(struct rft_dev *dev, uint64_t bytes, enum rft_place place, const char *label,
                                     struct rft_block *block);
void rft_dev_block_destroy(struct rft_dev *dev, enum rft_place place, struct rft_block *block);
enum rft_status rft_dev_write(struct rft_dev *dev, struct rft_slice to, const void *from);
enum rft_status rft_dev_read(struct rft_dev *dev, struct rft_slice from, void *to);
/* Part of a slice. */
struct rft_slice rft_slice_part(struct rft_slice slice, uint64_t offset, uint64_t bytes);
struct rft_range rft_slice_range(struct rft_slice slice);

enum rft_status rft_dev_exec_create(struct rft_dev *dev, const struct rft_program *program, struct rft_exec **exec);
void rft_dev_exec_destroy(struct rft_dev *dev, struct rft_exec *exec);
/* Runs and waits. */
enum rft_status rft_dev_run(struct rft_dev *dev, struct rft_exec *exec, uint32_t n_replays);

/* Replaces the compiled-in backends; NULL restores them. For tests that wrap a backend. */
void rft_dev_override_backends(const struct rft_backend *const *backends, uint32_t n);
const struct rft_backend *const *rft_dev_backends(uint32_t *n);

#endif
