/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Status codes and their texts, from one list, and the error record that carries a cause a person
 * can act on. Functions that can fail for reasons outside the program return an enum magma_code
 * and take a struct magma_error pointer (which may be NULL); hot paths return the code alone.
 */
#ifndef MAGMA_NV_STATUS_H
#define MAGMA_NV_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

/* X(name, text): the one list behind enum magma_code, magma_code_name() and magma_code_text(). */
#define MAGMA_CODES(X)                                                                             \
    X(OK, "success")                                                                               \
    X(INVALID_ARGUMENT, "an argument is out of its range")                                         \
    X(OUT_OF_HOST_MEMORY, "the process has no memory left")                                        \
    X(OUT_OF_DEVICE_MEMORY, "the GPU has no memory left")                                          \
    X(NO_DEVICE, "no such device")                                                                 \
    X(BUSY, "the device is in use")                                                                \
    X(PERMISSION, "the process may not do this")                                                   \
    X(NOT_SUPPORTED, "not supported")                                                              \
    X(TIMEOUT, "a deadline passed")                                                                \
    X(DEVICE_LOST, "the device is lost")                                                           \
    X(DEVICE_GONE, "the device no longer answers (all ones)")                                      \
    X(PROTOCOL, "the other side broke the protocol")                                               \
    X(BAD_FIRMWARE, "a firmware file is damaged or of an unknown form")                            \
    X(BAD_VBIOS, "the video BIOS is damaged or of an unknown form")                                \
    X(BAD_SHADER, "the shader is malformed")                                                       \
    X(FIRMWARE_MISSING, "a firmware file was not found")                                           \
    X(FIRMWARE_REFUSED, "the firmware refused a request")                                          \
    X(SYSTEM, "a system call failed")                                                              \
    X(INTERNAL, "an internal contradiction (a defect of magma)")

enum magma_code {
#define MAGMA_CODE_ENUM(name, text) MAGMA_##name,
    MAGMA_CODES(MAGMA_CODE_ENUM)
#undef MAGMA_CODE_ENUM
        MAGMA_CODE_COUNT
};

/* A code with its cause: subject, what was found and wanted, and what to do next. */
struct magma_error {
    enum magma_code code;
    char text[480];
};

/* Short name of a code ("TIMEOUT"); "?" for a number outside the list. Static storage. */
const char *magma_code_name(enum magma_code code);

/* One sentence for a code. Static storage. */
const char *magma_code_text(enum magma_code code);

#ifdef __cplusplus
}
#endif
#endif
