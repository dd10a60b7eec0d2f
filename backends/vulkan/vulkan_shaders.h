/* SPDX-License-Identifier: MIT */
/* The kernels of shaders/ as SPIR-V, in a file that the build makes (vulkan.cmake, tools/spirv_contract.c). */
#ifndef RFT_VULKAN_SHADERS_H
#define RFT_VULKAN_SHADERS_H

#include <stddef.h>
#include <stdint.h>

struct vulkan_shader {
    const char *name; /* <op> or <op>_<variant> */
    const uint32_t *code;
    size_t n_bytes;
};

extern const struct vulkan_shader vulkan_shaders[]; /* [n_vulkan_shaders] */
extern const uint32_t n_vulkan_shaders;

#endif
