/* SPDX-License-Identifier: MIT */
/* Reading: what is read, what is refused, what a signal ends, and files that shrink while they are mapped. */
#include "support.h"

#include "file.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char path[300];

static int set_up(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "%s/file", rft_test_tmp_dir());
    unlink(path);
    return 0;
}

static void expect_refused(const char *file, uint64_t bytes_max, enum rft_status status, const char *message)
{
    struct rft_str text;
    rft_test_log_capture();
    enum rft_status got = rft_file_read(file, bytes_max, &text);
    rft_test_log_release();
    if (got != status || strstr(rft_test_log_text(), message) == NULL)
        fail_msg("%s: %s: %s", file, rft_status_text(got), rft_test_log_text());
    assert_null(text.data);
}

static void test_kinds(void **state)
{
    (void)state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct rft_str text;
    rft_test_write_file(path, "a\0b", 3);
    assert_int_equal(rft_file_read(path, 3, &text), RFT_OK);
    assert_true(text.len == 3 && memcmp(text.data, "a\0b", 4) == 0);
    rft_str_finish(&text);
    expect_refused(path, 2, RFT_ERR_INPUT, "larger than 2 bytes");
    rft_test_write_file(path, "", 0);
    assert_int_equal(rft_file_read(path, 0, &text), RFT_OK);
    assert_string_equal(text.data, "");
    rft_str_finish(&text);
    assert_int_equal(rft_file_read("/proc/self/status", 1 << 20, &text), RFT_OK); /* its size is given as 0 */
    assert_true(text.len > 100);
    rft_str_finish(&text);
    expect_refused("/dev/zero", UINT64_MAX, RFT_ERR_INPUT, "/dev/zero: is a device; give a file");
    expect_refused("/dev/null", UINT64_MAX, RFT_ERR_INPUT, "is a device");
    expect_refused(rft_test_tmp_dir(), UINT64_MAX, RFT_ERR_IO, "is a directory");
    expect_refused("/nonexistent", UINT64_MAX, RFT_ERR_IO, "cannot open");
    unlink(path);
    int s = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%.100s", path);
    assert_int_equal(bind(s, (struct sockaddr *)&address, sizeof address), 0);
    expect_refused(path, UINT64_MAX, RFT_ERR_IO, "cannot open");
    close(s);
}

/* A process that writes n bytes into the pipe. */
static pid_t start_writer(size_t n)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        static char bytes[1 << 16];
        int fd = open(path, O_WRONLY);
        memset(bytes, 'x', sizeof bytes);
        while (fd >= 0 && n != 0) {
            ssize_t wrote = write(fd, bytes, n < sizeof bytes ? n : sizeof bytes);
            if (wrote <= 0)
                _exit(1);
            n -= (size_t)wrote;
        }
        _exit(0);
    }
    return child;
}

static void *interrupt_soon(void *unused)
{
    (void)unused;
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    rft_os_set_interrupted(true);
    return NULL;
}

static void test_pipes(void **state)
{
    (void)state;
    struct rft_str text;
    struct rft_map map;
    pthread_t thread;
    assert_int_equal(mkfifo(path, 0600), 0);
    pid_t child = start_writer(300000);
    assert_int_equal(rft_file_read(path, UINT64_MAX, &text), RFT_OK);
    assert_int_equal(text.len, 300000);
    rft_str_finish(&text);
    assert_int_equal(waitpid(child, NULL, 0), child);
    child = start_writer(300000);
    expect_refused(path, 200000, RFT_ERR_INPUT, "larger than 200000 bytes");
    assert_int_equal(waitpid(child, NULL, 0), child);
    /* Nobody writes: a signal ends the wait. */
    assert_int_equal(pthread_create(&thread, NULL, interrupt_soon, NULL), 0);
    assert_int_equal(rft_file_read(path, UINT64_MAX, &text), RFT_ERR_INTERRUPTED);
    assert_int_equal(pthread_join(thread, NULL), 0);
    rft_os_set_interrupted(false);
    rft_test_log_capture();
    assert_int_equal(rft_map_open(path, &map), RFT_ERR_INPUT);
    rft_test_log_release();
    assert_int_equal(rft_test_log_count("not a regular file"), 1);
}

static uint64_t sum_of(const struct rft_map *map)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < map->bytes; i++)
        sum += map->data[i];
    return sum;
}

static void *sum_in_thread(void *user)
{
    static uint64_t sum;
    sum = sum_of(user);
    return &sum;
}

/* A file that shrinks while it is mapped: the rest reads as zeros, in every thread, and the check says so. */
static void test_truncated_map(void **state)
{
    (void)state;
    enum { N = 1 << 20 };
    static char bytes[N];
    struct rft_map map, other;
    pthread_t thread;
    void *sum;
    memset(bytes, 1, N);
    rft_test_write_file(path, bytes, N);
    assert_int_equal(rft_map_open(path, &map), RFT_OK);
    assert_int_equal(sum_of(&map), N);
    assert_int_equal(rft_map_check(&map), RFT_OK);
    assert_int_equal(truncate(path, N / 2), 0);
    rft_test_log_capture();
    assert_int_equal(rft_map_check(&map), RFT_ERR_IO); /* before anything stumbles over it */
    assert_int_equal(sum_of(&map), N / 2);
    assert_int_equal(rft_map_check(&map), RFT_ERR_IO);
    rft_map_close(&map);
    /* The next one in the same slot is whole. */
    rft_test_write_file(path, bytes, N);
    assert_int_equal(rft_map_open(path, &other), RFT_OK);
    assert_int_equal(rft_map_check(&other), RFT_OK);
    assert_int_equal(truncate(path, 0), 0);
    assert_int_equal(pthread_create(&thread, NULL, sum_in_thread, &other), 0);
    assert_int_equal(pthread_join(thread, &sum), 0);
    assert_int_equal(*(uint64_t *)sum, 0);
    rft_test_write_file(path, bytes, N); /* put back, but what was read is not what it is */
    assert_int_equal(rft_map_check(&other), RFT_ERR_IO);
    rft_test_log_release();
    assert_int_equal(rft_test_log_count("was cut short, or could not be read, while rftgen used it"), 3);
    rft_map_close(&other);
}

/* What was forgotten is read again, all of it or a part. */
static void test_forgotten_map(void **state)
{
    (void)state;
    enum { N = 1 << 20 };
    static char bytes[N];
    struct rft_map map;
    memset(bytes, 1, sizeof bytes);
    rft_test_write_file(path, bytes, sizeof bytes);
    assert_int_equal(rft_map_open(path, &map), RFT_OK);
    for (uint64_t end = 0; end <= N + 1; end += N / 8) {
        assert_int_equal(sum_of(&map), N);
        rft_map_forget(&map, end);
    }
    assert_int_equal(sum_of(&map), N);
    assert_int_equal(rft_map_check(&map), RFT_OK);
    rft_map_close(&map);
    rft_map_forget(&map, 1);
}

static void test_changed_map(void **state)
{
    (void)state;
    struct rft_map map;
    rft_test_write_file(path, "abc", 3);
    assert_int_equal(rft_map_open(path, &map), RFT_OK);
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL); /* a file system's clock is coarse */
    int fd = open(path, O_WRONLY);
    assert_true(fd >= 0 && write(fd, "x", 1) == 1);
    close(fd);
    rft_test_log_capture();
    assert_int_equal(rft_map_check(&map), RFT_ERR_IO);
    rft_test_log_release();
    assert_int_equal(rft_test_log_count("was changed while rftgen used it"), 1);
    rft_map_close(&map);
    rft_map_close(&map);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_kinds, set_up),         cmocka_unit_test_setup(test_pipes, set_up),
        cmocka_unit_test_setup(test_truncated_map, set_up), cmocka_unit_test_setup(test_forgotten_map, set_up),
        cmocka_unit_test_setup(test_changed_map, set_up),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
