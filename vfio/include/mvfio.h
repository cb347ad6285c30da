/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * VFIO devices: one interface over the kernel's group and container, the kernel's cdev and
 * iommufd, a vfio-user socket, and devices that a program supplies itself (mvfio_device_wrap).
 *
 * A device has regions (BARs, ROM, config space) that are read, written or mapped, interrupts
 * that signal eventfds, and an I/O address space into which memory of this process is mapped.
 * Addresses there come from the device's own allocator, which knows the valid ranges.
 *
 * Every function that returns enum magma_code fills `err` (which may be NULL) when it fails; the
 * text names the device and says what to do. Functions on one device may be called from several
 * threads, except mvfio_device_close. Accesses to a mapped region are plain loads and stores by
 * the caller. MAGMA_DEVICE_GONE from any call means that the device or its server went away; it
 * comes back from every later call too.
 */
#ifndef MVFIO_H
#define MVFIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <magma-nv/address.h>
#include <magma-nv/status.h>

struct mg_log;
struct mvfio_device;

/* Regions of a PCI device, the indices of VFIO. */
enum mvfio_region {
    MVFIO_REGION_BAR0 = 0,
    MVFIO_REGION_BAR1 = 1,
    MVFIO_REGION_BAR2 = 2,
    MVFIO_REGION_BAR3 = 3,
    MVFIO_REGION_BAR4 = 4,
    MVFIO_REGION_BAR5 = 5,
    MVFIO_REGION_ROM = 6,
    MVFIO_REGION_CONFIG = 7,
    MVFIO_REGION_VGA = 8,
    MVFIO_REGION_COUNT = 9
};

/* Interrupt kinds of a PCI device, the indices of VFIO. */
enum mvfio_irq {
    MVFIO_IRQ_INTX = 0,
    MVFIO_IRQ_MSI = 1,
    MVFIO_IRQ_MSIX = 2,
    MVFIO_IRQ_ERROR = 3,
    MVFIO_IRQ_REQUEST = 4,
    MVFIO_IRQ_COUNT = 5
};

#define MVFIO_AREAS_MAX    16
#define MVFIO_RANGES_MAX   32
#define MVFIO_SIBLINGS_MAX 16
#define MVFIO_VECTORS_MAX  64 /* eventfds in one call, and vectors used of one interrupt kind */

/* ---- Opening ---- */

enum mvfio_backend {
    MVFIO_BACKEND_AUTO,   /* what MAGMA_VFIO says (group, iommufd); without it iommufd where
                           * /dev/iommu and the device's cdev can be opened, else group */
    MVFIO_BACKEND_GROUP,  /* /dev/vfio/vfio and /dev/vfio/N */
    MVFIO_BACKEND_IOMMUFD /* /dev/iommu and /dev/vfio/devices/vfioN */
};

/* How to open. All zero is a usable value. */
struct mvfio_options {
    const struct mg_log *log;   /* NULL: silent; must outlive the device */
    enum mvfio_backend backend; /* for PCI devices */
    const char *sysfs_root;     /* NULL: "/sys" */
    const char *dev_root;       /* NULL: "/dev" */
    uint64_t reply_timeout_ns;  /* longest wait for one vfio-user reply; 0: 10 seconds */
    unsigned iova_bits;         /* the device puts out addresses of so many bits; 0: 47 */
};

/*
 * Opens a device by name: "pci:0000:01:00.0" (or the address alone), "vfio-user:SOCKET_PATH".
 * The device must be bound to vfio-pci. Stores a handle in *out that mvfio_device_close ends.
 * May wait reply_timeout_ns for each message of the vfio-user handshake.
 *
 * MAGMA_NO_DEVICE: no such device, driver or socket. MAGMA_BUSY: bound to another driver, a
 * sibling of the IOMMU group is in the host's hands, or open elsewhere. MAGMA_PERMISSION: a node
 * may not be opened, or the IOMMU lacks interrupt remapping. MAGMA_PROTOCOL: the server broke
 * the vfio-user protocol. MAGMA_INVALID_ARGUMENT: the name has no known form.
 */
enum magma_code mvfio_device_open(const char *name, const struct mvfio_options *options,
                                  struct mvfio_device **out, struct magma_error *err);

enum mvfio_fds_kind { MVFIO_FDS_GROUP, MVFIO_FDS_IOMMUFD, MVFIO_FDS_USER };

/* Descriptors opened by somebody with more rights, for a process that has fewer. */
struct mvfio_fds {
    enum mvfio_fds_kind kind;
    int container; /* GROUP: /dev/vfio/vfio; IOMMUFD: /dev/iommu; USER: unused */
    int group;     /* GROUP: /dev/vfio/N, not yet in a container; others: unused */
    int device;    /* IOMMUFD: /dev/vfio/devices/vfioN, unbound; USER: the connected socket */
};

/*
 * As mvfio_device_open, from open descriptors. `name` is the PCI address (the group API asks the
 * kernel for the device by it) or, for USER, a label for messages. On success the device owns
 * the descriptors; on failure the caller still does.
 */
enum magma_code mvfio_device_open_fds(const struct mvfio_fds *fds, const char *name,
                                      const struct mvfio_options *options,
                                      struct mvfio_device **out, struct magma_error *err);

/*
 * Releases everything: interrupts, mappings (pointers from mvfio_region_map and every
 * mvfio_dma become invalid; destroy those first), the device itself. NULL is fine.
 */
void mvfio_device_close(struct mvfio_device *device);

/* The name used in messages ("0000:01:00.0", "vfio-user:/run/gpu"). Valid until close. */
const char *mvfio_device_name(const struct mvfio_device *device);

/* Which implementation serves it: "group", "iommufd", "vfio-user", or the wrapped ops' kind. */
const char *mvfio_device_kind(const struct mvfio_device *device);

/* ---- Regions ---- */

enum {
    MVFIO_REGION_FLAG_READ = 1u << 0,
    MVFIO_REGION_FLAG_WRITE = 1u << 1,
    MVFIO_REGION_FLAG_MMAP = 1u << 2 /* areas[] lists what can be mapped */
};

struct mvfio_area {
    uint64_t offset;
    uint64_t size_bytes;
};

struct mvfio_region_info {
    uint64_t size_bytes;                      /* 0: the device has no such region */
    uint32_t flags;                           /* MVFIO_REGION_FLAG_* */
    uint32_t area_count;                      /* 0 without MMAP; 1 when all of it can be mapped */
    struct mvfio_area areas[MVFIO_AREAS_MAX]; /* ascending, disjoint, within the region */
};

/* Describes a region; the answer was fetched at open. An absent region gives size_bytes 0. */
enum magma_code mvfio_region_info(struct mvfio_device *device, enum mvfio_region region,
                                  struct mvfio_region_info *out, struct magma_error *err);

/*
 * Reads or writes size_bytes at offset by asking the device's owner (a system call or a message,
 * microseconds each). Sizes of 1, 2, 4 and 8 at aligned offsets are one access of that width;
 * others are cut into as many as it takes. Bytes are in the device's order, little endian.
 * MAGMA_INVALID_ARGUMENT: beyond the region. MAGMA_NOT_SUPPORTED: the region's flags forbid it.
 */
enum magma_code mvfio_region_read(struct mvfio_device *device, enum mvfio_region region,
                                  uint64_t offset, void *data, size_t size_bytes,
                                  struct magma_error *err);
enum magma_code mvfio_region_write(struct mvfio_device *device, enum mvfio_region region,
                                   uint64_t offset, const void *data, size_t size_bytes,
                                   struct magma_error *err);

/*
 * Maps size_bytes at offset (both multiples of 4096, within one area of the region) into this
 * process, read and write, shared, left out of core dumps. Undo with mvfio_region_unmap and the
 * same size. MAGMA_NOT_SUPPORTED: that part cannot be mapped.
 */
enum magma_code mvfio_region_map(struct mvfio_device *device, enum mvfio_region region,
                                 uint64_t offset, uint64_t size_bytes, void **out,
                                 struct magma_error *err);
void mvfio_region_unmap(struct mvfio_device *device, void *cpu, uint64_t size_bytes);

/* ---- Config space: mvfio_region_read and _write of MVFIO_REGION_CONFIG, typed ---- */

enum magma_code mvfio_config_read8(struct mvfio_device *device, uint32_t offset, uint8_t *out,
                                   struct magma_error *err);
enum magma_code mvfio_config_read16(struct mvfio_device *device, uint32_t offset, uint16_t *out,
                                    struct magma_error *err);
enum magma_code mvfio_config_read32(struct mvfio_device *device, uint32_t offset, uint32_t *out,
                                    struct magma_error *err);
enum magma_code mvfio_config_write16(struct mvfio_device *device, uint32_t offset, uint16_t value,
                                     struct magma_error *err);
enum magma_code mvfio_config_write32(struct mvfio_device *device, uint32_t offset, uint32_t value,
                                     struct magma_error *err);

/* ---- Interrupts ---- */

enum {
    MVFIO_IRQ_FLAG_EVENTFD = 1u << 0,
    MVFIO_IRQ_FLAG_MASKABLE = 1u << 1,
    MVFIO_IRQ_FLAG_AUTOMASKED = 1u << 2,
    MVFIO_IRQ_FLAG_NORESIZE = 1u << 3
};

struct mvfio_irq_info {
    uint32_t count; /* vectors; 0: the device has no such interrupt */
    uint32_t flags; /* MVFIO_IRQ_FLAG_* */
};

/* Describes an interrupt kind; the answer was fetched at open. */
enum magma_code mvfio_irq_info(struct mvfio_device *device, enum mvfio_irq irq,
                               struct mvfio_irq_info *out, struct magma_error *err);

/*
 * Makes vectors first .. first+count-1 signal the eventfds fds[0..count-1] (-1: none for that
 * vector). The caller keeps its descriptors. Setting the first vector of MSI or MSI-X turns that
 * kind on in the device. count is at most MVFIO_VECTORS_MAX.
 */
enum magma_code mvfio_irq_set(struct mvfio_device *device, enum mvfio_irq irq, uint32_t first,
                              const int *fds, uint32_t count, struct magma_error *err);

/* Turns an interrupt kind off, all vectors. */
enum magma_code mvfio_irq_disable(struct mvfio_device *device, enum mvfio_irq irq,
                                  struct magma_error *err);

/* Unmasks a vector of a kind that masks itself when it fires (INTx). */
enum magma_code mvfio_irq_unmask(struct mvfio_device *device, enum mvfio_irq irq, uint32_t vector,
                                 struct magma_error *err);

/* ---- I/O address space and DMA memory ---- */

struct mvfio_range {
    uint64_t first;
    uint64_t last; /* inclusive */
};

/* The addresses that may be used, ascending and disjoint, cut to iova_bits. Returns how many
 * there are and stores at most `max` of them. */
uint32_t mvfio_iova_ranges(struct mvfio_device *device, struct mvfio_range *out, uint32_t max);

enum {
    MVFIO_DMA_DEVICE_READ = 1u << 0,  /* the device may read it */
    MVFIO_DMA_DEVICE_WRITE = 1u << 1, /* the device may write it */
    MVFIO_DMA_NO_HUGE = 1u << 2       /* do not try huge pages */
};
#define MVFIO_DMA_RW (MVFIO_DMA_DEVICE_READ | MVFIO_DMA_DEVICE_WRITE)

/* Memory that this process and the device share. Read only for users of the interface. */
struct mvfio_dma {
    struct mvfio_device *device;
    void *cpu;                /* zeroed when created by mvfio_dma_create */
    magma_iova iova;          /* where the device finds it; one contiguous range */
    uint64_t size_bytes;      /* as mapped: the wish rounded up to whole pages */
    uint64_t page_size_bytes; /* 4096, or 2 MiB when huge pages were had */
    int fd;                   /* the memfd behind it (offset 0), owned; -1 for wrapped memory */
    uint32_t flags;
};

/*
 * Allocates zeroed memory, backed by a memfd, left out of core dumps, and maps it for the device
 * at an address which is a multiple of align_bytes (a power of two, 0: page size). Memory of at
 * least 2 MiB is aligned to 2 MiB and taken from huge pages if the system has some to give.
 * size_bytes 1 .. 1 TiB. MAGMA_OUT_OF_HOST_MEMORY: no memory, no free address range, or
 * RLIMIT_MEMLOCK (the text has the number found and wanted).
 */
enum magma_code mvfio_dma_create(struct mvfio_device *device, uint64_t size_bytes,
                                 uint64_t align_bytes, uint32_t flags, struct mvfio_dma **out,
                                 struct magma_error *err);

/*
 * Maps memory that the caller owns (page aligned address and size) for the device. fd is the
 * descriptor behind it and fd_offset the place in it, or -1 and 0: then a vfio-user server
 * reaches it by messages only (see mvfio_device_service). The memory must stay until destroy.
 */
enum magma_code mvfio_dma_wrap(struct mvfio_device *device, void *cpu, uint64_t size_bytes, int fd,
                               uint64_t fd_offset, uint32_t flags, struct mvfio_dma **out,
                               struct magma_error *err);

/* Unmaps from the device, then frees (created) or leaves alone (wrapped) the memory. The device
 * must have stopped using it. NULL is fine. */
void mvfio_dma_destroy(struct mvfio_dma *dma);

/* ---- Whole device ---- */

/* Function level reset. Registers lose their state; mappings and DMA stay.
 * MAGMA_NOT_SUPPORTED: the device has no reset. */
enum magma_code mvfio_device_reset(struct mvfio_device *device, struct magma_error *err);

/*
 * Resets the bus that the device is on (VFIO's hot reset), for a device that the function level
 * reset does not bring back. Every function of the bus is reset, so all of them must be bound to
 * vfio-pci and not be open elsewhere. Config space is restored by the kernel.
 * MAGMA_NOT_SUPPORTED: this kind of device has no such reset. MAGMA_PERMISSION, MAGMA_BUSY,
 * MAGMA_NO_DEVICE (no node of VFIO's for it): a function of the bus is not ours; the text has it.
 */
enum magma_code mvfio_device_hot_reset(struct mvfio_device *device, struct magma_error *err);

/*
 * A descriptor that becomes readable when mvfio_device_service has work; -1: this kind of device
 * never has. Owned by the device. That of a vfio-user device also becomes readable for replies,
 * and is closed by the peer when the server leaves; *quiet (may be NULL) says that it does not, and
 * may be waited for all the time.
 */
int mvfio_device_poll_fd(const struct mvfio_device *device, bool *quiet);

/*
 * Does, without waiting, what the other side asked for: reads and writes of memory that a
 * vfio-user server got without a descriptor; the kernel's wish to have the device back (somebody
 * unbinds or pulls it, and waits until it is closed). MAGMA_DEVICE_GONE: the server left, or the
 * kernel wants the device.
 */
enum magma_code mvfio_device_service(struct mvfio_device *device, struct magma_error *err);

/* ---- Devices that a program supplies ---- */

struct mvfio_device_info {
    uint32_t region_count; /* regions with an index below; at most MVFIO_REGION_COUNT are used */
    uint32_t irq_count;
    bool can_reset;
};

/*
 * What an implementation provides. `impl` is its own state. The caller (this interface) has
 * checked before each call: indices, ranges within the region, flags of the region, power of two
 * alignment, and that DMA ranges do not overlap. Any function may be called from any thread.
 * Functions marked optional may be NULL: then the call is answered MAGMA_NOT_SUPPORTED.
 */
struct mvfio_ops {
    const char *kind;
    void (*close)(void *impl); /* optional */
    enum magma_code (*info)(void *impl, struct mvfio_device_info *out, struct magma_error *err);
    enum magma_code (*region_info)(void *impl, uint32_t region, struct mvfio_region_info *out,
                                   struct magma_error *err);
    enum magma_code (*region_read)(void *impl, uint32_t region, uint64_t offset, void *data,
                                   size_t size_bytes, struct magma_error *err);
    enum magma_code (*region_write)(void *impl, uint32_t region, uint64_t offset, const void *data,
                                    size_t size_bytes, struct magma_error *err);
    /* optional */
    enum magma_code (*region_map)(void *impl, uint32_t region, uint64_t offset, uint64_t size_bytes,
                                  void **out, struct magma_error *err);
    /* optional; NULL: munmap */
    void (*region_unmap)(void *impl, void *cpu, uint64_t size_bytes);
    enum magma_code (*irq_info)(void *impl, uint32_t irq, struct mvfio_irq_info *out,
                                struct magma_error *err);
    /* count 0 and fds NULL: the whole kind off. The implementation does not keep fds: it
     * duplicates what it needs beyond the call. */
    enum magma_code (*irq_set)(void *impl, uint32_t irq, uint32_t first, const int *fds,
                               uint32_t count, struct magma_error *err);
    /* optional */
    enum magma_code (*irq_unmask)(void *impl, uint32_t irq, uint32_t vector,
                                  struct magma_error *err);
    /* fd -1: no descriptor, only the pointer. flags: MVFIO_DMA_DEVICE_*. */
    enum magma_code (*dma_map)(void *impl, uint64_t iova, void *cpu, uint64_t size_bytes, int fd,
                               uint64_t fd_offset, uint32_t flags, struct magma_error *err);
    enum magma_code (*dma_unmap)(void *impl, uint64_t iova, uint64_t size_bytes,
                                 struct magma_error *err);
    /* optional; NULL: all addresses but 0 .. 0xffff and the MSI window */
    enum magma_code (*iova_ranges)(void *impl, struct mvfio_range *out, uint32_t max,
                                   uint32_t *count, struct magma_error *err);
    enum magma_code (*reset)(void *impl, struct magma_error *err);     /* optional */
    enum magma_code (*hot_reset)(void *impl, struct magma_error *err); /* optional */
    int (*poll_fd)(void *impl);                                        /* optional */
    bool quiet_poll; /* poll_fd is readable only when service has something to do */
    enum magma_code (*service)(void *impl, struct magma_error *err); /* optional */
};

/*
 * Makes a device of an implementation. name is for messages. `ops` must outlive the device; impl
 * is given to ops->close at close, or right away when this call fails (so impl is the device's
 * in every case). Asks info, region_info and irq_info before it returns.
 */
enum magma_code mvfio_device_wrap(const struct mvfio_ops *ops, void *impl, const char *name,
                                  const struct mvfio_options *options, struct mvfio_device **out,
                                  struct magma_error *err);

/* ---- Finding and binding PCI functions ---- */

struct mvfio_pci_sibling {
    char address[16];
    char driver[32]; /* empty: none */
    uint32_t class_code;
};

/* One PCI function as sysfs shows it. */
struct mvfio_pci_function {
    char address[16]; /* "0000:01:00.0" */
    uint16_t vendor_id;
    uint16_t device_id;
    uint16_t subsystem_vendor_id;
    uint16_t subsystem_id;
    uint32_t class_code; /* 24 bits, 0x030000 */
    uint8_t revision;
    bool boot_vga;          /* the firmware's console is on it */
    char driver[32];        /* bound driver; empty: none */
    int iommu_group;        /* -1: none */
    bool noiommu;           /* the group stands for no IOMMU: the kernel's unsafe mode */
    char cdev[32];          /* "vfio0" when the kernel offers a cdev; else empty */
    uint32_t sibling_count; /* other functions of the group, bridges left out; at most so many
                             * are listed as the array holds */
    struct mvfio_pci_sibling siblings[MVFIO_SIBLINGS_MAX];
};

/*
 * Lists NVIDIA display functions (vendor 0x10de, class 0x0300 or 0x0302) in order of address.
 * Stores at most max of them in out, the number found in *count. sysfs_root NULL: "/sys".
 * Entries that cannot be read are left out.
 */
enum magma_code mvfio_pci_list(const char *sysfs_root, struct mvfio_pci_function *out, uint32_t max,
                               uint32_t *count, struct magma_error *err);

/* Reads one function, of any vendor. MAGMA_INVALID_ARGUMENT: the address is not of the form
 * dddd:bb:dd.f. MAGMA_NO_DEVICE: there is none. */
enum magma_code mvfio_pci_find(const char *sysfs_root, const char *address,
                               struct mvfio_pci_function *out, struct magma_error *err);

/* The driver is vfio-pci itself, or a variant of it for one kind of device (nvgrace-gpu-vfio-pci).
 */
bool mvfio_pci_is_vfio(const char *driver);

/* The driver ("": none) leaves a function alone, so that its group can still be handed over. */
bool mvfio_pci_is_harmless(const char *driver);

/* Says whether the function can be opened now (driver, group, siblings): MAGMA_OK, or what is in
 * the way and its remedy. Looks at `function` only. */
enum magma_code mvfio_pci_check(const struct mvfio_pci_function *function, struct magma_error *err);

/* This process may open /dev/iommu and the function's cdev, so that MVFIO_BACKEND_AUTO takes them
 * (unless MAGMA_VFIO says otherwise). dev_root NULL: "/dev". */
bool mvfio_pci_iommufd_usable(const struct mvfio_pci_function *function, const char *dev_root);

/*
 * Binds the function to `driver` ("vfio-pci"), or, with NULL, gives it back to the kernel's
 * choice: takes it from its driver, sets or clears driver_override, asks for a probe. Writes the
 * driver that had it before (empty: none) to old_driver (32 bytes, may be NULL) so that it can
 * be undone. Needs root.
 */
enum magma_code mvfio_pci_bind(const char *sysfs_root, const char *address, const char *driver,
                               char *old_driver, struct magma_error *err);

/* ---- Kinds of reset ---- */

#define MVFIO_RESET_METHODS_MAX 8

struct mvfio_reset_methods {
    char names[MVFIO_RESET_METHODS_MAX][20]; /* "flr", "pm", "bus", in the kernel's order */
    uint32_t count; /* 0: none, or a kernel that does not say (before Linux 5.15) */
};

/* Reads which kinds of reset the kernel offers for a function; mvfio_device_reset takes the first
 * of them. sysfs_root NULL: "/sys". */
enum magma_code mvfio_reset_methods(const char *sysfs_root, const char *address,
                                    struct mvfio_reset_methods *out, struct magma_error *err);

/* Makes `method`, one or several separated by blanks, the kinds of reset the kernel uses for the
 * function, or, with NULL, brings its own order back. Needs root. */
enum magma_code mvfio_reset_select(const char *sysfs_root, const char *address, const char *method,
                                   struct magma_error *err);

#endif
