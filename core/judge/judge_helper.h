/* SPDX-License-Identifier: MIT */
/* The processes between rftgen and a judge. rftgen, which may hold gigabytes and a GPU's driver, is never forked: it
 * starts its own executable anew as
 *
 *     rftgen judge-worker <mode> <rftgen's process id> <command> <argument>...
 *
 * with the judge's standard streams as descriptors 0 to 2 and a pipe as RFT_JUDGE_STATUS_FD. This process, the helper,
 * enters a session of its own and, where the mode says so, a PID namespace with a /proc of its own; the namespace's
 * first process starts the judge, waits for it, writes what became of it to the pipe, and ends, and with it everything
 * in the namespace. The helper ends behind it. SIGTERM, which the kernel also sends when rftgen's thread is gone, makes
 * it kill the namespace. Without a namespace the helper itself starts the judge, adopts what the judge leaves behind,
 * and kills all of it. (pid_namespaces(7), user_namespaces(7), PR_SET_PDEATHSIG and PR_SET_CHILD_SUBREAPER in
 * prctl(2)) */
#ifndef RFT_JUDGE_HELPER_H
#define RFT_JUDGE_HELPER_H

#include <stdint.h>

#define RFT_JUDGE_STATUS_FD 3

enum rft_judge_mode {
    RFT_JUDGE_MODE_PLAIN, /* no namespace */
    RFT_JUDGE_MODE_PID,   /* a PID namespace, by privilege */
    RFT_JUDGE_MODE_USER,  /* within a user namespace in which the user is whom he was, without any capability */
    RFT_JUDGE_MODE_PROBE, /* not a worker: the exit code is the mode that works, plus RFT_JUDGE_PROBED */
    RFT_JUDGE_N_MODES
};
#define RFT_JUDGE_PROBED 100

enum rft_judge_event_kind {
    RFT_JUDGE_STARTED = 1, /* the judge's program runs; value: its process id in its namespace, and its group */
    RFT_JUDGE_NOT_STARTED, /* value: errno */
    RFT_JUDGE_EXITED,      /* value: its exit code */
    RFT_JUDGE_KILLED,      /* value: the signal */
};

/* What is written to the pipe. Its end says that no helper lives any more. */
struct rft_judge_event {
    int32_t kind, value;
};

/* What a process does whose first argument is RFT_JUDGE_WORD; its exit code. To be called at the start of main, before
 * anything is opened. */
#define RFT_JUDGE_WORD "judge-worker"
int rft_judge_helper(int argc, char **argv);

/* The word of a mode on the command line. */
const char *rft_judge_mode_word(enum rft_judge_mode mode);

#endif
