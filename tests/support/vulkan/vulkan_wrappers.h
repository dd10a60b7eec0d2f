/* SPDX-License-Identifier: MIT */
/* What the parts of the interposer share: vulkan_interposer.c; vulkan_objects.c, memory and kernels; vulkan_lies.c,
 * what a device is said to be. Each has a table of the functions that it wraps. */
#ifndef RFT_VULKAN_WRAPPERS_H
#define RFT_VULKAN_WRAPPERS_H

#include "vulkan_interposer.h"

struct rft_vk_wrapper {
    const char *name;
    PFN_vkVoidFunction wrapper;
    PFN_vkVoidFunction *next; /* the real function goes there */
};
/* For a list of functions: where the real ones are, and the table's lines. */
#define RFT_VK_NEXT(name) static PFN_vk##name next_##name;
#define RFT_VK_WRAPPER(name) {"vk" #name, (PFN_vkVoidFunction)wrap_##name, (PFN_vkVoidFunction *)(void *)&next_##name},
extern const struct rft_vk_wrapper rft_vk_object_wrappers[], rft_vk_lie_wrappers[]; /* up to a NULL */

extern struct rft_interposer rft_vk;
extern VkDevice rft_vk_kept_device;

void rft_vk_violate(const char *what);
/* Counts the call; not VK_SUCCESS if it is to fail. */
VkResult rft_vk_enter(enum rft_vk_call call);
/* May the object be destroyed? Counts it. */
bool rft_vk_leave(enum rft_vk_object kind, const void *handle, size_t n);
/* The result of a call that makes an object: counts it, or spoils the handle. */
VkResult rft_vk_made(enum rft_vk_object kind, VkResult result, void *handle, size_t n);
/* What was submitted, as a value of the timeline; and whether the device may be using what was made at such a time. */
uint64_t rft_vk_n_submitted(void);
bool rft_vk_may_be_used(uint64_t n_submitted_before);
void rft_vk_drop_kept_pipelines(void);

#endif
