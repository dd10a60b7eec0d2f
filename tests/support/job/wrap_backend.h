/* SPDX-License-Identifier: MIT */
/* A backend that passes every call on to the cpu backend, keeps count, and misbehaves on demand: calls fail, memory
 * runs short, capabilities change, and a test may run a program's nodes itself, in any order and as often as it
 * likes. */
#ifndef RFT_WRAP_BACKEND_H
#define RFT_WRAP_BACKEND_H

#include "device.h"

enum rft_wrap_call {
    RFT_WRAP_ENUMERATE,
    RFT_WRAP_OPEN,
    RFT_WRAP_MEMORY,
    RFT_WRAP_BLOCK_CREATE,
    RFT_WRAP_WRITE,
    RFT_WRAP_READ,
    RFT_WRAP_EXEC_CREATE,
    RFT_WRAP_RUN,
    RFT_WRAP_WAIT,
    RFT_WRAP_CALL_COUNT
};
const char *rft_wrap_call_name(enum rft_wrap_call call);

#define RFT_WRAP_BLOCKS_MAX 1024u

/* One replay of a program, handed to a test. */
struct rft_wrap_replay {
    const char *program; /* "prefill" or "step" */
    const struct rft_node *nodes;
    uint32_t n_nodes;
    struct rft_exec *exec;
};

struct rft_wrap {
    /* Orders. */
    enum rft_wrap_call fail_call;
    uint64_t fail_at;            /* the fail_at-th call of that kind fails (1 = the first), 0 = none */
    uint64_t n_fails;            /* that many in a row; 0 counts as 1 */
    enum rft_status fail_status; /* DEVICE_LOST stays until close */
    uint64_t limit_bytes;        /* block_create refuses to go beyond; 0 = no limit */
    uint64_t limit_drop_bytes; /* taken off limit_bytes with every block created, as long as limit_floor_bytes remain */
    uint64_t limit_floor_bytes;
    uint64_t available_bytes;      /* what memory() says; 0 = the truth */
    uint64_t host_available_bytes; /* what it says of the host; block_create refuses to go beyond */
    struct rft_caps caps;          /* members that are not 0 replace the cpu's */
    /* Called for every replay instead of running it, if set; it runs the nodes with rft_wrap_run_node. */
    enum rft_status (*on_replay)(void *user, const struct rft_wrap_replay *replay);
    void (*on_write)(void *user, struct rft_slice to, uint64_t n_writes); /* after the n-th write, if set */
    void *user;
    /* Observations. */
    uint64_t n_calls[RFT_WRAP_CALL_COUNT];
    uint64_t n_failed;
    uint64_t live_bytes, peak_bytes;           /* of blocks on the device */
    uint64_t live_host_bytes, peak_host_bytes; /* of blocks of RFT_PLACE_HOST */
    uint32_t n_blocks;
    struct rft_block blocks[RFT_WRAP_BLOCKS_MAX]; /* those that exist */
    enum rft_place places[RFT_WRAP_BLOCKS_MAX];
    uint32_t n_open, n_execs;
    struct rft_device_options options; /* of the last open */
    bool is_lost;
    char violation[160]; /* the first breach of backend.h by the core; "" = none */
};

/* Puts the wrapped backend in the place of all backends, with no orders. */
struct rft_wrap *rft_wrap_begin(void);
/* Restores the backends. Fails the test if the core left a device, a block or an exec, or broke a rule. */
void rft_wrap_end(void);

enum rft_status rft_wrap_run_node(const struct rft_wrap_replay *replay, uint32_t node);

#endif
