/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Writes the firmware files into a folder tree. */
#include <errno.h>
#include <gpumodel/firmware.h>
#include <gpumodel/gpumodel.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PATH_MAX_BYTES 1024
#define VERSION        "570.144"

static bool make_folders(char *path, char *error, size_t error_size_bytes)
{
    for (char *at = path + 1; *at; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        bool ok = mkdir(path, 0777) == 0 || errno == EEXIST;
        if (!ok)
            snprintf(error, error_size_bytes, "cannot make %s: %s", path, strerror(errno));
        *at = '/';
        if (!ok)
            return false;
    }
    return true;
}

static bool write_file(const char *path, const uint8_t *bytes, size_t size_bytes, char *error,
                       size_t error_size_bytes)
{
    FILE *file = fopen(path, "wb");
    bool ok = file && fwrite(bytes, 1, size_bytes, file) == size_bytes;
    if (file && fclose(file) != 0)
        ok = false;
    if (!ok)
        snprintf(error, error_size_bytes, "cannot write %s: %s", path, strerror(errno));
    return ok;
}

static bool write_one(const char *dir, const char *chip, enum gpum_firmware_file kind, char *error,
                      size_t error_size_bytes)
{
    char path[PATH_MAX_BYTES];
    size_t size = 0;
    uint8_t *bytes = gpum_firmware_create(chip, kind, &size);
    if (!bytes)
        return true; /* this chip has none */
    int length = snprintf(path, sizeof(path), "%s/nvidia/%s/gsp/%s-" VERSION ".bin", dir, chip,
                          gpum_firmware_name(kind));
    bool ok = length > 0 && (size_t)length < sizeof(path);
    if (!ok)
        snprintf(error, error_size_bytes, "the path of the folder is too long");
    ok = ok && make_folders(path, error, error_size_bytes) &&
         write_file(path, bytes, size, error, error_size_bytes);
    free(bytes);
    return ok;
}

bool gpum_firmware_write(const char *dir, char *error, size_t error_size_bytes)
{
    for (unsigned i = 0; gpum_chip_name(i); i++)
        for (unsigned kind = 0; kind < GPUM_FIRMWARE_FILE_COUNT; kind++)
            if (!write_one(dir, gpum_chip_name(i), (enum gpum_firmware_file)kind, error,
                           error_size_bytes))
                return false;
    return true;
}
