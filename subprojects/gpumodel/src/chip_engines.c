/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Engine lists. Two copy engines share the graphics runlist (as GRCEs), two have runlists of
 * their own. Runlists, fault ids and vectors are this model's choice: a driver has to take them
 * from the device info and interrupt tables. Stall vectors lie in leaf 6, non-stall in leaf 0.
 */
#include <nvhw/irq.h>
#include <nvhw/rm.h>

#include "chip.h"

/* Device types of the info table. The numbers are the model's: no driver read them. */
enum { DEVICE_TYPE_GRAPHICS = 0, DEVICE_TYPE_COPY = 19 };

#define GRAPHICS(class_number)                                                                     \
    {                                                                                              \
        .name = "GR0", .engine_type = NV2080_ENGINE_TYPE_GR0,                                      \
        .rm_engine_type = NV_RM_ENGINE_TYPE_GR0, .runlist = 0, .runlist_engine = 0,                \
        .mmu_fault_id = 64, .mc_engine = NV_R570_MC_ENGINE_IDX_GR0, .stall_vector = 192,           \
        .nonstall_vector = 1, .device_type = DEVICE_TYPE_GRAPHICS, .instance = 0,                  \
        .class_id = class_number                                                                   \
    }

#define COPY(n, list, list_engine, class_number)                                                   \
    {                                                                                              \
        .name = "CE" #n, .engine_type = NV2080_ENGINE_TYPE_COPY0 + n,                              \
        .rm_engine_type = NV_RM_ENGINE_TYPE_COPY0 + n, .runlist = list,                            \
        .runlist_engine = list_engine, .mmu_fault_id = 15 + n,                                     \
        .mc_engine = NV_R570_MC_ENGINE_IDX_CE0 + n, .stall_vector = 193 + n,                       \
        .nonstall_vector = 2 + n, .device_type = DEVICE_TYPE_COPY, .instance = n,                  \
        .class_id = class_number                                                                   \
    }

#define ENGINES(graphics_class, copy_class)                                                        \
    {                                                                                              \
        GRAPHICS(graphics_class), COPY(0, 0, 1, copy_class), COPY(1, 0, 2, copy_class),            \
            COPY(2, 1, 0, copy_class), COPY(3, 2, 0, copy_class), {                                \
            .name = NULL                                                                           \
        }                                                                                          \
    }

const struct gpum_chip_engine gpum_engines_turing[] =
    ENGINES(NV_RM_CLASS_GRAPHICS_TU, NV_RM_CLASS_COPY_TU);
const struct gpum_chip_engine gpum_engines_ampere[] =
    ENGINES(NV_RM_CLASS_GRAPHICS_GA10X, NV_RM_CLASS_COPY_GA10X);
const struct gpum_chip_engine gpum_engines_hopper[] =
    ENGINES(NV_RM_CLASS_GRAPHICS_GH, NV_RM_CLASS_COPY_GH);
const struct gpum_chip_engine gpum_engines_blackwell[] =
    ENGINES(NV_RM_CLASS_GRAPHICS_GB20X, NV_RM_CLASS_COPY_GB20X);
const struct gpum_chip_engine gpum_engines_ada[] =
    ENGINES(NV_RM_CLASS_GRAPHICS_AD, NV_RM_CLASS_COPY_GA10X);
