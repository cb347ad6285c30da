/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Shaders run on the software SM and give what C gives, on every target, with real dependency codes
 * and with serial ones. The loop index of a test is the target, doubled: odd ones are serial.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reference.h"
#include "run.h"
#include "shaders.h"

enum { ERROR_BYTES = 512, TARGET_COUNT = 7, VARIANTS = TARGET_COUNT * 2, WORDS = 16384 };

static const unsigned targets[TARGET_COUNT] = {75, 80, 86, 89, 90, 100, 120};

static uint32_t in[WORDS], out[WORDS], want[WORDS];

static uint32_t random_word(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 32);
}

static float *floats(void *words)
{
    return words;
}

/* Every few words one of a kind that programs stumble over. */
static void fill(uint32_t *words, size_t count, uint64_t seed)
{
    static const uint32_t special[] = {0, 1, 2, 0x7fffffff, 0x80000000, 0xffffffff, 10, 0xfffffff6};
    for (size_t i = 0; i < count; i++) {
        uint32_t r = random_word(&seed);
        words[i] = r % 5 == 0 ? special[random_word(&seed) % 8]
                   : r % 5 == 1 ? random_word(&seed) % 64
                                : random_word(&seed);
    }
}

static struct run begin(const char *name, int variant, const uint32_t *spirv, size_t spirv_bytes, uint32_t n,
                        uint32_t out_words)
{
    struct run run = {.name = name, .spirv = spirv, .spirv_bytes = spirv_bytes, .push = {n}};
    run.options.sm = targets[variant / 2];
    run.options.debug_serial = variant % 2;
    memset(out, 0, sizeof(out));
    memset(want, 0, sizeof(want));
    run.buffers[0] = (struct run_buffer){.binding = 0, .data = in, .size_bytes = sizeof(in)};
    run.buffers[1] = (struct run_buffer){.binding = 1, .data = out, .size_bytes = out_words * 4};
    return run;
}

static void go(struct run *run)
{
    char error[ERROR_BYTES] = "";
    ck_assert_msg(run_shader(run, error), "%s sm_%u%s: %s", run->name, run->options.sm,
                  run->options.debug_serial ? " serial" : "", error);
}

static void compare(const struct run *run, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        ck_assert_msg(out[i] == want[i], "%s sm_%u word %u: got 0x%08x, want 0x%08x",
                      run->name, run->options.sm, i, out[i], want[i]);
    }
}

#define BEGIN(name, n, out_words) begin(#name, _i, spv_##name, sizeof(spv_##name), n, out_words)

START_TEST(saxpy_adds_a_scaled_vector)
{
    enum { N = 1000 };
    struct run run = BEGIN(saxpy, N, N);
    float scale = 2.5f, *x = floats(in), *y = floats(out), *expect = floats(want);
    memcpy(&run.push[2], &scale, 4);
    for (int i = 0; i < 1024; i++) {
        x[i] = (float)i * 0.5f;
        y[i] = (float)(1000 - i);
        expect[i] = i < N ? x[i] * scale + y[i] : y[i];
    }
    run.groups[0] = 16;
    go(&run);
    compare(&run, 1024);
}
END_TEST

START_TEST(integer_operations_agree_with_c)
{
    enum { N = 200 };
    struct run run = BEGIN(integers, N, N * 32);
    fill(in, WORDS, 1);
    ref_integers(in, N, want);
    run.groups[0] = (N + 31) / 32;
    go(&run);
    compare(&run, N * 32);
}
END_TEST

START_TEST(wide_integers_agree_with_c)
{
    enum { N = 100 };
    struct run run = BEGIN(wide, N, N * 32);
    fill(in, WORDS, 2);
    ref_wide(in, N, want);
    run.groups[0] = (N + 31) / 32;
    go(&run);
    compare(&run, N * 32);
}
END_TEST

START_TEST(wide_quotients_and_conversions_are_exact)
{
    enum { N = 300 };
    struct run run = BEGIN(quotients, N, N * 40);
    fill(in, WORDS, 16);
    ref_quotients(in, N, want);
    run.groups[0] = (N + 31) / 32;
    go(&run);
    compare(&run, N * 40);
}
END_TEST

/* Vulkan's bounds are looser for some; these catch mistakes of the expansion. */
static bool close_enough(unsigned what, float got, float expect)
{
    static const unsigned exact[] = {0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 18, 38, 39, 40,
                                     41, 42, 43, 44, 45};
    for (size_t i = 0; i < sizeof(exact) / sizeof(exact[0]); i++) {
        if (exact[i] == what) {
            return got == expect || (isnan(got) && isnan(expect));
        }
    }
    float error = fabsf(got - expect);
    return error <= 2e-5f * fabsf(expect) || error <= (what >= 26 && what <= 28 ? 1e-3f : 2e-5f);
}

START_TEST(float_operations_are_as_precise_as_vulkan_asks)
{
    enum { N = 160 };
    struct run run = BEGIN(floats, N, N * 48);
    float *a = floats(in), *got = floats(out), *expect = floats(want);
    uint64_t seed = 3;
    for (int i = 0; i < 2 * N; i++) {
        a[i] = (float)(int32_t)random_word(&seed) / 3e8f;
    }
    a[0] = 1.5f, a[1] = -2.0f, a[2] = -2.5f, a[3] = 1.0f;
    ref_floats(a, N, expect);
    run.groups[0] = (N + 31) / 32;
    go(&run);
    for (unsigned i = 0; i < N * 48; i++) {
        ck_assert_msg(close_enough(i % 48, got[i], expect[i]),
                      "sm_%u operation %u of x %g y %g: got %.9g, want %.9g", run.options.sm,
                      i % 48, (double)a[i / 48 * 2], (double)a[i / 48 * 2 + 1], (double)got[i],
                      (double)expect[i]);
    }
}
END_TEST

START_TEST(divergent_control_flow_gives_each_thread_its_result)
{
    enum { N = 500 };
    struct run run = BEGIN(control, N, N * 4);
    fill(in, WORDS, 4);
    ref_control(in, N, want);
    run.groups[0] = (N + 63) / 64;
    go(&run);
    compare(&run, N * 4);
}
END_TEST

START_TEST(a_workgroup_reduces_through_shared_memory)
{
    enum { N = 1000, GROUPS = 8 };
    struct run run = BEGIN(reduce, N, GROUPS);
    fill(in, WORDS, 5);
    for (int i = 0; i < N; i++) {
        want[i / 128] += in[i];
    }
    run.groups[0] = GROUPS;
    go(&run);
    compare(&run, GROUPS);
}
END_TEST

START_TEST(a_tile_is_transposed_through_shared_memory)
{
    enum { W = 32, H = 48 };
    struct run run = BEGIN(transpose, 0, W * H);
    fill(in, WORDS, 6);
    for (uint32_t y = 0; y < H; y++) {
        for (uint32_t x = 0; x < W; x++) {
            want[x * H + y] = in[y * W + x] + (y % 16) * 16 + x % 16;
        }
    }
    run.groups[0] = W / 16;
    run.groups[1] = H / 16;
    go(&run);
    compare(&run, W * H);
}
END_TEST

START_TEST(atomics_lose_no_update)
{
    enum { N = 256 };
    struct run run = BEGIN(atomics, N, 32 + N);
    fill(in, WORDS, 7);
    out[3] = want[3] = UINT32_MAX;
    out[5] = want[5] = out[7] = want[7] = UINT32_MAX;
    for (int i = 0; i < N; i++) {
        uint32_t v = in[i], biased = v ^ 0x80000000u;
        want[0] += v & 0xff;
        want[1] ^= v;
        want[2] |= v & 0xf0f;
        want[3] &= v | 0xffff;
        want[4] = v > want[4] ? v : want[4];
        want[5] = v < want[5] ? v : want[5];
        want[6]++;
        want[7] = biased < want[7] ? biased : want[7];
        want[8 + (v & 15)]++;
        want[24] = biased > want[24] ? biased : want[24];
    }
    want[25] = 5;
    run.groups[0] = N / 64;
    go(&run);
    compare(&run, 32 + N);
}
END_TEST

START_TEST(specialization_changes_sizes_and_values)
{
    static const struct magma_cc_spec specs[] = {{0, 4, 16}, {1, 4, 6}, {2, 4, 0x40200000}, {3, 4, 1}};
    struct run run = BEGIN(spec, 0, 64);
    run.options.specs = specs;
    run.options.spec_count = 4;
    for (uint32_t i = 0; i < 64; i++) {
        want[i] = ~((i % 32) % 13 * 6 + 25 + 16);
    }
    run.groups[0] = 2;
    go(&run);
    compare(&run, 64);
}
END_TEST

START_TEST(arrays_with_running_indices_live_in_scratch)
{
    enum { N = 700, THREADS = 128 };
    struct run run = BEGIN(scratch, N, THREADS * 16);
    fill(in, WORDS, 8);
    ref_scratch(in, N, THREADS, want);
    run.groups[0] = THREADS / 64;
    go(&run);
    compare(&run, THREADS * 16);
}
END_TEST

/* As glslang writes it, and with phis. */
START_TEST(short_loops_give_what_their_trips_give)
{
    enum { N = 128 };
    for (int form = 0; form < 2; form++) {
        struct run run = form ? BEGIN(trips_phis, N, N * 16) : BEGIN(trips, N, N * 16);
        fill(in, WORDS, 31);
        ref_trips(in, N, N, want);
        run.groups[0] = N / 32;
        go(&run);
        compare(&run, N * 16);
    }
}
END_TEST

START_TEST(more_values_than_registers_are_spilled)
{
    enum { N = 999, K = 3, THREADS = 64 };
    struct run run = BEGIN(pressure, N, THREADS);
    fill(in, WORDS, 9);
    run.push[1] = K;
    ref_pressure(in, N, K, THREADS, want);
    run.groups[0] = THREADS / 32;
    go(&run);
    compare(&run, THREADS);
}
END_TEST

START_TEST(robust_accesses_stay_inside_the_buffer)
{
    enum { THREADS = 256, IN = 100, OUT = 300, K = 3 };
    struct run run = BEGIN(robust, 0, OUT);
    fill(in, WORDS, 10);
    run.push[1] = K;
    run.options.robust_buffers = true;
    run.buffers[0].size_bytes = IN * 4;
    run.buffers[1].memory_bytes = sizeof(out);
    for (uint32_t i = 0; i < THREADS; i++) {
        uint32_t first = i * K < IN ? in[i * K] : 0;
        /* The byte offset wraps around to that of element i - 1. */
        uint32_t second = i >= 1 && i - 1 < IN ? in[i - 1] : 0;
        if (i * 2 < OUT) {
            want[i * 2] = first + second + 1;
        }
    }
    for (uint32_t i = 0; i * 4 + 1 < OUT; i++) {
        want[i * 4 + 1] = 1000;
    }
    run.groups[0] = THREADS / 64;
    go(&run);
    compare(&run, WORDS);
}
END_TEST

static void set_push_address(struct run *run, unsigned word, uint64_t address)
{
    run->push[word] = (uint32_t)address;
    run->push[word + 1] = (uint32_t)(address >> 32);
}

START_TEST(addresses_are_followed)
{
    enum { THREADS = 32, NODE_WORDS = 4 };
    struct run run = BEGIN(address, 0, THREADS);
    uint32_t sum = 0;
    set_push_address(&run, 4, run_address(0));
    for (uint32_t i = 0; i < THREADS; i++) {
        uint32_t next = (i * 5 + 1) % THREADS;
        uint64_t address = run_address(0) + (uint64_t)next * NODE_WORDS * 4;
        in[i * NODE_WORDS] = i * i + 7;
        memcpy(&in[i * NODE_WORDS + 2], &address, 8);
    }
    for (uint32_t i = 0, at = 0; i < THREADS; i++, at = (at * 5 + 1) % THREADS) {
        sum += at * at + 7;
        want[i] = sum;
    }
    go(&run);
    compare(&run, THREADS);
}
END_TEST

START_TEST(descriptors_come_from_arrays_and_the_root_table)
{
    static const struct magma_cc_binding layout[] = {
        {0, 0, MAGMA_CC_BINDING_BUFFER, 32, 16, 1}, {0, 1, MAGMA_CC_BINDING_BUFFER, 0, 16, 1},
        {0, 3, MAGMA_CC_BINDING_BUFFER, 64, 32, 4}, {1, 0, MAGMA_CC_BINDING_DYNAMIC_BUFFER, 2, 0, 1},
    };
    static uint32_t many[4][32], dyn[32];
    struct run run = BEGIN(buffers, 0, 32);
    fill(in, WORDS, 11);
    fill(&many[0][0], 128, 12);
    fill(dyn, 32, 13);
    run.options.bindings = layout;
    run.options.binding_count = 4;
    run.push[1] = 3;
    for (uint32_t i = 0; i < 4; i++) {
        run.buffers[2 + i] = (struct run_buffer){
            .binding = 3, .index = i, .data = many[i], .size_bytes = sizeof(many[i])};
    }
    run.buffers[6] = (struct run_buffer){.set = 1, .data = dyn, .size_bytes = sizeof(dyn)};
    for (uint32_t i = 0; i < 8; i++) {
        run.push[3 + i] = i * 1000;
    }
    for (uint32_t i = 0; i < 32; i++) {
        want[i] = many[3][i] + many[2][0] * 3 + dyn[i] + (i & 7) * 1000 + many[i & 3][1];
    }
    go(&run);
    compare(&run, 32);
}
END_TEST

START_TEST(subgroup_operations_see_the_warp)
{
    enum { N = 64 };
    struct run run = BEGIN(subgroup, N, N * 8);
    fill(in, WORDS, 14);
    for (uint32_t i = 0; i < N; i++) {
        const uint32_t *v = in + i / 32 * 32;
        uint32_t lane = i % 32, *w = want + 8 * i, odd = 0, second = 0, all = 1, any = 0;
        for (uint32_t k = 0; k < 32; k++) {
            odd |= (v[k] & 1) << k;
            second |= (v[k] >> 1 & 1) << k;
            all &= v[k] > 0;
            any |= v[k] > 0xf0000000u;
        }
        w[0] = odd;
        w[1] = any + 2 * all;
        w[2] = v[lane ^ 5];
        w[3] = v[i * 7 & 31];
        w[4] = v[0] + v[3];
        w[5] = lane >= 1 ? v[lane - 1] : 0;
        w[6] = lane < 30 ? v[lane + 2] : 0;
        bool elected = second && (uint32_t)__builtin_ctz(second) == lane;
        w[7] = v[lane] & 2 ? second + elected : i / 32 * 100 + 32;
    }
    run.groups[0] = 1;
    go(&run);
    compare(&run, N * 8);
}
END_TEST

START_TEST(subgroup_arithmetic_counts_the_active_threads)
{
    enum { N = 256 };
    struct run run = BEGIN(scan, N, N * 32);
    fill(in, WORDS, 15);
    ref_scan(in, N, want);
    run.groups[0] = N / 64;
    go(&run);
    compare(&run, N * 32);
}
END_TEST

/* std430: count, then items of 112 bytes with vectors at multiples of 16. */
struct item {
    float p[3], w;
    uint32_t tag[3], pad;
    float m[3][4], uv[2];
    uint32_t pad2[2];
};

/* std140: two matrices, three floats 16 bytes apart, a vector. */
struct uniforms {
    float m[4][4], rm[4][4], arr[3][4], bias[4];
};

static float det3(float m[3][4])
{
    return m[0][0] * (m[1][1] * m[2][2] - m[2][1] * m[1][2]) -
           m[1][0] * (m[0][1] * m[2][2] - m[2][1] * m[0][2]) +
           m[2][0] * (m[0][1] * m[1][2] - m[1][1] * m[0][2]);
}

static void structs_thread(struct item *it, const struct uniforms *u, uint32_t i, uint32_t k,
                           uint32_t total, float *w)
{
    const float v[4] = {it->p[0], it->p[1], it->p[2], it->w};
    for (int row = 0; row < 4; row++) {
        w[row] = 0;
        for (int c = 0; c < 4; c++) {
            w[row] += (u->m[c][row] + u->rm[row][c]) * v[c];
        }
        w[12 + row] = u->m[i & 3][row] + (row < 3 ? it->m[row][0] : det3(it->m));
    }
    for (int row = 0; row < 3; row++) {
        w[4 + row] = 0;
        for (int c = 0; c < 3; c++) {
            w[4 + row] += it->m[c][row] * u->bias[c];
        }
    }
    w[7] = it->m[1][2];
    w[8] = it->uv[0] * u->arr[k % 3][0];
    w[9] = it->uv[1] * u->arr[k % 3][0];
    w[10] = (float)it->tag[(i + k) % 3];
    w[11] = (float)total;
}

START_TEST(blocks_are_laid_out_as_decorated)
{
    enum { N = 50, K = 4, FLOATS = 16 };
    static struct uniforms u;
    static struct item items[N];
    struct run run = BEGIN(structs, N, N * FLOATS);
    uint64_t seed = 20;
    float *numbers = floats(&u), *got = floats(out), *expect = floats(want);
    run.push[1] = K;
    for (size_t i = 0; i < sizeof(u) / 4; i++) {
        numbers[i] = (float)(random_word(&seed) % 64) / 8 - 3;
    }
    for (uint32_t i = 0; i < N; i++) {
        numbers = floats(&items[i]);
        for (size_t j = 0; j < sizeof(items[i]) / 4; j++) {
            numbers[j] = (float)(random_word(&seed) % 64) / 8 - 3;
        }
        for (int j = 0; j < 3; j++) {
            items[i].tag[j] = random_word(&seed) % 1000;
        }
        structs_thread(&items[i], &u, i, K, 7 + N, expect + i * FLOATS);
    }
    in[0] = 7;
    memcpy(in + 4, items, sizeof(items));
    run.buffers[0].size_bytes = 16 + sizeof(items);
    run.buffers[0].memory_bytes = sizeof(in);
    run.buffers[2] = (struct run_buffer){.binding = 2, .data = &u, .size_bytes = sizeof(u)};
    run.groups[0] = 2;
    go(&run);
    for (uint32_t i = 0; i < N * FLOATS; i++) {
        ck_assert_msg(fabsf(got[i] - expect[i]) <= 1e-4f * (1 + fabsf(expect[i])),
                      "sm_%u thread %u float %u: got %g, want %g", run.options.sm, i / FLOATS,
                      i % FLOATS, (double)got[i], (double)expect[i]);
    }
}
END_TEST

static float unit(float v, float low)
{
    return v < low ? low : v > 1 ? 1 : v;
}

/* Scaled and rounded; half way cases may fall either way. */
static bool packed_right(uint32_t got, const float *v, int parts, float low)
{
    unsigned bits = 32 / (unsigned)parts;
    float scale = (float)((1u << (low < 0 ? bits - 1 : bits)) - 1);
    for (int i = 0; i < parts; i++, got >>= bits) {
        int32_t field = (int32_t)(got << (32 - bits));
        float value = low < 0 ? (float)(field >> (32 - bits)) : (float)((uint32_t)field >> (32 - bits));
        if (fabsf(value - unit(v[i], low) * scale) > 0.51f) {
            return false;
        }
    }
    return true;
}

/* Of finite halves. */
static float half_value(uint32_t bits)
{
    int exponent = (int)(bits >> 10 & 31);
    float mantissa = (float)(bits & 1023) / 1024.0f;
    float v = exponent ? ldexpf(1 + mantissa, exponent - 15) : ldexpf(mantissa, -14);
    return bits & 0x8000 ? -v : v;
}

START_TEST(words_are_packed_and_unpacked)
{
    enum { N = 100 };
    struct run run = BEGIN(pack, N, N * 8);
    fill(in, WORDS, 21);
    run.groups[0] = (N + 31) / 32;
    go(&run);
    for (uint32_t i = 0; i < N; i++) {
        const uint32_t *w = out + 8 * i, x = in[i];
        float v[4], f[3];
        float half[2] = {half_value(w[4] & 0xffff), half_value(w[4] >> 16)};
        memcpy(f, w + 5, sizeof(f));
        for (int k = 0; k < 4; k++) {
            v[k] = (float)(x >> (8 * k) & 255) / 200.0f - 0.2f;
        }
        float snorm8 = unit((float)(int8_t)(x >> 16) / 127.0f, -1);
        float snorm16 = unit((float)(int16_t)(x >> 16) / 32767.0f, -1);
        ck_assert(packed_right(w[0], v, 4, 0) && packed_right(w[1], v, 4, -1));
        ck_assert(packed_right(w[2], v, 2, 0) && packed_right(w[3], v + 2, 2, -1));
        ck_assert(fabsf(half[0] - v[0] * 100) <= 0.07f);
        ck_assert(fabsf(half[1] - v[2] * 100) <= 0.07f);
        ck_assert(fabsf(f[0] - ((float)(x >> 8 & 255) / 255.0f + snorm8)) <= 1e-5f);
        ck_assert(fabsf(f[1] - (v[1] + v[3])) <= 2e-3f);
        ck_assert(fabsf(f[2] - ((float)(x & 0xffff) / 65535.0f + snorm16)) <= 1e-5f);
    }
}
END_TEST

START_TEST(values_change_places_in_loops)
{
    enum { N = 128 };
    struct run run = BEGIN(rotate, N, N * 4);
    fill(in, WORDS, 22);
    for (uint32_t i = 0; i < N; i++) {
        const uint32_t *a = in + 4 * i;
        uint32_t v[3] = {a[0], a[1], a[2]}, p = a[0] & 1, q = a[1] & 1, s = a[2] & 1, t = a[3] & 1;
        uint32_t u = a[0] >> 1 & 1;
        for (uint32_t n = a[3] & 31; n > 0; n--) {
            uint32_t keep = v[0], k = p;
            v[0] = v[1], v[1] = v[2], v[2] = keep;
            p = q, q = !s, s = k, k = t, t = u, u = k;
        }
        memcpy(want + 4 * i, v, sizeof(v));
        want[4 * i + 3] = p | q << 1 | s << 2 | t << 3 | u << 4;
    }
    run.groups[0] = N / 64;
    go(&run);
    compare(&run, N * 4);
}
END_TEST

struct program {
    const char *name;
    const uint32_t *spirv;
    size_t spirv_bytes;
    void (*reference)(const uint32_t *words, uint32_t n, uint32_t *results);
};

#define RANDOM_PROGRAM(seed) \
    void random_##seed(const uint32_t *words, uint32_t n, uint32_t *results);
RANDOM_PROGRAMS
#undef RANDOM_PROGRAM

static const struct program programs[] = {
#define RANDOM_PROGRAM(seed) \
    {"random_" #seed, spv_random_##seed, sizeof(spv_random_##seed), random_##seed},
    RANDOM_PROGRAMS
#undef RANDOM_PROGRAM
};

START_TEST(random_programs_agree_with_c)
{
    enum { N = 256 };
    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
        const struct program *p = &programs[i];
        struct run run = begin(p->name, _i, p->spirv, p->spirv_bytes, 0, N);
        run.options.robust_buffers = i % 2;
        fill(in, WORDS, 100 + i);
        p->reference(in, N, want);
        run.buffers[1].expected = want;
        run.groups[0] = N / 64;
        go(&run);
        compare(&run, N);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("compiler-exec");
    TCase *t = tcase_create("all targets");
    tcase_set_timeout(t, 120);
    suite_add_tcase(s, t);
    tcase_add_loop_test(t, saxpy_adds_a_scaled_vector, 0, VARIANTS);
    tcase_add_loop_test(t, integer_operations_agree_with_c, 0, VARIANTS);
    tcase_add_loop_test(t, wide_integers_agree_with_c, 0, VARIANTS);
    tcase_add_loop_test(t, wide_quotients_and_conversions_are_exact, 0, VARIANTS);
    tcase_add_loop_test(t, float_operations_are_as_precise_as_vulkan_asks, 0, VARIANTS);
    tcase_add_loop_test(t, divergent_control_flow_gives_each_thread_its_result, 0, VARIANTS);
    tcase_add_loop_test(t, a_workgroup_reduces_through_shared_memory, 0, VARIANTS);
    tcase_add_loop_test(t, a_tile_is_transposed_through_shared_memory, 0, VARIANTS);
    tcase_add_loop_test(t, atomics_lose_no_update, 0, VARIANTS);
    tcase_add_loop_test(t, specialization_changes_sizes_and_values, 0, VARIANTS);
    tcase_add_loop_test(t, arrays_with_running_indices_live_in_scratch, 0, VARIANTS);
    tcase_add_loop_test(t, short_loops_give_what_their_trips_give, 0, VARIANTS);
    tcase_add_loop_test(t, more_values_than_registers_are_spilled, 0, VARIANTS);
    tcase_add_loop_test(t, robust_accesses_stay_inside_the_buffer, 0, VARIANTS);
    tcase_add_loop_test(t, addresses_are_followed, 0, VARIANTS);
    tcase_add_loop_test(t, descriptors_come_from_arrays_and_the_root_table, 0, VARIANTS);
    tcase_add_loop_test(t, subgroup_operations_see_the_warp, 0, VARIANTS);
    tcase_add_loop_test(t, subgroup_arithmetic_counts_the_active_threads, 0, VARIANTS);
    tcase_add_loop_test(t, blocks_are_laid_out_as_decorated, 0, VARIANTS);
    tcase_add_loop_test(t, words_are_packed_and_unpacked, 0, VARIANTS);
    tcase_add_loop_test(t, values_change_places_in_loops, 0, VARIANTS);
    tcase_add_loop_test(t, random_programs_agree_with_c, 0, VARIANTS);
    return s;
}

int main(void)
{
    SRunner *runner = srunner_create(suite());
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
