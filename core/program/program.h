/* SPDX-License-Identifier: MIT */
/* A program: the flat list of kernel calls that a backend records once and replays. Arguments are plain data; the
 * ranges that a node reads and writes are the only source of the barriers between nodes. */
#ifndef RFT_PROGRAM_H
#define RFT_PROGRAM_H

#include "op_args.h"
#include "status.h"
#include "str.h"

#include <stdbool.h>
#include <stdint.h>

enum rft_op {
#define RFT_OP(name, grid) RFT_OP_##name,
#include "ops.def"
#undef RFT_OP
    RFT_OP_COUNT
};
const char *rft_op_name(enum rft_op op);

/* Bytes of device memory, by device address. */
struct rft_range {
    uint64_t address;
    uint64_t bytes;
};

#define RFT_NODE_RANGES_MAX 12

struct rft_node {
    enum rft_op op;
    uint32_t n_rows; /* rows that the buffers have room for: at most this many are in use in a run */
    uint32_t args_bytes;
    union {
        uint8_t bytes[RFT_ARGS_BYTES_MAX];
        uint64_t align;
    } args; /* struct rft_args_<op> */
    uint32_t n_reads;
    uint32_t n_writes;
    struct rft_range reads[RFT_NODE_RANGES_MAX];
    struct rft_range writes[RFT_NODE_RANGES_MAX];
    bool barrier;   /* everything before this node must be finished, and visible, when it starts */
    char label[32]; /* for dumps: "layer 3 qkv" */
};

struct rft_program {
    const char *name;       /* static text: "prefill", "step" */
    struct rft_node *nodes; /* [n_nodes] */
    size_t n_nodes;
    size_t cap_nodes;
    size_t first_unfenced; /* first node since the last barrier */
};

/* The matrix that a node multiplies by: rows, elements of each sum, RFT_FORMAT_*, and whether what it gives is
 * quantised (RFT_QUANTISED); zeros if its op has none. */
struct rft_node_matrix {
    uint32_t n, k, format;
    bool is_quantised;
};
struct rft_node_matrix rft_node_matrix(const struct rft_node *node);

/* Appends a copy of *node and sets its barrier: true if it reads or writes what a node since the last barrier wrote, or
 * writes what one read. */
enum rft_status rft_program_add(struct rft_program *program, const struct rft_node *node);
void rft_program_finish(struct rft_program *program);

bool rft_ranges_overlap(struct rft_range a, struct rft_range b);

/* Appends one line per node: number, barrier, op, label, ranges. names: what a dump calls the buffers, in any order. */
struct rft_range_name {
    struct rft_range range;
    const char *name;
};
enum rft_status rft_program_dump(const struct rft_program *program, const struct rft_range_name *names, size_t n_names,
                                 struct rft_str *text);

#endif
