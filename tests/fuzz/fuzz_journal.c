/* SPDX-License-Identifier: MIT */
/* A journal as found on the disk. If the first byte is odd, every line gets its right hash first, so that the search is
 * not stopped by it. Whatever the file holds: it opens or is refused, what it has can be read, and the rest can be
 * added. */
#include "alloc.h"
#include "fuzz.h"
#include "journal.h"
#include "os.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#define N_QUESTIONS 3
#define N_SAMPLES 2

/* Whose lines put_hashed makes. */
static const struct rft_fingerprint own = {.hash = 1, .text = "0000000000000001"};

/* Their identities stand in the corpus. */
static const struct rft_question questions[N_QUESTIONS] = {
    {.text = {"a", 1}, .id = {"a", 1}}, {.text = {"b", 1}, .id = {"b", 1}}, {.text = {"c", 1}, .id = {"c", 1}}};

static void put_hashed(FILE *f, const char *text, size_t n)
{
    for (const char *end = text + n, *newline; text < end; text = newline + 1) {
        newline = memchr(text, '\n', (size_t)(end - text));
        if (newline == NULL)
            newline = end;
        size_t len = (size_t)(newline - text);
        fwrite(text, 1, len, f);
        fprintf(f, " %016llx\n", (unsigned long long)XXH64(text, len, own.hash));
    }
}

static void write_input(const char *path, const uint8_t *data, size_t size)
{
    FILE *f = fopen(path, "wb");
    require(f != NULL);
    if (size && data[0] & 1)
        put_hashed(f, (const char *)data + 1, size - 1);
    else if (size)
        fwrite(data + 1, 1, size - 1, f);
    require(fclose(f) == 0);
}

/* Reads what is there and, on the first pass, adds what is not. */
static bool visit(const char *path, bool first)
{
    struct rft_journal *journal;
    struct rft_str text = {0};
    struct rft_sample sample;
    bool readable = true;
    const struct rft_journal_run run = {&own, questions, N_QUESTIONS, N_SAMPLES};
    if (rft_journal_open(path, &run, false, &journal) != RFT_OK)
        return false;
    uint64_t n_found = 0;
    for (uint32_t i = 0; i < N_QUESTIONS * N_SAMPLES; i++) {
        struct rft_sample made = {.question = i / N_SAMPLES, .sample = i % N_SAMPLES, .text = {"\n", 1}};
        bool has = rft_journal_has(journal, made.question, made.sample);
        require(has || first);
        n_found += has;
        /* A line whose hash is right may still hold an escape that was never written. */
        if (has)
            readable &= rft_journal_read(journal, made.question, made.sample, &text, &sample) == RFT_OK;
        else
            require(rft_journal_append(journal, &made) == RFT_OK);
    }
    require(rft_journal_n_done(journal) == n_found);
    require(rft_journal_commit(journal) == RFT_OK);
    require(rft_journal_n_done(journal) == N_QUESTIONS * N_SAMPLES);
    rft_str_finish(&text);
    rft_journal_close(journal);
    return readable;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    uint64_t n_live = rft_alloc_n_live();
    rft_log_set_sink(drop_line, NULL);
    const char *folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"; /* syncs cost nothing in the first */
    snprintf(path, sizeof path, "%s/rftgen-fuzz-%ld", folder, (long)getpid());
    write_input(path, data, size);
    if (visit(path, true))
        require(visit(path, false));
    unlink(path);
    require(rft_alloc_n_live() == n_live);
    return 0;
}
