/* SPDX-License-Identifier: MIT */
/* The compiled kernels, one image for each kernels/<op>.cu, made by the build (cuda.cmake). */
#ifndef RFT_CUDA_IMAGES_H
#define RFT_CUDA_IMAGES_H

#include <stdint.h>

/* A fat binary: machine code for some GPUs and PTX, which a driver compiles, for others. */
struct cuda_image {
    const char *op;
    const uint8_t *bytes, *end;
};

extern const struct cuda_image cuda_images[];
extern const uint32_t n_cuda_images;

#endif
