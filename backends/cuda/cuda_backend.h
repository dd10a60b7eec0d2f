/* SPDX-License-Identifier: MIT */
/* The CUDA backend: programs become graphs of kernels, made once and launched again and again; arguments are kernel
 * parameters. It speaks to the driver alone (libcuda.so.1, found when the program runs) and links nothing of the
 * toolkit.
 *
 *   cuda_driver.c      the driver's library and its functions
 *   cuda_device.c      which devices there are and what they lack, open and close
 *   cuda_context.c     entering a device's context, waiting, errors
 *   cuda_memory.c      blocks, copies and the memory report
 *   cuda_exec.c        programs: graphs, replay, profile
 *   cuda_modules.c     the compiled kernels: loading them, and which may be used
 *   cuda_kernels.c     which kernel for a node, and its grid
 *   cuda_test.c        the self-test: a kernel against the cpu's plain kernel
 *
 * Every driver call goes through the table `cuda` (cuda_driver.h). A device has a context of its own, made current at
 * each call of the backend, so that devices can be open side by side; and one stream, in which everything is queued. */
#ifndef RFT_CUDA_BACKEND_H
#define RFT_CUDA_BACKEND_H

#include "backend.h"
#include "cuda_driver.h"
#include "cuda_kernels.h"

#define CUDA_ALIGN 256u /* of a block's address and of the buffers in it: whole lines of the cache, any vector load */

struct cuda_memory;
struct cuda_modules;

/* Facts of a device that the backend needs, read once. */
struct cuda_facts {
    char name[256];
    CUuuid uuid;
    int major, minor;   /* compute capability */
    int driver_version; /* of CUDA, as cuDriverGetVersion has it: 13000 is 13.0 */
    uint32_t n_multiprocessors;
    uint64_t total_bytes;
    bool is_integrated; /* its memory is the host's */
    bool has_watchdog;  /* it draws a screen: kernels that take seconds are ended */
};

extern const struct rft_backend rft_backend_cuda;

struct rft_device {
    const struct rft_backend *backend;
    CUdevice handle;
    struct cuda_facts facts;
    struct rft_device_options options;
    CUcontext context;
    CUstream stream;
    uint64_t n_launched; /* runs queued: the newest ticket */
    uint64_t n_finished; /* runs known to be done */
    bool is_lost;
    struct cuda_memory *memory;   /* cuda_memory.c's */
    struct cuda_modules *modules; /* cuda_modules.c's */
    struct rft_device_stats stats;
};

/* cuda_context.c: the driver's error as a status, logged as "<device>: <what>: CUDA_ERROR_...". Out of memory becomes
 * RFT_ERR_DEVICE_MEMORY; an error after which the context is of no more use makes the device lost. CUDA_SUCCESS gives
 * RFT_OK. */
enum rft_status cuda_check(struct rft_device *device, CUresult result, const char *what);
/* Begins a call of the backend: makes the context current. RFT_ERR_DEVICE_LOST, and nothing logged, on a lost
 * device. */
enum rft_status cuda_enter(struct rft_device *device);
/* Waits for everything queued. After a failure, too, nothing is at work, or the device is lost. */
enum rft_status cuda_finish(struct rft_device *device, const char *what);

/* cuda_memory.c */
enum rft_status cuda_memory_open(struct rft_device *device);
/* Gives back what it can, before the context is destroyed if nothing is at work there; and all the rest, behind
 * that. */
void cuda_memory_release(struct rft_device *device);
void cuda_memory_close(struct rft_device *device);
enum rft_status cuda_memory_report(struct rft_device *device, struct rft_memory *memory);
uint64_t cuda_block_bytes_max(const struct rft_device *device);
enum rft_status cuda_block_create(struct rft_device *device, uint64_t bytes, enum rft_place place, const char *label,
                                  struct rft_block *block);
void cuda_block_destroy(struct rft_device *device, struct rft_block *block);
enum rft_status cuda_write(struct rft_device *device, struct rft_slice to, const void *from);
enum rft_status cuda_read(struct rft_device *device, struct rft_slice from, void *to);

/* cuda_exec.c */
enum rft_status cuda_exec_create(struct rft_device *device, const struct rft_program *program, struct rft_exec **exec);
void cuda_exec_destroy(struct rft_device *device, struct rft_exec *exec);
enum rft_status cuda_run(struct rft_device *device, struct rft_exec *exec, uint32_t n_replays, uint64_t *ticket);
enum rft_status cuda_wait(struct rft_device *device, uint64_t ticket);
enum rft_status cuda_profile(struct rft_device *device, struct rft_exec *exec, float *node_us, uint32_t n_nodes);
/* Launches one call by itself. args: the node's, whose struct the kernel takes whole. */
enum rft_status cuda_launch(struct rft_device *device, CUfunction function, const struct cuda_call *call,
                            const void *args);

/* cuda_modules.c */
enum rft_status cuda_modules_open(struct rft_device *device);
void cuda_modules_close(struct rft_device *device);
/* The oldest driver, as cuDriverGetVersion has it, that runs this build's kernels on the device; 0: it is too old for
 * them. oldest: the compute capability, times ten, from which on there are kernels. */
int cuda_modules_driver_version(const struct cuda_facts *facts, int *oldest);
/* The kernel of this index, loaded, and compared with the cpu's plain kernel if it must be. */
enum rft_status cuda_modules_function(struct rft_device *device, uint32_t kernel, CUfunction *function);
enum rft_status cuda_modules_self_test(struct rft_device *device, uint32_t *n_kernels);
/* Every kernel on every case of its op, also those that this device would not choose. For tests. */
enum rft_status cuda_kernels_test_all(struct rft_device *device);

/* cuda_test.c: compares the kernel with the cpu's plain kernel on the quick cases of its op, or on all of them.
 * RFT_ERR_UNSUPPORTED if a bit differs, with what differs logged. */
enum rft_status cuda_test_kernel(struct rft_device *device, uint32_t kernel, CUfunction function, bool all);

#endif
