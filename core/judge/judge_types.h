/* SPDX-License-Identifier: MIT */
/* What judges that are programs are asked, what they answer, and how they are run (judges.h). */
#ifndef RFT_JUDGE_TYPES_H
#define RFT_JUDGE_TYPES_H

#include "str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
    uint32_t n_queue;            /* and requests, at least n_workers * batch whatever is asked for. A request larger
                                  * than the room is taken alone */
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

#endif
