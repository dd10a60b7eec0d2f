/* SPDX-License-Identifier: MIT */
/* The cpu backend: the executable definition of the arithmetic, and a usable engine.
 *
 * Its devices are forms of the same arithmetic, chosen at run time in one binary: `plain` is cpu_kernels.c, C to be
 * read beside docs/arithmetic.md; the others replace the hot kernels by vector code that gives the same bits. */
#ifndef RFT_CPU_H
#define RFT_CPU_H

#include "backend.h"

#include <stdatomic.h>

#define CPU_THREADS_MAX 256u

/* Packed tiles whose format is integers. */
struct cpu_tiles {
    const uint32_t *weight;
    uint32_t format;
    uint32_t n;
    uint32_t k; /* padded */
};

/* totals[tile][column][16] = weight . column, for the quantised parts of 1 to CPU_INTEGER_COLUMNS (vector/form.h) rows.
 * There must be room for one tile more; what is written there means nothing. */
typedef void (*cpu_integer_tiles)(const struct cpu_tiles *tiles, const uint32_t *const *columns, uint32_t n_columns,
                                  float *totals);

/* Which of the team's n threads a kernel runs on: index picks the piece of scratch, n how finely work is cut. */
struct cpu_worker {
    uint32_t index;
    uint32_t n;
    cpu_integer_tiles integer_tiles; /* the form's */
};

/* A kernel is a grid of independent items; any thread may take any item, in any order. */
struct cpu_kernel {
    uint32_t (*n_items)(const void *args, uint32_t n_workers);
    void (*run)(const void *args, uint32_t item, struct cpu_worker worker);
};

struct cpu_form {
    const char *name;
    bool (*is_supported)(void);
    const struct cpu_kernel *kernels; /* [RFT_OP_COUNT]; run == NULL: the plain one */
    cpu_integer_tiles integer_tiles;  /* forms may differ in nothing else; NULL: the kernels need none */
};

/* The forms of this machine, fastest first; plain is always the last. */
const struct cpu_form *cpu_form_at(uint32_t index);
uint32_t cpu_n_forms(void);
const struct cpu_kernel *cpu_kernel_of(const struct cpu_form *form, enum rft_op op);

/* Plain kernels and their grids, by op. */
#define RFT_OP(name, grid)                                                                                             \
    uint32_t cpu_##name##_items(const void *args, uint32_t n_workers);                                                 \
    void cpu_##name(const void *args, uint32_t item, struct cpu_worker worker);
#include "ops.def"
#undef RFT_OP

/* Threads that run a list of nodes together. */
struct cpu_team;
enum rft_status cpu_team_create(uint32_t n_threads, cpu_integer_tiles integer_tiles, struct cpu_team **team);
void cpu_team_destroy(struct cpu_team *team);
uint32_t cpu_team_size(const struct cpu_team *team);

struct cpu_node {
    const struct cpu_kernel *kernel;
    uint32_t op;
    union {
        uint8_t bytes[RFT_ARGS_BYTES_MAX];
        uint64_t align;
    } args;
};
/* Runs nodes [0, n_nodes) n_replays times, each node finished before the next begins; returns when all is done. node_us
 * (may be NULL): microseconds spent in each node are added. */
void cpu_team_run(struct cpu_team *team, const struct cpu_node *nodes, uint32_t n_nodes, uint32_t n_replays,
                  float *node_us);

/* Any number of items of a row may find it bad at the same time. */
static inline void cpu_mark_bad(struct rft_row *row)
{
    __atomic_store_n(&row->bad, 1u, __ATOMIC_RELAXED);
}

static inline uint32_t cpu_n_rows(uint64_t batch)
{
    return ((const struct rft_batch *)(uintptr_t)batch)->n_rows;
}

static inline void *cpu_pointer(uint64_t address)
{
    return (void *)(uintptr_t)address;
}

#endif
