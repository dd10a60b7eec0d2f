/* SPDX-License-Identifier: MIT */
/* Outputs: where they go, who has them, and what they never replace. tests/e2e/test_outputs.sh does it with the
 * program. */
#include "support.h"

#include "file.h"
#include "out_file.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char path[300], lock_path[320];

static int set_up(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "%s/out", rft_test_tmp_dir());
    snprintf(lock_path, sizeof lock_path, "%s" RFT_OUT_LOCK_SUFFIX, path);
    unlink(path);
    unlink(lock_path);
    return 0;
}

static void put(const char *file, const char *text)
{
    rft_test_write_file(file, text, strlen(text));
}

static void expect(const char *file, const char *text)
{
    struct rft_str got;
    assert_int_equal(rft_file_read(file, 1 << 16, &got), RFT_OK);
    assert_string_equal(got.data, text);
    rft_str_finish(&got);
}

/* Opens and claims, with what stands there now as what may be replaced, or not. */
static struct rft_out_file claim(bool may_replace)
{
    struct rft_out_file out = rft_test_out(path);
    out.may_replace = may_replace;
    return out;
}

static enum rft_status write_text(struct rft_out_file *out, const char *text)
{
    RFT_TRY(rft_out_begin(out));
    RFT_TRY(rft_out_write(out, text, strlen(text)));
    return rft_out_commit(out);
}

static void test_writes(void **state)
{
    (void)state;
    struct rft_out_file out = claim(false);
    assert_int_equal(rft_out_begin(&out), RFT_OK);
    assert_int_equal(rft_out_write(&out, "text", 4), RFT_OK);
    assert_false(rft_file_exists(path)); /* not before it is complete */
    assert_true(rft_file_exists(out.tmp_path));
    assert_int_equal(rft_out_commit(&out), RFT_OK);
    expect(path, "text");
    assert_true(rft_file_exists(lock_path));
    assert_int_equal(write_text(&out, "again"), RFT_OK); /* what it wrote itself it may replace */
    expect(path, "again");
    rft_out_close(&out, true);
    assert_false(rft_file_exists(lock_path));
    rft_test_no_leftovers();
}

static void test_abandons(void **state)
{
    (void)state;
    struct rft_out_file out = claim(false);
    assert_int_equal(rft_out_begin(&out), RFT_OK);
    rft_out_close(&out, false); /* nothing that the next run need know: the lock file goes, too */
    assert_false(rft_file_exists(path) || rft_file_exists(lock_path));
    rft_test_no_leftovers();
}

/* What stands there in the end against what stood there in the beginning. */
static void test_replaces_only_what_it_may(void **state)
{
    (void)state;
    static const struct {
        const char *before, *meanwhile; /* NULL: no file; "" meanwhile: left alone */
        bool may_replace;
        enum rft_status status;
    } cases[] = {
        {NULL, "", false, RFT_OK},           {NULL, "mine", false, RFT_ERR_IO}, {NULL, "mine", true, RFT_ERR_IO},
        {"old", "", false, RFT_ERR_IO},      {"old", "", true, RFT_OK},         {"old", "mine", true, RFT_ERR_IO},
        {"old", "longer", true, RFT_ERR_IO}, {"old", NULL, true, RFT_OK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unlink(path);
        if (cases[i].before != NULL)
            put(path, cases[i].before);
        struct rft_out_file out = claim(cases[i].may_replace);
        if (cases[i].meanwhile == NULL || *cases[i].meanwhile != '\0')
            unlink(path);
        if (cases[i].meanwhile != NULL && *cases[i].meanwhile != '\0')
            put(path, cases[i].meanwhile);
        rft_test_log_capture();
        if (write_text(&out, "new") != cases[i].status)
            fail_msg("case %zu: %s", i, rft_test_log_text());
        rft_test_log_release();
        rft_out_close(&out, true);
        if (cases[i].status == RFT_OK)
            expect(path, "new");
        else
            expect(path, *cases[i].meanwhile != '\0' ? cases[i].meanwhile : cases[i].before);
        rft_test_no_leftovers();
    }
}

static void test_modes_stay(void **state)
{
    (void)state;
    struct stat info;
    put(path, "old");
    assert_int_equal(chmod(path, 0604), 0);
    struct rft_out_file out = claim(true);
    assert_int_equal(write_text(&out, "new"), RFT_OK);
    rft_out_close(&out, true);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0604);
}

/* A second claim is refused with the first one's process; when that is gone, whatever it says counts for nothing. */
static void test_lock(void **state)
{
    (void)state;
    struct rft_out_file first = claim(false), second;
    char owner[64];
    snprintf(owner, sizeof owner, "process %ld on ", (long)getpid());
    assert_int_equal(rft_out_open("output.records", path, true, &second), RFT_OK);
    rft_test_log_capture();
    assert_int_equal(rft_out_claim(&second), RFT_ERR_IO);
    assert_int_equal(rft_test_log_count(owner), 1);
    assert_int_equal(rft_test_log_count("output.records = "), 1);
    rft_test_log_release();
    assert_true(rft_file_exists(lock_path)); /* it is the first one's */
    rft_out_close(&first, true);
    assert_int_equal(rft_out_claim(&second), RFT_OK);
    rft_out_close(&second, true);
    put(lock_path, "rftgen-lock 1\nprocess 1 on here\n");
    first = claim(false);
    rft_out_close(&first, true);
    assert_false(rft_file_exists(lock_path));
}

/* A process that is killed while it writes: its temporary file is found and removed, others of such a name are not. */
static void test_leftovers(void **state)
{
    (void)state;
    char other[320];
    int status;
    snprintf(other, sizeof other, "%s/.out.0123456789abcdef.tmp", rft_test_tmp_dir());
    put(other, "not named in any lock");
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct rft_out_file out;
        if (rft_out_open("output.path", path, false, &out) == RFT_OK && rft_out_claim(&out) == RFT_OK &&
            rft_out_begin(&out) == RFT_OK)
            raise(SIGKILL);
        _exit(1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_true(rft_file_exists(lock_path));
    struct rft_out_file out = claim(false);
    assert_int_equal(write_text(&out, "new"), RFT_OK);
    rft_out_close(&out, true);
    expect(other, "not named in any lock");
    unlink(other);
    rft_test_no_leftovers();
}

/* What a lock says of temporary files is believed only if it can be ours. */
static void test_hostile_locks(void **state)
{
    (void)state;
    static const char *const names[] = {
        "victim", "../victim", "/etc/passwd", ".victim.0123456789abcdef.tmp/../victim", ".tmp", "",
    };
    char victim[320];
    snprintf(victim, sizeof victim, "%s/victim", rft_test_tmp_dir());
    put(victim, "mine");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char text[200];
        snprintf(text, sizeof text, "rftgen-lock 1\nprocess 1\ntemporary %s\n", names[i]);
        put(lock_path, text);
        struct rft_out_file out = claim(false);
        rft_out_close(&out, true);
        expect(victim, "mine");
    }
    put(lock_path, "something else");
    struct rft_out_file out;
    assert_int_equal(rft_out_open("output.path", path, false, &out), RFT_OK);
    rft_test_log_capture();
    assert_int_equal(rft_out_claim(&out), RFT_ERR_IO);
    rft_test_log_release();
    rft_out_close(&out, true);
    expect(lock_path, "something else");
    unlink(lock_path);
}

/* The next run is told what this one had put in its place, until it is done. */
static void test_written_is_remembered(void **state)
{
    (void)state;
    struct rft_out_file out = claim(false);
    assert_int_equal(write_text(&out, "new"), RFT_OK);
    rft_out_close(&out, false);
    assert_true(rft_file_exists(lock_path));
    out = claim(false);
    assert_true(rft_out_lock_has_written(&out.lock, &out.target.before));
    for (uint64_t i = 0; i < 3; i++) { /* killed again and again when the next one was about to take its place */
        struct rft_file_id next = out.target.before;
        next.ino += 1 + i;
        assert_int_equal(rft_out_lock_note_written(&out.lock, &next, &out.target.before), RFT_OK);
        rft_out_close(&out, false);
        out = claim(false);
        assert_true(rft_out_lock_has_written(&out.lock, &out.target.before));
    }
    rft_out_close(&out, false);
    put(path, "edited");
    out = claim(false);
    assert_false(rft_out_lock_has_written(&out.lock, &out.target.before));
    rft_out_close(&out, true);
    assert_false(rft_file_exists(lock_path));
}

static void test_streams(void **state)
{
    (void)state;
    struct rft_out_file out;
    char got[8] = "";
    assert_int_equal(mkfifo(path, 0600), 0);
    int reader = open(path, O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0);
    assert_int_equal(rft_out_open("output.path", path, true, &out), RFT_OK);
    assert_int_equal(rft_out_claim(&out), RFT_OK);
    assert_int_equal(write_text(&out, "text"), RFT_OK);
    assert_int_equal(read(reader, got, sizeof got), 4);
    assert_string_equal(got, "text");
    assert_int_equal(rft_out_begin(&out), RFT_OK);
    close(reader);
    signal(SIGPIPE, SIG_IGN);
    rft_test_log_capture();
    assert_int_equal(rft_out_write(&out, "text", 4), RFT_OK);
    assert_int_equal(rft_out_commit(&out), RFT_ERR_IO);
    assert_int_equal(rft_test_log_count("Broken pipe"), 1);
    rft_os_set_interrupted(true); /* nobody reads: waits until it is told to stop */
    assert_int_equal(rft_out_begin(&out), RFT_ERR_INTERRUPTED);
    rft_os_set_interrupted(false);
    rft_out_close(&out, true);
    assert_int_equal(rft_out_open("output.summary", path, false, &out), RFT_ERR_IO);
    rft_test_log_release();
    unlink(path);
    out = rft_test_out("/dev/null");
    assert_int_equal(out.target.kind, RFT_TARGET_NONE);
    assert_int_equal(write_text(&out, "text"), RFT_OK);
    rft_out_close(&out, true);
    struct rft_out_file nothing = {0};
    assert_int_equal(write_text(&nothing, "text"), RFT_OK);
    rft_out_close(&nothing, true);
}

static enum rft_status whole_life(void *user)
{
    struct rft_out_file out;
    (void)user;
    enum rft_status status = rft_out_open("output.path", path, false, &out);
    if (status == RFT_OK)
        status = rft_out_claim(&out);
    out.may_replace = true;
    if (status == RFT_OK)
        status = write_text(&out, "text");
    rft_out_close(&out, status == RFT_OK);
    return status;
}

static void test_alloc_faults(void **state)
{
    (void)state;
    assert_true(rft_test_alloc_faults(whole_life, NULL) >= 6);
    rft_test_no_leftovers();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_writes, set_up),
        cmocka_unit_test_setup(test_abandons, set_up),
        cmocka_unit_test_setup(test_replaces_only_what_it_may, set_up),
        cmocka_unit_test_setup(test_modes_stay, set_up),
        cmocka_unit_test_setup(test_lock, set_up),
        cmocka_unit_test_setup(test_leftovers, set_up),
        cmocka_unit_test_setup(test_hostile_locks, set_up),
        cmocka_unit_test_setup(test_written_is_remembered, set_up),
        cmocka_unit_test_setup(test_streams, set_up),
        cmocka_unit_test_setup(test_alloc_faults, set_up),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
