/* SPDX-License-Identifier: MIT */
/* Runs a fuzz target over the files of the folders that are named, in order of their names: what libFuzzer does with
 * -runs=0, for compilers without it. */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The memory is as large as the file, so that a sanitizer sees every step beyond it. */
static int replay_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    uint8_t *data = NULL;
    long size = -1;
    if (f != NULL && fseek(f, 0, SEEK_END) == 0 && (size = ftell(f)) >= 0 && fseek(f, 0, SEEK_SET) == 0)
        data = malloc(size ? (size_t)size : 1);
    int status = data == NULL || fread(data, 1, (size_t)size, f) != (size_t)size;
    if (status)
        fprintf(stderr, "%s: cannot read: %s\n", path, strerror(errno));
    else
        LLVMFuzzerTestOneInput(data, (size_t)size);
    free(data);
    if (f != NULL)
        fclose(f);
    return status;
}

static int replay_folder(const char *folder, size_t *n_inputs)
{
    struct dirent **entries;
    int n = scandir(folder, &entries, NULL, alphasort), status = 0;
    if (n < 0) {
        fprintf(stderr, "%s: cannot read: %s\n", folder, strerror(errno));
        return 1;
    }
    for (int i = 0; i < n; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.') {
            status |= replay_file(path);
            ++*n_inputs;
        }
        free(entries[i]);
    }
    free(entries);
    return status;
}

int main(int argc, char **argv)
{
    size_t n_inputs = 0;
    int status = 0;
    for (int i = 1; i < argc; i++)
        status |= replay_folder(argv[i], &n_inputs);
    printf("%zu inputs\n", n_inputs);
    return status || n_inputs == 0;
}
