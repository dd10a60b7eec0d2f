/* SPDX-License-Identifier: MIT */
/* What the parts of bench_decode share: options, a clock, and a model with random weights on a device. */
#ifndef RFT_BENCH_H
#define RFT_BENCH_H

#include "engine.h"

#define BENCH_LIST_MAX 8u

struct bench_options {
    const char *what, *shape, *sequences, *columns, *backend, *device;
    const char *stored; /* how matrices are: bf16, or a type of GGUF files */
    uint32_t samples, prompt, n_new, threads, runs, layers, stream_mib;
    double seconds; /* that a product's replays are measured for, in each run */
    double limit;   /* seconds: what is known to take longer is left out */
    float temperature;
    struct rft_sampling sampling;
};

struct bench {
    struct bench_options options;
    struct rft_model_config config;
    struct rft_formats formats;
    struct rft_engine engine;
    uint32_t *mask; /* [ceil(vocab / 32)]: all ones */
    uint32_t no_token;
    double stream_gb;   /* GB/s that a large product with one column reads; 0 = not measured */
    double row_seconds; /* of a step, for each of its rows, the best so far; 0 = not measured */
    /* What decodes took, to be printed when all is given back. */
    struct bench_memory {
        uint32_t n_rows;
        uint64_t available; /* in the decode, as the device says */
        uint64_t needed;    /* weights and prompts' keys and values */
    } memory[BENCH_LIST_MAX];
    uint32_t n_memory;
};

/* Seconds of the clock, and of all processors in this process: what a software device costs is seen in the latter. */
struct bench_time {
    double wall, cpu;
};
struct bench_time bench_now(void);
struct bench_time bench_since(struct bench_time start);

/* Numbers separated by commas, BENCH_LIST_MAX at most; returns how many. */
uint32_t bench_list(const char *text, uint32_t values[BENCH_LIST_MAX]);
/* Says so and returns false if something that takes so long is to be left out. */
bool bench_has_time_for(const struct bench *b, double seconds, const char *what);

/* bench_model.c: the config of a shape; false if there is none of this name. */
bool bench_shape(const char *name, struct rft_model_config *config);
const char *bench_shape_names(void);
/* Random weights on b->engine.dev, which is open. Given back by bench_unload; the device stays open. */
enum rft_status bench_load(struct bench *b);
void bench_unload(struct bench *b);
/* Random bf16 of magnitude 2^-6 to 2^-3. */
enum rft_status bench_fill(struct rft_dev *dev, struct rft_slice to);
/* A normed row of rft_h_bytes(dim) bytes: random elements, and sums of squares that fit. */
void bench_fill_normed(uint32_t dim, void *row);
/* bench_formats.c: every matrix's format, by the name of a type; false if there is none of this name. */
bool bench_formats(const char *stored, const struct rft_model_config *config, struct rft_formats *formats);
const char *bench_format_names(void);
/* A packed matrix of integers: any of them, under scales that make elements of about 1/16. */
enum rft_status bench_fill_integers(struct rft_dev *dev, const struct rft_matrix *matrix, struct rft_slice to);
/* Multiplications and additions of the matrices in a decode step, for each row; and their bytes. */
uint64_t bench_step_flop(const struct rft_model_config *config);
uint64_t bench_step_bytes(const struct bench *b);

/* A step's program and buffers, with rows that stand in the middle of their samples. */
struct bench_step {
    uint32_t n_rows;
    struct rft_pool prompt_pool, pool;
    struct rft_range *pages; /* [n_layers] */
    struct rft_work work;
    struct rft_program program;
};
enum rft_status bench_step_open(struct bench *b, uint32_t n_rows, struct bench_step *step);
void bench_step_close(struct bench_step *step); /* also after a failure */
/* Questions whose samples make so many rows. */
uint32_t bench_n_questions(const struct bench *b, uint32_t n_rows);

/* Time of one replay: the best of several runs, after a first that counts only where there is no time for more. */
enum rft_status bench_time_program(struct bench *b, const struct rft_program *program, struct bench_time *replay);

/* The measurements. Each prints its table. */
enum rft_status bench_stream(struct bench *b);  /* bench_matmul.c: sets stream_gb */
enum rft_status bench_matmuls(struct bench *b); /* sets row_seconds */
enum rft_status bench_profile(struct bench *b);
enum rft_status bench_prefill(struct bench *b); /* bench_rates.c */
enum rft_status bench_decode(struct bench *b);
/* Once nothing is left on the device but what it keeps while it is open. */
enum rft_status bench_print_memory(struct bench *b);

#endif
