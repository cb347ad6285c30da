/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* gpumodel-mkfw DIR: writes the model's firmware files below DIR, for MAGMA_FIRMWARE_PATH. */
#include <gpumodel/firmware.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    char error[256];
    if (argc != 2 || strcmp(argv[1], "--help") == 0) {
        fprintf(argc == 2 ? stdout : stderr,
                "usage: gpumodel-mkfw DIR\n"
                "Writes firmware files for the software GPU to DIR/nvidia/CHIP/gsp/.\n");
        return argc == 2 ? 0 : 2;
    }
    if (!gpum_firmware_write(argv[1], error, sizeof(error))) {
        fprintf(stderr, "gpumodel-mkfw: %s\n", error);
        return 1;
    }
    return 0;
}
