/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* unshare, mount, prctl */
#include "judge_helper.h"

#include "process_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where the helper cannot do its work; rftgen sees a worker that did not start. */
#define HELPER_FAILED 125
/* A judge that is short of memory goes before anything else of the machine does. */
#define OOM_SCORE "800"
#define PAUSE_MS 2

const char *rft_judge_mode_word(enum rft_judge_mode mode)
{
    static const char *const words[RFT_JUDGE_N_MODES] = {"plain", "pid", "user", "probe"};
    return words[mode];
}

/* ---- the namespace ---- */

static bool write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool is_written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0)
        close(fd);
    return is_written;
}

/* The user and the group stay what they are; nothing else exists in the namespace. */
static bool map_self(uid_t uid, gid_t gid)
{
    char uid_map[64], gid_map[64];
    snprintf(uid_map, sizeof uid_map, "%lu %lu 1", (unsigned long)uid, (unsigned long)uid);
    snprintf(gid_map, sizeof gid_map, "%lu %lu 1", (unsigned long)gid, (unsigned long)gid);
    return write_file("/proc/self/uid_map", uid_map) && write_file("/proc/self/setgroups", "deny") &&
           write_file("/proc/self/gid_map", gid_map);
}

/* For the next child of this process, which is the first of the namespace. */
static bool enter_namespace(enum rft_judge_mode mode)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();
    if (mode == RFT_JUDGE_MODE_PID)
        return unshare(CLONE_NEWPID | CLONE_NEWNS) == 0;
    return unshare(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS) == 0 && map_self(uid, gid);
}

/* A process that looks itself up in /proc finds itself, and nobody else. */
static bool mount_proc(void)
{
    return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0;
}

static int wait_code(pid_t pid)
{
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return HELPER_FAILED;
    return WIFEXITED(status) ? WEXITSTATUS(status) : HELPER_FAILED;
}

/* Whether a mode works, tried by a child, as a user namespace that works by half cannot be left. */
static bool mode_works(enum rft_judge_mode mode)
{
    pid_t tried = fork();
    if (tried == 0) {
        if (!enter_namespace(mode))
            _exit(HELPER_FAILED);
        pid_t first = fork();
        if (first == 0)
            _exit(mount_proc() ? 0 : HELPER_FAILED);
        _exit(first > 0 ? wait_code(first) : HELPER_FAILED);
    }
    return tried > 0 && wait_code(tried) == 0;
}

static enum rft_judge_mode probe(void)
{
    for (enum rft_judge_mode mode = RFT_JUDGE_MODE_PID; mode <= RFT_JUDGE_MODE_USER; mode++)
        if (mode_works(mode))
            return mode;
    return RFT_JUDGE_MODE_PLAIN;
}

/* ---- the judge ---- */

static void tell(enum rft_judge_event_kind kind, int value)
{
    struct rft_judge_event event = {(int32_t)kind, value};
    ssize_t n = write(RFT_JUDGE_STATUS_FD, &event, sizeof event);
    (void)n; /* a reader that is gone needs nothing */
}

/* The judge's process: never returns. `started` closes when its program runs, or carries errno. */
static void become_judge(char *const *command, int started)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0); /* one that signals its group reaches itself, and not the helper, which tells what became of it */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execv(command[0], command);
    int error = errno;
    ssize_t n = write(started, &error, sizeof error);
    (void)n;
    _exit(127);
}

/* The pipes of the judge are its own: whoever else holds them open hides that it closed them. */
static void leave_streams(void)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO && null >= 0; fd++)
        dup2(null, fd);
}

/* Starts the judge as a child; -1, told, if its program cannot run. */
static pid_t start_judge(char *const *command)
{
    int started[2], error = 0;
    if (pipe2(started, O_CLOEXEC) != 0) {
        tell(RFT_JUDGE_NOT_STARTED, errno);
        return -1;
    }
    pid_t judge = fork();
    if (judge == 0)
        become_judge(command, started[1]);
    if (judge < 0)
        error = errno;
    close(started[1]);
    leave_streams();
    while (judge > 0 && read(started[0], &error, sizeof error) < 0 && errno == EINTR)
        ;
    close(started[0]);
    tell(error == 0 ? RFT_JUDGE_STARTED : RFT_JUDGE_NOT_STARTED, error == 0 ? (int)judge : error);
    return error == 0 ? judge : -1;
}

static void tell_end(int status)
{
    if (WIFSIGNALED(status))
        tell(RFT_JUDGE_KILLED, WTERMSIG(status));
    else
        tell(RFT_JUDGE_EXITED, WEXITSTATUS(status));
}

/* The first process of the namespace: when it ends, nothing in there lives any more. */
static void be_init(char *const *command, int alive)
{
    struct pollfd helper = {.fd = alive, .events = POLLIN};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (poll(&helper, 1, 0) != 0 || !mount_proc()) /* the helper was gone before the line above */
        _exit(HELPER_FAILED);
    pid_t judge = start_judge(command), ended;
    int status;
    while (judge > 0 && ((ended = waitpid(-1, &status, 0)) > 0 || errno == EINTR)) {
        if (ended == judge) {
            tell_end(status);
            break;
        }
    }
    _exit(0);
}

/* Kills what is left below this process, which has adopted it, until nothing is. */
static void kill_descendants(void)
{
    struct rft_process_tree tree = {0};
    for (;;) {
        pid_t ended;
        if (rft_process_tree_read(&tree, getpid()) == RFT_OK)
            rft_process_tree_kill(&tree);
        while ((ended = waitpid(-1, NULL, WNOHANG)) > 0)
            ;
        if (ended < 0 && errno == ECHILD)
            break;
        poll(NULL, 0, PAUSE_MS);
    }
    rft_process_tree_finish(&tree);
}

/* Waits until the child has ended (true), or rftgen is gone or wants it to end. Other children are reaped. */
static bool wait_for_end(pid_t child, bool is_judge)
{
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGCHLD);
    sigaddset(&wanted, SIGTERM);
    for (;;) {
        int status;
        pid_t ended;
        while ((ended = waitpid(-1, &status, WNOHANG)) > 0) {
            if (ended != child)
                continue;
            if (is_judge)
                tell_end(status);
            return true;
        }
        if (sigwaitinfo(&wanted, NULL) == SIGTERM)
            return false;
    }
}

/* ---- the helper ---- */

/* Nothing of rftgen's but the judge's streams is handed on: no lock, no journal, no device. */
static void close_others(void)
{
    DIR *open_files = opendir("/proc/self/fd");
    for (const struct dirent *entry; open_files != NULL && (entry = readdir(open_files)) != NULL;) {
        int fd = atoi(entry->d_name);
        if (fd > RFT_JUDGE_STATUS_FD && fd != dirfd(open_files))
            close(fd);
    }
    if (open_files != NULL)
        closedir(open_files);
    fcntl(RFT_JUDGE_STATUS_FD, F_SETFD, FD_CLOEXEC);
}

static bool is_orphan(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    return getppid() != parent;
}

static int run_worker(enum rft_judge_mode mode, pid_t parent, char *const *command)
{
    sigset_t wanted;
    int alive[2];
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGCHLD);
    sigaddset(&wanted, SIGTERM);
    sigaddset(&wanted, SIGPIPE); /* an end that nobody is there to hear of must still be cleaned up behind */
    sigprocmask(SIG_BLOCK, &wanted, NULL);
    setsid();
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    write_file("/proc/self/oom_score_adj", OOM_SCORE);
    close_others();
    if (is_orphan(parent) || pipe2(alive, O_CLOEXEC) != 0)
        return HELPER_FAILED;
    if (mode == RFT_JUDGE_MODE_PLAIN) {
        pid_t judge = start_judge(command);
        if (judge > 0)
            wait_for_end(judge, true);
        kill_descendants();
        return 0;
    }
    /* Some changes of credentials clear the signal of a parent's death: asked for once more. */
    if (!enter_namespace(mode) || is_orphan(parent))
        return HELPER_FAILED;
    pid_t init = fork();
    if (init == 0) {
        close(alive[1]);
        be_init(command, alive[0]);
    }
    leave_streams();
    if (init < 0)
        return HELPER_FAILED;
    if (!wait_for_end(init, false)) {
        kill(init, SIGKILL);
        wait_code(init); /* behind this, everything in the namespace is gone */
    }
    return 0;
}

int rft_judge_helper(int argc, char **argv)
{
    enum rft_judge_mode mode = RFT_JUDGE_MODE_PLAIN;
    if (argc < 4)
        return HELPER_FAILED;
    while (mode < RFT_JUDGE_N_MODES && strcmp(argv[2], rft_judge_mode_word(mode)) != 0)
        mode++;
    if (mode == RFT_JUDGE_MODE_PROBE)
        _exit(RFT_JUDGE_PROBED + (int)probe());
    if (mode == RFT_JUDGE_N_MODES || argc < 5)
        return HELPER_FAILED;
    _exit(run_worker(mode, (pid_t)strtol(argv[3], NULL, 10), argv + 4));
}
