/* SPDX-License-Identifier: MIT */
/* Judges that are programs (verify.kind = command): worker processes that read requests and write verdicts as lines of
 * JSON, and a journal of their verdicts, so that nothing is asked twice. docs/judges.md describes the protocol.
 *
 * A thread of its own feeds the workers; the calls below belong to one thread, the caller's, and what there is to say
 * is logged by them. Every request ends in exactly one verdict. Whatever a worker does wrong (it ends, it is too slow,
 * too large, it writes what is no answer) kills it, and each request that it had not answered is tried once more, alone
 * in a fresh process; if that fails too, the verdict is undecided, and its reason is what happened then. So verdicts
 * and reasons of a judge that is deterministic within its limits depend on no number of workers, no batch and no
 * moment. */
#ifndef RFT_JUDGES_H
#define RFT_JUDGES_H

#include "status.h"
#include "str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rft_judges;

/* Reasons are cut to so many bytes. */
#define RFT_JUDGE_REASON_BYTES 500
/* A line of a worker that is longer is no answer. */
#define RFT_JUDGE_LINE_BYTES ((size_t)1 << 20)

struct rft_judge_options {
    const char *command;          /* a path, or a name that is looked for in PATH: an executable file */
    const char *const *arguments; /* [n_arguments] */
    size_t n_arguments;
    uint32_t n_workers;          /* processes at once, at least 1; started when there is work for them */
    uint32_t batch;              /* requests that a worker is sent at once, at least 1 */
    double time_limit_s;         /* from the sending of a batch, or the last answer, to the next answer */
    double start_limit_s;        /* added to the first answer of a process; see {"ready": true} in docs/judges.md */
    uint64_t memory_limit_bytes; /* resident memory of a worker and all its descendants; 0 = none */
    uint64_t queue_bytes;        /* room of the queue: texts, */
    uint32_t n_queue;            /* and requests, at least 1. A request larger than the room is taken alone */
    const char *journal_path;    /* "<output>.verdicts"; NULL = a file without a name, which goes with the process */
    uint64_t settings_hash;      /* of what else verdicts depend on */
    bool asks_undecided_again;   /* undecided verdicts of the journal do not count */
    bool without_namespace;      /* workers get no PID namespace, also where the system would allow it */
    const char *helper;          /* rftgen's own executable; NULL = /proc/self/exe */
};

/* Not owned. Bytes that are no UTF-8 reach the worker as U+FFFD. */
struct rft_judge_request {
    struct rft_bytes question, completion;
    struct rft_bytes gold_json; /* JSON text: a string, number, list, object or null; data NULL = null */
    struct rft_bytes answer;    /* data NULL = null */
};

enum rft_judge_verdict { RFT_JUDGE_RIGHT, RFT_JUDGE_WRONG, RFT_JUDGE_UNDECIDED };

/* Why a verdict is undecided. */
enum rft_judge_cause {
    RFT_JUDGE_CAUSE_NONE,   /* it is not */
    RFT_JUDGE_CAUSE_JUDGE,  /* the judge says so */
    RFT_JUDGE_CAUSE_TIME,   /* time limit */
    RFT_JUDGE_CAUSE_MEMORY, /* memory limit */
    RFT_JUDGE_CAUSE_ENDED,  /* the worker ended, or closed its output */
    RFT_JUDGE_CAUSE_OUTPUT, /* the worker wrote what is no answer */
    RFT_JUDGE_N_CAUSES
};

struct rft_judge_reply {
    enum rft_judge_verdict verdict;
    enum rft_judge_cause cause;
    bool has_score;
    double score;            /* finite */
    struct rft_bytes reason; /* one line, printable, RFT_JUDGE_REASON_BYTES at most; may be empty */
};

/* Since the judges were opened. */
struct rft_judge_counts {
    uint64_t n_known;                         /* verdicts that the journal held at the beginning */
    uint64_t n_asked;                         /* different requests taken that it did not hold */
    uint64_t n_decided;                       /* of these */
    uint64_t n_verdicts[3];                   /* of the decided, by verdict */
    uint64_t n_undecided[RFT_JUDGE_N_CAUSES]; /* of the undecided, by cause */
    uint64_t n_started;                       /* worker processes */
    uint64_t n_failed;  /* worker processes that were killed for what they did, or ended before they had answered */
    bool has_namespace; /* workers live in a PID namespace: nothing of them can stay behind */
};

/* Text of a verdict ("right"), and of a cause ("time limit"); never NULL. */
const char *rft_judge_verdict_text(enum rft_judge_verdict verdict);
const char *rft_judge_cause_text(enum rft_judge_cause cause);

/* Opens the journal, looks at the command and starts a first worker. RFT_ERR_CONFIG, naming verify.command, if it is
 * not there, not executable or cannot be started. The journal: one that was written under other settings, another
 * command file or other arguments (files among them count by their content) is started afresh with a word; a file that
 * is none of rftgen's is refused with RFT_ERR_INPUT and left alone; RFT_ERR_IO if another process has it. */
enum rft_status rft_judges_open(const struct rft_judge_options *options, struct rft_judges **judges);

/* Takes a request if there is room, or if it is known already; never waits. The texts are copied. */
enum rft_status rft_judges_offer(struct rft_judges *judges, const struct rft_judge_request *request, bool *is_taken);
/* The same, but waits for room. RFT_ERR_INTERRUPTED after a signal. */
enum rft_status rft_judges_push(struct rft_judges *judges, const struct rft_judge_request *request);
/* Waits until all that was taken is decided. RFT_ERR_INTERRUPTED after a signal; what is decided stays in the
 * journal. */
enum rft_status rft_judges_drain(struct rft_judges *judges);

/* The reply to a request, if it is decided. Its reason lives in *text, which is cleared first and finished by the
 * caller. */
enum rft_status rft_judges_look_up(struct rft_judges *judges, const struct rft_judge_request *request,
                                   struct rft_str *text, bool *is_decided, struct rft_judge_reply *reply);
void rft_judges_count(struct rft_judges *judges, struct rft_judge_counts *counts);

/* Ends: kills and reaps what runs (idle workers get a second to end by themselves), closes the journal. is_done: the
 * journal's file is removed. NULL is accepted. */
void rft_judges_close(struct rft_judges *judges, bool is_done);

/* rftgen starts itself anew under this word, as the parent of a worker (judge_helper.c). */
#define RFT_JUDGE_WORD "judge-worker"
/* What the process does then; its exit code. To be called before anything else is opened. */
int rft_judge_helper(int argc, char **argv);

#endif
