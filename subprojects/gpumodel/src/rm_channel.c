/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Channels: what a channel's parameters have to be, binding, scheduling, objects on it. */
#include <nvhw/gmmu.h>
#include <nvhw/rm.h>
#include <string.h>

#include "chip.h"
#include "gsp_state.h"

#define REASON_MAX_BYTES 160
#define INSTANCE_ALIGN   0x1000u

/* The address space: named directly, by a context share, or the group's. */
static struct gpum_rm_object *find_vaspace(struct gpum *m, const struct gpum_rm_object *parent,
                                           uint32_t client,
                                           const struct nvhw_r570_channel_alloc_params *p)
{
    uint32_t handle = p->h_vaspace;
    if (!handle && p->h_context_share) {
        struct gpum_rm_object *share =
            gpum_rm_find_class(m, client, p->h_context_share, FERMI_CONTEXT_SHARE_A);
        handle = share ? share->u.share_vaspace : 0;
    }
    if (!handle && parent->class_id == KEPLER_CHANNEL_GROUP_A)
        handle = parent->u.group.vaspace;
    return gpum_rm_find_class(m, client, handle, FERMI_VASPACE_A);
}

static bool channel_id(const struct gpum *m, uint32_t flags, uint32_t *chid)
{
    *chid = NVHW_GET(NV_RM_CHANNEL_FLAGS, USERD_PAGE_VALUE, flags) * NV_RM_CHANNEL_USERD_PER_PAGE +
            NVHW_GET(NV_RM_CHANNEL_FLAGS, USERD_INDEX_VALUE, flags);
    return NVHW_GET(NV_RM_CHANNEL_FLAGS, USERD_PAGE_FIXED, flags) &&
           !NVHW_GET(NV_RM_CHANNEL_FLAGS, USERD_INDEX_FIXED, flags) &&
           *chid >= NV_RM_CHANNEL_ID_RESERVED && *chid < m->chip->channel_count;
}

static bool chid_taken(const struct gpum *m, uint32_t chid)
{
    for (const struct gpum_rm_object *o = m->gsp->rm.objects; o; o = o->next)
        if (o->is_channel && o->u.channel.chid == chid)
            return true;
    return false;
}

static bool desc_aperture(const struct nvhw_memory_desc_params *d, enum gpum_aperture *aperture)
{
    *aperture =
        d->address_space == NV_RM_MEMORY_DESC_ADDRESS_SPACE_VIDMEM ? GPUM_VRAM : GPUM_SYS_COHERENT;
    return d->address_space == NV_RM_MEMORY_DESC_ADDRESS_SPACE_VIDMEM ||
           d->address_space == NV_RM_MEMORY_DESC_ADDRESS_SPACE_SYSMEM;
}

static const char *memory_wrong(struct gpum *m, const struct nvhw_memory_desc_params *d,
                                uint64_t size_min, uint64_t align)
{
    enum gpum_aperture aperture;
    if (!desc_aperture(d, &aperture))
        return "address space";
    if (d->size < size_min)
        return "size";
    if (d->base % align)
        return "alignment";
    return gpum_rm_memory_ok(m, aperture, d->base, d->size) ? NULL
                                                            : "place (not the host's memory)";
}

static uint32_t check_memory(struct gpum *m, const struct nvhw_r570_channel_alloc_params *p)
{
    const struct {
        const char *name;
        const struct nvhw_memory_desc_params *desc;
        uint64_t size_min, align;
    } parts[] = {
        {"instance block", &p->instance_mem, NV_RM_CHANNEL_INSTANCE_SIZE, INSTANCE_ALIGN},
        {"RAMFC", &p->ramfc_mem, NV_RM_CHANNEL_RAMFC_SIZE, INSTANCE_ALIGN},
        {"USERD", &p->userd_mem, 1, NV_RM_CHANNEL_USERD_SIZE},
        {"method buffer", &p->mthdbuf_mem, GPUM_FAULT_METHOD_BUFFER_BYTES, INSTANCE_ALIGN},
    };
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
        const char *wrong = memory_wrong(m, parts[i].desc, parts[i].size_min, parts[i].align);
        if (wrong)
            return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_ADDRESS, "channel: %s: wrong %s",
                                  parts[i].name, wrong);
    }
    if (p->ramfc_mem.base != p->instance_mem.base)
        return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_ADDRESS,
                              "channel: RAMFC does not begin where the instance block does");
    return NV_RM_STATUS_OK;
}

/* GSP-RM fills the page directory base of the instance block from the address space. */
static uint32_t write_instance(struct gpum *m, const struct nvhw_memory_desc_params *d,
                               const struct gpum_vas *vas)
{
    enum gpum_aperture aperture;
    uint32_t words[2] = {0};
    uint64_t at = d->base + NV_RAMIN_PAGE_DIR_BASE_LO__OFFSET;
    desc_aperture(d, &aperture);
    gpum_phys_read(m, aperture, at, words, sizeof(words));
    uint64_t found = ((uint64_t)words[1] << 32 | words[0]) & ~(uint64_t)(INSTANCE_ALIGN - 1);
    if ((words[0] || words[1]) && found != vas->root)
        return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_ADDRESS,
                              "channel: the instance block names page directory 0x%llx, the "
                              "address space has 0x%llx",
                              (unsigned long long)found, (unsigned long long)vas->root);
    words[0] = (uint32_t)vas->root;
    words[1] = (uint32_t)(vas->root >> 32);
    gpum_phys_write(m, aperture, at, words, sizeof(words));
    return NV_RM_STATUS_OK;
}

static uint32_t engine_of(const struct gpum_rm_object *parent,
                          const struct nvhw_r570_channel_alloc_params *p)
{
    if (!p->engine_type && parent->class_id == KEPLER_CHANNEL_GROUP_A)
        return parent->u.group.engine_type;
    return p->engine_type;
}

static uint32_t create(struct gpum *m, struct gpum_rm_object *o, uint32_t class_id,
                       const struct nvhw_r570_channel_alloc_params *p)
{
    char reason[REASON_MAX_BYTES] = "";
    struct gpum_channel_desc desc = {
        .chid = o->u.channel.chid,
        .runlist = o->u.channel.runlist,
        .engine_type = o->u.channel.engine_type,
        .class_id = class_id,
        .gpfifo_va = p->gpfifo_offset,
        .gpfifo_entries = p->gpfifo_entries,
        .userd_address = p->userd_mem.base,
        .vas = o->u.channel.vas,
        .privileged = o->u.channel.privileged,
    };
    desc_aperture(&p->userd_mem, &desc.userd_aperture);
    if (gpum_channel_create(m, &desc, reason, sizeof(reason)))
        return NV_RM_STATUS_OK;
    return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_CHANNEL, "channel %u: %s", desc.chid, reason);
}

uint32_t gpum_rm_channel_alloc(struct gpum *m, struct gpum_rm_object *parent, uint32_t client,
                               uint32_t handle, uint32_t class_id,
                               const struct nvhw_r570_channel_alloc_params *p)
{
    uint32_t chid, status;
    bool group = parent->class_id == KEPLER_CHANNEL_GROUP_A;
    if (!group && parent->class_id != NV01_DEVICE_0)
        return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_OBJECT_PARENT,
                              "channel under an object of class 0x%x", parent->class_id);
    const struct gpum_chip_engine *engine = gpum_chip_engine_find(m->chip, engine_of(parent, p));
    if (!engine)
        return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_ARGUMENT, "channel: engine type 0x%x",
                              engine_of(parent, p));
    if (!channel_id(m, p->flags, &chid))
        return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_CHANNEL,
                              "channel: flags 0x%x give channel id %u", p->flags, chid);
    if (chid_taken(m, chid))
        return gpum_rm_refuse(m, NV_RM_STATUS_IN_USE, "channel: id %u is taken", chid);
    struct gpum_rm_object *vaspace = find_vaspace(m, parent, client, p);
    if (!vaspace || !vaspace->u.vaspace.vas.valid)
        return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_STATE, "channel: %s",
                              vaspace ? "its address space has no page directory"
                                      : "no address space");
    status = check_memory(m, p);
    if (status == NV_RM_STATUS_OK)
        status = write_instance(m, &p->instance_mem, &vaspace->u.vaspace.vas);
    if (status != NV_RM_STATUS_OK)
        return status;
    struct gpum_rm_object *o = gpum_rm_add(m, client, handle, parent->handle, class_id);
    if (!o)
        return NV_RM_STATUS_NO_MEMORY;
    o->u.channel = (struct gpum_rm_channel){
        .chid = chid,
        .runlist = engine->runlist,
        .engine_type = engine->engine_type,
        .vaspace = vaspace->handle,
        .bound = group,
        .privileged = NVHW_GET(NV_RM_CHANNEL_FLAGS, PRIVILEGED, p->flags),
        .vas = vaspace->u.vaspace.vas,
    };
    status = create(m, o, class_id, p);
    o->is_channel = status == NV_RM_STATUS_OK;
    if (status != NV_RM_STATUS_OK)
        gpum_rm_remove(m, o);
    return status;
}

uint32_t gpum_rm_channel_bind(struct gpum *m, struct gpum_rm_object *channel, uint32_t engine_type)
{
    if (engine_type != channel->u.channel.engine_type)
        return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_ARGUMENT,
                              "bind of channel %u to engine type 0x%x, allocated for 0x%x",
                              channel->u.channel.chid, engine_type, channel->u.channel.engine_type);
    channel->u.channel.bound = true;
    return NV_RM_STATUS_OK;
}

uint32_t gpum_rm_channel_schedule(struct gpum *m, struct gpum_rm_object *channel, bool enable)
{
    struct gpum_rm_channel *c = &channel->u.channel;
    if (!c->bound)
        return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_STATE,
                              "schedule of channel %u before it is bound to an engine", c->chid);
    if (!gpum_channel_enable(m, c->runlist, c->chid, enable))
        return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_STATE, "schedule of channel %u, which died",
                              c->chid);
    c->scheduled = enable;
    return NV_RM_STATUS_OK;
}

/* Which engine an object's class needs; NULL when the chip has no such class. */
static const struct gpum_chip_engine *engine_of_class(const struct gpum *m, uint32_t class_id,
                                                      const uint8_t *params, uint32_t params_bytes,
                                                      bool *needs_context)
{
    struct nvhw_copy_alloc_params copy;
    *needs_context = class_id == m->chip->compute_class || class_id == m->chip->graphics_class;
    if (class_id == m->chip->copy_class) {
        if (params_bytes != sizeof(copy))
            return NULL;
        memcpy(&copy, params, sizeof(copy));
        return copy.version == NV_RM_COPY_ALLOC_VERSION
                   ? gpum_chip_engine_find(m->chip, copy.engine_type)
                   : NULL;
    }
    if (*needs_context || class_id == NV_RM_CLASS_TWOD || class_id == NV_RM_CLASS_INLINE_TO_MEMORY)
        return params_bytes == 0 || params_bytes == sizeof(struct nvhw_gr_alloc_params)
                   ? gpum_chip_engine_find(m->chip, NV2080_ENGINE_TYPE_GR0)
                   : NULL;
    return NULL;
}

/* The first graphics object records the golden image and needs every buffer; later a channel
 * needs its own two, and graphics what it works in. */
static bool context_ready(const struct gpum *m, const struct gpum_rm_channel *c, uint32_t class_id)
{
    const struct gpum_rm *rm = &m->gsp->rm;
    uint32_t mapped = GPUM_RM_CTX_OWN;
    if (!rm->golden || class_id == m->chip->graphics_class)
        mapped |= GPUM_RM_CTX_GRAPHICS;
    return (c->promoted & GPUM_RM_CTX_OWN) == GPUM_RM_CTX_OWN && (c->mapped & mapped) == mapped &&
           (rm->promoted & GPUM_RM_CTX_GLOBAL) == GPUM_RM_CTX_GLOBAL;
}

uint32_t gpum_rm_object_on_channel(struct gpum *m, struct gpum_rm_object *channel,
                                   uint32_t class_id, const uint8_t *params, uint32_t params_bytes)
{
    struct gpum_rm *rm = &m->gsp->rm;
    struct gpum_rm_channel *c = &channel->u.channel;
    bool needs_context;
    const struct gpum_chip_engine *engine =
        engine_of_class(m, class_id, params, params_bytes, &needs_context);
    if (!engine)
        return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_CLASS,
                              "class 0x%x with %u bytes of parameters on a channel of %s", class_id,
                              params_bytes, m->chip->name);
    if (engine->runlist != c->runlist)
        return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_OBJECT_PARENT,
                              "%s is not on the runlist of channel %u", engine->name, c->chid);
    if (needs_context && !context_ready(m, c, class_id))
        return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_STATE,
                              "class 0x%x on channel %u without its context buffers (memory of "
                              "0x%x, of the device's 0x%x, mapped 0x%x)",
                              class_id, c->chid, c->promoted, rm->promoted, c->mapped);
    if (needs_context) {
        rm->golden = true;
        gpum_channel_set_gr_context(m, c->runlist, c->chid, true);
    }
    if (!gpum_channel_add_object(m, c->runlist, c->chid, class_id))
        return gpum_rm_refuse(m, NV_RM_STATUS_INSUFFICIENT_RESOURCES,
                              "channel %u takes no object of class 0x%x", c->chid, class_id);
    return NV_RM_STATUS_OK;
}
