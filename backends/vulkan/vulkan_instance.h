/* SPDX-License-Identifier: MIT */
/* The loader, its instance, and the devices it offers. */
#ifndef RFT_VULKAN_INSTANCE_H
#define RFT_VULKAN_INSTANCE_H

#include "vulkan_facts.h"

#define VULKAN_PHYSICAL_MAX 32u

/* Where the loader is entered; NULL: the system's. A test puts itself between. */
extern PFN_vkGetInstanceProcAddr rft_vulkan_loader;

/* Makes the instance, or counts one user more. False: vulkan_instance_why_none says why. */
bool vulkan_instance_acquire(void);
void vulkan_instance_release(void);
/* A device was opened: the instance stays when nobody uses it. */
void vulkan_instance_keep(void);
/* The instance's devices, the likely fastest first, else in the loader's order; how many there are. */
uint32_t vulkan_instance_list(VkPhysicalDevice physicals[VULKAN_PHYSICAL_MAX]);
/* Why there is no instance or no device, as the end of a sentence. Static text. */
const char *vulkan_instance_why_none(void);

#endif
