/* SPDX-License-Identifier: MIT */
/* Compressed files: several members or frames, bounds, damage at every byte. */
#include "support.h"

#include "unpack.h"

#include <stdio.h>
#include <string.h>

/* The text, in two members of gzip, and in two frames of zstd. */
static const char plain[] = "[[\"a\", 1],\n [\"b\", 2]]\n";
static const unsigned char gzip[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x8b, 0x8e, 0x56,
                                     0x4a, 0x54, 0xd2, 0x51, 0x30, 0x8c, 0xd5, 0xe1, 0x02, 0x00, 0x58, 0xfe, 0x30,
                                     0xdd, 0x0b, 0x00, 0x00, 0x00, 0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00,
                                     0x02, 0x03, 0x53, 0x88, 0x56, 0x4a, 0x52, 0xd2, 0x51, 0x30, 0x8a, 0x8d, 0xe5,
                                     0x02, 0x00, 0x55, 0xcb, 0x2d, 0xaa, 0x0b, 0x00, 0x00, 0x00};
static const unsigned char zstd[] = {0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x68, 0x59, 0x00, 0x00, 0x5b, 0x5b, 0x22,
                                     0x61, 0x22, 0x2c, 0x20, 0x31, 0x5d, 0x2c, 0x0a, 0x41, 0x26, 0xbb, 0x74,
                                     0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x68, 0x59, 0x00, 0x00, 0x20, 0x5b, 0x22,
                                     0x62, 0x22, 0x2c, 0x20, 0x32, 0x5d, 0x5d, 0x0a, 0x1d, 0xa4, 0x23, 0x5a};
#define GZIP_FIRST 31 /* bytes of the first member */
#define ZSTD_FIRST 24

static enum rft_status unpack(const void *bytes, size_t n, uint64_t bytes_max, struct rft_str *text)
{
    *text = (struct rft_str){0};
    RFT_TRY(rft_str_append(text, bytes, n));
    rft_test_log_capture();
    enum rft_status status = rft_unpack("q.gz", bytes_max, text);
    rft_test_log_release();
    return status;
}

static const struct {
    const char *name;
    const unsigned char *bytes;
    size_t n, first;
} kinds[] = {
    {"gzip", gzip, sizeof gzip, GZIP_FIRST},
    {"zstd", zstd, sizeof zstd, ZSTD_FIRST},
};
#define N_KINDS (sizeof kinds / sizeof *kinds)

static void test_whole(void **state)
{
    struct rft_str text;
    (void)state;
    for (size_t i = 0; i < N_KINDS; i++) {
        assert_int_equal(unpack(kinds[i].bytes, kinds[i].n, 1000, &text), RFT_OK);
        assert_int_equal(text.len, sizeof plain - 1);
        assert_string_equal(text.data, plain);
        rft_str_finish(&text);
        assert_int_equal(unpack(kinds[i].bytes, kinds[i].first, 1000, &text), RFT_OK);
        assert_int_equal(text.len, strchr(plain, '\n') + 1 - plain);
        rft_str_finish(&text);
    }
    unsigned char skipped[12 + sizeof zstd] = {0x5a, 0x2a, 0x4d, 0x18, 4}; /* a frame of 4 bytes that means nothing */
    memcpy(skipped + 12, zstd, sizeof zstd);
    assert_int_equal(unpack(skipped, sizeof skipped, 1000, &text), RFT_OK);
    assert_string_equal(text.data, plain);
    rft_str_finish(&text);
    assert_int_equal(unpack(plain, sizeof plain - 1, 1000, &text), RFT_OK);
    assert_string_equal(text.data, plain);
    rft_str_finish(&text);
    assert_int_equal(unpack("", 0, 1000, &text), RFT_OK);
    rft_str_finish(&text);
}

/* One line for each; nothing is left. */
static void check_refused(const void *bytes, size_t n, uint64_t bytes_max, const char *part)
{
    struct rft_str text;
    enum rft_status status = unpack(bytes, n, bytes_max, &text);
    const char *log = rft_test_log_text(), *newline = strchr(log, '\n');
    if (status != RFT_ERR_INPUT || strstr(log, part) == NULL || newline == NULL || newline[1] != '\0')
        fail_msg("%zu bytes: %s, \"%s\", expected \"%s\"", n, rft_status_text(status), log, part);
    assert_null(text.data);
}

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_KINDS; i++) {
        char part[60];
        struct rft_str text;
        snprintf(part, sizeof part, "q.gz: is compressed with %s, but it is cut short", kinds[i].name);
        for (size_t n = 4; n < kinds[i].n; n++)
            if (n < kinds[i].first || n >= kinds[i].first + 4)
                check_refused(kinds[i].bytes, n, 1000, part);
        snprintf(part, sizeof part, "%s, but something else stands behind its end", kinds[i].name);
        unsigned char bytes[200];
        memcpy(bytes, kinds[i].bytes, kinds[i].n);
        memcpy(bytes + kinds[i].n, "hello", 5);
        check_refused(bytes, kinds[i].n + 5, 1000, part);
        check_refused(kinds[i].bytes, kinds[i].n, sizeof plain - 2, "holds more than 21 bytes");
        assert_int_equal(unpack(kinds[i].bytes, kinds[i].n, sizeof plain - 1, &text), RFT_OK);
        rft_str_finish(&text);
        for (size_t at = 0; at < kinds[i].n; at++) { /* damage: an error or another text, but in order */
            bytes[at] ^= 0x55;
            if (unpack(bytes, kinds[i].n, 1 << 20, &text) == RFT_OK)
                rft_str_finish(&text);
            bytes[at] ^= 0x55;
        }
    }
    static const unsigned char padded[3] = {0};
    unsigned char bytes[200];
    struct rft_str text;
    memcpy(bytes, gzip, sizeof gzip);
    memcpy(bytes + sizeof gzip, padded, sizeof padded);
    assert_int_equal(unpack(bytes, sizeof gzip + sizeof padded, 1000, &text), RFT_OK);
    rft_str_finish(&text);
}

static enum rft_status read_file(void *user)
{
    struct rft_str text;
    RFT_TRY(rft_file_read_unpacked(user, 1000, &text));
    assert_string_equal(text.data, plain);
    rft_str_finish(&text);
    return RFT_OK;
}

static void test_alloc_faults(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_KINDS; i++) {
        char path[300];
        snprintf(path, sizeof path, "%s", rft_test_tmp_path(kinds[i].name));
        rft_test_write_file(path, kinds[i].bytes, kinds[i].n);
        assert_true(rft_test_alloc_faults(read_file, path) > 2);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_alloc_faults),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
