/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The IR blocks of a function, and its regions: SPIR-V says where threads that part meet again,
 * from which the convergence barriers are made later.
 *
 * A loop's head has two IR blocks: `pre`, where one enters, and `head`, where iterations begin.
 */
#include "spirv_flow.h"

/* Outer regions are added before inner ones. */
struct cc_region *spv_region_add(struct cc_shader *s, struct cc_block *head,
                                    struct cc_block *merge)
{
    s->regions = cc_grow(s->arena, s->regions, &s->region_capacity, s->region_count + 1,
                         sizeof(*s->regions));
    s->regions[s->region_count] = (struct cc_region){.head = head, .merge = merge};
    return &s->regions[s->region_count++];
}

static void count_preds(const struct spv_function *f, uint32_t *preds)
{
    for (size_t i = 0; i < f->order_count; i++) {
        const struct spv_block *block = &f->blocks[f->order[i]];
        for (size_t k = 0; k < block->succ_count; k++) {
            preds[block->succ[k]]++;
        }
    }
}

static void check_back_edges(struct spv_instance *in)
{
    const struct spv_function *f = in->f;
    for (size_t i = 0; i < f->order_count; i++) {
        const struct spv_block *block = &f->blocks[f->order[i]];
        for (size_t k = 0; k < block->succ_count; k++) {
            const struct spv_block *to = &f->blocks[block->succ[k]];
            if (to->order <= block->order && !to->loop) {
                spv_malformed(&in->l->inst, "a back edge to a block without OpLoopMerge");
            }
        }
    }
}

void spv_blocks_scan(struct spv_instance *in)
{
    struct spv_function *f = in->f;
    struct cc_shader *s = in->l->s;
    in->preds = cc_alloc(s->arena, f->block_count, sizeof(*in->preds));
    in->entry = cc_alloc(s->arena, f->block_count, sizeof(*in->entry));
    in->head = cc_alloc(s->arena, f->block_count, sizeof(*in->head));
    count_preds(f, in->preds);
    check_back_edges(in);
    if (in->preds[f->order[0]] > 0) {
        cc_fail(s->arena, "malformed: a branch to a function's first block");
    }
}

void spv_blocks_create(struct spv_instance *in, size_t first, size_t end)
{
    struct spv_function *f = in->f;
    struct cc_shader *s = in->l->s;
    for (size_t i = first; i < end; i++) {
        uint32_t index = f->order[i];
        in->entry[index] = in->head[index] = cc_block_create(s);
        if (spv_unrolls(in, index)) {
            in->entry[index]->join = in->preds[index] > 2; /* one of them comes back */
        } else if (f->blocks[index].loop) {
            in->head[index] = cc_block_create(s);
            in->entry[index]->join = in->preds[index] > 1;
            in->head[index]->join = in->head[index]->open = true;
            in->head[index]->stored = f->blocks[index].stored;
        } else {
            in->head[index]->join = in->preds[index] > 1;
        }
    }
}

/* True when another block than the switch itself goes to the case: it falls through. */
static bool is_fallen_into(const struct spv_function *f, const struct spv_block *from,
                           uint32_t target)
{
    for (size_t i = 0; i < f->order_count; i++) {
        const struct spv_block *block = &f->blocks[f->order[i]];
        for (size_t k = 0; block != from && k < block->succ_count; k++) {
            if (block->succ[k] == target) {
                return true;
            }
        }
    }
    return false;
}

/*
 * Where one case falls into the next, those who come from above meet those who were sent there:
 * regions from the switch to each such case, the last case outermost.
 */
static void case_regions(struct spv_instance *in, uint32_t index)
{
    struct spv_function *f = in->f;
    const struct spv_block *block = &f->blocks[index];
    bool *seen = cc_alloc(in->l->m->arena, f->order_count, sizeof(bool));
    for (size_t k = 0; k < block->succ_count; k++) {
        if (block->succ[k] + 1 != block->merge && is_fallen_into(f, block, block->succ[k])) {
            seen[f->blocks[block->succ[k]].order] = true;
        }
    }
    for (size_t order = f->order_count; order-- > block->order + 1;) {
        if (seen[order]) {
            spv_region_add(in->l->s, in->head[index], in->entry[f->order[order]]);
        }
    }
}

void spv_regions_create(struct spv_instance *in, size_t first, size_t end)
{
    struct spv_function *f = in->f;
    for (size_t i = first; i < end; i++) {
        uint32_t index = f->order[i];
        const struct spv_block *block = &f->blocks[index];
        if (spv_unrolls(in, index)) {
            i = spv_loop_end(f, index) - 1; /* each trip has its own */
            continue;
        }
        if (block->merge == 0) {
            continue;
        }
        struct cc_block *merge = in->entry[block->merge - 1]; /* NULL: unreachable */
        struct cc_region *region = spv_region_add(in->l->s, in->head[index], merge);
        region->loop = block->loop;
        region->pre = in->entry[index];
        if (block->loop && block->cont != index + 1) {
            region = spv_region_add(in->l->s, in->head[index], in->entry[block->cont - 1]);
            region->each_iteration = true;
        }
        if (spv_inst_at(in->l->m, block->term).op == SpvOpSwitch) {
            case_regions(in, index);
        }
    }
}

