/* SPDX-License-Identifier: MIT */
/* For builds with the address sanitizer, in every program of the build: libraries that were opened stay, so that the
 * leak report at the end can name whose memory it is, and what Vulkan drivers themselves leave is not ours to
 * report. */
#include <stddef.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_LEAK_REPORT
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define HAS_LEAK_REPORT
#endif

#ifdef HAS_LEAK_REPORT
extern const int rft_keep_libraries;
const int rft_keep_libraries = 1; /* the linker is asked for it, which brings the rest along */

__attribute__((visibility("default"))) int dlclose(void *library);
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);

int dlclose(void *library)
{
    (void)library;
    return 0;
}

const char *__lsan_default_suppressions(void)
{
    return "leak:libvulkan_\n"
           "leak:libvulkan.so\n"
           "leak:libLLVM\n";
}
#endif
