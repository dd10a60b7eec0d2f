/* SPDX-License-Identifier: MIT */
/* Control groups as they are found on machines and in containers, in trees made for the purpose. */
#include "support.h"

#include "memory_limit.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct file {
    const char *path, *text;
};

struct tree {
    const char *name;
    const char *mounts, *groups; /* /proc/self/mountinfo and cgroup */
    struct file files[8];
    uint64_t left;
};

#define V2_MOUNT "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n"
#define V1_MOUNT "33 23 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
#define OTHER_MOUNTS                                                                                                   \
    "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n31 23 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
#define G "/sys/fs/cgroup"

static const struct tree trees[] = {
    {"nothing is mounted", OTHER_MOUNTS, "0::/a\n", {{0}}, UINT64_MAX},
    {"no files at all", NULL, NULL, {{0}}, UINT64_MAX},
    {"version 2, no limit",
     OTHER_MOUNTS V2_MOUNT,
     "0::/a\n",
     {{G "/a/memory.max", "max\n"}, {G "/a/memory.current", "5\n"}},
     UINT64_MAX},
    {"version 2",
     V2_MOUNT,
     "0::/a/b\n",
     {{G "/a/b/memory.max", "1000\n"},
      {G "/a/b/memory.current", "600\n"},
      {G "/a/b/memory.stat", "anon 1\ninactive_file 100\n"}},
     500},
    {"version 2, memory.high is less",
     V2_MOUNT,
     "0::/a\n",
     {{G "/a/memory.max", "1000\n"}, {G "/a/memory.high", "700\n"}, {G "/a/memory.current", "600\n"}},
     100},
    {"version 2, an ancestor's limit",
     V2_MOUNT,
     "0::/a/b/c\n",
     {{G "/a/b/c/memory.max", "max\n"},
      {G "/a/b/c/memory.current", "10\n"},
      {G "/a/memory.max", "2000\n"},
      {G "/a/memory.current", "1900\n"},
      {G "/memory.max", "9000\n"},
      {G "/memory.current", "10\n"}},
     100},
    {"version 2, over its limit",
     V2_MOUNT,
     "0::/a\n",
     {{G "/a/memory.max", "1000\n"}, {G "/a/memory.current", "1200\n"}},
     0},
    {"version 2 in a container: its group is the mount's root",
     "30 23 0:26 /docker/x /sys/fs/cgroup rw - cgroup2 cgroup rw\n",
     "0::/docker/x\n",
     {{G "/memory.max", "1000\n"}, {G "/memory.current", "1\n"}},
     999},
    {"the same, a group below it",
     "30 23 0:26 /docker/x /sys/fs/cgroup rw - cgroup2 cgroup rw\n",
     "0::/docker/x/y\n",
     {{G "/memory.max", "max\n"}, {G "/y/memory.max", "50\n"}, {G "/y/memory.current", "1\n"}},
     49},
    {"version 2, a group of another name space",
     V2_MOUNT,
     "0::/../../x\n",
     {{G "/memory.max", "40\n"}, {G "/memory.current", "1\n"}},
     39},
    {"version 1",
     V1_MOUNT,
     "5:cpu:/z\n4:memory:/a\n0::/\n",
     {{G "/memory/a/memory.limit_in_bytes", "1000\n"},
      {G "/memory/a/memory.usage_in_bytes", "300\n"},
      {G "/memory/a/memory.stat",
       "inactive_file 1\ntotal_inactive_file 200\nhierarchical_memory_limit 9223372036854771712\n"}},
     900},
    {"version 1, the hierarchy's limit",
     V1_MOUNT,
     "4:memory:/a\n",
     {{G "/memory/a/memory.limit_in_bytes", "9223372036854771712\n"},
      {G "/memory/a/memory.usage_in_bytes", "300\n"},
      {G "/memory/a/memory.stat", "hierarchical_memory_limit 700\n"}},
     400},
    {"version 1, an ancestor's limit",
     V1_MOUNT,
     "4:memory:/a/b\n",
     {{G "/memory/a/b/memory.limit_in_bytes", "9223372036854771712\n"},
      {G "/memory/a/b/memory.usage_in_bytes", "1\n"},
      {G "/memory/a/memory.limit_in_bytes", "500\n"},
      {G "/memory/a/memory.usage_in_bytes", "450\n"}},
     50},
    {"version 1, several controllers, mounted elsewhere, a space in the name",
     "33 23 0:28 / /my\\040groups rw - cgroup none rw,cpu,memory,pids\n",
     "4:cpu,memory,pids:/a\n",
     {{"/my groups/a/memory.limit_in_bytes", "100\n"}, {"/my groups/a/memory.usage_in_bytes", "1\n"}},
     99},
    {"both versions",
     V1_MOUNT "34 23 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
     "4:memory:/a\n0::/u\n",
     {{G "/memory/a/memory.limit_in_bytes", "100\n"},
      {G "/memory/a/memory.usage_in_bytes", "1\n"},
      {G "/unified/u/memory.max", "60\n"},
      {G "/unified/u/memory.current", "1\n"}},
     59},
    {"damaged files",
     "x\n - \n1 2 3 - cgroup2\n" V2_MOUNT,
     "\n:\n0:\n0::/a\n",
     {{G "/a/memory.max", "x"}, {G "/a/memory.current", ""}},
     UINT64_MAX},
};

static void put(const char *root, const char *path, const char *text)
{
    char full[600];
    snprintf(full, sizeof full, "%s%s", root, path);
    for (char *slash = full + strlen(root) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = 0;
        (void)mkdir(full, 0700);
        *slash = '/';
    }
    rft_test_write_file(full, text, strlen(text));
}

static void test_trees(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof trees / sizeof *trees; i++) {
        char root[300];
        snprintf(root, sizeof root, "%s/%zu", rft_test_tmp_dir(), i);
        assert_int_equal(mkdir(root, 0700), 0);
        if (trees[i].mounts != NULL)
            put(root, "/proc/self/mountinfo", trees[i].mounts);
        if (trees[i].groups != NULL)
            put(root, "/proc/self/cgroup", trees[i].groups);
        for (size_t f = 0; f < 8 && trees[i].files[f].path != NULL; f++)
            put(root, trees[i].files[f].path, trees[i].files[f].text);
        uint64_t left = rft_memory_limit_left(root);
        if (left != trees[i].left)
            fail_msg("%s: %llu, not %llu", trees[i].name, (unsigned long long)left, (unsigned long long)trees[i].left);
    }
}

static void test_here(void **state)
{
    (void)state;
    assert_true(rft_os_memory_available_bytes() <= rft_os_memory_total_bytes());
    assert_true(rft_os_memory_available_bytes() > 0);
    assert_true(rft_os_peak_rss_bytes() > 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_trees), cmocka_unit_test(test_here)};
    return RFT_TEST_RUN(tests, NULL, NULL);
}
