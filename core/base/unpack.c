/* SPDX-License-Identifier: MIT */
#include "unpack.h"

#include "alloc.h"
#include "file.h"
#include "log.h"
#include "os.h"

#include <inttypes.h>
#include <string.h>
#define ZLIB_CONST /* what is read is const */
#include <zlib.h>
#define ZSTD_STATIC_LINKING_ONLY /* its hooks for memory */
#include <zstd.h>
#include <zstd_errors.h>

#define GZIP_MARK "\x1f\x8b"
#define ZSTD_MARK "\x28\xb5\x2f\xfd"
#define ZSTD_SKIPPED_MARK "\x2a\x4d\x18" /* behind a byte from 0x50 to 0x5f */
#define STEP_BYTES ((size_t)1 << 20)     /* that are unpacked at once, at most */

/* What is unpacked, and where to. */
struct unpacker {
    const char *path;
    struct rft_bytes rest; /* of the file */
    struct rft_str out;
    uint64_t bytes_max;
};

/* One line for a file that is no whole one of its kind. */
static enum rft_status refuse(const struct unpacker *u, const char *kind, const char *what)
{
    rft_log_error("%s: is compressed with %s, but %s; get the file again", u->path, kind, what);
    return RFT_ERR_INPUT;
}

/* Room for the next step. One byte above the bound is room, too: it shows that there is more. */
static enum rft_status make_room(struct unpacker *u, size_t *n)
{
    void *data = u->out.data;
    if (rft_os_interrupted())
        return RFT_ERR_INTERRUPTED;
    if (u->out.len > u->bytes_max) {
        rft_log_error("%s: holds more than %" PRIu64 " bytes; split it", u->path, u->bytes_max);
        return RFT_ERR_INPUT;
    }
    const uint64_t left = u->bytes_max - u->out.len + 1;
    *n = left < STEP_BYTES ? (size_t)left : STEP_BYTES;
    if (rft_grow(&data, &u->out.cap, u->out.len + *n + 1, 1) != 0)
        return RFT_ERR_HOST_MEMORY;
    u->out.data = data;
    u->out.data[u->out.len] = '\0';
    return RFT_OK;
}

/* ---- gzip ---- */

static voidpf zlib_alloc(voidpf user, uInt n, uInt size)
{
    (void)user;
    return rft_alloc(n, size);
}

static void zlib_release(voidpf user, voidpf p)
{
    (void)user;
    rft_free(p);
}

/* One call of inflate; *is_end: a member is whole. */
static enum rft_status inflate_step(struct unpacker *u, z_stream *z, bool *is_end)
{
    size_t room, n_in = u->rest.len < STEP_BYTES ? u->rest.len : STEP_BYTES;
    RFT_TRY(make_room(u, &room));
    z->next_in = (const Bytef *)u->rest.data;
    z->avail_in = (uInt)n_in;
    z->next_out = (Bytef *)u->out.data + u->out.len;
    z->avail_out = (uInt)room;
    int code = inflate(z, Z_NO_FLUSH);
    n_in -= z->avail_in;
    room -= z->avail_out;
    u->rest = (struct rft_bytes){u->rest.data + n_in, u->rest.len - n_in};
    u->out.len += room;
    *is_end = code == Z_STREAM_END;
    if (code == Z_MEM_ERROR)
        return RFT_ERR_HOST_MEMORY;
    if (code == Z_DATA_ERROR || code == Z_NEED_DICT)
        return refuse(u, "gzip", "it is damaged");
    if (!*is_end && n_in == 0 && room == 0)
        return refuse(u, "gzip", "it is cut short");
    return RFT_OK;
}

static enum rft_status inflate_members(struct unpacker *u, z_stream *z)
{
    while (rft_bytes_begin(u->rest, GZIP_MARK)) {
        bool is_end = false;
        if (inflateReset(z) != Z_OK)
            return RFT_ERR_HOST_MEMORY;
        while (!is_end)
            RFT_TRY(inflate_step(u, z, &is_end));
    }
    /* Tapes and some tools fill the end with zeros. */
    while (u->rest.len != 0 && u->rest.data[0] == '\0')
        u->rest = (struct rft_bytes){u->rest.data + 1, u->rest.len - 1};
    return u->rest.len == 0 ? RFT_OK : refuse(u, "gzip", "something else stands behind its end");
}

static enum rft_status unpack_gzip(struct unpacker *u)
{
    z_stream z = {.zalloc = zlib_alloc, .zfree = zlib_release};
    if (inflateInit2(&z, 15 + 16) != Z_OK) /* the largest window, and gzip's header */
        return RFT_ERR_HOST_MEMORY;
    enum rft_status status = inflate_members(u, &z);
    inflateEnd(&z);
    return status;
}

/* ---- zstd ---- */

static void *zstd_alloc(void *user, size_t n)
{
    (void)user;
    return rft_alloc(n, 1);
}

static void zstd_release(void *user, void *p)
{
    (void)user;
    rft_free(p);
}

static enum rft_status refuse_zstd(const struct unpacker *u, size_t code)
{
    switch (ZSTD_getErrorCode(code)) {
    case ZSTD_error_memory_allocation: return RFT_ERR_HOST_MEMORY;
    case ZSTD_error_frameParameter_windowTooLarge:
        rft_log_error("%s: is compressed with zstd --long and needs a window of more than 128 MiB; decompress it "
                      "(unzstd --long=31)",
                      u->path);
        return RFT_ERR_UNSUPPORTED;
    case ZSTD_error_prefix_unknown: return refuse(u, "zstd", "something else stands behind its end");
    default: return refuse(u, "zstd", "it is damaged");
    }
}

static enum rft_status decompress_frames(struct unpacker *u, ZSTD_DCtx *context)
{
    size_t left = 1; /* 0: a frame is whole */
    while (u->rest.len != 0 || left != 0) {
        size_t room;
        RFT_TRY(make_room(u, &room));
        ZSTD_inBuffer in = {u->rest.data, u->rest.len < STEP_BYTES ? u->rest.len : STEP_BYTES, 0};
        ZSTD_outBuffer out = {u->out.data + u->out.len, room, 0};
        left = ZSTD_decompressStream(context, &out, &in);
        if (ZSTD_isError(left))
            return refuse_zstd(u, left);
        u->rest = (struct rft_bytes){u->rest.data + in.pos, u->rest.len - in.pos};
        u->out.len += out.pos;
        if (left != 0 && in.pos == 0 && out.pos == 0)
            return refuse(u, "zstd", "it is cut short");
    }
    return RFT_OK;
}

/* pzstd's files begin with a frame that is skipped. */
static bool is_zstd(struct rft_bytes bytes)
{
    bool is_skipped = bytes.len >= 4 && ((unsigned char)bytes.data[0] & 0xf0) == 0x50 &&
                      memcmp(bytes.data + 1, ZSTD_SKIPPED_MARK, strlen(ZSTD_SKIPPED_MARK)) == 0;
    return is_skipped || rft_bytes_begin(bytes, ZSTD_MARK);
}

static enum rft_status unpack_zstd(struct unpacker *u)
{
    ZSTD_DCtx *context = ZSTD_createDCtx_advanced((ZSTD_customMem){zstd_alloc, zstd_release, NULL});
    if (context == NULL)
        return RFT_ERR_HOST_MEMORY;
    enum rft_status status = decompress_frames(u, context);
    ZSTD_freeDCtx(context);
    return status;
}

enum rft_status rft_unpack(const char *path, uint64_t bytes_max, struct rft_str *text)
{
    struct unpacker u = {.path = path, .rest = {text->data, text->len}, .bytes_max = bytes_max};
    enum rft_status status;
    if (rft_bytes_begin(u.rest, GZIP_MARK))
        status = unpack_gzip(&u);
    else if (is_zstd(u.rest))
        status = unpack_zstd(&u);
    else
        return RFT_OK;
    if (status == RFT_OK && u.out.len > bytes_max)
        status = make_room(&u, &(size_t){0});
    rft_str_finish(text);
    if (status == RFT_OK) {
        u.out.data[u.out.len] = '\0';
        *text = u.out;
    } else {
        rft_str_finish(&u.out);
    }
    return status;
}

enum rft_status rft_file_read_unpacked(const char *path, uint64_t bytes_max, struct rft_str *text)
{
    RFT_TRY(rft_file_read(path, bytes_max, text));
    return rft_unpack(path, bytes_max, text);
}
