/* SPDX-License-Identifier: MIT */
/* The job of device_job.h on the stub of libcuda (support/cuda/stub). Only for tests that link the stub. */
#ifndef RFT_CUDA_JOB_H
#define RFT_CUDA_JOB_H

#include "cuda_stub.h"
#include "device_job.h"

extern const struct rft_backend rft_backend_cuda;

/* The stub's device, which must be there. False: this processor does not run the kernels, which is printed. */
bool rft_cuda_job_init(void);
/* `set` is one more "section.key=value", or NULL. */
struct rft_test_job rft_cuda_job(const char *set);
/* The stub's settings as they are by themselves. with_reference: the cpu's plain kernels in the place of the compiled
 * ones, which are much slower as fibres. */
struct cuda_stub *rft_cuda_begin(bool with_reference);
/* Fails the test if anything is left of a driver's objects. */
void rft_cuda_end(const char *what);
/* Opens a device of the stub, which must succeed. */
struct rft_device *rft_cuda_open(uint32_t index);
/* A watch over the device's blocks. */
struct rft_watch *rft_cuda_watch_begin(void);
const char *rft_cuda_result_name(CUresult result);

#endif
