/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Memory of the client: a sorted list of I/O ranges, each a piece of a mapped file. A client that
 * cuts its file short while the device uses it ends the server with SIGBUS, as it would end any
 * process that shares memory with it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "serve.h"

#define PAGE NV_VFIO_USER_PAGE_SIZE_BYTES

static bool fits(uint64_t first, uint64_t size, uint64_t limit)
{
    return size <= limit && first <= limit - size;
}

/* First map that ends after iova. */
static uint32_t lower_bound(const struct gpum_serve *s, uint64_t iova)
{
    uint32_t low = 0, high = s->map_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (s->maps[middle].iova + (s->maps[middle].size_bytes - 1) < iova)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool gpum_serve_translate(struct gpum_serve *s, uint64_t iova, bool write, uint8_t **ptr,
                          uint64_t *run_bytes)
{
    uint32_t at = lower_bound(s, iova);
    if (at == s->map_count || iova < s->maps[at].iova) {
        gpum_serve_stray(s, iova, write);
        return false;
    }
    const struct gpum_serve_map *map = &s->maps[at];
    if (!map->file ||
        (write &&
         (!NVHW_GET(NV_VFIO_USER_DMA_MAP_FLAGS, WRITE, map->flags) || !map->file->writable)) ||
        (!write && !NVHW_GET(NV_VFIO_USER_DMA_MAP_FLAGS, READ, map->flags)))
        return false;
    *ptr = map->file->pointer + map->offset + (iova - map->iova);
    *run_bytes = map->size_bytes - (iova - map->iova);
    return true;
}

static void release_file(struct gpum_serve *s, struct gpum_serve_file *file)
{
    if (!file || --file->users)
        return;
    for (uint32_t i = 0; i < s->file_count; i++)
        if (s->files[i] == file)
            s->files[i] = s->files[--s->file_count];
    munmap(file->pointer, file->size_bytes);
    free(file);
}

static struct gpum_serve_file *find_file(struct gpum_serve *s, const struct stat *st)
{
    for (uint32_t i = 0; i < s->file_count; i++)
        if (s->files[i]->device == st->st_dev && s->files[i]->inode == st->st_ino &&
            s->files[i]->size_bytes == (uint64_t)st->st_size)
            return s->files[i];
    return NULL;
}

/* The mapped file behind a descriptor, with one user more; NULL and *error. */
static struct gpum_serve_file *take_file(struct gpum_serve *s, int fd, int *error)
{
    struct stat st;
    *error = EINVAL;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size <= 0)
        return NULL;
    struct gpum_serve_file *file = find_file(s, &st);
    if (file) {
        file->users++;
        return file;
    }
    *error = ENOMEM;
    file = s->file_count < GPUM_SERVE_FILES_MAX ? calloc(1, sizeof(*file)) : NULL;
    if (!file)
        return NULL;
    *file = (struct gpum_serve_file){
        .device = st.st_dev, .inode = st.st_ino, .size_bytes = (uint64_t)st.st_size, .users = 1};
    file->writable = true;
    file->pointer = mmap(NULL, file->size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (file->pointer == MAP_FAILED) {
        file->writable = false;
        file->pointer = mmap(NULL, file->size_bytes, PROT_READ, MAP_SHARED, fd, 0);
    }
    if (file->pointer == MAP_FAILED) {
        *error = errno;
        free(file);
        return NULL;
    }
    s->files[s->file_count++] = file;
    return file;
}

static bool make_room(struct gpum_serve *s)
{
    if (s->map_count < s->map_room)
        return true;
    uint32_t room = s->map_room ? s->map_room * 2 : 64;
    struct gpum_serve_map *maps = realloc(s->maps, room * sizeof(*maps));
    if (!maps)
        return false;
    s->maps = maps;
    s->map_room = room;
    return true;
}

int gpum_serve_dma_map(struct gpum_serve *s, const struct nvhw_vfio_user_dma_map *map, int fd)
{
    uint32_t known =
        NVHW_MASK(NV_VFIO_USER_DMA_MAP_FLAGS, READ) | NVHW_MASK(NV_VFIO_USER_DMA_MAP_FLAGS, WRITE);
    struct gpum_serve_file *file = NULL;
    int error = 0;
    if (map->argsz < sizeof(*map) || map->flags & ~known || map->size == 0 || map->size % PAGE ||
        map->iova % PAGE || map->iova > UINT64_MAX - (map->size - 1))
        return EINVAL;
    uint32_t at = lower_bound(s, map->iova);
    if (at < s->map_count && s->maps[at].iova <= map->iova + (map->size - 1))
        return EEXIST;
    if (s->map_count >= NV_VFIO_USER_DMA_MAPS_MAX || !make_room(s))
        return ENOSPC;
    if (fd >= 0) {
        file = take_file(s, fd, &error);
        if (!file)
            return error;
        if (map->fd_offset % PAGE || !fits(map->fd_offset, map->size, file->size_bytes)) {
            release_file(s, file);
            return EINVAL;
        }
    }
    memmove(&s->maps[at + 1], &s->maps[at], (s->map_count - at) * sizeof(*s->maps));
    s->maps[at] = (struct gpum_serve_map){map->iova, map->size, map->fd_offset, map->flags, file};
    s->map_count++;
    gpum_dma_changed(s->m);
    return 0;
}

void gpum_serve_dma_drop_all(struct gpum_serve *s)
{
    for (uint32_t i = 0; i < s->map_count; i++)
        release_file(s, s->maps[i].file);
    s->map_count = 0;
    gpum_dma_changed(s->m);
}

/* Drops every map within the range; a map that only partly lies in it is an error. */
int gpum_serve_dma_unmap(struct gpum_serve *s, const struct nvhw_vfio_user_dma_unmap *unmap)
{
    if (unmap->argsz < sizeof(*unmap) ||
        NVHW_GET(NV_VFIO_USER_DMA_UNMAP_FLAGS, DIRTY_BITMAP, unmap->flags))
        return unmap->argsz < sizeof(*unmap) ? EINVAL : ENOTSUP;
    if (NVHW_GET(NV_VFIO_USER_DMA_UNMAP_FLAGS, ALL, unmap->flags)) {
        if (unmap->iova || unmap->size)
            return EINVAL;
        gpum_serve_dma_drop_all(s);
        return 0;
    }
    if (unmap->size == 0 || unmap->iova > UINT64_MAX - (unmap->size - 1))
        return EINVAL;
    uint64_t last = unmap->iova + (unmap->size - 1);
    uint32_t first = lower_bound(s, unmap->iova), end = first;
    for (; end < s->map_count && s->maps[end].iova <= last; end++)
        if (s->maps[end].iova < unmap->iova ||
            s->maps[end].iova + (s->maps[end].size_bytes - 1) > last)
            return EINVAL;
    for (uint32_t i = first; i < end; i++)
        release_file(s, s->maps[i].file);
    if (end > first)
        memmove(&s->maps[first], &s->maps[end], (s->map_count - end) * sizeof(*s->maps));
    s->map_count -= end - first;
    gpum_dma_changed(s->m);
    return 0;
}
