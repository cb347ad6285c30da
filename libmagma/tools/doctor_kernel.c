/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The kernel and how it was booted: IOMMU, interrupt remapping, VFIO's modules, huge pages. */
#include "libmagma/tools/doctor.h"

#include <stdio.h>
#include <string.h>

#define GROUPS "/sys/kernel/iommu_groups"

enum { CURE_BYTES = 400, INTERRUPTS_BYTES = 65536 };

/* What a CPU maker calls its IOMMU. */
struct maker {
    const char *cpu;   /* in /proc/cpuinfo */
    const char *table; /* of ACPI, which the firmware provides when the IOMMU is on */
    const char *name;  /* in the firmware's setup */
    const char *word;  /* on the kernel command line; NULL: Linux turns it on by itself */
    const char *off;   /* the word that keeps it off */
};

static const struct maker makers[] = {
    {"GenuineIntel", "DMAR", "VT-d", "intel_iommu=on", "intel_iommu=off"},
    {"AuthenticAMD", "IVRS", "AMD-Vi (IOMMU)", NULL, "amd_iommu=off"},
};

static const struct maker *find_maker(const struct doctor *d)
{
    char text[DOCTOR_TEXT_BYTES];

    doctor_read(d, "/proc/cpuinfo", text, sizeof text);
    for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++)
        if (strstr(text, makers[i].cpu))
            return &makers[i];
    return NULL;
}

static bool has_word(const char *line, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = line; (at = strstr(at, word)); at += length)
        if ((at == line || at[-1] == ' ') && (at[length] == 0 || at[length] == ' '))
            return true;
    return false;
}

/* How a word gets on (or off) the kernel command line of this machine. */
static void boot_loader_cure(const struct doctor *d, bool add, const char *word,
                             char cure[CURE_BYTES])
{
    const char *verb = add ? "add" : "remove", *to = add ? "to" : "from";

    if (doctor_has(d, "/etc/default/grub"))
        snprintf(cure, CURE_BYTES,
                 "%s `%s` %s GRUB_CMDLINE_LINUX_DEFAULT in /etc/default/grub, run `update-grub`, "
                 "and reboot",
                 verb, word, to);
    else if (doctor_has(d, "/etc/kernel/cmdline") || doctor_has(d, "/boot/loader/loader.conf") ||
             doctor_has(d, "/boot/efi/loader/loader.conf"))
        snprintf(cure, CURE_BYTES,
                 "%s `%s` %s /etc/kernel/cmdline, run `kernel-install add $(uname -r) "
                 "/boot/vmlinuz-$(uname -r)`, and reboot",
                 verb, word, to);
    else
        snprintf(cure, CURE_BYTES,
                 "%s `%s` %s the kernel command line in the boot loader's configuration, and "
                 "reboot",
                 verb, word, to);
}

/* There are no groups: is it the firmware, the kernel command line, or the machine? */
static void tell_no_iommu(struct doctor *d)
{
    enum doctor_verdict missing = doctor_missing(d);
    const struct maker *maker = find_maker(d);
    char line[DOCTOR_TEXT_BYTES], cure[CURE_BYTES];

    doctor_read(d, "/proc/cmdline", line, sizeof line);
    if (has_word(line, "iommu=off") || (maker && has_word(line, maker->off))) {
        const char *word = has_word(line, "iommu=off") ? "iommu=off" : maker->off;

        boot_loader_cure(d, false, word, cure);
        doctor_tell(d, missing, "iommu", cure, "no IOMMU groups: the kernel was booted with %s",
                    word);
    } else if (!maker) {
        doctor_tell(d, missing, "iommu", "turn the IOMMU on in the firmware's setup",
                    "no IOMMU groups");
    } else if (doctor_has(d, "/sys/firmware/acpi/tables") &&
               !doctor_has(d, "/sys/firmware/acpi/tables/%s", maker->table)) {
        snprintf(cure, sizeof cure, "turn %s on in the firmware's setup%s%s%s", maker->name,
                 maker->word ? "; then add `" : "", maker->word ? maker->word : "",
                 maker->word ? "` to the kernel command line" : "");
        doctor_tell(d, missing, "iommu", cure,
                    "no IOMMU groups, and no ACPI table %s: the firmware does not offer an IOMMU",
                    maker->table);
    } else if (!maker->word || has_word(line, maker->word)) {
        snprintf(cure, sizeof cure,
                 "turn %s on in the firmware's setup; `dmesg | grep -e %s -e AMD-Vi` says what the "
                 "kernel saw",
                 maker->name, maker->table);
        doctor_tell(d, missing, "iommu", cure, "no IOMMU groups, though the kernel was to use it");
    } else {
        boot_loader_cure(d, true, maker->word, cure);
        doctor_tell(d, missing, "iommu", cure, "no IOMMU groups: the kernel left it off");
    }
}

/* The switch of the interface that is used: iommufd where it is there. */
static const char *unsafe_module(const struct doctor *d)
{
    return doctor_has(d, "/dev/iommu") ? "iommufd" : "vfio_iommu_type1";
}

/* Interrupt chips that go through the IOMMU are called IR-something. */
static void check_remapping(struct doctor *d)
{
    static char text[INTERRUPTS_BYTES];
    char path[128], value[16], cure[CURE_BYTES];

    doctor_read(d, "/proc/interrupts", text, sizeof text);
    if (strstr(text, " IR-")) {
        doctor_tell(d, DOCTOR_GOOD, "remapping", NULL, "the IOMMU remaps interrupts");
        return;
    }
    if (!strstr(text, "IO-APIC") && !strstr(text, "PCI-MSI"))
        return; /* no machine of the kind where it is a separate thing */
    snprintf(path, sizeof path, "/sys/module/%s/parameters/allow_unsafe_interrupts",
             unsafe_module(d));
    doctor_read(d, path, value, sizeof value);
    snprintf(cure, sizeof cure,
             "turn interrupt remapping (x2APIC) on in the firmware's setup, or accept that a "
             "device can forge interrupts: `options %s allow_unsafe_interrupts=1` in "
             "/etc/modprobe.d/magma-unsafe.conf",
             unsafe_module(d));
    if (value[0] == 'Y')
        doctor_tell(d, DOCTOR_NOTE, "remapping", NULL,
                    "interrupts are not remapped; allow_unsafe_interrupts accepts that a device "
                    "can forge them");
    else
        doctor_tell(d, doctor_missing(d), "remapping", cure,
                    "the IOMMU does not remap interrupts, so VFIO refuses devices");
}

/* Nothing but the user's own files loads vfio-pci at boot. */
static bool loads_at_boot(const struct doctor *d)
{
    static const char *const folders[] = {"/etc/modules-load.d", "/usr/lib/modules-load.d",
                                          "/usr/local/lib/modules-load.d"};

    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        if (doctor_configured(d, folders[i], "", "vfio-pci"))
            return true;
    return false;
}

static void check_modules(struct doctor *d)
{
#define AT_BOOT "`echo vfio-pci >/etc/modules-load.d/vfio-pci.conf`"
    if (!doctor_has(d, "/sys/bus/pci/drivers/vfio-pci"))
        doctor_tell(d, doctor_missing(d), "vfio", "`modprobe vfio-pci`; at each boot: " AT_BOOT,
                    "the kernel has no driver vfio-pci loaded");
    else if (!doctor_has(d, "/sys/module/vfio_iommu_type1") && !doctor_has(d, "/dev/iommu"))
        doctor_tell(d, doctor_missing(d), "vfio", "`modprobe vfio_iommu_type1`",
                    "vfio-pci is there, but neither vfio_iommu_type1 nor iommufd");
    else if (d->gpu_count && !loads_at_boot(d))
        doctor_tell(d, DOCTOR_GOOD, "vfio", AT_BOOT,
                    "vfio-pci is there; nothing in modules-load.d loads it at boot");
    else
        doctor_tell(d, DOCTOR_GOOD, "vfio", NULL, "vfio-pci is there");
#undef AT_BOOT
    if (doctor_has(d, "/dev/iommu"))
        doctor_tell(d, DOCTOR_GOOD, "iommufd", NULL, "/dev/iommu is there");
    else
        doctor_tell(d, DOCTOR_NOTE, "iommufd", NULL,
                    "no /dev/iommu in this kernel; group and container are used");
}

static void check_huge_pages(struct doctor *d)
{
    char text[32];

    if (!doctor_read(d, "/proc/sys/vm/nr_hugepages", text, sizeof text))
        return;
    if (strcmp(text, "0") != 0)
        doctor_tell(d, DOCTOR_GOOD, "hugepages", NULL, "%s huge pages are reserved", text);
    else
        doctor_tell(d, DOCTOR_NOTE, "hugepages",
                    "`sysctl vm.nr_hugepages=256` (kept in /etc/sysctl.d), if large buffers are "
                    "mapped often",
                    "none reserved: mapping large buffers takes longer");
}

/* Drivers that take a GPU at boot before anybody can bind it. */
static void check_rivals(struct doctor *d)
{
    static const char *const rivals[] = {"nouveau", "nvidia"};
    char cure[CURE_BYTES];

    for (size_t i = 0; d->gpu_count && i < sizeof rivals / sizeof rivals[0]; i++) {
        if (!doctor_has(d, "/sys/module/%s", rivals[i]) ||
            doctor_configured(d, "/etc/modprobe.d", "blacklist", rivals[i]))
            continue;
        snprintf(cure, sizeof cure,
                 "on a host of magma's own: `echo blacklist %s >/etc/modprobe.d/magma-%s.conf`, "
                 "`update-initramfs -u`; else magma-bind@.service takes the GPU from it at boot",
                 rivals[i], rivals[i]);
        doctor_tell(d, DOCTOR_NOTE, "rivals", cure, "%s is loaded and takes GPUs at boot",
                    rivals[i]);
    }
}

void doctor_check_kernel(struct doctor *d)
{
    unsigned groups = doctor_count(d, GROUPS);

    if (groups) {
        doctor_tell(d, DOCTOR_GOOD, "iommu", NULL, "%u IOMMU groups", groups);
        check_remapping(d);
    } else {
        tell_no_iommu(d);
    }
    check_modules(d);
    check_rivals(d);
    check_huge_pages(d);
}
